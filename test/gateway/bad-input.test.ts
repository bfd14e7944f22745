import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type Answer, fresh, startAggrepayGateway } from "../support/aggrepay-gateway.ts";
import { operationOf } from "../support/aggrepay-operations.ts";
import { formOf, planted, requestHash, signed } from "../support/peer.ts";
import { started } from "../support/started.ts";
import { words } from "../support/words.ts";

const { gateway } = started({ gateway: () => startAggrepayGateway() });

interface Attempted {
  readonly route: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Must not stand anywhere in the answer. */
  readonly hidden?: readonly string[];
}

interface Refused {
  readonly status?: 400 | 413 | 415;
  /** Each must be among the places that the answer names. */
  readonly pointers?: readonly string[];
  readonly header?: string;
}

const jsonType = { "content-type": "application/json" };

/** Refused with the place named and no value quoted; nothing is sent, nothing is written; and the next request is served. */
async function expectRefused(
  attempted: Attempted,
  { status = 400, pointers, header }: Refused,
): Promise<Answer> {
  const { route, body, headers = { ...jsonType, "idempotency-key": fresh() }, hidden = [] } = attempted;
  const before = await gateway.records();
  gateway.peer.script({});
  const answer = await gateway.post(route, body, headers);
  expect({ status: answer.status, body: answer.body }).toMatchObject({
    status,
    body: { status, code: status === 400 ? "invalid-request" : "unacceptable-body", retry: "after-fix" },
  });
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.headers.get("cache-control")).toBe("no-store");
  type Place = { readonly pointer?: string; readonly header?: string; readonly detail?: unknown };
  const errors = (answer.body.errors ?? []) as readonly Place[];
  for (const { detail } of errors) expect(detail).toMatch(/\S/);
  const named = errors.map((error) => error.pointer);
  for (const pointer of pointers ?? []) expect(named).toContain(pointer);
  if (header !== undefined) expect(errors.map((error) => error.header)).toEqual([header]);
  if (status === 400 && pointers === undefined && header === undefined) expect(errors).not.toEqual([]);
  for (const value of [...hidden, planted.mpin, planted.newMpin, planted.otp]) {
    // A request's own random id may hold any four digits.
    expect(answer.text.replace(/request:[0-9a-f-]{36}/, "")).not.toContain(value);
  }
  // An answer is text that every reader can read.
  expect(JSON.stringify(answer.body)).toBe(JSON.stringify(answer.body).toWellFormed());
  expect(answer.text).not.toMatch(/\\ud[89a-f][0-9a-f]{2}/i);
  expect(gateway.peer.requests).toEqual([]);
  expect(await gateway.records()).toBe(before);
  await expectAlive(route);
  return answer;
}

/** The same request each time: a record more for each of hundreds of cases would make each count of them slower. */
async function expectAlive(route: string): Promise<void> {
  const operation = operationOf(route);
  const id = `alive-${route}`;
  const { input, sends } = operation.full(id);
  gateway.peer.script({
    ...operation.before,
    [operation.path]: signed(operation.data(sends), operation.page ?? null),
  });
  const key = operation.identity === "key" ? { key: id } : {};
  expect((await gateway.call(route, input, key)).status).toBe(200);
}

/** Words that an answer of ours may hold for itself. */
const oursToo = ["null", "true", "false", "_REVERSAL"];

/** The values of an input that are long enough to be recognised in an answer. */
const quotable = (value: unknown): readonly string[] =>
  typeof value === "object" && value !== null
    ? Object.values(value).flatMap(quotable)
    : [String(value).trim()].filter((text) => text.length >= 4 && !oursToo.includes(text));

/** An operation's full request with one field changed, or left out where the value is undefined. */
function withField(
  route: string,
  field: string,
  value: unknown,
): { readonly body: string; readonly hidden: readonly string[] } {
  const { input } = operationOf(route).full(fresh());
  const changed = { ...input, [field]: value };
  return { body: JSON.stringify(changed), hidden: quotable(changed) };
}

