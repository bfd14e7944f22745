import { onTestFinished } from "vitest";
import { type Records, recordsIn } from "../../lib/records/store.ts";
import { type CountingProxy, startCountingProxy } from "../support/counting-proxy.ts";
import type { TestTable } from "../support/dynamodb.ts";

/** The same records behind a proxy that loses or refuses what it is told to, until the test ends. */
export async function recordsBehind(
  table: TestTable,
): Promise<{ readonly proxy: CountingProxy; readonly behind: Records }> {
  const proxy = await startCountingProxy(table.url);
  const client = table.clientAt(proxy.url);
  onTestFinished(async () => {
    client.destroy();
    await proxy.stop();
  });
  return { proxy, behind: recordsIn(table.name, client) };
}
