import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Context } from "aws-lambda";
import { describe, expect, test, vi } from "vitest";
import { functions } from "../../functions/index.ts";
import type { LambdaHandler } from "../../lib/operation/handler.ts";
import { freshReference, registrationOf } from "../support/account-bindings.ts";
import { type Answer, fresh } from "../support/aggrepay-gateway.ts";
import { operations } from "../support/aggrepay-operations.ts";
import { subjects, successOf } from "../support/five-wallets.ts";
import { formOf, requestHash, signed } from "../support/peer.ts";
import { sampled } from "../support/samples.ts";
import { started } from "../support/started.ts";
import { jsonOf, startWallets } from "../support/wallets.ts";
import { words } from "../support/words.ts";

const { wallets } = started({ wallets: () => startWallets({ env: { CALLBACK_HOSTS: "shop.example" } }) });

const json = "application/json";

interface Fault {
  readonly pointer?: string;
  readonly header?: string;
  readonly detail: string;
}
const faultsOf = ({ body }: Answer) => (body.errors ?? []) as readonly Fault[];

/** Refused with its place, and nothing sent. */
function expectRefused(answer: Answer, status: number, fault: object): void {
  expect({ status: answer.status, errors: faultsOf(answer) }).toEqual({
    status,
    errors: expect.arrayContaining([expect.objectContaining(fault)]) as object,
  });
  expect(wallets.peer.requests).toEqual([]);
}

describe("Idempotency-Key", () => {
  const changePins = { customerId: "546693304", oldMpin: "1234", newMpin: "5678" };
  const done = signed({ mpin_updated: "true" });
  const change = (key: string) => {
    wallets.peer.script({ changempin: done });
    return wallets.call("aggrepay/change-mpin", changePins, { key });
  };
  const isReplay = (answer: Answer) => answer.headers.get("idempotency-replayed") === "true";

  const repeats: readonly (readonly [string, (key: string) => string])[] = [
    ["k, k", (key) => `${key}, ${key}`],
    ["k,k", (key) => `${key},${key}`],
    ["three times k", (key) => `${key}, ${key} ,${key}`],
    ['"k", "k"', (key) => `"${key}", "${key}"`],
    ['"k", k', (key) => `"${key}",${key}`],
    ["a key with commas", (key) => `${key},1, ${key},1`],
    ["a quoted key with commas", (key) => `"${key},1","${key},1"`],
  ];

  test.each(repeats)("%s: was the header sent twice?", async (_what, write) => {
    expectRefused(await change(write(fresh())), 400, {
      header: "idempotency-key",
      detail: expect.stringMatching(/sent twice\?/) as string,
    });
    const id = fresh();
    const debit = { fromCustomerId: "546693304", amount: "4", mpin: "1234", merchantTransactionId: id };
    expectRefused(await wallets.call("aggrepay/debit-wallet", debit, { key: write(id) }), 400, {
      header: "idempotency-key",
      detail: expect.stringMatching(/sent twice\?/) as string,
    });
  });

  test("sent twice on the wire, it is refused", async () => {
    wallets.peer.script({ changempin: done });
    const headers = new Headers({ "content-type": json });
    for (const _ of [1, 2]) headers.append("idempotency-key", "one-key");
    const answer = await fetch(`${wallets.url}/v1/aggrepay/change-mpin`, {
      method: "POST",
      headers,
      body: JSON.stringify(changePins),
    });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toMatch(/sent twice\?/);
  });

  test.each([
    (key: string) => `${key},2026-11-28`,
    (key: string) => `a, ${key}`,
    (key: string) => `${key}, ${key}x`,
    (key: string) => `x,x,${key}`,
    (key: string) => `it's "${key}"`,
    (key: string) => `${key}\\`,
  ])("a comma or a quote within a key is its own (%#)", async (write) => {
    const key = write(fresh());
    expect(isReplay(await change(key))).toBe(false);
    expect(isReplay(await change(key))).toBe(true);
  });

  test.each([
    ["k", (key: string) => key],
    ["a key with a space", (key: string) => `${key} 1`],
    ["a key with a quote", (key: string) => `${key}"1`],
    ["a key with a backslash", (key: string) => `${key}\\1`],
    ["a key with a comma", (key: string) => `${key},1`],
  ])("in quotes and without is one key: %s", async (_what, write) => {
    const key = write(fresh());
    const quoted = `"${key.replaceAll(/["\\]/g, (mark) => `\\${mark}`)}"`;
    const first = await change(quoted);
    expect(first.body.record).toMatchObject({ identity: key });
    expect(isReplay(await change(key))).toBe(true);
    expect(isReplay(await change(quoted))).toBe(true);
    expect(wallets.peer.requests).toEqual([]);
  });

  test("in quotes it may be the identity that the body has", async () => {
    const id = fresh();
    const debit = { fromCustomerId: "546693304", amount: "4", mpin: "1234", merchantTransactionId: id };
    wallets.peer.script({ debitwallet: signed({ transaction_id: 7 }) });
    expect((await wallets.call("aggrepay/debit-wallet", debit, { key: `"${id}"` })).status).toBe(200);
  });

  test.each([
    '"k',
    '"',
    '"a"b',
    '"a\\',
    '"a\\"',
    '"a\\n"',
    '"a";q=1',
    '"a" b',
    '"a", b',
    '""k""',
  ])("%s: quoted, but not as a string is", async (key) => {
    expectRefused(await change(key), 400, {
      header: "idempotency-key",
      detail: expect.stringMatching(/begins with a quote/) as string,
    });
  });

  test.each(['""', `"${"k".repeat(256)}"`])("%s: quoted, and of no length that a key has", async (key) => {
    expectRefused(await change(key), 400, { header: "idempotency-key" });
  });

  test("of 255 characters and their quotes is taken", async () => {
    const key = fresh().padEnd(255, '"');
    expect((await change(`"${key.replaceAll('"', '\\"')}"`)).status).toBe(200);
    expect(isReplay(await change(key))).toBe(true);
  });
});

