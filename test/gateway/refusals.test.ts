import { describe, expect, test } from "vitest";
import {
  type Answer,
  type ExpectedProblem,
  expectProblem,
  expectSuccess,
  fresh,
  recordView,
  startAggrepayGateway,
} from "../support/aggrepay-gateway.ts";
import { noSubMerchants, notRegistered, operationOf } from "../support/aggrepay-operations.ts";
import {
  brokenOff,
  drip,
  formOf,
  hang,
  json,
  noHttp,
  type PeerRequest,
  planted,
  type Reply,
  redirect,
  refusal,
  reset,
  signed,
  signedText,
  Token,
  text,
  truncated,
  type Value,
} from "../support/peer.ts";
import { started } from "../support/started.ts";
import { type Code, problem } from "../support/wallets.ts";
import { words } from "../support/words.ts";

/** Data and error both null. */
const neither = json({ data: null, error: null, page: null, hash: null });
const { gateway } = started({ gateway: () => startAggrepayGateway() });

/** What asks about a change may come on the change's own path: this is a customer's status, asked or set. */
const isQuestion = (request: PeerRequest): boolean =>
  request.name === "customerstatus" && formOf(request).customer_active === undefined;

/** One request and its repeats: an operation under one identity. */
function conversation(route: string, given?: object) {
  const operation = operationOf(route);
  const id = fresh();
  const sample = operation.full(id);
  const record = (state: string, attempt = 1) => recordView(route, id, state, attempt);
  const key = operation.identity === "key" ? { key: id } : {};
  return {
    operation,
    id,
    sample,
    /** The peer will answer the operation with this; what is asked before it, as the document's samples do. */
    script(reply: Reply | readonly Reply[]) {
      gateway.peer.script({ ...operation.before, [operation.path]: reply });
    },
    success: () => signed(operation.data(sample.sends), operation.page ?? null),
    send: (): Promise<Answer> => gateway.call(route, given ?? sample.input, key),
    /** The changes that reached the provider; what asks about them is not counted. */
    bodies: () =>
      gateway.peer.requests
        .filter((request) => request.name === operation.path && !isQuestion(request))
        .map(({ body }) => body.toString()),
    /** Makes the change succeed, and fails whatever asks about it. */
    scriptSuccessAlone() {
      const reply = signed(operation.data(sample.sends), operation.page ?? null);
      gateway.peer.script({
        [operation.path]: (response, request) =>
          (isQuestion(request) ? text("", 500) : reply)(response, request),
      });
    },
    record,
    expectDone: (answer: Answer, attempt = 1) =>
      expectSuccess(answer, { ...operation.answer(sample.sends), record: record("succeeded", attempt) }),
  };
}

type Expected = Omit<ExpectedProblem, "record" | "replayed">;

/** The attempt had no effect and ended: a repeat gets the same answer and nothing is sent. */
async function expectFinal(route: string, reply: Reply, expected: Expected): Promise<void> {
  const talk = conversation(route);
  talk.script(reply);
  const first = await talk.send();
  expectProblem(first, { ...expected, record: talk.record("declined") });
  expect((await gateway.recordOf(first)).state?.S).toBe("declined");
  const sent = gateway.peer.requests.length;
  talk.script(talk.success());
  const again = await talk.send();
  expectProblem(again, { ...expected, record: talk.record("declined"), replayed: true });
  expect(again.text).toBe(first.text);
  expect(sent).toBeGreaterThan(0);
  expect(gateway.peer.requests).toEqual([]);
}

/** Nothing happened: a repeat is a new attempt, sent and counted. */
async function expectUsable(
  route: string,
  state: "not_sent" | "not_executed",
  reply: Reply,
  expected: Expected,
): Promise<void> {
  const talk = conversation(route);
  talk.script(reply);
  const first = await talk.send();
  expectProblem(first, { ...expected, record: talk.record(state) });
  expect((await gateway.recordOf(first)).state?.S).toBe(state);
  await expectNextAttempt(talk);
}

async function expectNextAttempt(talk: ReturnType<typeof conversation>): Promise<void> {
  talk.script(talk.success());
  talk.expectDone(await talk.send(), 2);
  expect(talk.bodies()).toHaveLength(1);
}

/** The provider may have acted, and does not tell when it is asked: the change is never sent again. */
async function expectDoubt(route: string, reply: Reply, provider?: Expected["provider"]): Promise<void> {
  const talk = conversation(route);
  talk.script(reply);
  await expectDoubtOf(talk, provider);
}

