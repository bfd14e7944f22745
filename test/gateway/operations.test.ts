import { describe, expect, test } from "vitest";
import {
  expectProblem,
  expectSuccess,
  fresh,
  recordView,
  startAggrepayGateway,
} from "../support/aggrepay-gateway.ts";
import {
  changes,
  keyed,
  noSubMerchants,
  type OperationCase,
  operationOf,
  operations,
  reads,
  type Sample,
} from "../support/aggrepay-operations.ts";
import {
  formOf,
  json,
  type PeerRequest,
  planted,
  type Reply,
  refusal,
  requestHash,
  signed,
  signedText,
  text,
  type Value,
} from "../support/peer.ts";
import { started } from "../support/started.ts";

const { gateway } = started({ gateway: () => startAggrepayGateway() });

/** The peer answers the operation with this, and what is asked before it as the document's samples do. */
function script(operation: OperationCase, reply: Reply | readonly Reply[]): void {
  gateway.peer.script({ ...operation.before, [operation.path]: reply });
}

/** What was sent to the operation's own path. */
const sentTo = ({ path }: OperationCase): readonly PeerRequest[] =>
  gateway.peer.requests.filter(({ name }) => name === path);

function expectSent(operation: OperationCase, { sends }: Sample): void {
  const [request, ...more] = sentTo(operation);
  if (request === undefined) throw new Error(`nothing was sent to ${operation.path}`);
  expect(more).toEqual([]);
  expect(request.method).toBe("POST");
  expect(request.path).toBe(`/api/v1/${operation.path}`);
  expect(request.headers["content-type"]).toBe("application/x-www-form-urlencoded");
  expect(request.headers["content-length"]).toBe(String(request.body.byteLength));
  expect(`http://${request.headers.host}`).toBe(gateway.peer.url);
  const fields = { ...sends, api_key: planted.apiKey };
  expect(formOf(request)).toEqual({ ...fields, hash: requestHash(fields) });
}

const samples = (operation: OperationCase, id: string) => [
  { name: "every field", given: operation.full(id) },
  { name: "the required fields alone", given: operation.least(id) },
];

const keyOf = (operation: OperationCase, id: string) => (operation.identity === "key" ? { key: id } : {});

function reply(operation: OperationCase, { sends }: Sample): Reply {
  return signed(operation.data(sends), operation.page);
}

/** The whole answer to a first success. */
function answerOf(operation: OperationCase, { sends }: Sample, id: string): object {
  const answer = operation.answer(sends);
  if (operation.identity === "none") return answer;
  return { ...answer, record: recordView(operation.route, id, "succeeded") };
}

test("each operation has a call of its own; test/sandbox/operations.test.ts has those of the document", () => {
  expect(operations.length).toBeGreaterThanOrEqual(21);
  expect(new Set(operations.map(({ path }) => path)).size).toBe(operations.length);
});

describe.each(operations)("$route", (operation) => {
  test.each([
    "every field",
    "the required fields alone",
  ])("%s: what is sent and what comes back", async (which) => {
    const id = fresh();
    const given = samples(operation, id).find(({ name }) => name === which)?.given ?? operation.full(id);
    script(operation, reply(operation, given));
    const answer = await gateway.call(operation.route, given.input, keyOf(operation, id));
    expectSuccess(answer, answerOf(operation, given, id));
    expectSent(operation, given);
  });

  test("the reply is believed in either slash form, with escapes or without", async () => {
    for (const writing of [{ escaped: true }, { bareSlashes: true }, { escaped: true, bareSlashes: true }]) {
      const id = fresh();
      const given = operation.full(id);
      script(operation, signed(operation.data(given.sends), operation.page ?? null, writing));
      const answer = await gateway.call(operation.route, given.input, keyOf(operation, id));
      expectSuccess(answer, answerOf(operation, given, id));
    }
  });
});

describe.each(reads)("$route, which only reads", (operation) => {
  test("has no record and asks again each time; an Idempotency-Key, even a bad one, is ignored", async () => {
    const before = await gateway.records();
    const given = operation.full(fresh());
    script(operation, reply(operation, given));
    for (const key of ["k", "k", "x".repeat(256), ""]) {
      const answer = await gateway.call(operation.route, given.input, { key });
      expectSuccess(answer, operation.answer(given.sends));
    }
    expect(sentTo(operation)).toHaveLength(4);
    expect(await gateway.records()).toBe(before);
  });
});

