import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { examplesOf } from "../../contract/operations.ts";
import { type Sampled, sampled } from "../../contract/registry.ts";
import openapi from "../../docs/openapi.json" with { type: "json" };
import type { AggrepaySample } from "../../functions/aggrepay/common.sample.ts";
import { sample as notification } from "../../functions/nicepay/account-binding-webhook.sample.ts";
import type { Answer } from "../support/aggrepay-gateway.ts";
import { type ContractOperation, faultsOf, operationsIn } from "../support/contract.ts";
import { type Reply, refusal, reset, signed, type Value } from "../support/peer.ts";
import { callOf } from "../support/samples.ts";
import { started } from "../support/started.ts";
import { reply, startWallets } from "../support/wallets.ts";

const { wallets } = started({
  /** One gateway before a peer that answers as the samples say: each example is sent to it, and answered as it is declared. */
  wallets: () => startWallets({ env: { NICEPAY_USER_DETAIL: "on", SECOND_PERSON: "on" } }),
});

/** What the provider replies, by the last part of the path of each call that the operation makes. */
function repliesTo(each: Sampled, input: object, sends: object): Readonly<Record<string, Reply>> {
  const { operation, sample } = each;
  const answer = sample.reply(sends as never);
  const name = callOf(each, input).path?.split("/").at(-1) ?? nicepayCalls[operation.name] ?? "";
  if (operation.provider.name === "aggrepay") {
    const { data, page } = answer as { readonly data: Value; readonly page?: Value };
    const { before = {} } = sample as AggrepaySample;
    const asked = Object.entries(before).map(([path, { code, message }]) => [path, refusal(code, message)]);
    return { ...Object.fromEntries(asked), [name]: signed(data, page) };
  }
  if (operation.name === "wibmo/retrieve-customer-record")
    return {
      encrypt: reply({ token: "one" }),
      retrieveCustRecord: reply({ token: "two" }),
      decrypt: reply(answer),
    };
  return { [name]: reply(answer) };
}
/** NICEPAY's calls name no path of their own. */
const nicepayCalls: Readonly<Record<string, string>> = {
  "nicepay/register-account-binding": "userAccountBinding",
  "nicepay/user-detail": "user-details",
  "nicepay/deactivate-account-binding": "remove-token",
};

const contractOf = (id: string) => {
  const found = operationsIn().find(({ operation }) => operation.operationId === id);
  if (!found) throw new Error(`the contract has no ${id}`);
  return found;
};

const exampleValue = (operation: ContractOperation, status: string, name: string) =>
  operation.responses[status]?.content?.["application/json"]?.examples?.[name]?.value as
    | { readonly result?: unknown; readonly page?: unknown }
    | undefined;

function expectDeclared(id: string, { status, body }: Answer): void {
  const { path, method } = contractOf(id);
  const place = ["paths", path, method.toLowerCase(), "responses", String(status), "content"];
  expect(faultsOf(body, ...place, "application/json", "schema")).toEqual([]);
}

/** What follows another operation comes after it. */
const inOrder = sampled.toSorted(
  (a, b) => Number(a.sample.follows !== undefined) - Number(b.sample.follows !== undefined),
);
const calls = inOrder
  .filter(({ operation }) => operation.name !== "nicepay/deactivate-account-binding")
  .flatMap((each) => examplesOf(each).map(({ name, asked }) => ({ id: each.id, name, asked, each })));

async function send({ id, name, asked, each }: (typeof calls)[number]): Promise<Answer> {
  wallets.peer.script(repliesTo(each, asked.input, asked.sends));
  const { operation } = contractOf(id);
  const sent = operation.requestBody?.content["application/json"]?.examples?.[name]?.value;
  const key = operation["x-identity"].by === "idempotency-key" ? { key: randomUUID() } : {};
  const answer = await wallets.call(each.operation.name, sent as object, key);
  expect([answer.status, answer.body.code]).toEqual([200, undefined]);
  return answer;
}

describe("each example of an operation", () => {
  test.each(calls)("$id, $name, is answered as declared", async (call) => {
    const answer = await send(call);
    expectDeclared(call.id, answer);
    const { result, page } = exampleValue(contractOf(call.id).operation, "200", call.name) ?? {};
    // An id that the gateway makes is another one each time.
    const made =
      call.id === "wibmoEncrypt" && call.name === "least" ? { clientTxnId: expect.any(String) } : {};
    expect(answer.body.result).toEqual(Array.isArray(result) ? result : { ...(result as object), ...made });
    expect(answer.body.page).toEqual(page);
  });
});

