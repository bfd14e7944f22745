import { useState } from "preact/hooks";
import { ask } from "./api.ts";
import { usePolled } from "./hooks.ts";
import { Loading, Select, Trouble } from "./parts.tsx";

interface Armed {
  readonly fault: string;
  readonly path?: string;
  readonly times: number;
}

interface Plan {
  readonly faults: Readonly<Record<string, string>>;
  readonly armed: readonly Armed[];
}

/** Arms a fault for the next calls of a sandbox. */
export function Faults({ name, paths }: { readonly name: string; readonly paths: readonly string[] }) {
  const url = `/console/sandbox/${name}/faults`;
  const { data, error, again } = usePolled(`faults ${name}`, () => ask<Plan>(url), 2_000);
  const [fault, setFault] = useState("");
  const [path, setPath] = useState("");
  const [times, setTimes] = useState("1");
  const [refused, setRefused] = useState<Error>();
  const names = Object.keys(data?.faults ?? {});
  const chosen = names.includes(fault) ? fault : (names[0] ?? "");
  const send = async (method: "POST" | "DELETE", body?: object) => {
    try {
      await ask(url, { method, body });
      setRefused(undefined);
    } catch (failure) {
      setRefused(failure as Error);
    }
    again();
  };
  return (
    <section class="panel" aria-labelledby="faults">
      <h2 id="faults">Faults</h2>
      {error && <Trouble error={error} onAgain={again} />}
      {data === undefined ? (
        !error && <Loading what="faults" />
      ) : (
        <form
          class="stacked"
          onSubmit={(event) => {
            event.preventDefault();
            void send("POST", { fault: chosen, times: Number(times), ...(path !== "" && { path }) });
          }}
        >
          <Select
            label="Fault"
            value={chosen}
            options={names.map((value) => ({ value, title: value }))}
            onChange={setFault}
          />
          <p class="dim">{data.faults[chosen]}</p>
          <div class="fields">
            <Select
              label="Of calls to"
              value={path}
              options={[{ value: "", title: "Any path" }, ...paths.map((value) => ({ value, title: value }))]}
              onChange={setPath}
            />
            <label class="field narrow">
              <span>Times</span>
              <input
                type="number"
                min="1"
                max="1000"
                value={times}
                onInput={(event) => setTimes(event.currentTarget.value)}
              />
            </label>
          </div>
          <div class="actions">
            <button type="submit" class="primary">
              Arm
            </button>
            {data.armed.length > 0 && (
              <button type="button" class="quiet" onClick={() => void send("DELETE")}>
                Disarm all
              </button>
            )}
          </div>
        </form>
      )}
      {refused && <Trouble error={refused} />}
      <ul class="armed" aria-label="Armed faults" role="status">
        {data?.armed.map(({ fault: name, path: of, times: left }, index) => (
          <li key={`${name} ${of} ${index}`}>
            <strong>{name}</strong> for the next {left === 1 ? "call" : `${left} calls`}
            {of !== undefined && <> to {of}</>}
          </li>
        ))}
      </ul>
    </section>
  );
}