describe.each(changes)("$route, which changes something", (operation) => {
  test("a repeat gets the same body, marked as replayed, and nothing more is sent", async () => {
    const id = fresh();
    const given = operation.full(id);
    script(operation, reply(operation, given));
    const first = await gateway.call(operation.route, given.input, keyOf(operation, id));
    expectSuccess(first, answerOf(operation, given, id));
    const sent = gateway.peer.requests.length;
    for (let time = 0; time < 2; time++) {
      const again = await gateway.call(operation.route, given.input, keyOf(operation, id));
      expectSuccess(again, first.body, { replayed: true });
      expect(again.text).toBe(first.text);
    }
    expect(gateway.peer.requests).toHaveLength(sent);
  });

  test("spaces around the values change nothing: trimmed once, before identity, comparison and bytes", async () => {
    const id = fresh();
    const given = operation.full(id);
    const padded = Object.fromEntries(
      Object.entries(given.input).map(([name, value]) => [
        name,
        typeof value === "string" ? `\t ${value} \n` : value,
      ]),
    );
    script(operation, reply(operation, given));
    const first = await gateway.call(operation.route, padded, keyOf(operation, id));
    expectSuccess(first, answerOf(operation, given, id));
    expectSent(operation, given);
    const again = await gateway.call(operation.route, given.input, keyOf(operation, id));
    expectSuccess(again, first.body, { replayed: true });
  });

  test("the same identity for something else is refused and nothing is sent", async () => {
    const id = fresh();
    const given = operation.full(id);
    script(operation, reply(operation, given));
    const first = await gateway.call(operation.route, given.input, keyOf(operation, id));
    const sent = gateway.peer.requests.length;
    const other = await gateway.call(operation.route, operation.other?.(id) ?? {}, keyOf(operation, id));
    expectProblem(other, { status: 422, code: "identity-reused", retry: "after-fix" });
    expect(gateway.peer.requests).toHaveLength(sent);
    const again = await gateway.call(operation.route, given.input, keyOf(operation, id));
    expectSuccess(again, first.body, { replayed: true });
  });
});

describe.each(keyed)("$route, identified by the Idempotency-Key", (operation) => {
  test("is refused without one: nothing is sent and nothing written", async () => {
    const before = await gateway.records();
    const given = operation.full(fresh());
    script(operation, reply(operation, given));
    const answer = await gateway.call(operation.route, given.input);
    expectProblem(answer, {
      status: 400,
      code: "invalid-request",
      retry: "after-fix",
      errors: [{ header: "idempotency-key", detail: expect.stringMatching(/required/) }],
    });
    expect(gateway.peer.requests).toEqual([]);
    expect(await gateway.records()).toBe(before);
  });

  test("takes a key of 255 characters, spaces and punctuation included", async () => {
    const id = `${fresh()} "/\\%~!|{}`.padEnd(255, "x");
    const given = operation.least(id);
    script(operation, reply(operation, given));
    const answer = await gateway.call(operation.route, given.input, { key: id });
    expectSuccess(answer, answerOf(operation, given, id));
  });
});

test("one key serves every operation on its own", async () => {
  const key = fresh();
  for (const operation of keyed) {
    const given = operation.full(key);
    script(operation, reply(operation, given));
    const answer = await gateway.call(operation.route, given.input, { key });
    expectSuccess(answer, answerOf(operation, given, key));
    expectSent(operation, given);
  }
});

