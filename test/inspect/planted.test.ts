import { createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { requestOf } from "../../inspect/command/made.ts";
import { inspect, type Question, type SecretVersion } from "../../inspect/inspect.ts";
import { nodeDigests } from "../../inspect/node-digests.ts";

/** Made here by hand, as the other party makes it, and not by the code that is tested. */
const sha512 = (text: string | Uint8Array) => createHash("sha512").update(text).digest("hex").toUpperCase();
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const hmac = (key: string, text: string) => createHmac("sha512", key).update(text).digest("hex");

const versions = (json: Record<string, string>, old?: Record<string, string>): Question["secrets"] => {
  const current: SecretVersion = { label: "AWSCURRENT", json };
  return old ? [current, { label: "AWSPREVIOUS", json: old }] : [current];
};

const aggrepay = { apiKey: "key-0001-of-the-test", salt: "salt-0002-of-the-test" };
const payu = { merchantKey: "merchant-key-1", merchantSalt: "merchant-salt-1", walletIdentifier: "wallet" };
const dreamzwallet = { secKey: "sec-key-0003", walletOwnerId: "42", token: "token-0004" };
const nicepay = { iMid: "IONPAYTEST", merchantKey: "merchant-key-0005" };
const wibmo = { apiKey: "api-key-0006", clientId: "client-7", secureCode: "secure-code-8" };

const looked = (question: Question) => inspect(question, { digests: nodeDigests });

interface Planted {
  readonly fault: string;
  readonly expected: string;
  readonly kind: string;
  readonly piece?: string | undefined;
  readonly says: RegExp;
}

describe("a request of AggrePay", () => {
  const fields = {
    api_key: aggrepay.apiKey,
    mpin: "4711",
    amount: "4.00",
    description: "Café Zoë & Co",
    from_customer_id: "546693304",
    from_mobile_number: "+919876543210",
    merchant_transaction_id: "Order-12",
  };
  const body = String(new URLSearchParams(fields));
  /** The hash of the fields with some of them changed, as the other party would have made it. */
  const hashed = (changed: Record<string, string>, salt = aggrepay.salt, separator = "|") => {
    const all: Record<string, string> = { ...fields, ...changed };
    const values = Object.keys(all)
      .toSorted()
      .map((name) => all[name]);
    return sha512([salt, ...values].join(separator));
  };
  const { mpin: _, ...withoutMpin } = fields;

  const planted: readonly Planted[] = [
    {
      fault: "a space at the end",
      expected: hashed({ merchant_transaction_id: "Order-12 " }),
      kind: "white space",
      piece: "merchant_transaction_id",
      says: /a space at its end/,
    },
    {
      fault: "a space that was trimmed within",
      expected: hashed({ description: "CaféZoë&Co" }),
      kind: "white space",
      piece: "description",
      says: /without any white space/,
    },
    {
      fault: "a line break at the salt's end",
      expected: hashed({}, `${aggrepay.salt}\n`),
      kind: "white space",
      piece: "salt",
      says: /line break/,
    },
    {
      fault: "a zero-width space in the middle",
      expected: hashed({ from_customer_id: "546\u200b693304" }),
      kind: "invisible character",
      piece: "from_customer_id",
      says: /after its character 3/,
    },
    {
      fault: "a byte order mark in front",
      expected: hashed({ amount: "\ufeff4.00" }),
      kind: "invisible character",
      piece: "amount",
      says: /byte order mark/,
    },
    {
      fault: "the order of sending",
      expected: sha512([aggrepay.salt, ...Object.values(fields)].join("|")),
      kind: "order",
      piece: undefined,
      says: /order/i,
    },
    {
      fault: "an empty field that is counted",
      expected: hashed({ to_sub_merchant_id: "" }),
      kind: "empty field",
      piece: "the end of the text",
      says: /empty field/i,
    },
    {
      fault: "an empty field counted in the middle",
      expected: hashed({ e_mail: "" }),
      kind: "empty field",
      piece: "from_customer_id",
      says: /An empty field is counted before "from_customer_id"/,
    },
    {
      fault: "form encoding",
      expected: hashed({ description: "Caf%C3%A9+Zo%C3%AB+%26+Co" }),
      kind: "encoding",
      piece: "description",
      says: /form-encoded/,
    },
    {
      fault: "percent encoding",
      expected: hashed({ description: "Caf%C3%A9%20Zo%C3%AB%20%26%20Co" }),
      kind: "encoding",
      piece: "description",
      says: /percent-encoded/,
    },
    {
      fault: "a plus that became a space",
      expected: hashed({ from_mobile_number: " 919876543210" }),
      kind: "encoding",
      piece: "from_mobile_number",
      says: /space for each \+/,
    },
    {
      fault: "HTML's escapes",
      expected: hashed({ description: "Café Zoë &amp; Co" }),
      kind: "encoding",
      piece: "description",
      says: /HTML/,
    },
    {
      fault: "Latin-1 for the whole text",
      expected: sha512(
        Buffer.from(
          [
            aggrepay.salt,
            ...Object.keys(fields)
              .toSorted()
              .map((name) => fields[name as keyof typeof fields]),
          ].join("|"),
          "latin1",
        ),
      ),
      kind: "encoding",
      piece: undefined,
      says: /Latin-1/,
    },
    {
      fault: "UTF-8 read as Latin-1",
      expected: hashed({ description: "CafÃ© ZoÃ« & Co" }),
      kind: "encoding",
      piece: "description",
      says: /read as Latin-1/,
    },
    {
      fault: "decomposed letters",
      expected: hashed({ description: "Café Zoë & Co".normalize("NFD") }),
      kind: "encoding",
      piece: "description",
      says: /NFD/,
    },
    {
      fault: "small letters",
      expected: hashed({ merchant_transaction_id: "order-12" }),
      kind: "letter case",
      piece: "merchant_transaction_id",
      says: /small letters/,
    },
    {
      fault: "small letters of the digest",
      expected: hashed({}).toLowerCase(),
      kind: "digest form",
      piece: undefined,
      says: /not in capital letters/,
    },
    {
      fault: "one decimal",
      expected: hashed({ amount: "4.0" }),
      kind: "number form",
      piece: "amount",
      says: /1 decimal\./,
    },
    {
      fault: "no decimals",
      expected: hashed({ amount: "4" }),
      kind: "number form",
      piece: "amount",
      says: /decimals/,
    },
    {
      fault: "hundredths",
      expected: hashed({ amount: "400" }),
      kind: "number form",
      piece: "amount",
      says: /hundredths/,
    },
    {
      fault: "ten digits of a phone number",
      expected: hashed({ from_mobile_number: "9876543210" }),
      kind: "phone form",
      piece: "from_mobile_number",
      says: /country/,
    },
    {
      fault: "the secret before the rotation",
      expected: hashed({}, "the-old-salt"),
      kind: "secret version",
      piece: undefined,
      says: /AWSPREVIOUS/,
    },
    {
      fault: "salt and key swapped",
      expected: hashed({ api_key: aggrepay.salt }, aggrepay.apiKey),
      kind: "swapped",
      piece: "salt",
      says: /swapped|stands where/,
    },
    {
      fault: "the key in place of the salt",
      expected: hashed({}, aggrepay.apiKey),
      kind: "swapped",
      piece: "salt",
      says: /"apiKey" stands where its "salt" is due/,
    },
    {
      fault: "a field that is missing",
      expected: sha512(
        [
          aggrepay.salt,
          ...Object.keys(withoutMpin)
            .toSorted()
            .map((name) => fields[name as keyof typeof fields]),
        ].join("|"),
      ),
      kind: "missing",
      piece: "mpin",
      says: /"mpin" is missing/,
    },
    {
      fault: "another separator",
      expected: hashed({}, aggrepay.salt, ","),
      kind: "separator",
      piece: undefined,
      says: /comma/,
    },
    {
      fault: "no separator",
      expected: hashed({}, aggrepay.salt, ""),
      kind: "separator",
      piece: undefined,
      says: /nothing/,
    },
    {
      fault: "another algorithm",
      expected: createHash("sha256")
        .update(
          [
            aggrepay.salt,
            ...Object.keys(fields)
              .toSorted()
              .map((name) => fields[name as keyof typeof fields]),
          ].join("|"),
        )
        .digest("hex")
        .toUpperCase(),
      kind: "algorithm",
      piece: undefined,
      says: /SHA-256/,
    },
    {
      fault: "a field that was cut off",
      expected: hashed({ description: "Café Zo" }),
      kind: "cut off",
      piece: "description",
      says: /after 7 characters/,
    },
    {
      fault: "a word for nothing",
      expected: hashed({ description: "null" }),
      kind: "other value",
      piece: "description",
      says: /null/,
    },
    {
      fault: "base64 for the digest",
      expected: Buffer.from(hashed({}), "hex").toString("base64"),
      kind: "digest form",
      piece: undefined,
      says: /base64/,
    },
  ];

  test.each(planted)("$fault is named", async ({ expected, kind, piece, says }) => {
    const secrets = versions(aggrepay, { ...aggrepay, salt: "the-old-salt" });
    const { verdict, findings } = await looked({ provider: "aggrepay", secrets, message: body, expected });
    expect(verdict).toBe("differs");
    expect(findings).toEqual([
      { kind, says: expect.stringMatching(says), ...(piece !== undefined && { piece }) },
    ]);
  });

  test("two faults at once are both named", async () => {
    const expected = hashed({ amount: "4.0", merchant_transaction_id: "Order-12 " });
    const found = await looked({
      provider: "aggrepay",
      secrets: versions(aggrepay),
      message: body,
      expected,
    });
    expect(found.findings.map(({ kind, piece }) => [kind, piece])).toEqual([
      ["number form", "amount"],
      ["white space", "merchant_transaction_id"],
    ]);
  });

  test("a right one agrees", async () => {
    const message = `${body}&hash=${hashed({})}`;
    const found = await looked({ provider: "aggrepay", secrets: versions(aggrepay), message });
    expect(found).toMatchObject({
      verdict: "agrees",
      findings: [],
      digest: hashed({}),
      expected: hashed({}),
    });
  });

  test("a hash of something else is unexplained, and that is said", async () => {
    const question = { provider: "aggrepay", secrets: versions(aggrepay), message: body } as const;
    const found = await inspect({ ...question, expected: sha512("x") }, { digests: nodeDigests, most: 5000 });
    expect(found).toMatchObject({ verdict: "unexplained", findings: [], tried: 5000 });
    expect(await looked({ ...question, expected: "not a hash" })).toMatchObject({ verdict: "unexplained" });
  });

  test("the other party's request is compared field by field", async () => {
    const theirs = { ...fields, amount: "4.0", description: "Cafe Zoe & Co", note: "x" };
    const values = Object.keys(theirs)
      .toSorted()
      .map((name) => theirs[name as keyof typeof theirs]);
    const hash = sha512([aggrepay.salt, ...values].join("|"));
    const found = await looked({
      provider: "aggrepay",
      secrets: versions(aggrepay),
      message: body,
      theirs: { body: { ...theirs, hash } },
    });
    expect(found.verdict).toBe("differs");
    expect(found.findings.map(({ kind, piece }) => [kind, piece])).toEqual([
      ["number form", "amount"],
      ["encoding", "description"],
      ["surplus", "note"],
    ]);
  });

  test("an api key that is not the secret's is named, though the hash agrees", async () => {
    const message = `${new URLSearchParams({ ...fields, api_key: aggrepay.salt })}&hash=${hashed({ api_key: aggrepay.salt })}`;
    const found = await looked({ provider: "aggrepay", secrets: versions(aggrepay), message });
    expect(found).toMatchObject({ verdict: "differs", findings: [{ kind: "swapped", piece: "api_key" }] });
  });
});

describe("a reply of AggrePay", () => {
  const salted = (text: string) => sha512(`${aggrepay.salt}${text}`);
  const text =
    '{"data":{"transaction_id":654561373,"url":"a\\/b","name":"Zo\\u00eb"},"error":null,"page":null}';
  const received = (hash: string, data = '{"transaction_id":654561373,"url":"a/b","name":"Zoë"}') =>
    `{"data": ${data}, "error": null, "page": null, "hash": "${hash}"}`;
  const ask = (message: string) =>
    looked({ provider: "aggrepay", kind: "reply", secrets: versions(aggrepay), message });

  test.each([
    ["with escaped slashes", text],
    ["with bare slashes", text.replaceAll("\\/", "/")],
  ])("%s agrees", async (_form, signed) => {
    expect(await ask(received(salted(signed)))).toMatchObject({ verdict: "agrees", findings: [] });
  });

  const cut = '{"data": {"transaction_id":654561373,"url":"a/b","name":"Zoë"}, "error": null, "page": null}';
  test.each([
    ["the bytes as they came", salted(cut), /as it came/],
    ["characters that are not escaped", salted(text.replace("\\u00eb", "ë")), /outside ASCII/],
    ["the hash counted as null", salted(text.replace("null}", 'null,"hash":null}')), /as null/],
    [
      "a number that was a text",
      salted(text.replace("654561373", '"654561373"')),
      /"data\/transaction_id" is a text/,
    ],
    ["a name that had a space", salted(text.replace('eb"', 'eb "')), /"data\/name" has a space/],
    ["no page", salted(text.replace(',"page":null', "")), /"page" is missing/],
    ["an empty list for null", salted(text.replace('"page":null', '"page":[]')), /"page" is an empty list/],
    ["the data alone", salted(text.slice('{"data":'.length, text.indexOf(',"error"'))), /"data" alone/],
  ])("that covers %s: so it is said", async (_fault, hash, says) => {
    const { verdict, findings } = await ask(received(hash));
    expect(verdict).toBe("differs");
    expect(findings).toEqual([{ kind: "JSON form", piece: "reply", says: expect.stringMatching(says) }]);
  });

  test("without a hash is not believed", async () => {
    const found = await ask('{"data": null, "error": {"code": "1"}, "page": null, "hash": null}');
    expect(found.findings).toMatchObject([{ kind: "missing", piece: "hash" }]);
  });
});

describe("a request of PayU", () => {
  const date = "Thu, 17 Feb 2022 08:17:59 GMT";
  const body = '{"messageCode":"2050","name":"a/b"}';
  const request = (signature: string, username = payu.merchantKey) => ({
    headers: {
      Date: date,
      walletIdentifier: "wallet",
      Authorization: `hmac username="${username}", algorithm="sha512", headers="date", signature="${signature}"`,
    },
    body,
  });
  const ask = (message: Question["message"], secret: Record<string, string> = payu) =>
    looked({ provider: "payu", secrets: versions(secret), message });

  test("agrees, in both schemes", async () => {
    expect(await ask(request(hmac(payu.merchantSalt, `date: ${date}`)))).toMatchObject({ verdict: "agrees" });
    const digest = sha512(`${body}|${date}|${payu.merchantSalt}`).toLowerCase();
    const secret = { ...payu, signatureScheme: "body-digest" };
    expect(await ask(request(digest), secret)).toMatchObject({ verdict: "agrees" });
    expect((await ask(request(digest))).findings).toMatchObject([{ kind: "scheme" }]);
  });

  test.each([
    [
      "an earlier second",
      hmac(payu.merchantSalt, "date: Thu, 17 Feb 2022 08:17:57 GMT"),
      "date",
      /2 s earlier/,
    ],
    ["India's time", hmac(payu.merchantSalt, "date: Thu, 17 Feb 2022 13:47:59 GMT"), "date", /India/],
    ["a zone in digits", hmac(payu.merchantSalt, "date: Thu, 17 Feb 2022 08:17:59 +0000"), "date", /\+0000/],
    ["no label", hmac(payu.merchantSalt, date), "scheme", /does not begin/],
    ["a label in capitals", hmac(payu.merchantSalt, `Date: ${date}`), "scheme", /letter case/],
    [
      "the key for the salt",
      hmac(payu.merchantKey, `date: ${date}`),
      "swapped",
      /"merchantKey" stands where/,
    ],
    ["a hash without a key", sha512(`date: ${date}`).toLowerCase(), "algorithm", /without a key/],
    [
      "another hash",
      createHmac("sha256", payu.merchantSalt).update(`date: ${date}`).digest("hex"),
      "algorithm",
      /SHA-256/,
    ],
    [
      "a salt with a line break",
      hmac(`${payu.merchantSalt}\n`, `date: ${date}`),
      "white space",
      /merchantSalt/,
    ],
    [
      "base64",
      createHmac("sha512", payu.merchantSalt).update(`date: ${date}`).digest("base64"),
      "digest form",
      /base64/,
    ],
  ])("signed with %s: so it is said", async (_fault, signature, kind, says) => {
    const { findings } = await ask(request(signature));
    expect(findings).toMatchObject([{ kind, says: expect.stringMatching(says) }]);
  });

  test("a body that was written otherwise is named", async () => {
    const other = '{"messageCode": "2050", "name": "a/b"}';
    const digest = sha512(`${other}|${date}|${payu.merchantSalt}`).toLowerCase();
    const { findings } = await ask(request(digest), { ...payu, signatureScheme: "body-digest" });
    expect(findings).toMatchObject([{ kind: "JSON form", piece: "body" }]);
  });

  test("another username is named", async () => {
    const { findings } = await ask(request(hmac(payu.merchantSalt, `date: ${date}`), "Merchant-Key-1"));
    expect(findings).toMatchObject([{ kind: "letter case", piece: "username" }]);
  });
});

describe("the other providers", () => {
  test.each([
    ["agrees", sha256("sec-key-000312342"), []],
    ["is in capitals", sha256("sec-key-000312342").toUpperCase(), ["digest form"]],
    ["has another order", sha256("12342sec-key-0003"), ["order"]],
    ["leaves the key out", sha256("12342"), ["scheme"]],
    ["has the token for the key", sha256("token-000412342"), ["swapped"]],
    ["has separators", sha256("sec-key-0003|123|42"), ["separator"]],
  ])("DreamzWallet's hash that %s", async (_name, verificationHash, kinds) => {
    const message = {
      body: { customerId: "123", walletOwnerId: "42", token: "token-0004", verificationHash },
    };
    const { findings } = await looked({ provider: "dreamzwallet", secrets: versions(dreamzwallet), message });
    expect(findings.map(({ kind }) => kind)).toEqual(kinds);
  });

  const notified = (merchantToken: string, phone = "+6282112345678") =>
    String(
      new URLSearchParams({
        ...{ iMid: nicepay.iMid, referenceNo: "ref-1", billingPhone: phone, mitraCd: "KDVI" },
        ...{ userToken: "e0478456-6b50-460c", merchantToken },
      }),
    );
  const token = (...parts: readonly string[]) => sha256([...parts, nicepay.merchantKey].join(""));
  test.each([
    ["agrees", notified(token("IONPAYTEST", "ref-1", "+6282112345678")), []],
    [
      "has a plus that became a space",
      notified(token("IONPAYTEST", "ref-1", "+6282112345678"), " 6282112345678"),
      ["encoding"],
    ],
    [
      "covers a phone number without +",
      notified(token("IONPAYTEST", "ref-1", "6282112345678")),
      ["phone form"],
    ],
    [
      "covers a field too many",
      notified(token("IONPAYTEST", "ref-1", "+6282112345678", "KDVI")),
      ["surplus"],
    ],
    ["has the old key", notified(sha256("IONPAYTESTref-1+6282112345678old-key")), ["secret version"]],
    ["has another order", notified(token("ref-1", "IONPAYTEST", "+6282112345678")), ["order"]],
  ])("NICEPAY's notification that %s", async (_name, message, kinds) => {
    const { findings, verdict } = await looked({
      provider: "nicepay",
      kind: "notification",
      secrets: versions(nicepay, { ...nicepay, merchantKey: "old-key" }),
      message,
    });
    expect(findings.map(({ kind }) => kind)).toEqual(kinds);
    expect(verdict).toBe(kinds.length === 0 ? "agrees" : "differs");
  });

  test("NICEPAY's user detail that covers the time is a deactivation's", async () => {
    const merchantToken = token("20260102030405", "IONPAYTEST", "user-token-1");
    const message = {
      body: { timeStamp: "20260102030405", iMid: "IONPAYTEST", userToken: "user-token-1", merchantToken },
    };
    const question = { provider: "nicepay", secrets: versions(nicepay), message } as const;
    expect((await looked({ ...question, operation: "nicepay/user-detail" })).findings).toMatchObject([
      { kind: "scheme", piece: "timeStamp" },
    ]);
    expect(await looked({ ...question, operation: "nicepay/deactivate-account-binding" })).toMatchObject({
      verdict: "agrees",
    });
  });

  test.each([
    ["agrees", { "x-api-key": "api-key-0006", clientId: "client-7" }, []],
    ["has a space", { "x-api-key": "api-key-0006 " }, ["white space"]],
    ["is in capitals", { "x-api-key": "API-KEY-0006" }, ["letter case"]],
    ["is another part", { "X-API-Key": "secure-code-8" }, ["swapped"]],
    ["is missing", { clientId: "client-7" }, ["missing"]],
  ])("Wibmo's api key that %s", async (_name, headers: Record<string, string>, kinds) => {
    const message = { headers, body: "{}" };
    const found = await looked({ provider: "wibmo", secrets: versions(wibmo), message });
    expect(found.findings.map(({ kind }) => kind)).toEqual(kinds);
  });
});

test("what the gateway makes of an operation's input agrees with itself", async () => {
  const secret = aggrepay;
  const input = { fromCustomerId: "546693304", amount: "4", mpin: "4711", merchantTransactionId: "T-1" };
  const message = requestOf("aggrepay/debit-wallet", input, secret, 0);
  const found = await looked({ provider: "aggrepay", secrets: versions(secret), message });
  expect(found).toMatchObject({ verdict: "agrees", tried: 1 });
});