const noText = [1, 0, -1, 1.5, true, false, null, [], {}, ["1"], { "0": "1" }];
const noDigits = [
  ...["", " ", "\t\n", "1 2", "1234\u0000", "12\n34", "12\u200b34", "\ud800"],
  ...words("abc 1e3 -1 +1 1.0 1,000 0x1F NaN Infinity １２３４５６ १२३४५६"),
];
const controls = [
  ...["\u0000", "\n", "\r\n", "\t", "\u001b", "\u007f", "\u0085"].map((sign) => `a${sign}b`),
  ...["\u0000", "a\u0000"],
];
const mobiles = [
  ...words("9900261104 919900261104 +919900261 +9199002611044 +91-99002-61104 +15551234567 +91990026110a"),
  ...["+91 9900261104", "+１９９００２６１１０４", "+91９９００２６１１０４"],
];
const amounts = [
  ...words("1e3 1E3 1e-2 -1 -0 +5 0 0.0 0.00 1.234 1.000 01 00.10 .5 5. 5..0 NaN Infinity -Infinity"),
  ...words("1,000 1_000 0x10 １２ १२ 1２.00 ₹500 1234567890123 99999999999999999999.99 null"),
  ...["1 000", "5000 INR", "5\u00a05", "5\u0000", "", "   "],
  ...[5, 5.5, 0, -1, 1e21, null, true, [], {}, ["5"]],
];
const ids = [
  ...words("a/b a\\b अ ../x a%20b a+b a|b"),
  ...["", " ", "a b", "a\u0000", "x".repeat(65), ...noText],
];
const dates = [
  ...words("2023-02-29 1900-02-29 2024-02-30 2024-04-31 2024-13-01 2024-00-10 2024-01-00 2024-01-32"),
  ...words("0000-00-00 24-01-01 2024/01/01 2024-1-1 01-01-2024 20240101 2024-01-01T00:00:00Z +02024-01-01"),
  ...["２０２４-01-01", "today", "", 20240101, null],
];
const pages = ["0", "1", -1, 1.5, 1_000_001, 1e21, true, null, [], {}, ""];

const fields: readonly [route: string, field: string, values: readonly unknown[]][] = [
  ["fetch-balance", "customerId", [...noDigits, ...noText, "9".repeat(31)]],
  ["fetch-balance", "mobileNumber", [...mobiles, ...noText, ""]],
  ["fetch-transactions", "pageNumber", [...pages, undefined]],
  ["fetch-transactions", "pageSize", [...pages, 0, 101, undefined]],
  ["fetch-by-transaction-id", "transactionId", [...ids, undefined]],
  ["fetch-by-merchant-transaction-id", "merchantTransactionId", ["x".repeat(74), "a b", 1, undefined]],
  ["check-customer-credit-limit", "amount", [...amounts, undefined]],
  ["debit-wallet", "amount", [...amounts, undefined]],
  ["debit-wallet", "fromCustomerId", [...noDigits, ...noText, undefined]],
  ["debit-wallet", "fromMobileNumber", [...mobiles, 919900261104, null]],
  ["debit-wallet", "toSubMerchantId", [...noDigits, ...noText, "9".repeat(31)]],
  [
    "debit-wallet",
    "mpin",
    [...words("739 739173917 7391739a ７３９１ -739 73.91"), "7391 7391", "", 73917391, null, undefined],
  ],
  ["debit-wallet", "description", [...controls, ...noText, "", "  ", "d".repeat(256)]],
  [
    "debit-wallet",
    "merchantTransactionId",
    [...ids, "ABCD7462_REVERSAL", "_REVERSAL", " x_REVERSAL ", undefined],
  ],
  [
    "credit-wallet",
    "merchantTransactionId",
    ["ABCD7462_REVERSAL", "ABCD7462_reversal", "x_Reversal", 1, undefined],
  ],
  ["credit-wallet", "pgTransactionId", [...controls, "", 1, null, "p".repeat(101), undefined]],
  ["wallet-to-wallet", "toCustomerId", ["", "abc", 1, undefined]],
  ["debit-reversal", "merchantTransactionId", ["ABCD7462_REVERSAL", "", 1, undefined]],
  ["debit-reversal", "transactionId", ["", "a b", 654561373, null]],
  ["debit-reversal", "reversal", [0, 1, 10, 2.5, -2, 2e20, "2", "", true, null]],
  ["register-customer", "otp", ["509", "509150919", 50915091, "５０９１", "", null, undefined]],
  ["register-customer", "firstName", [...controls, ...noText, "", "n".repeat(101), undefined]],
  ["register-customer", "dateOfBirth", dates],
  ["update-customer", "dateOfBirth", dates],
  ["update-customer", "firstName", [...controls, "", "अ".repeat(101), 1, null, "\udc00 x"]],
  ["update-customer", "addressLine1", [...controls, "", "a".repeat(256), 1, null]],
  [
    "update-customer",
    "emailAddress",
    [
      "someone",
      "some@one",
      "some one@piggy.in",
      "someone@piggy.in\r\nBcc: other@piggy.in",
      "someone@piggy.in, other@piggy.in",
      "Someone <someone@piggy.in>",
      `${"s".repeat(250)}@piggy.in`,
      "some\u0000one@piggy.in",
      "",
      1,
      null,
    ],
  ],
  ["update-customer", "pincode", ["12345", "1234567", "12345a", "１２３４５６", 123456, null]],
  ["customer-status", "customerActive", ["true", "y", "n", 1, 0, null, [], {}]],
  [
    "add-sub-merchant",
    "ifscCode",
    ["HDFC1000001", "hdfc0000001", "HDFC000000", "HDFC00000011", 1, "", undefined],
  ],
  ["add-sub-merchant", "accountNumber", ["1234", "1".repeat(35), "1234-5678", 112233445566, "", undefined]],
];

