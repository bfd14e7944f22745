import { setTimeout as sleep } from "node:timers/promises";
import { pooled } from "../lib/pooled.ts";
import { type Loss, losses } from "./link.ts";
import { rotated } from "./measure.ts";
import { kindsShown } from "./rows.ts";
import type { Part, Scale } from "./scale.ts";
import { type Kind, kinds, type World } from "./world.ts";

/** Frozen as Lambda freezes a process, while the provider's side loses the connection in one of three ways. */
export async function freeze(world: World, { freezes }: Scale): Promise<Part> {
  const count = Math.ceil(freezes / losses.length);
  const none = () => ({ failed: 0, twice: 0 });
  const outcomes = Object.fromEntries(
    losses.map((how) => [how, { floor: none(), usual: none(), ours: none() }]),
  ) as Record<Loss, Record<Kind, Outcome>>;
  const all = losses.flatMap((how) => Array.from({ length: count }, (_, index) => ({ how, index })));
  await pooled(all, 10, async ({ how, index }) => {
    for (const kind of rotated(kinds, index))
      await thawed(world, kind, how, pausesMs[index % pausesMs.length] ?? 0, outcomes[how][kind]);
  });
  const rowOf = (what: string, how: Loss, figure: keyof Outcome) => [
    what,
    ...kindsShown.map((kind) => `${outcomes[how][kind][figure]} of ${count}`),
  ];
  const rows = losses.flatMap((how) => [
    rowOf(`the peer ${how}`, how, "failed"),
    rowOf("  written twice", how, "twice"),
  ]);
  return {
    title: "Failed after a freeze of 2.1 to 60 s during which the connection was lost",
    rows: [["", ...kindsShown], ...rows],
    data: outcomes,
  };
}

interface Outcome {
  /** Debits whose outcome is unknown to their caller. */
  failed: number;
  /** Debits that reached the wallet more than once. */
  twice: number;
}

/** From just over what a connection may idle to a minute. */
const pausesMs = [2_100, 2_500, 4_000, 8_000, 15_000, 2_200, 3_000, 6_000, 30_000, 60_000];

/** What becomes of a debit after that long a freeze, in the middle of which the peer loses the connection. */
async function thawed(world: World, kind: Kind, how: Loss, pauseMs: number, outcome: Outcome) {
  const link = await world.link(10);
  const process = await world.start(world.of(kind, "debit-wallet"), { provider: link, store: 0 });
  await process.initialized;
  await world.call(process, "debit-wallet");
  globalThis.process.kill(process.pid ?? 0, "SIGSTOP");
  await sleep(pauseMs / 2);
  await link.lose(how);
  await sleep(pauseMs / 2);
  globalThis.process.kill(process.pid ?? 0, "SIGCONT");
  const { status, id } = await world.call(process, "debit-wallet");
  if (status !== 200) outcome.failed += 1;
  if ((await world.received(id)) > 1) outcome.twice += 1;
  process.kill();
  await link.close();
}
