import { useState } from "preact/hooks";
import { ask, here } from "./api.ts";
import { type Place, usePolled } from "./hooks.ts";
import { Choices, Empty, Loading, Trouble } from "./parts.tsx";
import { type Calls, CallTable } from "./sandbox-calls.tsx";
import { Faults } from "./sandbox-faults.tsx";
import { Ledger } from "./sandbox-ledger.tsx";
import { Notifications } from "./sandbox-notify.tsx";
import { TimedOut } from "./timed-out.tsx";

/** The sandboxes of this machine: what they hold, what they saw, and how they fail. */
export function SandboxView({ place }: { readonly place: Place }) {
  const { sandboxes } = here();
  const name = sandboxes.find((each) => each.name === place.parts[1])?.name ?? sandboxes[0]?.name ?? "";
  return (
    <>
      <header class="head">
        <h1>Sandbox</h1>
        <Choices
          legend="Provider"
          name="provider"
          value={name}
          choices={sandboxes.map(({ name: value, title }) => ({ value, title }))}
          onChange={(value) => {
            location.hash = `#/sandbox/${value}`;
          }}
        />
      </header>
      <One key={name} name={name} />
    </>
  );
}

function One({ name }: { readonly name: string }) {
  const [isAll, setAll] = useState(false);
  const { data, error, again } = usePolled(
    `calls ${name}`,
    () => ask<Calls>(`/console/sandbox/${name}/calls`),
    2_000,
  );
  const shown = isAll ? data?.calls : data?.calls.slice(0, 15);
  return (
    <>
      {name === "aggrepay" && <TimedOut />}
      <div class="columns even">
        <Faults name={name} paths={pathsIn(data)} />
        {name === "nicepay" ? <Notifications /> : name === "aggrepay" ? <Ledger /> : null}
      </div>
      <section class="panel" aria-labelledby="calls">
        <h2 id="calls">
          Calls <span class="count">{data?.total ?? 0}</span>
        </h2>
        {error && <Trouble error={error} onAgain={again} />}
        {shown === undefined ? (
          !error && <Loading what="calls" />
        ) : shown.length === 0 ? (
          <Empty title="No call has come in">
            <p>What the gateway sends is listed here, with what was signed and what was answered.</p>
          </Empty>
        ) : (
          <CallTable calls={shown} caption="Calls, newest first" />
        )}
        {(data?.calls.length ?? 0) > 15 && (
          <button type="button" class="quiet" onClick={() => setAll(!isAll)}>
            {isAll ? "Show fewer" : `Show ${data?.calls.length}`}
          </button>
        )}
      </section>
    </>
  );
}

const pathsIn = (data: Calls | undefined): readonly string[] =>
  [...new Set(data?.calls.map(({ path }) => path))].toSorted();
