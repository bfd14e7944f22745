import { add } from "../soak/wallet.ts";
import { type Interleaved, interleaved } from "./interleaved.ts";
import { type Engine, startEngine } from "./store.ts";

export interface Campaign {
  readonly seed: number;
  /** It ends when so many identities have been asked for, or after so many runs, or where something is wrong. */
  readonly identities: number;
  readonly runs: number;
}

export interface Found {
  readonly seed: number;
  readonly wrong: readonly string[];
  readonly plain: readonly string[];
  readonly dressed: readonly string[];
}

export interface Outcome {
  readonly found: Found | undefined;
  readonly runs: number;
  readonly identities: number;
  readonly summary: string;
  /** The same, as names and values. */
  readonly rows: readonly (readonly [string, string | number])[];
}

/** A run on the engine waits for it most of the time. */
const atOnce = 8;

/** Of so many runs one has its records in the engine, the others in memory. */
const onEngine = 16;

/** Seed after seed, each in both dresses. */
export async function campaign({ seed, identities, runs }: Campaign): Promise<Outcome> {
  const begun = performance.now();
  const unmuted = muted();
  const engine = await startEngine();
  const worn = new Map<string, number>();
  const states = new Map<string, number>();
  let [ran, asked, decisions] = [0, 0, 0];
  let found: Found | undefined;
  const work = async () => {
    while (ran < runs && asked < identities && !found) {
      const own = seed + ran;
      const on = ran++ % onEngine === 0 ? engine : undefined;
      const { plain, dressed, wrong } = await inBothDresses(own, on, (name) => add(worn, name));
      asked += plain.world.subjects.size;
      decisions += plain.decisions;
      for (const id of plain.world.subjects.keys()) add(states, plain.world.states(id).at(-1) ?? "none");
      if (wrong.length > 0) found = { seed: own, wrong, plain: plain.log, dressed };
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, work));
  } finally {
    unmuted();
    await engine.stop();
  }
  const seconds = (performance.now() - begun) / 1000;
  const rows: Outcome["rows"] = [
    ["seeds", `${seed} to ${seed + ran - 1}`],
    ["runs, each in two dresses", `${ran} in ${seconds.toFixed(0)} s`],
    ["identities", `${asked}, ${Math.round((asked / seconds) * 60)} a minute`],
    ["states in the end", listOf(states)],
    ["decided by hand", decisions],
    ["dresses", listOf(worn)],
    ["found", found ? `after ${asked} identities, by seed ${found.seed}` : "nothing"],
    ...(found ? found.wrong.slice(0, 5).map((line) => ["", line] as const) : []),
    ...(found ? [["again", `npm run campaign -- --runs 1 --seed ${found.seed}`] as const] : []),
  ];
  const summary = rows.map(([name, value]) => `${String(name).padEnd(28)}${value}`).join("\n");
  return { found, runs: ran, identities: asked, summary, rows };
}

/** @param engine Of the plain dress; the other has its records in memory, and must come to the same */
async function inBothDresses(
  seed: number,
  engine: Engine | undefined,
  met: (name: string) => void,
): Promise<{
  readonly plain: Interleaved;
  readonly dressed: readonly string[];
  readonly wrong: readonly string[];
}> {
  const plain = await interleaved({ seed, engine });
  const dressed = await interleaved({ seed, met });
  const parting = plain.log.findIndex((line, at) => line !== dressed.log[at]);
  const differs =
    parting < 0
      ? []
      : [`the same in another dress: "${dressed.log[parting]}" instead of "${plain.log[parting]}"`];
  return { plain, dressed: dressed.log, wrong: [...plain.wrong, ...dressed.wrong, ...differs] };
}

const listOf = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");

/** The product counts what it does on standard output, a line each. */
function muted(): () => void {
  const { stdout } = process;
  const write = stdout.write;
  stdout.write = () => true;
  return () => {
    stdout.write = write;
  };
}
