import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import {
  freshReference,
  notificationOf,
  notify,
  register,
  registered,
  registrationOf,
} from "../support/account-bindings.ts";
import { type Answer, fresh } from "../support/aggrepay-gateway.ts";
import { operations } from "../support/aggrepay-operations.ts";
import { faultsOf, unlistedIn, valuesOf } from "../support/emf.ts";
import {
  brokenOff,
  hang,
  planted,
  type Reply,
  refusal,
  reset,
  signed,
  signedText,
  text,
} from "../support/peer.ts";
import { searching } from "../support/searched-values.ts";
import { started } from "../support/started.ts";
import { reply, secretValues, startWallets, type Wallets } from "../support/wallets.ts";

const { aggrepay: _, ...others } = secretValues;
const { wallets, unready } = started({
  /** What each request counts, read from the lines that real functions print, as CloudWatch reads them. */
  wallets: () => startWallets(),
  /** AggrePay's secret is not filled in, PayU's is not the one that PayU knows. */
  unready: () => startWallets({ secrets: others }),
});

type Line = Readonly<Record<string, unknown>>;

/** Every line in the logs of a gateway's functions. */
function linesOf({ dataDir }: Wallets): readonly string[] {
  const folder = join(dataDir, "logs");
  return readdirSync(folder)
    .filter((name) => /^[A-Z]\w+\.log$/.test(name))
    .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n"))
    .filter((line) => line !== "");
}

/** The line of the request that was answered so; it comes a moment after its answer. */
const lineOf = (answer: Answer, from = wallets): Promise<Line> =>
  vi.waitFor(() => {
    const id = answer.headers.get("apigw-requestid");
    const line = linesOf(from).find(
      (text) => text.includes(`"requestId":"${id}"`) && text.includes('"function":'),
    );
    if (line === undefined) throw new Error(`no line is of ${id}`);
    return JSON.parse(line) as Line;
  });

const none = { Calls: 1, Replayed: 0, ProviderFaults: 0, Misconfigured: 0, InDoubt: 0, NeedsAttention: 0 };

type Setback = "Unexpected" | "Setbacks" | "Misconfigured";

/** What a function counts where something is wrong, and no function otherwise. */
const setbacks = (name: string, ...told: readonly Setback[]): Readonly<Record<string, number>> =>
  Object.fromEntries(
    told.map((metric) => [metric === "Misconfigured" ? metric : `${metric} function=${name}`, 1]),
  );

/**
 * The counts of a request's line: those that are told, beside what every call counts. `misconfigured` is a setback of the
 * function; a fault of the provider's is none, but for a reply that the function cannot read.
 */
async function expectCounts(
  answer: Answer,
  provider: string,
  outcome: string,
  counts: Partial<typeof none>,
  { sent = true, from = wallets, wrong = [] as readonly Setback[] } = {},
): Promise<void> {
  const line = await lineOf(answer, from);
  const values = { ...none, ...counts, ...(sent && { ProviderLatency: expect.any(Number) as number }) };
  expect(valuesOf(line)).toEqual({
    ...Object.fromEntries(
      Object.entries(values).map(([name, value]) => [`${name} provider=${provider}`, value]),
    ),
    [`Outcomes provider=${provider} outcome=${outcome}`]: 1,
    ...setbacks(String(line.function), ...wrong),
    ...(counts.Misconfigured && setbacks(String(line.function), "Setbacks", "Misconfigured")),
  });
  if (sent) expect(line.ProviderLatency).toBe(line.providerMs);
}

const debitOf = (merchantTransactionId: string, more: object = {}) => ({
  fromCustomerId: "546693304",
  amount: "5.00",
  mpin: planted.mpin,
  merchantTransactionId,
  ...more,
});
const debit = (id: string, more: object = {}, to = wallets) =>
  to.call("aggrepay/debit-wallet", debitOf(id, more));

