import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sharedAssembly } from "../../local/assembled.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";

/** A stack whose functions run in a network is served like any other: there is no network here, and its policies hold. */

let gateway: Gateway;
beforeAll(async () => {
  const folder = await sharedAssembly(resolve(import.meta.dirname, "../.."), { egress: "fixed" });
  gateway = await startGateway({ env: { ASSEMBLY_DIR: folder } });
});
afterAll(async () => {
  expect(gateway.logs()).not.toContain("The template does not allow it");
  await gateway.stop();
});

async function post(path: string, body: object) {
  const response = await fetch(`${gateway.url}/v1/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

test("a provider is asked, and a debit is claimed, sent and settled", async () => {
  expect(await post("aggrepay/fetch-balance", { customerId: "991000017" })).toMatchObject({
    status: 200,
    body: { result: { customerId: "991000017" } },
  });
  const debit = {
    fromCustomerId: "991000017",
    amount: "1.00",
    mpin: "1234",
    merchantTransactionId: "fixed-1",
  };
  expect(await post("aggrepay/debit-wallet", debit)).toMatchObject({
    status: 200,
    body: { record: { state: "succeeded" } },
  });
});
