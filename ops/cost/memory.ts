import { costOf, shownDollars } from "./dollars.ts";
import { billedMs, kinds, type Model, withMemory } from "./model.ts";
import { prices } from "./prices.ts";
import { table } from "./tables.ts";

const sizesMb = [256, 512, 1_024, 1_769] as const;
const million = 1_000_000n;

/** A read and a change at each size: how long a caller waits for us, and what a million of them cost in duration. */
export function memoryTable(model: Model): string {
  const rows = [kinds.reads, kinds.debits].flatMap((name) =>
    sizesMb.map((memoryMb) => {
      const sized = withMemory(model, memoryMb);
      const warmMs = billedMs(sized, name);
      const duration = costOf(warmMs * BigInt(memoryMb) * million, prices.duration);
      const { providerMs } = model.parameters;
      return [
        name,
        `${memoryMb} MB`,
        `${warmMs} ms`,
        `${warmMs - BigInt(providerMs)} ms`,
        shownDollars(duration),
      ];
    }),
  );
  return table(["", "Memory", "Answered after", "of it ours", "$ of duration for a million"], rows, 2);
}