describe("the content type", () => {
  const input = JSON.stringify({ customerId: "546693304" });
  const post = (headers: Readonly<Record<string, string>>, body: string | Uint8Array = input) => {
    wallets.peer.script({ fetchbalance: signed({ balance: "41.0", customer_id: "546693304" }) });
    return wallets.post("/v1/aggrepay/fetch-balance", body, headers);
  };

  test.each([
    "application/json",
    "Application/JSON",
    "application/json;charset=utf8",
    "application/json; charset=utf8",
    'application/json; charset="utf-8"',
    "application/json; charset= utf-8",
    "application/json;charset = UTF-8",
    "application/json; charset=UTF-8;",
    "application/json;",
    "application/json ; ",
    "application/json;;charset=utf-8",
    "application/json; charset=us-ascii",
    "application/json; version=2; charset=utf-8",
    'application/json; charset=utf-8; profile="https://a.example/x;y"',
    "application/json; boundary=x",
    "application/vnd.merchant+json; charset=utf8",
  ])("%s is accepted", async (type) => {
    expect((await post({ "content-type": type })).status).toBe(200);
  });

  test.each([
    "application/json; charset=iso-8859-1",
    'application/json; charset="utf-16"',
    "application/json; charset=UTF-16LE",
    "application/json;charset=windows-1252;",
    "application/json; version=2; charset=latin1",
    "application/json; charset=utf-8; charset=utf-16",
    'application/json; charset=""',
  ])("%s: the charset is what is wrong", async (type) => {
    for (const body of [input, Buffer.from(input, "utf16le")])
      expectRefused(await post({ "content-type": type }, body), 415, {
        header: "content-type",
        detail: expect.stringMatching(/charset utf-8/) as string,
      });
  });

  test.each([
    "application/json, application/json",
    "application/json,application/json",
    "application/json; charset=utf-8, application/json",
    "application/json, text/plain",
    "text/plain;charset=UTF-8, application/json",
  ])("%s: asks whether the header was sent twice", async (type) => {
    expectRefused(await post({ "content-type": type }), 415, {
      header: "content-type",
      detail: expect.stringMatching(/was the header sent twice/) as string,
    });
  });

  test.each([
    "text/plain",
    "json",
    "application/json x, y",
    "",
  ])("%j is simply another type", async (type) => {
    expectRefused(await post({ "content-type": type }), 415, {
      header: "content-type",
      detail: "must be application/json",
    });
  });

  test.each([
    ...words("gzip br deflate x-gzip"),
    "gzip, identity",
    "zstd",
    "aws-chunked",
  ])("content-encoding %s: the coding is what is wrong", async (coding) => {
    for (const body of [gzipSync(input), input]) {
      const answer = await post({ "content-type": json, "content-encoding": coding }, body);
      expectRefused(answer, 415, {
        header: "content-encoding",
        detail: expect.stringMatching(/not compressed/) as string,
      });
    }
  });

  test.each(["identity", "Identity", "", "utf-8", "UTF8"])("content-encoding %j is none", async (coding) => {
    expect((await post({ "content-type": json, "content-encoding": coding })).status).toBe(200);
  });
});

