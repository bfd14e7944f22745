import { randomUUID } from "node:crypto";
import { reservedCustomerId, reservedMpin } from "../local/sandbox/aggrepay.ts";
import { startGateway } from "../test/support/gateway.ts";
import { median, quantile } from "./figures.ts";
import type { Part, Scale } from "./scale.ts";
import type { World } from "./world.ts";

const atOnce = [1, 8, 32] as const;

/** Debits through `npm start`, so many in flight: local host, table, wallet and callers share this machine. */
export async function load(_world: World, { loadMs }: Scale): Promise<Part> {
  const gateway = await startGateway();
  const rows: string[][] = [["in flight", "debits a second", "p50", "p99", "failed"]];
  const data: Record<string, { readonly milliseconds: readonly number[]; readonly failed: number }> = {};
  try {
    for (const count of atOnce) {
      // Processes start, and compile, with the first calls.
      await burst(gateway.url, count, loadMs / 2);
      const taken = await burst(gateway.url, count, loadMs);
      const { milliseconds, failed } = taken;
      data[count] = taken;
      rows.push([
        `${count}`,
        ((milliseconds.length * 1000) / loadMs).toFixed(1),
        `${median(milliseconds).toFixed(1)} ms`,
        `${quantile(milliseconds, 0.99).toFixed(1)} ms`,
        `${failed}`,
      ]);
    }
  } finally {
    await gateway.kill();
  }
  return { title: "Throughput through npm start", rows, data };
}

async function burst(url: string, count: number, durationMs: number) {
  const milliseconds: number[] = [];
  let failed = 0;
  const ends = performance.now() + durationMs;
  const caller = async () => {
    while (performance.now() < ends) {
      const from = performance.now();
      const { status } = await debit(url);
      milliseconds.push(performance.now() - from);
      if (status !== 200) failed += 1;
    }
  };
  await Promise.all(Array.from({ length: count }, caller));
  return { milliseconds, failed };
}

async function debit(url: string): Promise<Response> {
  const response = await fetch(`${url}/v1/aggrepay/debit-wallet`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      fromCustomerId: reservedCustomerId("timeout-before", "read"),
      amount: "0.01",
      mpin: reservedMpin,
      merchantTransactionId: randomUUID(),
    }),
  });
  await response.arrayBuffer();
  return response;
}