describe.each(
  changes.filter(({ identity }) => identity === "natural"),
)("$route, identified by nature", (operation) => {
  test("the merchantTransactionId may be repeated as Idempotency-Key", async () => {
    const id = fresh();
    const given = operation.full(id);
    script(operation, reply(operation, given));
    const first = await gateway.call(operation.route, given.input, { key: id });
    expectSuccess(first, answerOf(operation, given, id));
    expectSuccess(await gateway.call(operation.route, given.input), first.body, { replayed: true });
  });

  test("any other Idempotency-Key is refused: nothing is sent and nothing written", async () => {
    const before = await gateway.records();
    const id = fresh();
    const given = operation.full(id);
    script(operation, reply(operation, given));
    for (const key of [`${id}x`, id.toUpperCase(), `${id}_REVERSAL`, "x"]) {
      const answer = await gateway.call(operation.route, given.input, { key });
      expectProblem(answer, {
        status: 400,
        code: "invalid-request",
        retry: "after-fix",
        errors: [{ header: "idempotency-key", detail: expect.any(String) }],
      });
    }
    expect(gateway.peer.requests).toEqual([]);
    expect(await gateway.records()).toBe(before);
  });

  test("an id of 64 characters and every kind of them is taken", async () => {
    const id = `a.Z_9-${fresh()}`.padEnd(64, "0");
    const given = operation.full(id);
    script(operation, reply(operation, given));
    expectSuccess(await gateway.call(operation.route, given.input), answerOf(operation, given, id));
    expectSent(operation, given);
  });
});

describe("the identity of money", () => {
  test("credit, debit and transfer share one namespace; a reversal has its own", async () => {
    const id = fresh();
    const debit = operationOf("debit-wallet");
    script(debit, reply(debit, debit.full(id)));
    expectSuccess(await gateway.call(debit.route, debit.full(id).input), answerOf(debit, debit.full(id), id));

    for (const route of ["credit-wallet", "wallet-to-wallet"]) {
      const operation = operationOf(route);
      const given = operation.full(id);
      script(operation, reply(operation, given));
      const answer = await gateway.call(route, given.input);
      expectProblem(answer, { status: 422, code: "identity-reused", retry: "after-fix" });
      expect(gateway.peer.requests).toEqual([]);
    }

    const reversal = operationOf("debit-reversal");
    const given = reversal.full(id);
    script(reversal, reply(reversal, given));
    expectSuccess(await gateway.call(reversal.route, given.input), answerOf(reversal, given, id));
    expectSent(reversal, given);
  });

  test("MPIN and description are no part of it: a repeat with others learns the truth", async () => {
    const id = fresh();
    const debit = operationOf("debit-wallet");
    const { input } = debit.full(id);
    script(debit, reply(debit, debit.full(id)));
    const first = await gateway.call(debit.route, input);
    const { description: _, ...without } = input;
    for (const repeat of [
      { ...input, mpin: planted.newMpin },
      { ...input, description: "Order 13" },
      without,
    ]) {
      expectSuccess(await gateway.call(debit.route, repeat), first.body, { replayed: true });
    }
    expect(sentTo(debit)).toHaveLength(1);
  });

  test("an amount is the same amount however it is written, and is sent as it was given first", async () => {
    const id = fresh();
    const debit = operationOf("debit-wallet");
    const given = debit.least(id);
    script(debit, reply(debit, given));
    const first = await gateway.call(debit.route, given.input);
    expectSent(debit, given);
    for (const amount of ["4.0", "4.00"]) {
      const again = await gateway.call(debit.route, { ...given.input, amount });
      expectSuccess(again, first.body, { replayed: true });
    }
    for (const amount of ["4.01", "40", "0.04"]) {
      const other = await gateway.call(debit.route, { ...given.input, amount });
      expectProblem(other, { status: 422, code: "identity-reused", retry: "after-fix" });
    }
    expect(sentTo(debit)).toHaveLength(1);
  });

  test("each party is part of it", async () => {
    const credit = operationOf("credit-wallet");
    const id = fresh();
    const { input } = credit.full(id);
    script(credit, reply(credit, credit.full(id)));
    await gateway.call(credit.route, input);
    for (const change of [
      { toCustomerId: "546693305" },
      { toMobileNumber: "+919900261105" },
      { pgTransactionId: "PG-77/2" },
      { amount: "250.5" },
    ]) {
      const answer = await gateway.call(credit.route, { ...input, ...change });
      const same = "amount" in change;
      expect({ change, status: answer.status }).toEqual({ change, status: same ? 200 : 422 });
    }
    expect(sentTo(credit)).toHaveLength(1);
  });

  test.each([
    "The merchant transaction id must be unique.",
    "The merchant_transaction_id has a duplicate value.",
    "The merchant transaction id is invalid.",
  ])("what is called wrong only after an attempt that may have acted is doubt: %s", async (message) => {
    const debit = operationOf("debit-wallet");
    const id = fresh();
    const { input } = debit.least(id);
    const wrong = refusal("INVALID-PARAMS", message);
    script(debit, wrong);
    const first = await gateway.call(debit.route, debit.least(`${id}-first`).input);
    expect([first.status, first.body.code]).toEqual([400, "invalid-request"]);
    script(debit, refusal("TOO-MANY", "Slow down", 429));
    expect((await gateway.call(debit.route, input)).status).toBe(429);
    script(debit, wrong);
    const again = await gateway.call(debit.route, input);
    expect([again.status, again.body.code]).toEqual([504, "outcome-unknown"]);
  });

  test("a payment that is not found only after an attempt that may have credited it is doubt", async () => {
    const credit = operationOf("credit-wallet");
    const { input } = credit.least(fresh());
    const notFound = refusal("NO-PG-TRANSACTION-RECORD-FOUND", "Pg transaction record not found.");
    script(credit, notFound);
    const first = await gateway.call(credit.route, credit.least(fresh()).input);
    expect([first.status, first.body.code]).toEqual([404, "not-found"]);
    script(credit, refusal("TOO-MANY", "Slow down", 429));
    expect((await gateway.call(credit.route, input)).status).toBe(429);
    script(credit, notFound);
    const again = await gateway.call(credit.route, input);
    expect([again.status, again.body.code]).toEqual([504, "outcome-unknown"]);
  });

  test.each([
    "The merchant transaction id already exists.",
    "Duplicate merchant_transaction_id",
    "The merchant transaction id has been already taken.",
  ])("what may mean that it is there already, in words that no table has, is doubt from the first: %s", async (message) => {
    const debit = operationOf("debit-wallet");
    script(debit, refusal("INVALID-PARAMS", message));
    const first = await gateway.call(debit.route, debit.least(fresh()).input);
    expect([first.status, first.body.code]).toEqual([504, "outcome-unknown"]);
  });

  test("ids that differ in letter case alone are two", async () => {
    const debit = operationOf("debit-wallet");
    const id = fresh("Case");
    for (const each of [id, id.toLowerCase()]) {
      script(debit, reply(debit, debit.least(each)));
      const answer = await gateway.call(debit.route, debit.least(each).input);
      expectSuccess(answer, answerOf(debit, debit.least(each), each));
      expectSent(debit, debit.least(each));
    }
  });
});