describe("mobile numbers", () => {
  test.each([
    ["nicepay/register-account-binding", "billingPhone", "+62082112345678"],
    ["nicepay/register-account-binding", "billingPhone", "+62 082112345678"],
    ["nicepay/register-account-binding", "billingPhone", "+62-082112345678"],
    ["nicepay/register-account-binding", "billingPhone", "+62(0)82112345678"],
    ["aggrepay/fetch-balance", "mobileNumber", "+9109900261104"],
    ["aggrepay/fetch-balance", "mobileNumber", "+910990026110"],
    ["wibmo/encrypt", "customerMobile", "+9109900261104"],
  ])("%s: %s %s has the 0 of a call within the country", async (route, field, number) => {
    const subject = subjects.find((each) => each.route === route);
    const input = { ...subject?.input(subject.freshId()), [field]: number };
    wallets.peer.script({});
    expectRefused(await wallets.call(route, input), 400, {
      pointer: `/${field}`,
      detail: expect.stringMatching(/without the 0 that stands before the number/) as string,
    });
    expect(wallets.peer.requests).toEqual([]);
  });

  test.each(
    words("082112345678 62082112345678 +620 +6282112345678x +62"),
  )("%s is no number in E.164", async (number) => {
    const input = { ...registrationOf(freshReference()), billingPhone: number };
    expectRefused(await wallets.call("nicepay/register-account-binding", input), 400, {
      pointer: "/billingPhone",
    });
  });
});

describe("e-mail addresses", () => {
  const check = (email: string) => {
    wallets.peer.script({ checkcustomer: signed({ customer_exists: "true" }) });
    return wallets.call("aggrepay/check-customer", { email });
  };

  test.each([
    ...words("someone@piggy.in o'malley@example.ie d'angelo.o'neil@x.it a@xn--mnchen-3ya.de"),
    ...words("user@mail.xn--mnchen-3ya.de a@b.xn--p1ai a@xn--e1afmkfd.xn--p1ai"),
    ...words("first.last+tag@sub.domain.example.co.in a+b+c@x.io a_b-c@x-y.museum me@some.photography"),
    ...words("1234567890@163.com x@3m.com x@a1b2.c3.travel !#$%&'*+/=?^_`{|}~-@x.org"),
    `${"l".repeat(64)}@x.in`,
    `a@${"d".repeat(63)}.in`,
    "A.B@EXAMPLE.COM",
  ])("%s exists", async (email) => {
    const answer = await check(email);
    expect(answer.status).toBe(200);
    const [request] = wallets.peer.requests;
    if (!request) throw new Error("nothing was sent");
    const { hash, ...fields } = formOf(request);
    // What is sent is what is signed, quote and all.
    expect([fields.email, hash]).toEqual([email, requestHash(fields)]);
  });

  test.each([
    ...words("someone @piggy.in someone@ some@one a@b.c a@b.1 a@127.0.0.1 a@[127.0.0.1] a@-x.in a@x-.in"),
    ...words("a@x..in .a@x.in a.@x.in a..b@x.in a@b@x.in"),
    "a b@x.in",
    '"a b"@x.in',
    ...words("a@x.in. a@x_y.in a@x.i-n a,b@x.in <a@x.in> mailto:a@x.in"),
    "a@x.in, b@x.in",
    `${"l".repeat(65)}@x.in`,
    `a@${"d".repeat(64)}.in`,
    `a@${"d.".repeat(126)}in`,
    "a@xn--.xn--",
  ])("%s does not", async (email) => {
    expectRefused(await check(email), 400, { pointer: "/email" });
  });

  test.each(
    words("josé@x.es a@münchen.de 用户@例子.广告 a@ｘ.in"),
  )("%s is to be written in ASCII", async (email) => {
    expectRefused(await check(email), 400, {
      pointer: "/email",
      detail: expect.stringMatching(/ASCII.*xn--/) as string,
    });
  });

  test.each([
    ["wibmo/encrypt", { emailId: "o'malley@b.xn--p1ai" }, "encrypt"],
    ["nicepay/register-account-binding", { billingEmail: "o'malley@b.xn--p1ai" }, "userAccountBinding"],
  ])("the same addresses for %s", async (route, more, name) => {
    const subject = subjects.find((each) => each.route === route);
    if (!subject) throw new Error(route);
    wallets.peer.script({ [name]: successOf(subject) });
    const answer = await wallets.call(route, { ...subject.input(subject.freshId()), ...more });
    expect(answer.status).toBe(200);
    expect(jsonOf(wallets.peer.requests[0])).toMatchObject(more);
    const [[field]] = Object.entries(more) as [[string, string]];
    wallets.peer.script({});
    expectRefused(await wallets.call(route, { ...subject.input(subject.freshId()), [field]: "a@b" }), 400, {
      pointer: `/${field}`,
    });
  });
});

