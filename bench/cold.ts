import { median, ratio } from "./figures.ts";
import { type ByKind, noneYet, rotated } from "./measure.ts";
import { heading, rowOf } from "./rows.ts";
import type { Part, Scale } from "./scale.ts";
import { cpuMs, kinds, operations, type Subject, type World } from "./world.ts";

interface Start {
  readonly initMs: number;
  readonly totalMs: number;
  readonly initCpu: number;
  readonly totalCpu: number;
}

/** From the start of a process, with nothing compiled before, to its first answer. */
export async function cold(world: World, { coldStarts }: Scale): Promise<Part> {
  const rows: (readonly string[])[] = [heading];
  const data: Record<string, unknown> = {};
  for (const operation of operations) {
    const [total, init] = [noneYet(), noneYet()];
    for (let round = 0; round < coldStarts; round += 1)
      for (const kind of rotated(kinds, round))
        note(await startOf(world, world.of(kind, operation)), total[kind], init[kind]);
    data[operation] = { init, total };
    rows.push(rowOf(`${operation}: to the first answer`, "ms", (kind) => total[kind].milliseconds));
    rows.push(rowOf("  of it, import and init", "ms", (kind) => init[kind].milliseconds));
    rows.push(rowOf("  CPU to the first answer", "ms", (kind) => total[kind].cpu));
    rows.push(rowOf("  of it, import and init", "ms", (kind) => init[kind].cpu));
  }
  return { title: "Cold start; TLS, no distance", rows, data };
}

function note({ initMs, totalMs, initCpu, totalCpu }: Start, total: Taken, init: Taken): void {
  init.milliseconds.push(initMs);
  init.cpu.push(initCpu);
  total.milliseconds.push(totalMs);
  total.cpu.push(totalCpu);
}
type Taken = ByKind["ours"];

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
  const from = performance.now();
  const process = await world.start(subject, { provider: 0, store: 0 }, compileCache);
  await process.initialized;
  const initMs = performance.now() - from;
  const initCpu = cpuMs(process);
  await world.call(process, subject.operation);
  const totalMs = performance.now() - from;
  const totalCpu = cpuMs(process);
  // What was compiled is written after the answer.
  if (compileCache !== undefined) await new Promise((soon) => setTimeout(soon, 200));
  process.kill();
  await process.ended;
  return { initMs, totalMs, initCpu, totalCpu };
}