describe("customer-status", () => {
  const operation = operationOf("customer-status");

  test.each([
    [true, "y"],
    [false, "n"],
  ])("customerActive %s is sent as %s", async (customerActive, sent) => {
    script(operation, signed({ customer_id: "546693304", customer_active: sent }));
    const key = fresh();
    const input = { customerId: "546693304", customerActive };
    const answer = await gateway.call(operation.route, input, { key });
    expectSuccess(answer, {
      result: { customerId: "546693304", customerActive },
      record: recordView(operation.route, key, "succeeded"),
    });
    expectSent(operation, { input, sends: { customer_id: "546693304", customer_active: sent } });
  });

  test("without customerActive it reads: no key is needed, none is looked at, and there is no record", async () => {
    const before = await gateway.records();
    script(operation, signed({ customer_id: 546693304, customer_active: "y" }));
    const input = { mobileNumber: "+919900261104" };
    for (const options of [{}, { key: "k" }, { key: "x".repeat(256) }]) {
      const answer = await gateway.call(operation.route, input, options);
      expectSuccess(answer, { result: { customerId: "546693304", customerActive: true } });
    }
    expect(sentTo(operation).map(formOf)).toEqual(
      Array.from({ length: 3 }, () => {
        const fields = { mobile_number: "+919900261104", api_key: planted.apiKey };
        return { ...fields, hash: requestHash(fields) };
      }),
    );
    expect(await gateway.records()).toBe(before);
  });
});

interface Quirk {
  readonly what: string;
  readonly route: string;
  readonly data: Value;
  readonly page?: Value;
  readonly result: unknown;
}

