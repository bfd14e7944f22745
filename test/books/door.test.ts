import { expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { asking } from "../../lib/operation/resolve.ts";
import { books } from "../../lib/providers/aggrepay/books.ts";
import { aggrepay } from "../../lib/providers/aggrepay/index.ts";
import { secretsFrom } from "../../lib/secrets/secrets.ts";
import { noConnections } from "../support/no-connections.ts";
import { drawHabits, Lists } from "./provider.ts";

const [apiKey, salt] = ["planted-api-key-7", "planted-salt-7"];
const now = Date.parse("2026-11-28T12:00:00Z");

/** What the books are given of a list that shows this text as a row's id, and another row after it. */
async function listShowing(id: string) {
  const habits = {
    ...drawHabits({ chance: () => false, pick: ([first]: readonly unknown[]) => first } as never),
  };
  const lists = new Lists(salt, habits, () => now);
  for (const [transactionId, shown] of [
    ["1", id],
    ["2", "order-2"],
  ] as const)
    lists.add({
      customerId: "991",
      transactionId,
      id: shown,
      kind: "DEBIT",
      amount: "1.00",
      at: now - 1000,
      visibleAt: 0,
    });
  const clock = { now: () => now, monotonic: () => 0 };
  const client = { send: async () => ({ SecretString: JSON.stringify({ apiKey, salt }) }) };
  const times = { PROVIDER_TIMEOUT_MS: "20000", FUNCTION_TIMEOUT_MS: "28000", LEASE_MS: "33000" };
  const world = {
    config: readConfig({ ...times, QUIET_PERIOD_MS: "900000", AGGREPAY_BASE_URL: "https://wallet.example" }),
    clock,
    secrets: secretsFrom(client as never, (name) => name, clock),
    send: (request: Parameters<Lists["send"]>[0]) => lists.send(request),
    connections: noConnections,
    uniqueId: () => "unique",
  };
  const ask = asking(aggrepay, world, { remainingMs: () => 25_000 });
  return JSON.stringify(await books.movementsOf("991", now - 60_000, ask));
}

test("a row that holds the merchant's own secret is not given, and that rows are missing is", async () => {
  expect(await listShowing("order-1")).toContain("id order-1,");
  for (const secret of [apiKey, salt]) {
    const listed = await listShowing(secret);
    expect(listed).not.toContain(secret);
    expect(listed).toContain("cannot be read");
  }
});
