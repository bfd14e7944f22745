import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { buffer } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { sandboxWebhookSecret } from "../../local/sandbox/index.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";

interface Delivery {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const deliveries: Delivery[] = [];
/** What the merchant answers next; 200 where nothing is left. */
const answers: number[] = [];
/** Deliveries that the merchant leaves without an answer while it hangs. */
const hanging: ServerResponse[] = [];
let hangs = false;
const merchant = createServer(async (request, response) => {
  deliveries.push({ headers: request.headers, body: String(await buffer(request)) });
  if (hangs) hanging.push(response);
  else response.writeHead(answers.shift() ?? 200).end();
});
let gateway: Gateway;
let start: () => Promise<Gateway>;
const dataDir = mkdtempSync(join(tmpdir(), "merchant-webhook-"));

beforeAll(async () => {
  await new Promise<void>((resolve) => merchant.listen(0, "127.0.0.1", resolve));
  const { port } = merchant.address() as AddressInfo;
  const env = { ASSEMBLY_DIR: "", MERCHANT_WEBHOOK_URL: `http://127.0.0.1:${port}/events` };
  start = () => startGateway({ env, dataDir });
  gateway = await start();
}, 120_000);

afterAll(async () => {
  merchant.close();
  await gateway?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const verified = ({ headers, body }: Delivery) =>
  new Webhook(sandboxWebhookSecret.signingSecret).verify(body, headers as Record<string, string>);

const debit = (merchantTransactionId: string) =>
  fetch(`${gateway.url}/v1/aggrepay/debit-wallet`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ fromCustomerId: "1", amount: "4.00", mpin: "4711", merchantTransactionId }),
  });

test("an event is delivered until the merchant takes it, signed as the published library verifies it", async () => {
  answers.push(500, 302);
  const answer = await debit("MERCHANT-WEBHOOK-1");
  const { record } = (await answer.json()) as { record: { id: string } };
  await vi.waitFor(() => expect(deliveries).toHaveLength(3), { timeout: 60_000, interval: 100 });
  const [first, second, third] = deliveries.map(verified);
  expect(third).toEqual({
    type: "record.declined",
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    data: expect.objectContaining({ recordId: record.id, provider: "aggrepay", state: "declined" }),
  });
  expect([first, second]).toEqual([third, third]);
  const ids = deliveries.map(({ headers }) => headers["webhook-id"]);
  expect(new Set(ids).size).toBe(1);
  expect(ids[0]).toMatch(new RegExp(`^evt_${record.id}_\\d+$`));
  expect(deliveries.map(({ body }) => body).join()).not.toMatch(/4711|MERCHANT-WEBHOOK-1/);
  const lines = gateway
    .logs()
    .split("\n")
    .filter((line) => line.includes("events/merchant-webhook"));
  expect(lines.join("\n")).toContain('"status":500');
  expect(lines.join("\n")).not.toContain("whsec_");
}, 120_000);

test("while the merchant hangs no event waits for another: each is sent, and taken later", async () => {
  deliveries.length = 0;
  hangs = true;
  const ids = () => new Set(deliveries.map(({ headers }) => headers["webhook-id"]));
  await Promise.all(["a", "b", "c", "d", "e", "f", "g", "h"].map((name) => debit(`MERCHANT-HANGS-${name}`)));
  // Less than the 15 s that one delivery waits for its answer.
  await vi.waitFor(() => expect(ids().size).toBe(8), { timeout: 12_000, interval: 100 });
  hangs = false;
  for (const response of hanging) response.writeHead(200).end();
}, 60_000);

test("a gateway that is killed at once delivers what it answered before, and nothing of before twice, when it is back", async () => {
  await vi.waitFor(async () => expect(await waiting()).toBe(0), { timeout: 30_000, interval: 200 });
  deliveries.length = 0;
  const names = Array.from({ length: 12 }, (_, number) => `MERCHANT-KILLED-${number}`);
  const answers = await Promise.all(names.map(debit));
  await gateway.kill();
  const bodies = await Promise.all(answers.map((answer) => answer.json()));
  const records = new Set((bodies as { record: { id: string } }[]).map(({ record }) => record.id));
  expect(records.size).toBe(12);
  gateway = await start();
  const told = () => new Set(deliveries.map((each) => (verified(each) as Told).data.recordId));
  await vi.waitFor(() => expect(told()).toEqual(records), { timeout: 30_000, interval: 100 });
  await debit("MERCHANT-AFTER");
  await vi.waitFor(() => expect(told().size).toBe(13), { timeout: 30_000, interval: 100 });
}, 180_000);

interface Told {
  readonly data: { readonly recordId: string };
}

/** How many events are in the queue. */
async function waiting(): Promise<number> {
  const store = new DatabaseSync(join(dataDir, "queues.sqlite"), { readOnly: true });
  const { number } = store.prepare("SELECT count(*) AS number FROM messages").get() as { number: number };
  store.close();
  return number;
}