describe("characters that nobody sees", () => {
  /** What Laravel's Str::trim takes away, and others of the kinds that it has. */
  const hidden = [
    ...[0x00, 0x01, 0x07, 0x1b, 0x7f, 0x80, 0x85, 0x9f],
    ...[0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180b, 0x180e],
    ...[0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e],
    ...[0x2060, 0x2061, 0x2064, 0x2065, 0x2066, 0x2067, 0x2068, 0x2069, 0x206a, 0x206f, 0x2800],
    ...[0x3164, 0xfe00, 0xfe0e, 0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0xfffa, 0xfffb],
    ...[0x1d159, 0x1d173, 0x1d17a, 0xe0001, 0xe0020, 0xe007f, 0xe0100],
  ];
  const named = (code: number) => `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  const update = (firstName: string) => {
    wallets.peer.script({ updatecustomer: signed({ updated: "true" }) });
    return wallets.call("aggrepay/update-customer", { customerId: "546693304", firstName }, { key: fresh() });
  };

  test.each(
    hidden.map((code) => [named(code), code] as const),
  )("%s, wherever it stands", async (name, code) => {
    const character = String.fromCodePoint(code);
    const texts = [
      `As${character}ha`,
      `${character}Asha`,
      `Asha${character}`,
      `Asha ${character} K`,
      character,
    ];
    for (const text of texts)
      expectRefused(await update(text), 400, {
        pointer: "/firstName",
        detail: `must not contain ${name}, which cannot be seen`,
      });
  });

  const spaces = [0xa0, 0x1680, 0x2000, 0x2003, 0x2007, 0x2009, 0x200a, 0x202f, 0x205f, 0x3000];
  test.each(spaces.map((code) => [named(code), code] as const))("%s around a text", async (name, code) => {
    const space = String.fromCodePoint(code);
    for (const text of [`${space}Asha`, `Asha${space}`, ` ${space}Asha`, `Asha${space} `, space])
      expectRefused(await update(text), 400, {
        pointer: "/firstName",
        detail: `must not begin or end with ${name}, a space`,
      });
    // Between words it can be seen, and is no concern of anybody's.
    expect((await update(`Asha${space}K`)).status).toBe(200);
  });

  test("the spaces of ASCII around a text are trimmed, once", async () => {
    expect((await update(" \t\r\n\v\fAsha K\n ")).status).toBe(200);
    const [request] = wallets.peer.requests;
    expect(request && formOf(request).first_name).toBe("Asha K");
  });

  test.each([
    "क्\u200dष",
    "श्री\u200cमान शर्मा",
    "ন্\u200cয",
    "මල්\u200dලිකා",
    "می\u200cخواهم",
    "ക്\u200dഷ",
    "Paid ❤\ufe0f",
    "❤\ufe0f\u200d🔥 x",
    "👩\u200d🔧 plumber",
    "👩🏽\u200d🚀 to the moon",
    "1\ufe0f\u20e3 first",
    "☎\ufe0e call",
    "Zoë, ॐ, 你好, 😀",
    "é e\u0301 ñ",
  ])("%s is seen as it is written", async (text) => {
    expect((await update(text)).status).toBe(200);
    const [request] = wallets.peer.requests;
    if (!request) throw new Error("nothing was sent");
    const { hash, ...fields } = formOf(request);
    expect([fields.first_name, hash]).toEqual([text, requestHash(fields)]);
  });

  test.each([
    ["a joiner at the end of a word of its script", "क्\u200d", "U+200D"],
    ["one at the end of the value, before a space", "शर्\u200c ", "U+200C"],
    ["two joiners", "क्\u200d\u200dष", "U+200D"],
    ["a joiner after a space", "क \u200dष", "U+200D"],
    ["a joiner between pictures that make none", "👩\u200dx", "U+200D"],
    ["two variation selectors", "❤\ufe0f\ufe0f", "U+FE0F"],
    ["a variation selector after a digit", "pg-1\ufe0f", "U+FE0F"],
    ["a flag of tags", "🏴\u{e0067}\u{e0062}\u{e007f}", "U+E0067"],
  ])("%s", async (_what, text, name) => {
    expectRefused(await update(text), 400, {
      pointer: "/firstName",
      detail: `must not contain ${name}, which cannot be seen`,
    });
  });

  interface Given {
    readonly route: string;
    readonly input: Readonly<Record<string, unknown>>;
  }
  const everyOperation: readonly Given[] = [
    ...operations.map(({ route, full }) => ({ route: `aggrepay/${route}`, input: full("T-1").input })),
    {
      route: "payu/check-status",
      input: { verifyClientTxnId: "L1", clientTxnId: "C1", fromDate: "2026-01-01", toDate: "2026-01-02" },
    },
    ...["wibmo/encrypt", "wibmo/retrieve-customer-record"].map((route) => ({
      route,
      input: {
        customerMobile: "+919900261104",
        customerId: "C1",
        urn: "U1",
        emailId: "a@x.in",
        clientTxnId: "T1",
      },
    })),
    { route: "dreamzwallet/get-secret-key", input: { customerId: "189433" } },
    {
      route: "nicepay/register-account-binding",
      input: { ...registrationOf(freshReference()), mitraCd: "KDVI", billingEmail: "a@x.in" },
    },
    { route: "nicepay/user-detail", input: { userToken: "e0478456-6b50" } },
    { route: "nicepay/deactivate-account-binding", input: { referenceNo: "R-1" } },
  ];

  test.each(everyOperation)("in every text field of $route, before anything is signed", async ({
    route,
    input,
  }) => {
    wallets.peer.script({});
    const later = sampled.find(({ operation }) => operation.name === route)?.sample.later ?? [];
    const known = functions.find(({ name }) => name === route) as unknown as
      | { readonly input: { readonly entries: object } }
      | undefined;
    const texts = Object.entries(input).filter(([, value]) => typeof value === "string");
    // No field of the operation is forgotten here.
    expect(Object.keys(known?.input.entries ?? {}).toSorted()).toEqual(
      [...Object.keys(input), ...later].toSorted(),
    );
    for (const [field, value] of texts)
      for (const [text, name] of [
        [`${String(value)}\u200b`, "U+200B"],
        [`\ufeff${String(value)}`, "U+FEFF"],
        [`${String(value).slice(0, 1)}\u2060${String(value).slice(1)}`, "U+2060"],
      ] as const) {
        const answer = await wallets.call(route, { ...input, [field]: text }, { key: fresh() });
        expectRefused(answer, 400, {
          pointer: `/${field}`,
          detail: `must not contain ${name}, which cannot be seen`,
        });
      }
  });
});

describe("a test event of Lambda's console", () => {
  const context = { awsRequestId: "r-1", getRemainingTimeInMillis: () => 1000 } as unknown as Context;
  const events: readonly unknown[] = [
    { key1: "value1", key2: "value2" },
    {},
    null,
    "text",
    [],
    { requestContext: {} },
    { requestContext: { requestId: "r-2" } },
    { requestContext: null, headers: {} },
    { headers: {}, body: "{}" },
    { Records: [{ eventSource: "aws:sqs" }] },
  ];

  const reached = functions.filter(({ route }) => route !== undefined).map(({ name }) => name);

  test.each(reached)("%s answers it with a sentence, and one line", async (name) => {
    const file = join(import.meta.dirname, `../../functions/${name}.ts`);
    const { handler } = (await import(file)) as { readonly handler: LambdaHandler };
    for (const event of events) {
      const lines: string[] = [];
      const write = vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
        lines.push(String(chunk));
        return true;
      });
      const answer = await handler(event as Parameters<LambdaHandler>[0], context).finally(() =>
        write.mockRestore(),
      );
      expect(answer).toMatchObject({
        statusCode: 400,
        body: expect.stringMatching(/is no request of the API/),
      });
      expect(lines).toHaveLength(1);
      expect(JSON.parse(lines[0] ?? "")).toMatchObject({
        level: "WARN",
        function: name,
        requestId: "r-1",
        error: expect.stringMatching(/no request of the API/) as string,
      });
    }
  });
});
