import { ask, here } from "./api.ts";
import { usePolled } from "./hooks.ts";
import type { Detail } from "./shapes.ts";
import { providerOf, Time } from "./words.tsx";

export interface Call {
  readonly number: number;
  readonly at: number;
  readonly path: string;
  readonly fields: readonly string[];
  readonly undocumented: readonly string[];
  readonly shown: Readonly<Record<string, string>>;
  readonly signed: boolean;
  readonly fault: string | null;
  readonly verdict: string;
  readonly effect: number | null;
}

export interface Calls {
  readonly total: number;
  readonly calls: readonly Call[];
}

/** What the provider's sandbox saw of a record: the attempt, and each inquiry about its id. */
export function SandboxCalls({ record }: { readonly record: Detail }) {
  const provider = providerOf(record.operation);
  const hasSandbox = here().sandboxes.some(({ name }) => name === provider);
  const read = () =>
    hasSandbox ? ask<Calls>(`/console/sandbox/${provider}/calls`) : Promise.resolve(undefined);
  const { data } = usePolled(`calls ${record.id}`, read, 2_000);
  const calls = data?.calls.filter(({ shown }) =>
    Object.values(shown).some(
      (value) => value === record.identity || value === `${record.identity}_REVERSAL`,
    ),
  );
  if (calls === undefined || calls.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="saw">
      <h2 id="saw">What the sandbox saw of this id</h2>
      <CallTable calls={calls.toReversed()} caption="Calls about this id, oldest first" />
    </section>
  );
}

export const CallTable = ({
  calls,
  caption,
}: {
  readonly calls: readonly Call[];
  readonly caption: string;
}) => (
  <table class="calls">
    <caption class="unseen">{caption}</caption>
    <thead>
      <tr>
        <th scope="col">Time</th>
        <th scope="col">Call</th>
        <th scope="col">Signed</th>
        <th scope="col">Fault</th>
        <th scope="col">Verdict</th>
      </tr>
    </thead>
    <tbody>
      {calls.map((call) => (
        <tr key={call.number}>
          <td data-label="Time">
            <Time at={new Date(call.at).toISOString()} />
          </td>
          <td data-label="Call">
            <details>
              <summary class="mono">{call.path}</summary>
              <SentFields call={call} />
            </details>
          </td>
          <td data-label="Signed">{call.signed ? "rightly" : <strong class="bad">wrongly</strong>}</td>
          <td data-label="Fault">{call.fault ?? <span class="dim">none</span>}</td>
          <td data-label="Verdict">
            {call.verdict}
            {call.effect !== null && <span class="dim"> effect {call.effect}</span>}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);

const SentFields = ({ call }: { readonly call: Call }) => (
  <dl class="sent">
    {call.fields.map((name) => (
      <div key={name}>
        <dt class="mono">{name}</dt>
        <dd class="mono">
          {call.shown[name] ?? <span class="dim">sent, value not kept</span>}
          {call.undocumented.includes(name) && <span class="tag">not in the document</span>}
        </dd>
      </div>
    ))}
  </dl>
);
