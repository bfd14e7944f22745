import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { freshReference, register, registrationOf } from "../support/account-bindings.ts";
import type { Answer } from "../support/aggrepay-gateway.ts";
import type { Reply } from "../support/peer.ts";
import { started } from "../support/started.ts";
import { jsonOf, reply, startWallets } from "../support/wallets.ts";

/**
 * A provider writes back a part of a secret, or a secret of a user's that it shows or was sent itself. What is planted is
 * searched for by every 12 characters of it, in answers, logs and the table.
 */
const merchantKey =
  "33F49GnCMS1mFYlGXisbUDzVf2ATWCl9k3R++d5hDd3Frmuos/XLx8XhXpe+LDYAbpGKZYSwtlyyLOtS/8aD7A==";
const salt = "sandbox-salt-77Tq";
const secrets = {
  aggrepay: { apiKey: "planted-api-5f0c", salt },
  nicepay: { iMid: "IONPAYTEST", merchantKey },
  wibmo: { apiKey: "planted-wibmo-key-1c4d-9e2b" },
  dreamzwallet: { secKey: "planted-sec-key-g7", walletOwnerId: "10012", token: "planted-token-h8" },
};
const { wallets } = started({ wallets: () => startWallets({ secrets }) });

const bytes = Buffer.from(merchantKey, "base64").toString("hex");
const planted = new Set([merchantKey, bytes, salt]);
const answers: string[] = [];
const told = async (answer: Promise<Answer>): Promise<Answer> => {
  answers.push((await answer).text);
  return answer;
};

/** The word of a provider's that an answer shows. */
const wordIn = async (answer: Promise<Answer>): Promise<unknown> => (await told(answer)).body.provider;

const secretWord = { code: "[secret]", message: "[secret]" };

describe("a part of the merchant's key", () => {
  const refused = async (resultMsg: string, resultCd = "9010") => {
    wallets.peer.script({ userAccountBinding: reply({ resultCd, resultMsg }) });
    return wordIn(register(wallets, registrationOf(freshReference())));
  };

  test.each([
    ["84 characters from its beginning", merchantKey.slice(0, 84)],
    ["its last 68", merchantKey.slice(20)],
    ["half of it", merchantKey.slice(0, 44)],
    ["what it is the base64 of", bytes],
    ["in columns", merchantKey.slice(3, 60).replaceAll(/.{16}/g, "$&|")],
  ])("is not shown in a message: %s", async (_what, part) => {
    expect(await refused(`no match for ${part}`)).toEqual({ code: "9010", message: "[secret]" });
  });

  test("is not shown in a code", async () => {
    expect(await refused("Refused.", merchantKey.slice(0, 40))).toEqual({
      ...{ code: "[secret]", message: "Refused." },
    });
  });

  test("leaves usual messages as they are", async () => {
    const message = `Registration R-20261128101530 of IONPAYTEST at 2026-11-28 10:15:30 is not valid`;
    expect(await refused(message)).toEqual({ code: "9010", message });
  });
});

test("all but the last character of AggrePay's salt is not shown", async () => {
  const error = { code: "HASH-MISMATCH", message: `expected ${salt.slice(0, -1)}` };
  wallets.peer.script({ fetchbalance: reply({ data: null, error, page: null, hash: null }) });
  expect(await wordIn(wallets.call("aggrepay/fetch-balance", { customerId: "991000017" }))).toEqual({
    ...{ code: "HASH-MISMATCH", message: "[secret]" },
  });
});

test("a signature that NICEPAY was sent is not shown: it could sign a notification", async () => {
  const signatures: string[] = [];
  const echoing: Reply = (response, request) => {
    const { merchantToken } = jsonOf(request);
    signatures.push(String(merchantToken));
    reply({ resultCd: "9010", resultMsg: `got ${String(merchantToken).slice(2)}` })(response, request);
  };
  wallets.peer.script({ userAccountBinding: echoing });
  expect(await wordIn(register(wallets, registrationOf(freshReference())))).toEqual({
    ...{ code: "9010", message: "[secret]" },
  });
  expect(signatures).toHaveLength(1);
  planted.add(signatures[0] ?? "");
});