const quirks: readonly Quirk[] = [
  {
    what: "booleans that are booleans",
    route: "check-customer",
    data: { customer_exists: false },
    result: { customerExists: false },
  },
  {
    what: "registered already: no OTP is sent, and that is no error",
    route: "registration-otp",
    data: { customer_exists: "true", otp_sent: "false" },
    result: { customerExists: true, otpSent: false },
  },
  {
    what: "an id that is a number",
    route: "fetch-balance",
    data: { balance: 41, customer_id: 546693304 },
    result: { balance: "41", customerId: "546693304" },
  },
  {
    what: "true as a string",
    route: "check-customer-debit-limit",
    data: "true",
    result: { withinLimit: true },
  },
  {
    what: "a list of sub merchants",
    route: "get-sub-merchants",
    data: [
      { id: 1, name: "XYZ" },
      { id: "2", name: "अनुराधा / सन्स" },
    ],
    result: [
      { id: "1", name: "XYZ" },
      { id: "2", name: "अनुराधा / सन्स" },
    ],
  },
  { what: "an empty list of sub merchants", route: "get-sub-merchants", data: [], result: [] },
  {
    what: "fields that nobody documented are left out",
    route: "fetch-balance",
    data: { balance: "41.0", customer_id: "546693304", mpin: planted.mpin, nested: { a: [1, {}] } },
    result: { balance: "41.0", customerId: "546693304" },
  },
  {
    what: "names outside ASCII and outside the basic plane, quotes, slashes, backslashes",
    route: "fetch-customer-detail",
    data: {
      customer_id: "546693304",
      first_name: 'Zoë "Z" 𝒵',
      last_name: "अनु/रा\\धा",
      mobile_number: null,
      email_address: null,
      date_of_birth: "1988-02-29",
      address_line_1: "12/3, 4th Cross\u2028",
      address_line_2: "</script>",
      city: "चेन्नई",
      pincode: 123456,
      description: "",
    },
    result: {
      customerId: "546693304",
      firstName: 'Zoë "Z" 𝒵',
      lastName: "अनु/रा\\धा",
      mobileNumber: null,
      emailAddress: null,
      dateOfBirth: "1988-02-29",
      addressLine1: "12/3, 4th Cross\u2028",
      addressLine2: "</script>",
      city: "चेन्नई",
      pincode: "123456",
      description: "",
    },
  },
  {
    what: "details that the provider leaves out",
    route: "fetch-customer-detail",
    data: { customer_id: 546693304 },
    result: {
      customerId: "546693304",
      firstName: null,
      lastName: null,
      mobileNumber: null,
      emailAddress: null,
      dateOfBirth: null,
      addressLine1: null,
      addressLine2: null,
      city: null,
      pincode: null,
      description: null,
    },
  },
];

