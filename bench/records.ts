import { seed } from "./backlog.ts";
import { type ByKind, inTurns } from "./measure.ts";
import { heading, rowsOf } from "./rows.ts";
import type { Part, Scale } from "./scale.ts";
import type { World } from "./world.ts";

/** Debits while the table holds so many records; the local engine is SQLite, and no DynamoDB. */
export async function records(world: World, { rounds, recordCounts }: Scale): Promise<Part> {
  const rows: (readonly string[])[] = [heading];
  const data: Record<string, ByKind> = {};
  let held = 0;
  for (const count of recordCounts) {
    await seed(world.table, count - held, { operation: "debit-wallet", host: "wallet.example" });
    held = count;
    const name = `${count.toLocaleString("en")} records`;
    data[name] = await inTurns(world, "debit-wallet", { provider: 0, store: 0 }, rounds);
    rows.push(...rowsOf(name, data[name]));
  }
  return { title: "By the number of records; TLS, no distance", rows, data };
}