describe("a change", () => {
  test("that succeeds, and its repeat from the record", async () => {
    const id = fresh();
    wallets.peer.script({ debitwallet: signed({ transaction_id: 7 }) });
    await expectCounts(await debit(id), "aggrepay", "ok", {});
    await expectCounts(await debit(id), "aggrepay", "ok", { Replayed: 1 }, { sent: false });
  });

  test("that is declined is nobody's fault, nor is its repeat", async () => {
    const id = fresh();
    wallets.peer.script({ debitwallet: refusal("INVALID-MPIN", "Invalid MPIN") });
    await expectCounts(await debit(id), "aggrepay", "wrong-credential", {});
    await expectCounts(await debit(id), "aggrepay", "wrong-credential", { Replayed: 1 }, { sent: false });
  });

  test.each<readonly [string, Reply, readonly Setback[]]>([
    ["no reply in time", hang, []],
    ["a reset", reset, []],
    ["a reply that breaks off", brokenOff(signedText({ data: { transaction_id: 7 } })), []],
    ["HTTP 500", text("", 500), []],
    ["a page in place of a reply", text("<h1>Back soon</h1>"), []],
    ["a reply that does not verify", signed({ transaction_id: 7 }, null, { salt: "another" }), ["Setbacks"]],
    ["a reply without what it must hold", signed({ transaction: 7 }), ["Setbacks"]],
    ["a code that no table lists", refusal("SOMETHING-NEW", "What is this?"), []],
  ])("that %s puts in doubt is a fault of the provider; its repeats are not", async (_what, given, wrong) => {
    const id = fresh();
    wallets.peer.script({ debitwallet: given });
    await expectCounts(
      await debit(id),
      "aggrepay",
      "outcome-unknown",
      { ProviderFaults: 1, InDoubt: 1 },
      { wrong },
    );
    // Its repeat asks, learns nothing, and leaves the record as it is.
    await expectCounts(await debit(id), "aggrepay", "outcome-unknown", { Replayed: 1 }, { sent: false });
  });

  test("that could not be sent, for nobody was there", async () => {
    const answer = await wallets.peer.refusing(() => debit(fresh()));
    expect(answer.status).toBe(503);
    await expectCounts(answer, "aggrepay", "not-sent", { ProviderFaults: 1 }, { sent: false });
    expect(await lineOf(answer)).toHaveProperty("providerMs");
  });

  test("that the provider had no time for", async () => {
    wallets.peer.script({ debitwallet: text("", 429) });
    await expectCounts(await debit(fresh()), "aggrepay", "throttled", { ProviderFaults: 1 });
  });

  test("that the provider refused with our own key or signature", async () => {
    wallets.peer.script({ debitwallet: refusal("UNAUTHORIZED", "Not authorized") });
    await expectCounts(await debit(fresh()), "aggrepay", "misconfigured", { Misconfigured: 1 });
  });

  test("that cannot be signed, for the secret is missing", async () => {
    const answer = await debit(fresh(), {}, unready);
    expect(answer.status).toBe(502);
    const counts = { Misconfigured: 1 };
    await expectCounts(answer, "aggrepay", "misconfigured", counts, { sent: false, from: unready });
  });

  test("that is not valid, or is another under the same identity", async () => {
    const id = fresh();
    wallets.peer.script({ debitwallet: hang });
    await expectCounts(await debit(id, { amount: 5 }), "aggrepay", "invalid-request", {}, { sent: false });
    expect((await debit(id)).status).toBe(504);
    const other = await debit(id, { amount: "6.00" });
    await expectCounts(other, "aggrepay", "identity-reused", {}, { sent: false });
  });

  test("whose repeat finds a contradiction, which waits for the end of the quiet period", async () => {
    const id = fresh();
    wallets.peer.script({ debitwallet: hang });
    await expectCounts(await debit(id), "aggrepay", "outcome-unknown", { ProviderFaults: 1, InDoubt: 1 });
    const row = {
      transaction_id: 7,
      merchant_transaction_id: id,
      amount: "6.00",
      payment_type: "DEBIT",
      time: "2100-01-01 00:00:00",
      transaction_status: "PAYMENT_SUCCESS",
      transaction_type: "C2M",
      balance: 1,
    };
    wallets.peer.script({ fetchbymerchantransactionid: signed(row) });
    const moved = await debit(id);
    expect(moved.body.record).toMatchObject({ state: "in_doubt" });
    await expectCounts(moved, "aggrepay", "outcome-unknown", { Replayed: 1 }, { sent: false });
    await expectCounts(await debit(id), "aggrepay", "outcome-unknown", { Replayed: 1 }, { sent: false });
  });

  test("whose record cannot be read any more ends in an error that nobody expected", async () => {
    const id = fresh();
    wallets.peer.script({ debitwallet: hang });
    const { record } = (await debit(id)).body as { readonly record: { readonly id: string } };
    await wallets.put({ ...(await wallets.item(record.id)), failure: { S: "{" } });
    const answer = await debit(id);
    expect([answer.status, answer.body.code]).toEqual([504, "outcome-unknown"]);
    expect(answer.body.detail).toBe("The gateway failed in a way that it does not know.");
    await expectCounts(
      answer,
      "aggrepay",
      "outcome-unknown",
      { Replayed: 1 },
      { sent: false, wrong: ["Unexpected", "Setbacks"] },
    );
    const line = await lineOf(await wallets.get(`/v1/records/${record.id}`));
    expect(line).toMatchObject({ status: 504, error: "SyntaxError" });
    expect(valuesOf(line)).toEqual(setbacks("records/get", "Unexpected", "Setbacks"));
  });

  test("that looks first, and finds nobody to ask, or too much to ask", async () => {
    const input = operations.find(({ route }) => route === "add-sub-merchant")?.full("").input ?? {};
    const add = () => wallets.call("aggrepay/add-sub-merchant", input, { key: fresh() });
    wallets.peer.script({ getsubmerchants: text("", 500) });
    await expectCounts(await add(), "aggrepay", "not-sent", { ProviderFaults: 1 }, { sent: false });
    wallets.peer.script({ getsubmerchants: text("", 429) });
    await expectCounts(await add(), "aggrepay", "throttled", { ProviderFaults: 1 }, { sent: false });
    wallets.peer.script({ getsubmerchants: refusal("UNAUTHORIZED", "Not authorized") });
    await expectCounts(await add(), "aggrepay", "misconfigured", { Misconfigured: 1 }, { sent: false });
  });

  test("of a registration that its notification contradicts", async () => {
    const registration = registrationOf(freshReference());
    const notified = notificationOf(registration, { fields: { tXid: "TX-OF-ANOTHER" } });
    let kept: Answer | undefined;
    wallets.peer.script({
      userAccountBinding: async (response, request) => {
        kept = await notify(wallets, notified);
        registered()(response, request);
      },
    });
    const answer = await register(wallets, registration);
    expect(kept?.status).toBe(200);
    await expectCounts(answer, "nicepay", "outcome-unknown", { NeedsAttention: 1 });
  });
});

