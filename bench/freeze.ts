import { setTimeout as sleep } from "node:timers/promises";
import { losses } from "./link.ts";
import { noneYet, rotated } from "./measure.ts";
import type { Part, Scale } from "./scale.ts";
import { type Kind, kinds, type World } from "./world.ts";

/** Frozen as Lambda freezes a process, while the provider's side loses the connection in one of three ways. */
export async function freeze(world: World, { freezes }: Scale): Promise<Part> {
  const failed: Record<string, Record<Kind, number>> = {};
  const count = Math.ceil(freezes / losses.length);
  for (const how of losses) {
    const taken = noneYet();
    await inBatches(count, 10, async (index) => {
      const pausesMs = [2_100, 2_500, 4_000, 8_000, 15_000];
      const pauseMs = pausesMs[index % pausesMs.length] ?? 2_500;
      for (const kind of rotated(kinds, index)) {
        const link = await world.link(10);
        const process = await world.start(world.of(kind, "debit-wallet"), { provider: link, store: 0 });
        await process.initialized;
        await world.call(process, "debit-wallet");
        globalThis.process.kill(process.pid ?? 0, "SIGSTOP");
        await sleep(pauseMs / 2);
        await link.lose(how);
        await sleep(pauseMs / 2);
        globalThis.process.kill(process.pid ?? 0, "SIGCONT");
        const { status } = await world.call(process, "debit-wallet");
        if (status !== 200) taken[kind].failed += 1;
        process.kill();
        await link.close();
      }
    });
    failed[how] = { ours: taken.ours.failed, usual: taken.usual.failed, floor: taken.floor.failed };
  }
  const rows = Object.entries(failed).map(([how, { floor, usual, ours }]) => [
    `the peer ${how}`,
    ...[floor, usual, ours].map((number) => `${number} of ${count}`),
  ]);
  return {
    title: "Failed after a freeze of 2.1 to 15 s during which the connection was lost",
    rows: [["", "floor", "usual", "ours"], ...rows],
    data: failed,
  };
}

async function inBatches(count: number, atOnce: number, act: (index: number) => Promise<void>) {
  const indexes = Array.from({ length: count }, (_, index) => index);
  const work = async () => {
    for (let index = indexes.shift(); index !== undefined; index = indexes.shift()) await act(index);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}
