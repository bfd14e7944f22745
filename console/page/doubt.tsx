import { ask, here } from "./api.ts";
import { usePolled } from "./hooks.ts";
import { Empty, Loading, Trouble } from "./parts.tsx";
import { Bars, Line, Strip } from "./pictures.tsx";
import type { Detail } from "./shapes.ts";
import { type Cleared, readNow, useWatched, type Watched } from "./watch.ts";
import { operationTitle, providerTitle, span } from "./words.tsx";

/** How long an open record has been in doubt, in classes; the limits are seconds. */
const ages = [
  { title: "under 1 min", below: 60 },
  { title: "1 to 15 min", below: 900 },
  { title: "15 min to 1 h", below: 3_600 },
  { title: "1 h to 1 day", below: 86_400 },
  { title: "over 1 day", below: Number.POSITIVE_INFINITY },
] as const;

export function Doubt() {
  const watched = useWatched();
  const { lists, error } = watched;
  return (
    <>
      <header class="head">
        <h1>Doubt at a glance</h1>
      </header>
      {error && <Trouble error={error} onAgain={() => void readNow()} />}
      {lists === undefined ? (
        !error && <Loading what="what is unfinished" />
      ) : (
        <>
          <Figures watched={watched} />
          <div class="columns even">
            <Open records={[...lists.in_doubt, ...lists.needs_attention]} />
            <Speed watched={watched} />
          </div>
          <Health records={[...lists.in_doubt, ...lists.needs_attention]} />
        </>
      )}
    </>
  );
}

function Figures({ watched }: { readonly watched: Watched }) {
  const { lists, cleared } = watched;
  const doubt = lists?.in_doubt ?? [];
  const oldest = Math.max(0, ...doubt.map(({ ageSeconds }) => ageSeconds));
  const money = [...doubt, ...(lists?.needs_attention ?? [])].filter(({ amount }) => amount !== null);
  return (
    <dl class="figures">
      <Figure name="In doubt" value={String(doubt.length)} />
      <Figure name="Oldest doubt" value={doubt.length === 0 ? "none" : span(oldest)} />
      <Figure name="Need attention" value={String(lists?.needs_attention.length ?? 0)} />
      <Figure name="Of money" value={String(money.length)} />
      <Figure name="Cleared while open here" value={String(cleared.length)} />
    </dl>
  );
}

const Figure = ({ name, value }: { readonly name: string; readonly value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
);

function Open({ records }: { readonly records: readonly Detail[] }) {
  const byProvider = Map.groupBy(records, ({ operation }) => providerTitle(operation));
  const rows = [...byProvider].map(([name, own]) => ({
    name,
    values: ages.map(
      ({ below }, index) =>
        own.filter(({ ageSeconds }) => ageSeconds < below && ageSeconds >= (ages[index - 1]?.below ?? 0))
          .length,
    ),
  }));
  return (
    <section class="panel" aria-labelledby="open">
      <h2 id="open">Open, by provider and age</h2>
      {rows.length === 0 ? (
        <Empty title="Nothing is open" />
      ) : (
        <Bars rows={rows} classes={ages.map(({ title }) => title)} />
      )}
    </section>
  );
}

function Speed({ watched: { series, cleared } }: { readonly watched: Watched }) {
  const times = cleared.map(({ seconds }) => seconds).toSorted((a, b) => a - b);
  return (
    <section class="panel" aria-labelledby="speed">
      <h2 id="speed">How fast it clears</h2>
      <Line
        points={series.map(({ at, open }) => ({ x: at, y: open }))}
        label={`Records in doubt since this page was opened: now ${series.at(-1)?.open ?? 0}, at most ${Math.max(0, ...series.map(({ open }) => open))}`}
      />
      {times.length === 0 ? (
        <p class="dim">Nothing has been cleared since this page was opened.</p>
      ) : (
        <>
          <p>
            Half within <strong>{span(times[Math.floor((times.length - 1) / 2)] ?? 0)}</strong>, the slowest
            in <strong>{span(times.at(-1) ?? 0)}</strong>, from the attempt to its end.
          </p>
          <Ends cleared={cleared} />
        </>
      )}
    </section>
  );
}

const Ends = ({ cleared }: { readonly cleared: readonly Cleared[] }) => (
  <p class="dim">
    {[...Map.groupBy(cleared, ({ state }) => state)]
      .map(([state, own]) => `${own.length} ${state}`)
      .join(", ")}
  </p>
);

interface Minute {
  readonly answered: number;
  readonly refused: number;
  readonly failed: number;
}

interface ProviderHealth {
  readonly name: string;
  readonly title: string;
  readonly minutes: readonly Minute[];
}

function Health({ records }: { readonly records: readonly Detail[] }) {
  return (
    <section class="panel" aria-labelledby="health">
      <h2 id="health">Providers in the last hour</h2>
      {here().sandboxes.length > 0 ? <SandboxHealth /> : <DoubtHealth records={records} />}
    </section>
  );
}

function SandboxHealth() {
  const { data, error, again } = usePolled(
    "health",
    () => ask<readonly ProviderHealth[]>("/console/health"),
    5_000,
  );
  if (error) return <Trouble error={error} onAgain={again} />;
  if (data === undefined) return <Loading what="the providers' calls" />;
  return (
    <ul class="health">
      {data.map(({ name, title, minutes }) => {
        const sum = (kind: keyof Minute) => minutes.reduce((total, minute) => total + minute[kind], 0);
        const words = `${sum("answered")} answered, ${sum("refused")} refused, ${sum("failed")} failed`;
        return (
          <li key={name}>
            <span class="name">{title}</span>
            <Strip minutes={minutes} label={`${title}, minute by minute: ${words}`} />
            <span class="dim">{words}</span>
          </li>
        );
      })}
    </ul>
  );
}

/** A deployed gateway's API tells no calls: what began to be in doubt says which provider does not answer. */
function DoubtHealth({ records }: { readonly records: readonly Detail[] }) {
  const recent = records.filter(({ ageSeconds }) => ageSeconds < 3_600);
  if (recent.length === 0)
    return (
      <p class="dim">
        No attempt of the last hour is open. Metrics and alarms are on the dashboard of the stack.
      </p>
    );
  return (
    <ul>
      {[...Map.groupBy(recent, ({ operation }) => operation)].map(([operation, own]) => (
        <li key={operation}>
          <strong>{own.length}</strong> of {operationTitle(operation)} ({providerTitle(operation)}):{" "}
          {own.at(-1)?.failure?.detail ?? "no answer was recorded"}
        </li>
      ))}
    </ul>
  );
}