describe("the key of a user of DreamzWallet", () => {
  const refused = async (fields: object) => {
    wallets.peer.script({ getSecretKey: reply({ customerId: "189433", status: "FAILED", ...fields }) });
    return wordIn(wallets.call("dreamzwallet/get-secret-key", { customerId: "189433" }));
  };

  test.each([
    ["a long key", `USERKEY-${randomUUID()}`],
    ["a short key of letters", "planteduserkey"],
    ["a key of digits", "48210937"],
  ])("is not shown as a code, in a message, or in part: %s", async (_what, secKey) => {
    planted.add(secKey);
    expect(await refused({ secKey, responseCode: secKey, message: `key ${secKey}` })).toEqual({
      ...{ code: "[secret]", message: "key [secret]" },
    });
    expect(await refused({ secKey, responseCode: `${secKey} ok`, message: "" })).toEqual({
      ...{ code: "[secret]", message: "" },
    });
    expect(await refused({ data: { SecKey: secKey }, responseCode: secKey, message: "no" })).toEqual({
      ...{ code: "[secret]", message: "no" },
    });
  });

  test("is not shown where it is cut off", async () => {
    const secKey = randomUUID();
    planted.add(secKey);
    expect(await refused({ secKey, responseCode: secKey.slice(0, 30), message: secKey.slice(2) })).toEqual(
      secretWord,
    );
  });

  test("is not shown as a code where it stands nowhere else", async () => {
    const secKey = "iqNkzaea8842Lm3X";
    planted.add(secKey);
    expect(await refused({ responseCode: secKey, message: "" })).toEqual({ code: "?", message: "" });
  });

  test("is not shown where a reply is contradictory or of another customer", async () => {
    const secKey = randomUUID();
    planted.add(secKey);
    expect(await refused({ secKey, status: "SUCCESS", responseCode: secKey, message: secKey })).toEqual(
      secretWord,
    );
    const another = { secKey, status: "SUCCESS", responseCode: "1", customerId: secKey };
    wallets.peer.script({ getSecretKey: reply(another) });
    const { status } = await told(wallets.call("dreamzwallet/get-secret-key", { customerId: "189433" }));
    expect(status).toBe(502);
  });

  test("goes to the caller all the same", async () => {
    wallets.peer.script({
      getSecretKey: reply({ customerId: "189433", secKey: "user-key-0001", status: "SUCCESS" }),
    });
    const { body } = await wallets.call("dreamzwallet/get-secret-key", { customerId: "189433" });
    expect(body.result).toEqual({ customerId: "189433", secKey: "user-key-0001" });
  });

  test.each([
    "NOT_AVAILABLE",
    "INVALID TOKEN",
    "Wrong Password",
    "All fields are mandatory",
  ])("leaves %s as it is", async (responseCode) => {
    expect(await refused({ responseCode, message: "" })).toEqual({ code: responseCode, message: "" });
  });
});

test.each([
  ["whole, as a code", (token: string) => ({ errorCode: token, errorMessage: "" }), "[secret]", ""],
  [
    "in part",
    (token: string) => ({ errorCode: "WAL264", errorMessage: token.slice(1, -2) }),
    "WAL264",
    "[secret]",
  ],
])("a token that Wibmo was sent is not shown: %s", async (_what, echo, code, message) => {
  const token = randomUUID().replaceAll("-", "A/");
  planted.add(token);
  wallets.peer.script({
    encrypt: reply({ token }),
    retrieveCustRecord: (response, request) => reply(echo(String(jsonOf(request).token)))(response, request),
  });
  const word = await wordIn(wallets.call("wibmo/retrieve-customer-record", { urn: "7001" }));
  expect(word).toEqual({ code, message });
});

test("nothing of what was planted is left in answers, logs or the table", async () => {
  const everything = [...answers, wallets.logs(), JSON.stringify(await wallets.items())].join("\n");
  const least = (text: string) => Math.min(12, text.length);
  const found = [...planted].filter((text) =>
    Array.from({ length: text.length - least(text) + 1 }, (_, at) => text.slice(at, at + least(text))).some(
      (run) => everything.includes(run),
    ),
  );
  expect(answers.length).toBeGreaterThan(20);
  expect(wallets.logs()).toContain('"providerCode":"9010"');
  expect(found).toEqual([]);
});