describe("the provider's own ways", () => {
  test.each(quirks)("$route: $what", async ({ route, data, page = null, result }) => {
    const operation = operationOf(route);
    for (const writing of [{}, { escaped: true }, { bareSlashes: true }]) {
      const id = fresh();
      script(operation, signed(data, page, writing));
      const answer = await gateway.call(route, operation.full(id).input, keyOf(operation, id));
      expect(answer.status).toBe(200);
      expect(answer.body.result).toEqual(result);
    }
  });

  test("fetch-transactions with none: data null, and a page whose totals are 0", async () => {
    const operation = operationOf("fetch-transactions");
    script(operation, signed(null, { page_size: 3, page_number: 0, total_pages: 0, total_elements: 0 }));
    const answer = await gateway.call(operation.route, { customerId: "1", pageNumber: 0, pageSize: 3 });
    expectSuccess(answer, {
      result: [],
      page: { pageSize: 3, pageNumber: 0, totalPages: 0, totalElements: 0 },
    });
  });

  test("page 0 is sent as 0, which is signed although PHP takes it for empty", async () => {
    const operation = operationOf("fetch-transactions");
    const input = { customerId: "1", pageNumber: 0, pageSize: 100 };
    script(operation, signed(null, { page_size: 100, page_number: 0, total_pages: 0, total_elements: 0 }));
    expect((await gateway.call(operation.route, input)).status).toBe(200);
    expectSent(operation, { input, sends: { customer_id: "1", page_number: "0", page_size: "100" } });
  });

  test("a reply with white space between its tokens and its hash in front", async () => {
    const operation = operationOf("fetch-balance");
    const { hash } = JSON.parse(
      // The order of the text is what is hashed.
      signedText({ data: { balance: "41.0", customer_id: "1" } }),
    ) as { readonly hash: string };
    script(
      operation,
      text(
        `\n{ "hash" : "${hash}",\r\n\t"data": {"balance":"41.0", "customer_id":"1"}, "error":null, "page":null }\n`,
      ),
    );
    const answer = await gateway.call(operation.route, { customerId: "1" });
    expectSuccess(answer, { result: { balance: "41.0", customerId: "1" } });
  });

  test("a reply that calls itself text/html is read by its content", async () => {
    const operation = operationOf("fetch-balance");
    script(operation, text(signedText({ data: { balance: "41.0", customer_id: "1" } }), 200, "text/html"));
    const answer = await gateway.call(operation.route, { customerId: "1" });
    expectSuccess(answer, { result: { balance: "41.0", customerId: "1" } });
  });

  test("a reply that the provider still signs with the secret before this one", async () => {
    const operation = operationOf("fetch-balance");
    script(operation, signed({ balance: "41.0", customer_id: "1" }, null, { salt: planted.previousSalt }));
    const answer = await gateway.call(operation.route, { customerId: "1" });
    expectSuccess(answer, { result: { balance: "41.0", customerId: "1" } });
  });

  test("get-sub-merchants with none is what the provider calls it: not found", async () => {
    const operation = operationOf("get-sub-merchants");
    script(operation, noSubMerchants);
    expectProblem(await gateway.call(operation.route, {}), {
      status: 404,
      code: "not-found",
      retry: "after-fix",
      provider: { code: "NO-SUB-MERCHANT-RECORD", message: "Sub merchant details not found." },
    });
  });
});

describe("what may stand in a request", () => {
  test("names and texts in any script, with every character that a form must escape", async () => {
    const operation = operationOf("update-customer");
    const firstName = "अनु 𝒵 Zoë & Söhne = 100% + x/y?#;'\"<>|~*";
    const input = { customerId: "1", firstName, city: "São Paulo", description: "0" };
    const sends = { customer_id: "1", first_name: firstName, city: "São Paulo", description: "0" };
    script(operation, signed({ updated: "true" }));
    const key = fresh();
    expect((await gateway.call(operation.route, input, { key })).status).toBe(200);
    expectSent(operation, { input, sends });
  });

  test("the longest of everything", async () => {
    const operation = operationOf("update-customer");
    const input = {
      customerId: "9".repeat(30),
      firstName: "n".repeat(100),
      lastName: "अ".repeat(100),
      addressLine1: "a".repeat(255),
      city: "c".repeat(100),
      description: "d".repeat(255),
    };
    script(operation, signed({ updated: "true" }));
    expect((await gateway.call(operation.route, input, { key: fresh() })).status).toBe(200);
    expectSent(operation, {
      input,
      sends: {
        customer_id: input.customerId,
        first_name: input.firstName,
        last_name: input.lastName,
        address_line_1: input.addressLine1,
        city: input.city,
        description: input.description,
      },
    });
  });

  test.each([
    "application/json; charset=utf-8",
    'Application/JSON;charset="UTF-8"',
    "application/vnd.merchant+json",
    " application/json ",
  ])("content-type %s", async (type) => {
    const operation = operationOf("check-customer");
    script(operation, json({ data: null, error: null, page: null, hash: null }));
    const body = JSON.stringify({ email: "zoë@piggy.in" });
    const refused = await gateway.post(operation.route, body, { "content-type": type });
    expect(refused.body.errors).toEqual([{ pointer: "/email", detail: expect.any(String) }]);
    script(operation, signed({ customer_exists: "true" }));
    const answer = await gateway.post(operation.route, '{"email":"a@b.in"}', { "content-type": type });
    expectSuccess(answer, { result: { customerExists: true } });
  });
});