describe("a read", () => {
  const balance = () => wallets.call("aggrepay/fetch-balance", { customerId: "546693304" });

  test("that succeeds, or is refused", async () => {
    wallets.peer.script({ fetchbalance: refusal("INVALID-PARAMS", "The selected customer id is invalid.") });
    await expectCounts(await balance(), "aggrepay", "not-found", {});
    const asked = { verifyClientTxnId: "LOAD-1" };
    wallets.peer.script({
      "check-status": reply({ responseCode: "00", responseMessage: "", responseDump: [] }),
    });
    await expectCounts(await wallets.call("payu/check-status", asked), "payu", "ok", {});
    wallets.peer.script({ "check-status": reply({ responseCode: "1010", responseMessage: "Wrong" }) });
    await expectCounts(await wallets.call("payu/check-status", asked), "payu", "misconfigured", {
      Misconfigured: 1,
    });
  });

  test.each<readonly [string, Reply, string]>([
    ["HTTP 500", text("", 500), "provider-fault"],
    ["a reply that cannot be read", text("<h1>"), "provider-fault"],
    ["no reply in time", hang, "outcome-unknown"],
    ["too many requests", text("", 429), "throttled"],
  ])("that meets %s", async (_what, given, outcome) => {
    wallets.peer.script({ fetchbalance: given });
    await expectCounts(await balance(), "aggrepay", outcome, { ProviderFaults: 1 });
  });

  test("that nobody was there for", async () => {
    const answer = await wallets.peer.refusing(balance);
    await expectCounts(answer, "aggrepay", "not-sent", { ProviderFaults: 1 }, { sent: false });
  });

  test("of Wibmo and DreamzWallet is counted under their names", async () => {
    wallets.peer.script({});
    const token = await wallets.call("wibmo/encrypt", { customerMobile: "+919900261104" });
    await expectCounts(token, "wibmo", "provider-fault", { ProviderFaults: 1 });
    const key = await wallets.call("dreamzwallet/get-secret-key", { customerId: "C1" });
    await expectCounts(key, "dreamzwallet", "provider-fault", { ProviderFaults: 1 });
  });
});