async function expectDoubtOf(talk: ReturnType<typeof conversation>, provider?: Expected["provider"]) {
  const first = await talk.send();
  const expected = { ...problem("outcome-unknown", provider), record: talk.record("in_doubt") };
  expectProblem(first, expected);
  expect((await gateway.recordOf(first)).state?.S).toBe("in_doubt");
  expect(talk.bodies().length).toBeLessThanOrEqual(1);
  talk.scriptSuccessAlone();
  const again = await talk.send();
  expect({ status: again.status, code: again.body.code }).toEqual({ status: 504, code: "outcome-unknown" });
  expect(again.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
  expect((await gateway.recordOf(again)).state?.S).toMatch(/^(in_doubt|needs_attention)$/);
  expect(talk.bodies()).toEqual([]);
}

async function expectRead(route: string, reply: Reply, expected: Expected): Promise<void> {
  const talk = conversation(route);
  const before = await gateway.records();
  talk.script(reply);
  expectProblem(await talk.send(), expected);
  // A read is simply repeated.
  talk.script(talk.success());
  expectSuccess(await talk.send(), talk.operation.answer(talk.sample.sends));
  expect(await gateway.records()).toBe(before);
}

describe("refusals by code and text", () => {
  /** The provider's code and text: what they become, and on which routes. */
  const rows: Readonly<Record<string, readonly [becomes: Code, ...on: string[]]>> = {
    "INVALID-PARAMS: The selected customer id is invalid.": [
      "not-found",
      ...words("fetch-balance credit-wallet debit-wallet debit-reversal update-customer forgot-mpin"),
    ],
    "INVALID-PARAMS: The selected merchant transaction id is invalid.": [
      "not-found",
      "fetch-by-merchant-transaction-id",
      "debit-reversal",
    ],
    "INVALID-PARAMS: The merchant transaction id has already been taken.": [
      "already-done",
      ...words("credit-wallet debit-wallet wallet-to-wallet"),
    ],
    "INVALID-PARAMS: The mobile number field contains an invalid number.": [
      "invalid-request",
      "check-customer",
      "registration-otp",
    ],
    "INVALID-PARAMS: The mpin field is required.": ["invalid-request", "debit-wallet", "register-customer"],
    "INVALID-PARAMS: The date of birth does not match the format Y-m-d.": [
      "invalid-request",
      "update-customer",
    ],
    "INVALID-PARAMS: The Merchant_Transaction_Id may only contain letters, numbers, dashes and underscores.":
      ["invalid-request", "credit-wallet", "fetch-by-merchant-transaction-id"],
    "INVALID-PARAMS: The amount must be at least 1.00. The description may not be greater than 100 characters.":
      ["invalid-request", "wallet-to-wallet"],
    "INVALID-PARAMS: The to_customer_id could not be found": ["not-found", "credit-wallet"],
    "INVALID-INPUT-DATA: Invalid input Data": ["already-done", "register-customer"],
    "INVALID-INPUT-DATA: Not enough balance in the account": [
      "insufficient-funds",
      "debit-wallet",
      "wallet-to-wallet",
    ],
    "INSUFFICIENT-FUND: Insufficient Fund": ["insufficient-funds", "wallet-to-wallet", "debit-wallet"],
    "INVALID-OTP: Invalid OTP": ["wrong-credential", "register-customer", "forgot-mpin"],
    "INVALID-MPIN: Invalid MPIN": ["wrong-credential", "debit-wallet", "wallet-to-wallet", "change-mpin"],
    "TRANSACTION-LIMIT: Daily Transaction Limit Reached": [
      "limit-exceeded",
      "wallet-to-wallet",
      "check-customer-debit-limit",
    ],
    "MONTHLY-TRANSACTION-LIMIT-EXCEEDED: Monthly Transaction Limit exceeded": [
      "limit-exceeded",
      "check-customer-credit-limit",
      "credit-wallet",
    ],
    "TRANSACTION-ALREADY-REVERSED: This Transaction is already reversed": ["already-done", "debit-reversal"],
    "NO-PG-TRANSACTION-RECORD-FOUND: Pg transaction record not found.": ["not-found", "credit-wallet"],
    "NO-SUB-MERCHANT-RECORD: Sub merchant details not found.": [
      "not-found",
      "get-sub-merchants",
      "debit-wallet",
    ],
  };
  const cases = Object.entries(rows).flatMap(([word, [becomes, ...on]]) => {
    const [, code = "", message = ""] = /^(\S+): (.*)$/.exec(word) ?? [];
    return on.map((route) => ({ route, code, message, becomes }));
  });

  test.each(cases)("$route: $code, $message", async ({ route, code, message, becomes }) => {
    const expected = problem(becomes, { code, message });
    const reply = refusal(code, message);
    if (operationOf(route).identity === "none") await expectRead(route, reply, expected);
    // It may be this request's own work, which what stands before the provider has sent twice.
    else if (becomes === "already-done") await expectDoubt(route, reply, expected.provider);
    // A debit is reversed once; one that was refused is asked for again under the next number.
    else if (route === "debit-reversal") await expectFinal(route, reply, { ...expected, nextReversal: 2 });
    else await expectFinal(route, reply, expected);
  });

  test.each([
    "The merchant transaction id has already been taken",
    "Validation: the merchant transaction id has already been taken. Choose another.",
  ])("an id that is taken is so wherever the text says it: %s", async (message) => {
    const word = { code: "INVALID-PARAMS", message };
    await expectDoubt("credit-wallet", refusal(word.code, message), word);
  });

  test.each([
    ["Bank did not respond, transaction pending", ["credit-wallet", "debit-wallet", "debit-reversal"]],
    ["The transaction must be confirmed by the bank.", ["wallet-to-wallet"]],
    ["The mpin field is required. Transaction is being processed.", ["debit-wallet"]],
    ["The request has already been taken.", ["debit-wallet"]],
    ["The amount of your payment could not be found in time.", ["credit-wallet"]],
    ["Something that no document mentions", ["change-mpin", "update-customer"]],
    ["The hash of the payment is pending", ["debit-wallet"]],
    ["", ["wallet-to-wallet"]],
  ])("INVALID-PARAMS %j is no validator's sentence: doubt for a change, the provider's fault for a read", async (message, routes) => {
    const word = { code: "INVALID-PARAMS", message };
    await expectRead("fetch-balance", refusal(word.code, message), problem("provider-fault", word));
    for (const route of routes) await expectDoubt(route, refusal(word.code, message), word);
  });

  test.each([
    400, 401, 403, 404, 409, 422, 429,
  ])("HTTP %i is read by the code in its body", async (status) => {
    const word = { code: "INSUFFICIENT-FUND", message: "Insufficient Fund" };
    const reply = refusal(word.code, word.message, status);
    await expectRead("fetch-balance", reply, problem("insufficient-funds", word));
    await expectFinal("debit-wallet", reply, problem("insufficient-funds", word));
  });

  test.each([
    { code: "UNAUTHORIZED", message: "Unauthorized", status: 200 },
    { code: "HASH-MISMATCH", message: "Hash Mismatch", status: 200 },
    { code: "INVALID-PARAMS", message: "The api key field is required.", status: 200 },
    { code: "INVALID-PARAMS", message: "The hash field is required.", status: 422 },
    { code: "INVALID-PARAMS", message: "The selected api key is invalid.", status: 200 },
    { code: "INVALID-PARAMS", message: "The api_key format is invalid", status: 422 },
    { code: "UNAUTHORIZED", message: "Unauthorized", status: 401 },
  ])("$code with HTTP $status: the fault is ours, and the identity stays usable", async ({
    code,
    message,
    status,
  }) => {
    const expected = problem("misconfigured", { code, message });
    await expectRead("fetch-balance", refusal(code, message, status), expected);
    for (const route of ["debit-wallet", "debit-reversal", "change-mpin", "register-customer"]) {
      await expectUsable(route, "not_executed", refusal(code, message, status), expected);
    }
  });

  test("the secret, its version and the runbook are named, where our signature or the reply's does not fit", async () => {
    const named = (versions: string) =>
      new RegExp(
        `\\(secret "aggrepay", version ${versions}; docs/operations\\.md#a-signature-that-does-not-fit\\)\\. ?`,
      );
    const id = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
    const { input } = operationOf("debit-wallet").full(fresh());
    gateway.peer.script({ debitwallet: refusal("HASH-MISMATCH", "Hash Mismatch") });
    const refused = await gateway.call("debit-wallet", input);
    expect(refused.body).toMatchObject({ code: "misconfigured", detail: expect.stringMatching(named(id)) });
    gateway.peer.script({ debitwallet: signed({ transaction_id: 7 }, null, { salt: "another" }) });
    const misread = await gateway.call("debit-wallet", input);
    expect(misread.body).toMatchObject({
      code: "outcome-unknown",
      detail: expect.stringMatching(named(`${id}(?: and ${id})*`)),
    });
    // A reply of another kind that cannot be used names no secret.
    gateway.peer.script({ debitwallet: neither });
    const other = await gateway.call("debit-wallet", operationOf("debit-wallet").full(fresh()).input);
    expect(other.body.detail).not.toContain("secret");
  });

  test.each(
    words("credit-wallet debit-wallet wallet-to-wallet debit-reversal"),
  )("%s: INVALID-INPUT-DATA with any other text leaves doubt", async (route) => {
    const word = { code: "INVALID-INPUT-DATA", message: "Invalid input Data" };
    await expectDoubt(route, refusal(word.code, word.message), word);
  });

  test.each([
    ["debit-wallet", "Not enough balance", "insufficient-funds"],
    ["wallet-to-wallet", "not enough balance in the wallet of 546693304.", "insufficient-funds"],
  ] as const)("%s: INVALID-INPUT-DATA %j becomes %s", async (route, message, becomes) => {
    const word = { code: "INVALID-INPUT-DATA", message };
    await expectFinal(route, refusal(word.code, message), problem(becomes, word));
  });

  test("register-customer: INVALID-INPUT-DATA says in whatever letters that the number is there: it may be this request's work", async () => {
    const word = { code: "INVALID-INPUT-DATA", message: "INVALID INPUT DATA." };
    await expectDoubt("register-customer", refusal(word.code, word.message), word);
  });

  test("INVALID-INPUT-DATA with any other text proves nothing where no money moves, either", async () => {
    for (const message of ["There is not enough balance", "Not enough balance was reserved, pending"]) {
      const word = { code: "INVALID-INPUT-DATA", message };
      const reply = refusal(word.code, word.message);
      await expectRead("fetch-balance", reply, problem("provider-fault", word));
      for (const route of ["change-mpin", "register-customer"]) await expectDoubt(route, reply, word);
    }
  });

  test.each(
    words("credit-wallet debit-reversal change-mpin update-customer register-customer"),
  )("%s: a code that nobody documented leaves doubt, and is kept", async (route) => {
    const word = { code: "SOMETHING-NEW", message: "What is this?" };
    await expectDoubt(route, refusal(word.code, word.message), word);
  });

  test("a code that another operation's row names is unknown here", async () => {
    const word = { code: "TRANSACTION-ALREADY-REVERSED", message: "This Transaction is already reversed" };
    await expectDoubt("debit-wallet", refusal(word.code, word.message), word);
  });

  test("fetch-balance: a code that nobody documented is the provider's fault", async () => {
    const word = { code: "SOMETHING-NEW", message: "What is this?" };
    await expectRead("fetch-balance", refusal(word.code, word.message), problem("provider-fault", word));
  });

  test("update-customer: data and error both null is how the provider declines", async () => {
    const talk = conversation("update-customer");
    talk.script(neither);
    const first = await talk.send();
    expect(first.body).toMatchObject({ status: 422, code: "declined", retry: "after-fix" });
    expect(first.body.record).toEqual(talk.record("declined"));
    talk.script(talk.success());
    const again = await talk.send();
    expect(again.text).toBe(first.text);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(gateway.peer.requests).toEqual([]);
  });

  test.each([
    "debit-wallet",
    "debit-reversal",
    "change-mpin",
  ])("%s: data and error both null leaves doubt", async (route) => {
    const talk = conversation(route);
    talk.script(neither);
    const first = await talk.send();
    expect(first.body).toMatchObject({ status: 504, code: "outcome-unknown", retry: "same-identity" });
    expect(first.body.record).toEqual(talk.record("in_doubt"));
    talk.scriptSuccessAlone();
    expect((await talk.send()).status).toBe(504);
    expect(talk.bodies()).toEqual([]);
  });
});

describe("an id that is taken, or a debit that is reversed, once there was an earlier attempt", () => {
  const word = { code: "INVALID-PARAMS", message: "The merchant transaction id has already been taken." };
  const reversed = { code: "TRANSACTION-ALREADY-REVERSED", message: "This Transaction is already reversed" };
  const registered = { code: "INVALID-INPUT-DATA", message: "Invalid input Data" };

  test.each([
    { route: "credit-wallet", ...word },
    { route: "debit-wallet", ...word },
    { route: "wallet-to-wallet", ...word },
    { route: "debit-reversal", ...reversed },
    { route: "register-customer", ...registered },
  ])("$route: it may be our own, so it is doubt", async ({ route, code, message }) => {
    const talk = conversation(route);
    talk.script(refusal("HASH-MISMATCH", "Hash Mismatch"));
    expect((await talk.send()).body.record).toEqual(talk.record("not_executed"));
    talk.script(refusal(code, message));
    const second = await talk.send();
    expectProblem(second, {
      ...problem("outcome-unknown", { code, message }),
      record: talk.record("in_doubt", 2),
    });
    talk.scriptSuccessAlone();
    expect((await talk.send()).status).toBe(504);
    expect(talk.bodies()).toEqual([]);
  });

  test("debit-wallet: also after an attempt of which nothing was sent", async () => {
    const talk = conversation("debit-wallet");
    await gateway.peer.refusing(async () => {
      expect((await talk.send()).body.record).toEqual(talk.record("not_sent"));
    });
    talk.script(refusal(word.code, word.message));
    expectProblem(await talk.send(), {
      ...problem("outcome-unknown", word),
      record: talk.record("in_doubt", 2),
    });
  });
});

/** A read, a change of money and a change that the caller's key identifies. */
const readRoute = "fetch-balance";
const changeRoutes = ["debit-wallet", "change-mpin"] as const;

describe("transport", () => {
  test("refused connection: nothing was sent, and the same request may be made again", async () => {
    const read = conversation(readRoute);
    const talks = [...changeRoutes, "credit-wallet", "debit-reversal"].map((route) => conversation(route));
    await gateway.peer.refusing(async () => {
      expectProblem(await read.send(), problem("not-sent"));
      for (const talk of talks) {
        for (const attempt of [1, 2]) {
          const answer = await talk.send();
          expectProblem(answer, { ...problem("not-sent"), record: talk.record("not_sent", attempt) });
          expect((await gateway.recordOf(answer)).state?.S).toBe("not_sent");
        }
      }
    });
    read.script(read.success());
    expectSuccess(await read.send(), read.operation.answer(read.sample.sends));
    for (const talk of talks) {
      talk.script(talk.success());
      talk.expectDone(await talk.send(), 3);
      expect(talk.bodies()).toHaveLength(1);
    }
  });

  test("nothing was sent: the identity still belongs to that request alone", async () => {
    const talk = conversation("debit-wallet");
    await gateway.peer.refusing(talk.send);
    talk.script(talk.success());
    const other = await gateway.call("debit-wallet", talk.operation.other?.(talk.id) ?? {});
    expectProblem(other, { status: 422, code: "identity-reused", retry: "after-fix" });
    expect(talk.bodies()).toEqual([]);
    expect((await talk.send()).status).toBe(200);
  });

  test("a connection that is reset as soon as it stands", async () => {
    const read = conversation(readRoute);
    read.script([]);
    gateway.peer.resetConnections();
    const answer = await read.send();
    expect([502, 503]).toContain(answer.status);
    for (const route of changeRoutes) {
      const talk = conversation(route);
      talk.script([]);
      gateway.peer.resetConnections();
      // It stood, so whether a byte left is not known to us; what the record says decides about a repeat.
      const first = await talk.send();
      const { state } = first.body.record as { readonly state: string };
      expect({ status: first.status, state }).toEqual(
        state === "not_sent" ? { status: 503, state } : { status: 504, state: "in_doubt" },
      );
    }
  });

  const balance = (reply: Value) => signed(reply);
  const whole: Readonly<Record<string, string>> = {
    "fetch-balance": signedText({ data: { balance: "41.0", customer_id: "546693304" } }),
    "debit-wallet": signedText({ data: { transaction_id: 654561373 } }),
    "change-mpin": signedText({ data: { mpin_updated: "true" } }),
  };
  const success: Readonly<Record<string, Value>> = {
    "fetch-balance": { balance: "41.0", customer_id: "546693304" },
    "debit-wallet": { transaction_id: 654561373 },
    "change-mpin": { mpin_updated: "true" },
  };
  const bodyOf = (route: string) => whole[route] ?? "";
  const dataOf = (route: string) => success[route] ?? null;
  const altered = (route: string, change: (reply: Record<string, unknown>) => object) =>
    text(JSON.stringify(change(JSON.parse(bodyOf(route)))));

  /** What the peer does, for each route; `read` is what a read becomes, where it is not the provider's fault. */
  const faults: readonly [what: string, reply: (route: string) => Reply, read?: Code][] = [
    ["no reply in time", () => hang, "outcome-unknown"],
    ["headers in time, then a byte now and again", () => drip, "outcome-unknown"],
    ["a reset in place of a reply", () => reset],
    ["a reset in the middle of a reply", (route) => brokenOff(bodyOf(route))],
    ["a reply that is shorter than it says", (route) => truncated(bodyOf(route))],
    ["no HTTP", () => noHttp],
    ["HTTP 500", () => text("Internal Server Error", 500, "text/html")],
    ["HTTP 500 around a refusal", () => refusal("INVALID-MPIN", "Invalid MPIN", 500)],
    ["HTTP 502", () => text("<html></html>", 502, "text/html")],
    ["HTTP 503 around UNAUTHORIZED", () => refusal("UNAUTHORIZED", "Unauthorized", 503)],
    ["HTTP 500 around a success", (route) => text(bodyOf(route), 500)],
    ["HTTP 204", () => (response) => response.writeHead(204).end()],
    ["an empty reply", () => text("")],
    ["HTML", () => text("<!doctype html><title>Maintenance</title>", 200, "text/html")],
    ["JSON that ends early", (route) => text(bodyOf(route).slice(0, -5))],
    ["JSON with something after it", (route) => text(`${bodyOf(route)} x`)],
    ["a list", (route) => text(`[${bodyOf(route)}]`)],
    ["a string", () => text('"OK"')],
    ["null", () => text("null")],
    ["another server's JSON", () => text('{"message":"Service Unavailable"}')],
    ["an empty object", () => text("{}")],
    ["two byte order marks", (route) => text(`\ufeff\ufeff${bodyOf(route)}`)],
    ["UTF-16", (route) => text(Buffer.from(`\ufeff${bodyOf(route)}`, "utf16le"))],
    ["no hash", (route) => altered(route, ({ hash: _, ...rest }) => rest)],
    ["a null hash", (route) => altered(route, (reply) => ({ ...reply, hash: null }))],
    ["an empty hash", (route) => altered(route, (reply) => ({ ...reply, hash: "" }))],
    ["a hash that is a number", (route) => altered(route, (reply) => ({ ...reply, hash: 0 }))],
    ["a hash that is true", (route) => altered(route, (reply) => ({ ...reply, hash: true }))],
    [
      "a hash of 127 digits",
      (route) => altered(route, (reply) => ({ ...reply, hash: String(reply.hash).slice(0, -1) })),
    ],
    ["the hash of another salt", (route) => signed(dataOf(route), null, { salt: "another" })],
    ["a member that was not hashed", (route) => altered(route, (reply) => ({ ...reply, more: 1 }))],
    [
      "data that was changed on its way",
      (route) =>
        altered(route, (reply) => ({ ...reply, data: { balance: "9.0", customer_id: "546693304" } })),
    ],
    ["half a surrogate pair", (route) => altered(route, (reply) => ({ ...reply, more: "\ud83d" }))],
    [
      "bytes that are no UTF-8",
      (route) => text(Buffer.from(bodyOf(route).replace("}", '}, "more": "\u00ff"'), "latin1")),
    ],
    ["lists inside lists, 512 deep", () => text(`${"[".repeat(512)}${"]".repeat(512)}`)],
    ["a number that PHP cannot encode", () => signed({ n: new Token("1e400", "0") })],
    ["a success without its field", () => balance({ unexpected: "x" })],
    [
      "a success whose field is null",
      () => balance({ balance: null, customer_id: null, transaction_id: null, mpin_updated: null }),
    ],
    [
      "a success whose field is a list",
      () => balance({ balance: [], customer_id: [], transaction_id: [], mpin_updated: [] }),
    ],
    [
      "a success whose fields make no sense",
      () => balance({ balance: "lots", customer_id: "", transaction_id: "", mpin_updated: "perhaps" }),
    ],
    ["a success whose data is a text", () => balance("done")],
    ["a success whose data is a list", () => balance([])],
    ["a success whose data is true", () => balance(true)],
    [
      "data and an error at once",
      (route) =>
        text(signedText({ data: dataOf(route), error: { code: "INVALID-MPIN", message: "Invalid MPIN" } })),
    ],
    ["an error that is a text", () => json({ data: null, error: "INVALID-MPIN", page: null, hash: null })],
    [
      "an error without a code",
      () => json({ data: null, error: { message: "Invalid MPIN" }, page: null, hash: null }),
    ],
    [
      "an error whose code is a number",
      () => json({ data: null, error: { code: 7, message: "x" }, page: null, hash: null }),
    ],
    ["HTTP 400 without a code", () => text("Bad Request", 400, "text/plain")],
    ["HTTP 404 without a code", () => text("<html></html>", 404, "text/html")],
    ["HTTP 401 without a code", () => text("", 401)],
    ["HTTP 403 around another server's JSON", () => text('{"message":"Forbidden"}', 403)],
    ["HTTP 400 around a success", (route) => text(bodyOf(route), 400)],
    ["HTTP 429 around a success", (route) => text(bodyOf(route), 429)],
    [
      "HTTP 429 around a success that another salt signed",
      (route) => signed(dataOf(route), null, { salt: "another", status: 429 }),
    ],
  ];

  describe.each(faults)("%s", (_what, reply, read = "provider-fault") => {
    test(`${readRoute}: ${read}`, () => expectRead(readRoute, reply(readRoute), problem(read)));

    test.each(changeRoutes)("%s: its outcome is unknown", (route) => expectDoubt(route, reply(route)));
  });

  test.each([301, 302, 303, 307, 308])("HTTP %i is never followed", async (status) => {
    const away = `${gateway.peer.url}/api/v1/elsewhere`;
    await expectRead(readRoute, redirect(status, away), problem("provider-fault"));
    for (const route of changeRoutes) {
      const talk = conversation(route);
      gateway.peer.script({ [talk.operation.path]: redirect(status, away), elsewhere: talk.success() });
      const answer = await talk.send();
      expectProblem(answer, { ...problem("outcome-unknown"), record: talk.record("in_doubt") });
      expect(gateway.peer.requests.map(({ name }) => name)).toEqual([talk.operation.path]);
    }
  });

  test("HTTP 429 without a code: asked to slow down, and the identity stays usable", async () => {
    for (const reply of [
      text("Too Many Requests", 429, "text/plain"),
      text('{"message":"Too Many Attempts."}', 429),
    ]) {
      const word = { code: "429", message: "" };
      await expectRead(readRoute, reply, problem("throttled", word));
      for (const route of changeRoutes)
        await expectUsable(route, "not_executed", reply, problem("throttled", word));
    }
  });

  test.each([401, 404, 422])("HTTP %i with a code that nobody documented", async (status) => {
    const word = { code: "SOMETHING-NEW", message: "What is this?" };
    const reply = refusal(word.code, word.message, status);
    await expectRead(readRoute, reply, problem("provider-fault", word));
    await expectDoubt("debit-wallet", reply, word);
  });

  test("doubt belongs to that request alone: another under its identity is refused", async () => {
    const talk = conversation("credit-wallet");
    talk.script(reset);
    expect((await talk.send()).body.record).toEqual(talk.record("in_doubt"));
    talk.script(talk.success());
    const other = await gateway.call("credit-wallet", talk.operation.other?.(talk.id) ?? {});
    expectProblem(other, { status: 422, code: "identity-reused", retry: "after-fix" });
    expect(talk.bodies()).toEqual([]);
  });

  test("a reply of more than a megabyte is not read to its end", async () => {
    const reply = text(`{"data":"${"x".repeat(2_000_000)}"}`);
    await expectRead(readRoute, reply, problem("provider-fault"));
    await expectDoubt("debit-wallet", reply);
  });
});

const shownRow = operationOf("fetch-by-transaction-id").data({}) as { readonly [name: string]: Value };

describe("a success that says that it was not done", () => {
  test.each([
    { route: "update-customer", field: "updated", data: { updated: "false" } },
    { route: "update-customer", field: "updated", data: { updated: false } },
    { route: "change-mpin", field: "mpin_updated", data: { mpin_updated: "false" } },
    { route: "forgot-mpin", field: "mpin_updated", data: { mpin_updated: false } },
    {
      route: "customer-status",
      field: "customer_active",
      data: { customer_id: "546693304", customer_active: "y" },
    },
  ])("$route: $data is declined, with the field as the provider's word", async ({ route, field, data }) => {
    const word = { code: field, message: "false" };
    await expectFinal(route, signed(data), problem("declined", word));
  });

  test.each([
    "check-customer-credit-limit",
    "check-customer-debit-limit",
  ])("%s: true and false are its answers", async (route) => {
    for (const [data, withinLimit] of [
      [true, true],
      [false, false],
      ["true", true],
      ["false", false],
    ] as const) {
      const talk = conversation(route);
      talk.script(signed(data));
      expectSuccess(await talk.send(), { result: { withinLimit } });
    }
  });
});

describe("a reversal's reply names its debit", () => {
  test.each(["-1", "0"])("one whose id is longer by %j is another debit", async (more) => {
    const talk = conversation("debit-reversal");
    const data = { merchant_transaction_id: `${talk.id}${more}_REVERSAL`, transaction_id: 537601231 };
    talk.script(signed(data));
    await expectDoubtOf(talk);
  });
});

describe("a reversal is named by its debit's id and a suffix in any letter case", () => {
  test.each(["_REVERSAL", "_reversal", "_Reversal"])("%s", async (suffix) => {
    const talk = conversation("debit-reversal");
    const merchantTransactionId = `${talk.id}${suffix}`;
    talk.script(signed({ merchant_transaction_id: merchantTransactionId, transaction_id: 537601231 }));
    expect((await talk.send()).body.result).toEqual({ merchantTransactionId, transactionId: "537601231" });
  });

  test.each<[string, (id: string) => string, number]>([
    ["is the one that was asked for", (id) => `${id}_reversal`, 200],
    ["of another debit is not", (id) => `${id}x_reversal`, 504],
    ["of a debit in other letters is not", (id) => `${id.toUpperCase()}_reversal`, 504],
  ])("what an inquiry is shown: one %s", async (_what, shownAs, status) => {
    const talk = conversation("debit-reversal");
    talk.script(hang);
    expect((await talk.send()).status).toBe(504);
    const time = new Date(Date.now() + 5.5 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");
    gateway.peer.script({
      fetchbymerchantransactionid: signed({
        ...{ amount: "4.0", balance: 1, transaction_type: "M2C", payment_type: "CREDIT", time },
        ...{ transaction_id: 9002, merchant_transaction_id: shownAs(talk.id) },
        transaction_status: "PAYMENT_SUCCESS",
      }),
    });
    expect((await talk.send()).status).toBe(status);
  });
});

describe("a success that is not what the operation returns", () => {
  const missing: readonly { route: string; data: Value; page?: Value }[] = [
    { route: "check-customer", data: { customer_exists: "maybe" } },
    { route: "registration-otp", data: { customer_exists: "true" } },
    { route: "register-customer", data: { customer_id: null } },
    { route: "fetch-balance", data: { customer_id: "546693304", balance: null } },
    { route: "credit-wallet", data: { merchant_transaction_id: "x" } },
    { route: "wallet-to-wallet", data: { transaction_id: { id: 1 } } },
    // A number that PHP makes of a row that was not written; another transaction's, or one that did not happen.
    { route: "debit-wallet", data: { transaction_id: 0 } },
    { route: "credit-wallet", data: { transaction_id: "0" } },
    { route: "wallet-to-wallet", data: { transaction_id: "null" } },
    { route: "debit-wallet", data: { transaction_id: 1, transaction_status: "PAYMENT_FAILED" } },
    { route: "credit-wallet", data: { transaction_id: 1, transaction_status: "PAYMENT_PENDING" } },
    { route: "wallet-to-wallet", data: { transaction_id: 1, amount: "777.77" } },
    { route: "debit-wallet", data: { transaction_id: 1, merchant_transaction_id: "another" } },
    { route: "debit-reversal", data: { transaction_id: 1 } },
    { route: "debit-reversal", data: { merchant_transaction_id: "other_REVERSAL", transaction_id: 1 } },
    { route: "check-customer-credit-limit", data: { limit: "100.00" } },
    { route: "check-customer-debit-limit", data: "perhaps" },
    { route: "check-customer-debit-limit", data: { customer_id: 1 } },
    { route: "check-customer-credit-limit", data: 2 },
    { route: "check-customer-credit-limit", data: [] },
    { route: "check-customer-credit-limit", data: "ok" },
    { route: "fetch-transactions", data: "none", page: { page_size: 1 } },
    { route: "fetch-transactions", data: true },
    { route: "fetch-by-merchant-transaction-id", data: [] },
    { route: "fetch-by-transaction-id", data: { transaction_id: 1 } },
    { route: "fetch-customer-detail", data: { first_name: "x" } },
    { route: "update-customer", data: { updated: "2" } },
    { route: "customer-status", data: { customer_id: 1 } },
    { route: "customer-otp", data: { customer_exists: "true" } },
    { route: "forgot-mpin", data: {} },
    { route: "add-sub-merchant", data: { sub_merchant_id: -1 } },
    { route: "get-sub-merchants", data: 7 },
    { route: "get-sub-merchants", data: "XYZ" },
    // About somebody or something else than was asked.
    { route: "fetch-balance", data: { balance: "41.0", customer_id: "546693305" } },
    { route: "fetch-balance", data: { balance: "41.0", customer_id: "0546693304" } },
    { route: "fetch-balance", data: { balance: "41.0", customer_id: "546693304 " } },
    { route: "fetch-customer-detail", data: { customer_id: "54669330" } },
    { route: "fetch-by-transaction-id", data: { ...shownRow, transaction_id: "734203906" } },
    {
      route: "fetch-by-merchant-transaction-id",
      data: { ...shownRow, merchant_transaction_id: "abc122361" },
    },
    { route: "fetch-by-merchant-transaction-id", data: { ...shownRow, merchant_transaction_id: null } },
    { route: "customer-status", data: { customer_id: "546693305", customer_active: "n" } },
    // Refused for another customer is not refused for this one.
    { route: "customer-status", data: { customer_id: "546693305", customer_active: "y" } },
  ];

  test.each(missing)("$route: $data", async ({ route, data, page = null }) => {
    const reply = signed(data, page);
    if (operationOf(route).identity === "none") await expectRead(route, reply, problem("provider-fault"));
    else await expectDoubt(route, reply, statusIn(data));
  });

  /** What the provider says there of how the change stands is told, as its own word. */
  function statusIn(data: unknown): Expected["provider"] {
    const { transaction_status: code } = Object(data) as { readonly transaction_status?: string };
    return code === undefined ? undefined : { code, message: "" };
  }
});

describe("an id that is taken at a first attempt, and what is shown under it", () => {
  const time = (hours: number) =>
    new Date(Date.now() - hours * 3_600_000 + 5.5 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");
  const row = (id: string, at: string, more: object = {}) =>
    signed({
      ...{ amount: "4.00", balance: 1, transaction_type: "C2M", payment_type: "DEBIT", transaction_id: 9002 },
      ...{ merchant_transaction_id: id, transaction_status: "PAYMENT_SUCCESS", time: at, ...more },
    });
  const taken = refusal("INVALID-PARAMS", "The merchant transaction id has already been taken.");

  test.each([
    {
      what: "is older by more than a day",
      shows: (id: string) => row(id, time(25)),
      status: 409,
      state: "declined",
    },
    {
      what: "is older, and of another amount",
      shows: (id: string) => row(id, time(25), { amount: "1.00" }),
      status: 504,
      state: "in_doubt",
    },
    {
      what: "is older, and failed",
      shows: (id: string) => row(id, time(25), { transaction_status: "PAYMENT_FAILED" }),
      status: 504,
      state: "in_doubt",
    },
    {
      what: "is older by less: zones may differ",
      shows: (id: string) => row(id, time(20)),
      status: 504,
      state: "in_doubt",
    },
    {
      what: "has a time that was never set",
      shows: (id: string) => row(id, "1970-01-01 05:30:00"),
      status: 504,
      state: "in_doubt",
    },
    {
      what: "is another id's",
      shows: (id: string) => row(`${id}0`, time(200)),
      status: 504,
      state: "in_doubt",
    },
    { what: "is not to be had", shows: () => text("", 500), status: 504, state: "in_doubt" },
  ])("$what: $state", async ({ shows, status, state }) => {
    const talk = conversation("debit-wallet");
    gateway.peer.script({ debitwallet: taken, fetchbymerchantransactionid: shows(talk.id) });
    const answer = await talk.send();
    expect([answer.status, answer.body.record]).toEqual([status, talk.record(state)]);
    expect(gateway.peer.requests.map(({ name }) => name).slice(0, 2)).toEqual([
      "debitwallet",
      "fetchbymerchantransactionid",
    ]);
  });
});

describe("a success that shows more than its transaction", () => {
  const forms: readonly { what: string; more: (id: string) => { readonly [field: string]: Value } }[] = [
    {
      what: "all of it",
      more: (id) => ({ merchant_transaction_id: id, transaction_status: "PAYMENT_SUCCESS" }),
    },
    { what: "its status in other letters", more: () => ({ transaction_status: "Payment_Success." }) },
    { what: "its id in other letters", more: (id) => ({ merchant_transaction_id: id.toUpperCase() }) },
    {
      what: "its id without signs",
      more: (id) => ({ merchant_transaction_id: id.replace(/[^a-z0-9]/gi, "") }),
    },
    { what: "no id and no amount", more: () => ({ merchant_transaction_id: null, amount: null }) },
    { what: "an amount that cannot be read", more: () => ({ amount: { value: 1 } }) },
  ];

  test.each(forms)("succeeds with $what", async ({ more }) => {
    const talk = conversation("debit-wallet");
    talk.script(signed({ transaction_id: 887420489, ...more(talk.id) }));
    expect((await talk.send()).status).toBe(200);
  });
});

describe("a sub merchant whose name is shown in another form", () => {
  test.each([
    ["रमा स्टोर", "राम स्टोर"],
    ["தமிழ் கடை", "தமிழா கடை"],
  ])("%j next to %j, which its vowel signs tell apart, is added", async (name, shown) => {
    gateway.peer.script({ getsubmerchants: listed(shown), addsubmerchant: signed({ sub_merchant_id: 9 }) });
    expect((await gateway.call("add-sub-merchant", input(name), { key: fresh() })).status).toBe(200);
  });

  const input = (name: string) => ({ ...operationOf("add-sub-merchant").full("").input, name });
  const listed = (name: string) =>
    signed([
      { id: 7, name: "Other" },
      { id: 8, name },
    ]);

  test.each([
    ["Anand & Söhne Store", "ANAND & SÖHNE STORE"],
    ["Anand & Söhne Store", "Anand &amp; Söhne  Store "],
    ["Anand & Söhne Store", "Anand Sohne Store"],
  ])("%j as %j: it is there already, and nothing is sent", async (name, shown) => {
    gateway.peer.script({ getsubmerchants: listed(shown) });
    const answer = await gateway.call("add-sub-merchant", input(name), { key: fresh() });
    expect([answer.status, answer.body.code]).toEqual([409, "already-done"]);
  });

  test.each([
    ["Lakshmi Stores East", "LAKSHMI STORES EAST"],
    ["Lakshmi Stores & Sons West", "Lakshmi Stores &#38; Sons West"],
    ["Lakshmi Stores of the North", "Lakshmi Stores of"],
  ])("%j whose reply was lost, and listed as %j: it is not added again", async (name, shown) => {
    gateway.peer.script({ getsubmerchants: listed("Nobody"), addsubmerchant: reset });
    const key = fresh();
    const first = await gateway.call("add-sub-merchant", input(name), { key });
    expect(first.status).toBe(504);
    gateway.peer.script({ getsubmerchants: listed(shown) });
    await gateway.call("add-sub-merchant", input(name), { key });
    expect(gateway.peer.requests.map(({ name: path }) => path)).toEqual(["getsubmerchants"]);
    const { state, lastInquiry } = await gateway.recordOf(first);
    expect(state?.S).toBe("in_doubt");
    expect(JSON.stringify(lastInquiry)).toContain("could be this one in another form");
  });

  test("a longer name than one that is listed is another one's", async () => {
    gateway.peer.script({
      getsubmerchants: listed("Lakshmi Stores"),
      addsubmerchant: signed({ sub_merchant_id: 9 }),
    });
    const answer = await gateway.call("add-sub-merchant", input("Lakshmi Stores South"), { key: fresh() });
    expect(answer.status).toBe(200);
  });
});

describe("what is looked for before the first attempt", () => {
  type Sends = Readonly<Record<string, string>>;
  const found: Readonly<Record<string, (sends: Sends) => Value>> = {
    "register-customer": ({ mobile_number = "" }) => ({ customer_id: "1", mobile_number }),
    "add-sub-merchant": ({ name = "" }) => [
      { id: 7, name: "Other" },
      { id: 8, name },
    ],
  };
  const looks = ["register-customer", "add-sub-merchant"].map((route) => {
    const operation = operationOf(route);
    const [path = ""] = Object.keys(operation.before ?? {});
    return { route, operation, path, dataOf: found[route] ?? (() => null) };
  });
  const notFound: Readonly<Record<string, Reply>> = {
    "register-customer": notRegistered,
    "add-sub-merchant": noSubMerchants,
  };

  /** Nothing but the look has been sent, and nothing written. */
  async function expectOnlyLooked(path: string, before: number, looked = 1): Promise<void> {
    expect(gateway.peer.requests.map(({ name }) => name)).toEqual(Array.from({ length: looked }, () => path));
    expect(await gateway.records()).toBe(before);
  }

  describe.each(looks)("$route", ({ route, operation, path, dataOf }) => {
    test("there already: 409, nothing is sent, nothing is written", async () => {
      const talk = conversation(route);
      const before = await gateway.records();
      gateway.peer.script({ [path]: signed(dataOf(talk.sample.sends)), [operation.path]: talk.success() });
      expectProblem(await talk.send(), problem("already-done"));
      await expectOnlyLooked(path, before);
    });

    test("what is looked for is named in the look", async () => {
      const talk = conversation(route);
      gateway.peer.script({ [path]: signed(dataOf(talk.sample.sends)) });
      await talk.send();
      const [request] = gateway.peer.requests;
      const fields = request && formOf(request);
      const { mobile_number } = talk.sample.sends;
      expect(fields).toMatchObject(route === "register-customer" ? { mobile_number } : {});
      expect(Object.keys(fields ?? {}).toSorted()).toEqual(
        route === "register-customer" ? ["api_key", "hash", "mobile_number"] : ["api_key", "hash"],
      );
    });

    const failures: readonly {
      what: string;
      reply: Reply;
      becomes: Code;
      word?: { code: string; message: string };
      most?: number;
    }[] = [
      { what: "HTTP 500", reply: text("", 500), becomes: "not-sent" },
      // A look is sent once more where a connection that was kept ended before the reply.
      { what: "a reset", reply: reset, becomes: "not-sent", most: 2 },
      { what: "no reply", reply: hang, becomes: "not-sent" },
      { what: "a wrong hash", reply: signed(dataOf({}), null, { salt: "another" }), becomes: "not-sent" },
      {
        what: "data and error both null",
        reply: neither,
        becomes: "not-sent",
      },
      { what: "what cannot be read", reply: signed("?"), becomes: "not-sent" },
      {
        what: "a code that nobody documented",
        reply: refusal("SOMETHING-NEW", "What is this?"),
        becomes: "not-sent",
      },
      {
        what: "UNAUTHORIZED",
        reply: refusal("UNAUTHORIZED", "Unauthorized"),
        becomes: "misconfigured",
        word: { code: "UNAUTHORIZED", message: "Unauthorized" },
      },
      { what: "HTTP 429", reply: text("", 429), becomes: "throttled", word: { code: "429", message: "" } },
    ];

    test.each(failures)("the look fails by $what: nothing is sent, nothing is written", async ({
      reply,
      becomes,
      word,
      most = 1,
    }) => {
      const talk = conversation(route);
      const before = await gateway.records();
      gateway.peer.script({ [path]: reply, [operation.path]: talk.success() });
      expectProblem(await talk.send(), problem(becomes, word));
      await expectOnlyLooked(path, before, Math.max(1, Math.min(most, gateway.peer.requests.length)));
      talk.script(talk.success());
      talk.expectDone(await talk.send());
    });

    test("the look finds no connection: 503, nothing is written", async () => {
      const talk = conversation(route);
      const before = await gateway.records();
      await gateway.peer.refusing(async () => {
        expectProblem(await talk.send(), problem("not-sent"));
      });
      expect(await gateway.records()).toBe(before);
    });

    test("an identity that has a record is answered from it: its own work is not taken for another's", async () => {
      const talk = conversation(route);
      talk.script(talk.success());
      const first = await talk.send();
      gateway.peer.script({ [path]: signed(dataOf(talk.sample.sends)) });
      const again = await talk.send();
      expect(again.text).toBe(first.text);
      expect(gateway.peer.requests).toEqual([]);
    });

    test("an attempt that had no effect is followed by a look and a new attempt", async () => {
      const talk = conversation(route);
      talk.script(refusal("HASH-MISMATCH", "Hash Mismatch"));
      expect((await talk.send()).body.record).toEqual(talk.record("not_executed"));
      gateway.peer.script({ [path]: notFound[route] ?? reset, [operation.path]: talk.success() });
      expect((await talk.send()).body.record).toEqual(talk.record("succeeded", 2));
      expect(gateway.peer.requests.map(({ name }) => name)).toEqual([path, operation.path]);
    });
  });
});

describe("a reversal and its debit", () => {
  const reverse = (input: object) => gateway.call("debit-reversal", input);

  async function debited(reply: Reply): Promise<{ readonly id: string; readonly answer: Answer }> {
    const talk = conversation("debit-wallet");
    talk.script(reply);
    return { id: talk.id, answer: await talk.send() };
  }

  const success = signed({ transaction_id: 654561373 });
  const reversal = (id: string) =>
    signed({ merchant_transaction_id: `${id}_REVERSAL`, transaction_id: 537601231 });

  test.each([
    { state: "in_doubt", reply: hang, code: "in-progress", retry: "same-identity" },
    {
      state: "not_executed",
      reply: refusal("HASH-MISMATCH", "Hash Mismatch"),
      code: "declined",
      retry: "after-fix",
    },
    {
      state: "declined",
      reply: refusal("INVALID-MPIN", "Invalid MPIN"),
      code: "declined",
      retry: "after-fix",
    },
  ] as const)("of a debit that is $state: 409, nothing is sent, nothing is written", async ({
    state,
    reply,
    code,
    retry,
  }) => {
    const { id, answer } = await debited(reply);
    expect((await gateway.recordOf(answer)).state?.S).toBe(state);
    const before = await gateway.records();
    gateway.peer.script({ debitreversal: reversal(id) });
    const refused = await reverse({ merchantTransactionId: id });
    expectProblem(refused, { status: 409, code, retry });
    expect(gateway.peer.requests).toEqual([]);
    expect(await gateway.records()).toBe(before);
  });

  test("of a debit that could not be sent: 409 until it has succeeded, then it goes", async () => {
    const talk = conversation("debit-wallet");
    await gateway.peer.refusing(talk.send);
    gateway.peer.script({ debitreversal: reversal(talk.id), debitwallet: success });
    const refused = await reverse({ merchantTransactionId: talk.id });
    expectProblem(refused, { status: 409, code: "declined", retry: "after-fix" });
    expect(gateway.peer.requests).toEqual([]);
    expect((await talk.send()).status).toBe(200);
    const answer = await reverse({ merchantTransactionId: talk.id, transactionId: "654561373" });
    expectSuccess(answer, {
      result: { merchantTransactionId: `${talk.id}_REVERSAL`, transactionId: "537601231" },
      record: recordView("debit-reversal", talk.id, "succeeded"),
    });
  });

  test("a transactionId must be the debit's: 400, nothing is sent, nothing is written", async () => {
    const { id } = await debited(success);
    const before = await gateway.records();
    gateway.peer.script({ debitreversal: reversal(id) });
    const refused = await reverse({ merchantTransactionId: id, transactionId: "654561374" });
    expectProblem(refused, {
      status: 400,
      code: "invalid-request",
      retry: "after-fix",
      errors: [{ pointer: "/transactionId", detail: expect.any(String) }],
    });
    expect(refused.text).not.toContain("654561373");
    expect(refused.text).not.toContain("654561374");
    expect(gateway.peer.requests).toEqual([]);
    expect(await gateway.records()).toBe(before);
  });

  test.each([
    { route: "credit-wallet", data: { transaction_id: 1 } },
    { route: "wallet-to-wallet", data: { transaction_id: 1 } },
  ])("of what is no debit but a $route: 400, nothing is sent", async ({ route, data }) => {
    const talk = conversation(route);
    talk.script(signed(data));
    await talk.send();
    gateway.peer.script({ debitreversal: reversal(talk.id) });
    const refused = await reverse({ merchantTransactionId: talk.id });
    expectProblem(refused, {
      status: 400,
      code: "invalid-request",
      retry: "after-fix",
      errors: [{ pointer: "/merchantTransactionId", detail: expect.any(String) }],
    });
    expect(gateway.peer.requests).toEqual([]);
  });

  test("of a debit that we do not hold: it is sent, for the provider to know", async () => {
    const talk = conversation("debit-reversal");
    talk.script(talk.success());
    talk.expectDone(await talk.send());
    expect(talk.bodies()).toHaveLength(1);
  });

  test("not found never ends a doubtful reversal, and a debit is reversed once", async () => {
    const { id } = await debited(success);
    gateway.peer.script({ debitreversal: hang });
    expect((await reverse({ merchantTransactionId: id })).status).toBe(504);
    gateway.peer.script({
      debitreversal: reversal(id),
      fetchbymerchantransactionid: refusal(
        "INVALID-PARAMS",
        "The selected merchant transaction id is invalid.",
      ),
    });
    const again = await reverse({ merchantTransactionId: id });
    expect(again.status).toBe(504);
    expect(gateway.peer.requests.filter(({ name }) => name === "debitreversal")).toEqual([]);
  });
});

describe("words of the provider that hold what nobody may see", () => {
  const secrets = Object.values(planted);

  /** One answer to such words; they may stand in neither it, nor its record, nor the log. */
  async function expectUnseen(route: string, reply: Reply, pieces: readonly string[]): Promise<Answer> {
    const talk = conversation(route);
    talk.script(reply);
    const logged = gateway.logs().length;
    const answer = await talk.send();
    const record = answer.body.record === undefined ? {} : await gateway.recordOf(answer);
    for (const piece of pieces) {
      expect(answer.text).not.toContain(piece);
      expect(JSON.stringify(record)).not.toContain(piece);
      expect(gateway.logs().slice(logged)).not.toContain(piece);
    }
    return answer;
  }

  test.each(
    words("debit-wallet change-mpin forgot-mpin register-customer"),
  )("%s: a text that repeats MPIN and OTP", async (route) => {
    const { input } = operationOf(route).full("x");
    const sent = [input.mpin, input.otp, input.oldMpin, input.newMpin].filter((each) => each !== undefined);
    const reply = refusal("INVALID-PARAMS", `The mpin must be greater than ${sent.join(" or ")}.`);
    const answer = await expectUnseen(route, reply, secrets);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain("[secret]");
  });

  test("a text in which the MPIN stands where long texts are cut", async () => {
    for (let at = 190; at <= 201; at++) {
      const reply = refusal("INVALID-PARAMS", `${"x".repeat(at)}${planted.mpin}`);
      await expectUnseen("debit-wallet", reply, [`xx${planted.mpin.slice(0, 4)}`]);
    }
  });

  test("a code that repeats the MPIN", async () => {
    await expectUnseen("debit-wallet", refusal(`INVALID ${planted.mpin}`, "x"), secrets);
  });

  test.each([
    "fetch-balance",
    "debit-wallet",
  ])("%s: a text that repeats the gateway's api key", async (route) => {
    const reply = refusal("UNAUTHORIZED", `The api key ${planted.apiKey} is unknown.`);
    const answer = await expectUnseen(route, reply, secrets);
    expect(answer.status).toBe(502);
  });
});