describe.each(fields)("%s: %s", (route, field, values) => {
  test.each(
    values.map((value) => ({
      value,
      shown: value === undefined ? "missing" : JSON.stringify(value).slice(0, 40),
    })),
  )("$shown", async ({ value }) => {
    await expectRefused({ route, ...withField(route, field, value) }, { pointers: [`/${field}`] });
  });
});

/** A read, a change of money, a change that the caller's key identifies. */
const routes = ["fetch-balance", "debit-wallet", "update-customer"];

describe.each(routes)("%s: a body that is no request", (route) => {
  const { input } = operationOf(route).full("some-merchant-id");
  const good = JSON.stringify(input);
  const hidden = quotable(input);
  const open = good.slice(0, -1);
  const own = route === "debit-wallet" ? "fromCustomerId" : "customerId";
  const escaped = `\\u00${own.charCodeAt(0).toString(16)}${own.slice(1)}`;
  const body = (what: string, text: string | Uint8Array, pointers: readonly string[] = [""]) => ({
    what,
    text,
    pointers,
  });

  const bodies = [
    body("empty", ""),
    body("white space", " \n"),
    body("no JSON", "customerId=546693304"),
    body("null", "null"),
    body("a list", `[${good}]`),
    body("an empty list", "[]"),
    body("a string", JSON.stringify(good)),
    body("a number", "546693304"),
    body("true", "true"),
    body("ends early", open, []),
    body("ends in a string", `{"${own}":"54669`, [`/${own}`]),
    body("something after it", `${good}x`),
    body("twice", good + good),
    body("single quotes", good.replaceAll('"', "'")),
    body("a comma too many", `${open},}`),
    body("a comment", `/* */${good}`),
    body("two byte order marks", `\ufeff\ufeff${good}`),
    body("UTF-16", Buffer.from(good, "utf16le")),
    body("UTF-16 with its mark", Buffer.from(`\ufeff${good}`, "utf16le")),
    body("NUL in front", `\u0000${good}`),
    body("NUL behind", `${good}\u0000`),
    body("random bytes", Buffer.concat([Buffer.from([0xff]), randomBytes(300)])),
    body("base64 of a request", Buffer.from(good).toString("base64")),
    body("gzip's first bytes", Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])),
    ...["NaN", "Infinity", "-Infinity", "undefined", "01", "+1", ".5", "1.", "0x10", "1e", "True", "'1'"].map(
      (token) => body(`the value ${token}`, `${open},"more":${token}}`, []),
    ),
    body("a raw control character in a string", `${open},"description":"a\u0001b"}`, []),
    body("a raw line end in a string", `{"${own}":"5466\n93304"}`, [`/${own}`]),
    body("an unknown escape", `{"${own}":"5466\\x39"}`, [`/${own}`]),
    body("half a surrogate pair in a value", `{"${own}":"5466\\ud83d"}`, [`/${own}`]),
    body("the other half", `{"${own}":"5466\\ude00"}`, [`/${own}`]),
    body("half a surrogate pair in a name", `{"\\ud83d":"5466"}`),
    body("10,000 lists", "[".repeat(10_000), []),
    body("10,000 lists, closed", `{"customerId":${"[".repeat(10_000)}${"]".repeat(10_000)}}`, []),
    body("10,000 objects", '{"a":'.repeat(10_000), []),
    body("a number of 10,000 digits", `{"${own}":${"1".repeat(10_000)}}`, [`/${own}`]),
    body("1e999999999", `{"${own}":1e999999999}`, [`/${own}`]),
    body("a name given twice", `{"${own}":"5466","${own}":"5466"}`, [`/${own}`]),
    body("a name given twice, once escaped", `{"${own}":"5466","${escaped}":"9933"}`, [`/${own}`]),
    body("a name that has swallowed a value", `{"${own}9933","amount":"1"}`),
    body("an unknown field", `${open},"customer_id":"9933"}`, ["/customer_id"]),
    body("an unknown field of another letter case", `${open},"CustomerId":"9933"}`, ["/CustomerId"]),
    body("an unknown field that is empty", `${open},"":"9933"}`, ["/"]),
    body("an unknown field with a pointer's own characters", `${open},"a/b~c":"9933"}`, ["/a~1b~0c"]),
    body("the provider's own fields", `${open},"api_key":"9933","hash":"9933"}`, ["/api_key", "/hash"]),
    ...words("__proto__ constructor prototype toString hasOwnProperty __defineGetter__ valueOf").map((name) =>
      body(`the name ${name}`, `${open},"${name}":{"customerId":"9933","amount":"9933"}}`, [`/${name}`]),
    ),
  ];

  test.each(bodies)("$what", async ({ text, pointers }) => {
    await expectRefused({ route, body: text, hidden: [...hidden, "9933"] }, { pointers });
  });

  test("__proto__ gives nothing: what it holds is still missing", async () => {
    const text = `{"__proto__":${good}}`;
    const answer = await expectRefused({ route, body: text, hidden }, { pointers: ["/__proto__"] });
    expect((answer.body.errors as readonly unknown[]).length).toBeGreaterThan(1);
  });

  test("an empty object: each field that is required is named", async () => {
    const needed = {
      "fetch-balance": [""],
      "debit-wallet": ["/fromCustomerId", "/amount", "/mpin", "/merchantTransactionId"],
      "update-customer": [""],
    };
    const answer = await expectRefused({ route, body: "{}" }, {});
    const errors = answer.body.errors as readonly { readonly pointer: string }[];
    expect(new Set(errors.map(({ pointer }) => pointer))).toEqual(
      new Set(needed[route as keyof typeof needed]),
    );
  });

  test("a long name is cut, at a character", async () => {
    for (const length of [97, 98, 99, 100]) {
      const name = `${"n".repeat(length)}😀${"z".repeat(1000)}`;
      const answer = await expectRefused({ route, body: `${open},${JSON.stringify(name)}:1}` }, {});
      expect(answer.text).not.toContain("zzz");
    }
  });

  describe.each(["application/json", "application/vnd.merchant+json"])("%s", (type) => {
    test.each([
      ["bytes that are no UTF-8", [0xff, 0xfe]],
      ["half a character", [0xe0, 0xa4]],
      ["an overlong slash", [0xc0, 0xaf]],
      ["a surrogate in UTF-8", [0xed, 0xa0, 0x80]],
    ])("%s inside a string", async (_what, bytes) => {
      const textField =
        { "debit-wallet": "description", "update-customer": "firstName" }[route] ?? "customerId";
      const marked = JSON.stringify({ ...input, [textField]: "Asha-here-it-is" });
      const [head = "", tail = ""] = marked.split("-here-it-is");
      const text = Buffer.concat([Buffer.from(head), Buffer.from(bytes), Buffer.from(tail)]);
      const key = operationOf(route).identity === "key" ? fresh() : "some-merchant-id";
      const headers = { "content-type": type, "idempotency-key": key };
      // API Gateway takes application/json alone for text, and mends it; of other bytes no field can be told.
      const pointer = type === "application/json" ? `/${textField}` : "";
      await expectRefused({ route, body: text, headers, hidden: ["Asha"] }, { pointers: [pointer] });
    });
  });

  test.each([
    ["64 KiB and one byte", 64 * 1024 + 1],
    ["2 MB", 2_000_000],
  ])("%s of it: 413", async (_what, size) => {
    const padded = `${open}${" ".repeat(size - Buffer.byteLength(good))}}`;
    expect(Buffer.byteLength(padded)).toBe(size);
    for (const body of [padded, Buffer.alloc(size, 0xff), "[".repeat(size)])
      await expectRefused({ route, body, hidden }, { status: 413, pointers: [""] });
  });

  test.each([
    undefined,
    "",
    "text/plain",
    "text/json",
    "text/plain;charset=UTF-8",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "application/jsonx",
    "application/json-seq",
    "application/xml",
    "application/json; charset=utf-16",
    "application/json; charset=iso-8859-1",
    "application/json, application/json",
    "application/json; application/xml",
    "json",
    "*/*",
  ])("content-type %s: 415", async (type) => {
    const headers = { "idempotency-key": fresh(), ...(type !== undefined && { "content-type": type }) };
    await expectRefused({ route, body: good, headers, hidden }, { status: 415, header: "content-type" });
    await expectRefused({ route, body: randomBytes(200), headers }, { status: 415, header: "content-type" });
  });
});

