import { noneYet, rotated } from "./measure.ts";
import { heading, rowOf } from "./rows.ts";
import type { Part, Scale } from "./scale.ts";
import { kinds, operations, type World } from "./world.ts";

/** From the start of a process, with nothing compiled before, to its first answer. */
export async function cold(world: World, { coldStarts }: Scale): Promise<Part> {
  const rows: (readonly string[])[] = [heading];
  const data: Record<string, unknown> = {};
  for (const operation of operations) {
    const total = noneYet();
    const init = noneYet();
    for (let round = 0; round < coldStarts; round += 1)
      for (const kind of rotated(kinds, round)) {
        const from = performance.now();
        const process = await world.start(world.of(kind, operation), { provider: 0, store: 0 });
        await process.initialized;
        init[kind].milliseconds.push(performance.now() - from);
        await world.call(process, operation);
        total[kind].milliseconds.push(performance.now() - from);
        process.kill();
        await process.ended;
      }
    data[operation] = { init, total };
    rows.push(rowOf(`${operation}: to the first answer`, "ms", (kind) => total[kind].milliseconds));
    rows.push(rowOf("  of it, import and init", "ms", (kind) => init[kind].milliseconds));
  }
  return { title: "Cold start; TLS, no distance", rows, data };
}