describe("a notification", () => {
  const received = { "WebhookReceived provider=nicepay": 1, "WebhookRefused provider=nicepay": 0 };
  const counted = async (answer: Answer) => valuesOf(await lineOf(answer));

  test("that binds, and comes again", async () => {
    const registration = registrationOf(freshReference());
    wallets.peer.script({ userAccountBinding: registered() });
    await expectCounts(await register(wallets, registration), "nicepay", "ok", {});
    for (const answer of [
      await notify(wallets, notificationOf(registration)),
      await notify(wallets, notificationOf(registration), "form"),
    ])
      expect(await counted(answer)).toEqual({ ...received, "WebhookBound provider=nicepay": 1 });
  });

  test("that fits nothing", async () => {
    const answer = await notify(wallets, notificationOf(registrationOf(freshReference())));
    expect(await counted(answer)).toEqual({ ...received, "WebhookStray provider=nicepay": 1 });
  });

  test.each([
    [401, () => notify(wallets, { ...notificationOf(registrationOf("R1")), merchantToken: "0".repeat(64) })],
    [
      400,
      () => wallets.post("/webhooks/nicepay/account-binding", "x", { "content-type": "application/json" }),
    ],
  ])("that is refused with %i", async (status, deliver) => {
    const answer = await deliver();
    expect(answer.status).toBe(status);
    expect(await counted(answer)).toEqual({
      ...received,
      "WebhookRefused provider=nicepay": 1,
      [`WebhookRefused provider=nicepay reason=${status}`]: 1,
    });
  });
});

test("without the keys of its secret, what gives bindings is misconfigured, and a notification is queued", async () => {
  const keyless = await startWallets();
  try {
    const registration = registrationOf(freshReference());
    const { referenceNo } = registration;
    keyless.peer.script({ userAccountBinding: registered() });
    await register(keyless, registration);
    expect((await notify(keyless, notificationOf(registration))).status).toBe(200);
    keyless.rotate({ ...secretValues, gateway: {} });
    await keyless.forget();
    const given = await keyless.get(`/v1/account-bindings/${referenceNo}`);
    expect([given.status, given.body.code]).toEqual([502, "misconfigured"]);
    expect(valuesOf(await lineOf(given, keyless))).toEqual(
      setbacks("account-bindings/get", "Setbacks", "Misconfigured"),
    );
    const notified = await notify(keyless, notificationOf(registration));
    // It is durable in the queue, and is bound from there once the keys are there again.
    expect(notified.status).toBe(200);
  } finally {
    await keyless.stop();
  }
});

test("what calls no provider counts nothing", async () => {
  wallets.peer.script({ debitwallet: signed({ transaction_id: 7 }) });
  const { id } = (await debit(fresh())).body.record as { readonly id: string };
  for (const path of [
    `/v1/records/${id}`,
    "/v1/records?state=needs_attention",
    "/v1/account-bindings/R-none",
  ])
    expect(await lineOf(await wallets.get(path))).not.toHaveProperty("_aws");
});

/** All that was sent, said back by the provider as its refusal. */
const echo: Reply = (response, request) =>
  refusal(`CODE ${request.body}`, String(request.body))(response, request);

test("every line of many operations is of allowed members, and is read as it is meant", async () => {
  for (const { route, path, identity, full, before = {}, data, page = null } of operations)
    for (const given of ["data", "echo"]) {
      const { input, sends } = full(fresh());
      wallets.peer.script({ ...before, [path]: given === "echo" ? echo : signed(data(sends), page) });
      const secretive = { ...input, ...("mpin" in input && { mpin: planted.mpin }) };
      await wallets.call(`aggrepay/${route}`, secretive, identity === "key" ? { key: fresh() } : {});
    }
  const lines = [...linesOf(wallets), ...linesOf(unready)];
  const parsed = lines.map((line) => JSON.parse(line) as Line);
  const ours = parsed.filter((line) => "function" in line);
  expect(ours.length).toBeGreaterThan(80);
  // A line of the platform about a function has the four members of Lambda's own.
  for (const line of parsed.filter((each) => !ours.includes(each)))
    expect(Object.keys(line).toSorted()).toEqual(["level", "message", "requestId", "timestamp"]);
  for (const line of ours) {
    expect(unlistedIn(line)).toEqual([]);
    if ("_aws" in line) expect(faultsOf(line, Date.now())).toEqual([]);
  }
  const { aggrepay, payu, wibmo, dreamzwallet, nicepay } = secretValues;
  const secrets = { ...planted, ...aggrepay, ...dreamzwallet, wibmo: wibmo.apiKey, payu: payu.merchantSalt };
  expect(searching({ ...secrets, nicepay: nicepay.merchantKey })(lines.join("\n"))).toEqual([]);
});