test("64 KiB to the byte are read", async () => {
  const operation = operationOf("fetch-balance");
  gateway.peer.script({ [operation.path]: signed(operation.data({})) });
  const padded = `${'{"customerId":"546693304"'.padEnd(64 * 1024 - 1)}}`;
  expect((await gateway.post(operation.route, padded, jsonType)).status).toBe(200);
});

describe("one of several must be there", () => {
  test.each([
    { route: "fetch-balance", input: {} },
    { route: "fetch-transactions", input: { pageNumber: 0, pageSize: 1 } },
    { route: "check-customer-debit-limit", input: { amount: "1" } },
    { route: "customer-status", input: { customerActive: true } },
    { route: "customer-otp", input: {} },
    { route: "change-mpin", input: { oldMpin: planted.mpin, newMpin: planted.newMpin } },
    { route: "forgot-mpin", input: { otp: planted.otp, newMpin: planted.newMpin } },
    { route: "update-customer", input: { city: "Chennai" } },
    { route: "update-customer", input: { customerId: "546693304" } },
    { route: "fetch-customer-detail", input: {} },
  ])("$route: $input", async ({ route, input }) => {
    const hidden = quotable(input);
    await expectRefused({ route, body: JSON.stringify(input), hidden }, { pointers: [""] });
  });
});

