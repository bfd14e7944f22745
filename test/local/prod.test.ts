import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import cdk from "../../cdk.json" with { type: "json" };
import { sharedAssembly } from "../../local/assembled.ts";
import type { Credentials } from "../../local/iam/signature.ts";
import { notify } from "../../local/notify.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { until } from "./fixture.ts";
import { sign } from "./signing.ts";

/** The stack as it is deployed to production, under the local host, with its roles' policies and its callers' checked. */

let gateway: Gateway;
let look: Credentials;
let change: Credentials;
beforeAll(async () => {
  // Notifications of these tests come from this machine: one more address that may come to the door.
  const prod = { ...cdk.context.prod, webhookDoor: "127.0.0.1" };
  const folder = await sharedAssembly(resolve(import.meta.dirname, "../.."), { stage: "prod", prod });
  const env = { ASSEMBLY_DIR: folder, AUTH: "iam", SCHEDULE_MS: "2000", BACK_OFF_MS: "100" };
  gateway = await startGateway({ env });
  [look, change] = JSON.parse(readFileSync(join(gateway.dataDir, "principals.json"), "utf8"));
});
afterAll(async () => {
  // No role of the template lacks anything that its function was seen to need.
  expect(gateway.logs()).not.toContain("The template does not allow it");
  await gateway.stop();
});

interface Answer {
  readonly status: number;
  readonly body: {
    readonly result?: Readonly<Record<string, unknown>>;
    readonly record?: { readonly id: string; readonly state: string; readonly caller?: string };
    readonly code?: string;
  };
}

async function call(credentials: Credentials, path: string, body?: object): Promise<Answer> {
  const url = gateway.url + path;
  const draft = body && {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  const response = await fetch(url, await sign(url, draft ?? {}, { credentials }));
  return { status: response.status, body: JSON.parse(await response.text()) };
}

const debitOf = (merchantTransactionId: string) => ({
  ...{ fromCustomerId: "991000017", amount: "1.00", mpin: "1234" },
  merchantTransactionId,
});
const recordOf = async (id = "") => (await call(look, `/v1/records/${id}`)).body.record;

test("it is production's", () => {
  expect(gateway.logs()).toContain("WalletGateway-prod: ");
  expect(gateway.logs()).toContain("every 2 s, 4 at a time (deployed: rate(1 minute))");
});

test("a debit is done for who may change, and its record says who that was", async () => {
  const { status, body } = await call(change, "/v1/aggrepay/debit-wallet", debitOf("prod-1"));
  expect([status, body.record?.state]).toEqual([200, "succeeded"]);
  expect(await recordOf(body.record?.id)).toMatchObject({
    state: "succeeded",
    caller: "arn:aws:sts::000000000000:assumed-role/may-change",
  });
});

test("who may look reads a balance, and debits nothing", async () => {
  const balance = await call(look, "/v1/aggrepay/fetch-balance", { customerId: "991000017" });
  expect(balance).toMatchObject({ status: 200, body: { result: { customerId: "991000017" } } });
  expect((await call(look, "/v1/aggrepay/debit-wallet", debitOf("prod-2"))).status).toBe(403);
  const { body } = await call(look, "/v1/records?merchantTransactionId=prod-2");
  expect(body.result).toEqual([]);
});

test("doubt is settled by the scheduled reconcile", async () => {
  const merchantTransactionId = `prod-${randomUUID()}.sandbox.reset-after`;
  const { status, body } = await call(change, "/v1/aggrepay/debit-wallet", debitOf(merchantTransactionId));
  expect([status, body.code]).toEqual([504, "outcome-unknown"]);
  await until(async () => (await recordOf(body.record?.id))?.state === "succeeded" || undefined);
});

test("a binding is registered, notified without a signature, and read", async () => {
  const registered = await call(change, "/v1/nicepay/register-account-binding", {
    ...{ referenceNo: "prod-link-1", billingNm: "Jhon Doe", billingPhone: "+6282112345678" },
    ...{ callBackUrl: "https://shop.example/bound", clientUserKey: "user-1" },
  });
  expect(registered.status).toBe(200);
  const url = ["--url", `${gateway.url}/webhooks/nicepay/account-binding`, "--user-token", "prod-token-1"];
  const link = ["--reference-no", "prod-link-1", "--phone", "+6282112345678", "--client-user-key", "user-1"];
  const printed: string[] = [];
  const print = (text: string) => void printed.push(text);
  expect(await notify([...link, ...url], {}, { out: print, err: print }), printed.join("")).toBe(0);
  const binding = await call(look, "/v1/account-bindings/prod-link-1");
  expect(binding).toMatchObject({
    status: 200,
    body: { result: { bound: true, userToken: "prod-token-1" } },
  });
});

test("Wibmo, whose production host the stack does not know, is called at its sandbox", async () => {
  const encrypted = await call(look, "/v1/wibmo/encrypt", { customerMobile: "+919900261104" });
  expect(encrypted.status).toBe(200);
  const retrieved = await call(look, "/v1/wibmo/retrieve-customer-record", {
    customerMobile: "+919900261104",
  });
  expect(retrieved.status).toBe(200);
});
