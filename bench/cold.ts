import { median, ratio } from "./figures.ts";
import { rotated } from "./measure.ts";
import { heading, rowOf } from "./rows.ts";
import type { Part, Scale } from "./scale.ts";
import { type Marks, marksHeader, timedEntry } from "./timed.ts";
import { cpuMs, type Kind, kinds, operations, type Subject, type World } from "./world.ts";

/** A cold start, as its process and as the machine saw it. */
interface Start extends Marks {
  /** From the start of the process to its first answer. */
  readonly totalMs: number;
  readonly totalCpu: number;
}

/** A row's name, its parts indented, and its figure. */
type Figure = readonly [name: string, of: (start: Start) => number];

const figuresOf = (operation: string): readonly Figure[] => [
  [`${operation}: from import to the first answer`, ({ importMs, firstMs }) => importMs + firstMs],
  ["  of it, import, and what is awaited in it", ({ importMs }) => importMs],
  ["  of it, the secret: asked to there", ({ secretMs }) => secretMs],
  ["  of it, the first request", ({ firstMs }) => firstMs],
  ["  CPU from import to the first answer", ({ importCpu, firstCpu }) => importCpu + firstCpu],
  ["  of it, import", ({ importCpu }) => importCpu],
  [`${operation}: from the start of the process`, ({ totalMs }) => totalMs],
  ["  CPU from the start of the process", ({ totalCpu }) => totalCpu],
];

/** With nothing compiled before: from a function's import, and from the start of its process, to its first answer. */
export async function cold(world: World, { coldStarts }: Scale): Promise<Part> {
  const rows: (readonly string[])[] = [heading];
  const data: Record<string, Readonly<Record<Kind, Start[]>>> = {};
  for (const operation of operations) {
    const starts: Record<Kind, Start[]> = { ours: [], usual: [], floor: [] };
    for (let round = 0; round < coldStarts; round += 1)
      for (const kind of rotated(kinds, round))
        starts[kind].push(await startOf(world, world.of(kind, operation)));
    data[operation] = starts;
    for (const [name, of] of figuresOf(operation))
      rows.push(rowOf(name, "ms", (kind) => starts[kind].map(of)));
  }
  return { title: "Cold start; TLS, no distance", rows, data };
}

/** Our cold starts with V8's compiled code of the same bundle, next to those without, in turns. */
export async function compiled(world: World, { coldStarts }: Scale): Promise<Part> {
  const data: Record<string, { readonly with: Start[]; readonly without: Start[] }> = {};
  for (const operation of operations) {
    const subject = world.of("ours", operation);
    const folder = await world.newFolder();
    // Written once its first request is answered.
    await startOf(world, subject, folder);
    const taken = { with: [] as Start[], without: [] as Start[] };
    for (let round = 0; round < coldStarts; round += 1) {
      taken.with.push(await startOf(world, subject, folder));
      taken.without.push(await startOf(world, subject));
    }
    data[operation] = taken;
  }
  const rows = Object.entries(data).flatMap(([operation, taken]) =>
    (["totalMs", "totalCpu"] as const).map((figure) => {
      const [cached, fresh] = [taken.with, taken.without].map((all) => all.map((each) => each[figure]));
      const what = figure === "totalMs" ? "to the first answer" : "CPU";
      return [
        `${operation}: ${what}`,
        ...[fresh, cached].map((all) => `${median(all ?? []).toFixed(1)} ms`),
        ratio(cached ?? [], fresh ?? []).toFixed(2),
      ];
    }),
  );
  return {
    title: "Cold start with V8's compiled code",
    rows: [["", "compiled anew", "with the compiled code", "ratio"], ...rows],
    data,
  };
}

async function startOf(world: World, subject: Subject, compileCache?: string): Promise<Start> {
  const entry = await timedEntry(await world.newFolder(), subject.entry);
  const from = performance.now();
  const process = await world.start({ ...subject, entry }, { provider: 0, store: 0 }, compileCache);
  await process.initialized;
  const { status, headers } = await world.call(process, subject.operation);
  const totalMs = performance.now() - from;
  const totalCpu = cpuMs(process);
  if (status !== 200) throw new Error(`${subject.kind} ${subject.operation} answered ${status}`);
  // What was compiled is written after the answer.
  if (compileCache !== undefined) await new Promise((soon) => setTimeout(soon, 200));
  process.kill();
  await process.ended;
  return { ...(JSON.parse(headers[marksHeader] ?? "") as Marks), totalMs, totalCpu };
}