test("every place that is at fault is named at once", async () => {
  const input = {
    fromCustomerId: "x",
    amount: "1e3",
    mpin: 73917391,
    merchantTransactionId: "a_REVERSAL",
    more: 1,
  };
  const answer = await expectRefused({ route: "debit-wallet", body: JSON.stringify(input) }, {});
  const errors = answer.body.errors as readonly { readonly pointer: string }[];
  const places = words("/amount /fromCustomerId /merchantTransactionId /more /mpin");
  expect(errors.map(({ pointer }) => pointer).toSorted()).toEqual(places);
});

test("20 places are named at most", async () => {
  const input = Object.fromEntries(Array.from({ length: 200 }, (_, each) => [`more${each}`, each]));
  const answer = await expectRefused({ route: "debit-wallet", body: JSON.stringify(input) }, {});
  expect(answer.body.errors).toHaveLength(20);
});

describe("Idempotency-Key", () => {
  const keys = [
    ["empty", ""],
    ["256 characters", "k".repeat(256)],
    ["a letter outside ASCII", "clé"],
    ["UTF-8 of a letter outside ASCII", Buffer.from("अ").toString("latin1")],
    ["a tab", "a\tb"],
  ] as const;

  const keyed = words("change-mpin register-customer add-sub-merchant debit-wallet debit-reversal");
  test.each(keyed)("%s", async (route) => {
    const { input } = operationOf(route).full(fresh());
    for (const [, key] of keys) {
      const headers = { ...jsonType, "idempotency-key": key };
      const hidden = key.length >= 4 ? [key] : [];
      await expectRefused(
        { route, body: JSON.stringify(input), headers, hidden },
        { header: "idempotency-key" },
      );
    }
  });

  test("spaces around it are HTTP's, not its own", async () => {
    const operation = operationOf("change-mpin");
    const key = fresh();
    const { input } = operation.full(key);
    gateway.peer.script({ [operation.path]: [signed({ mpin_updated: "true" })] });
    expect((await gateway.call(operation.route, input, { key: `  ${key} ` })).status).toBe(200);
    expect((await gateway.call(operation.route, input, { key })).headers.get("idempotency-replayed")).toBe(
      "true",
    );
  });
});

test("a header that is no part of the contract changes nothing", async () => {
  const operation = operationOf("fetch-balance");
  gateway.peer.script({ [operation.path]: signed(operation.data({})) });
  const headers = {
    ...jsonType,
    "x-http-method-override": "DELETE",
    "content-language": "hi",
    cookie: "a=b",
    "x-amz-date": "x",
  };
  expect((await gateway.post(operation.route, '{"customerId":"546693304"}', headers)).status).toBe(200);
  const [request] = gateway.peer.requests;
  const fields = { customer_id: "546693304", api_key: planted.apiKey };
  expect(request && formOf(request)).toEqual({ ...fields, hash: requestHash(fields) });
  expect(Object.keys(request?.headers ?? {}).toSorted()).toEqual(
    words("accept accept-encoding connection content-length content-type host user-agent"),
  );
});