describe("a binding", () => {
  const ref = notification.example.referenceNo;

  test("the notification of the contract is taken, in both forms", async () => {
    const hook = openapi.webhooks.nicepayAccountBinding.post;
    const { value } = hook.requestBody.content["application/json"].examples.bound;
    const path = "/webhooks/nicepay/account-binding";
    const json = await wallets.post(path, JSON.stringify(value), { "content-type": "application/json" });
    const form = await wallets.post(path, new URLSearchParams({ ...value }).toString(), {
      "content-type": "application/x-www-form-urlencoded",
    });
    const declared = hook.responses["200"].content["application/json"].examples.received.value;
    expect([json.status, form.status, json.body, form.body]).toEqual([200, 200, declared, declared]);
  });

  test("is given with its user token as declared, and after its deactivation without", async () => {
    const detail = sampled.find(({ id }) => id === "nicepayUserDetail");
    const deactivation = sampled.find(({ id }) => id === "nicepayDeactivateAccountBinding");
    if (!detail || !deactivation) throw new Error("NICEPAY's samples are missing");
    const { input, sends } = detail.sample.full("id");
    const replies = repliesTo(detail, input, sends);
    wallets.peer.script(replies);
    const bound = await wallets.get(`/v1/account-bindings/${ref}`);
    expectDeclared("accountBindingsGet", bound);
    const { boundAt: _, ...declared } = (exampleValue(
      contractOf("accountBindingsGet").operation,
      "200",
      "bound",
    )?.result ?? {}) as {
      readonly boundAt?: string;
    };
    expect(bound.body.result).toMatchObject(declared);
    const [example] = examplesOf(deactivation);
    if (!example) throw new Error("the deactivation has no example");
    const answer = await send({ id: deactivation.id, each: deactivation, ...example });
    expectDeclared(deactivation.id, answer);
    expect(answer.body.result).toEqual(
      exampleValue(contractOf(deactivation.id).operation, "200", "full")?.result,
    );
    const unbound = await wallets.get(`/v1/account-bindings/${ref}`);
    expectDeclared("accountBindingsGet", unbound);
    expect(unbound.body.result).toMatchObject({ bound: false, deactivatedAt: expect.any(String) });
  });
});

describe("records", () => {
  test("each example of a list is answered as declared", async () => {
    for (const query of [
      "state=needs_attention&limit=25",
      "state=in_doubt&namespace=money",
      "customerId=546693304",
      "merchantTransactionId=debit-wallet-1",
    ])
      expectDeclared("recordsList", await wallets.get(`/v1/records?${query}`));
    const { body } = await wallets.get("/v1/records?merchantTransactionId=debit-wallet-1");
    const [record] = body.result as readonly { readonly id: string; readonly operation: string }[];
    expect(record?.operation).toBe("aggrepay/debit-wallet");
    const one = await wallets.get(`/v1/records/${record?.id}`);
    expect(one.status).toBe(200);
    expectDeclared("recordsGet", one);
  });

  test("a decision on one record, and on many, is refused as declared where none waits", async () => {
    wallets.peer.script({ customerotp: reset });
    const doubt = await wallets.call(
      "aggrepay/customer-otp",
      { customerId: "546693304" },
      { key: randomUUID() },
    );
    const { id } = doubt.body.record as { readonly id: string };
    const { path, operation, codes } = contractOf("recordsResolve");
    const sent = operation.requestBody?.content["application/json"]?.examples?.decided?.value as object;
    const json = { "content-type": "application/json" };
    const one = await wallets.post(path.replace("{id}", id), JSON.stringify(sent), json);
    expect(codes.get(String(one.status))).toContain(one.body.code);
    expect(faultsOf(one.body, "components", "schemas", "Problem")).toEqual([]);
    const many = contractOf("recordsResolveMany");
    const decided = many.operation.requestBody?.content["application/json"]?.examples?.decided
      ?.value as object;
    const all = await wallets.post(many.path, JSON.stringify({ ...decided, ids: [id] }), json);
    expect(all.status).toBe(207);
    expectDeclared("recordsResolveMany", all);
  });
});
