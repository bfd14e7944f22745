import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  accountBindingToken,
  deactivationToken,
  dreamzwalletVerificationHash,
  equalInConstantTime,
  nicepayMerchantToken,
  signPayu,
  userDetailToken,
  verifyAccountBindingToken,
  wibmoHeaders,
} from "../../lib/signing/index.ts";

describe("signPayu", () => {
  const secret = { merchantKey: "smsplus", merchantSalt: "salt-1" };
  const date = "Thu, 17 Feb 2022 08:17:59 GMT";

  it("does not cover the body in the document's scheme, and does in the other", () => {
    const sign = (signatureScheme: "hmac" | "body-digest", body: string) =>
      signPayu({ ...secret, signatureScheme }, { date, body }).authorization;
    expect(sign("hmac", "a")).toBe(sign("hmac", "b"));
    expect(sign("hmac", "a")).toBe(signPayu(secret, { date, body: "a" }).authorization);
    expect(sign("body-digest", "a")).not.toBe(sign("body-digest", "b"));
  });

  it("takes every date that toUTCString gives, and nothing else", () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date("2020-01-01"), max: new Date("2099-12-31"), noInvalidDate: true }),
        (day) => {
          expect(signPayu(secret, { date: day.toUTCString(), body: "" }).authorization).toMatch(
            /signature="[0-9a-f]{128}"$/,
          );
        },
      ),
    );
    for (const bad of [
      "",
      `${date}\r\nx: 1`,
      `${date} `,
      "2022-02-17T08:17:59Z",
      "Thu, 17 Feb 2022 08:17:59 IST",
    ]) {
      expect(() => signPayu(secret, { date: bad, body: "" })).toThrow(
        "date is not in the form of Date.toUTCString()",
      );
    }
  });

  it.each([
    [
      "k-9417\r\nx: 1",
      "merchantKey holds a character that a header cannot carry: only printable ASCII can be sent",
    ],
    ["k-9417\n", "merchantKey has white space at an end: was it pasted with a line break?"],
    ["k-9417é", "merchantKey holds a character that a header cannot carry: only printable ASCII can be sent"],
    ['k-9417", x="', "merchantKey holds a quote or a backslash: check the secret"],
    ["", "merchantKey is empty: is the provider's secret filled in?"],
  ])("refuses merchantKey %j, and does not show it", (merchantKey, message) => {
    expect(() => signPayu({ ...secret, merchantKey }, { date, body: "" })).toThrow(new TypeError(message));
    expect(message).not.toContain("9417");
  });

  it("refuses an empty salt and an unknown scheme", () => {
    expect(() => signPayu({ ...secret, merchantSalt: "" }, { date, body: "" })).toThrow(
      "merchantSalt is empty",
    );
    const unknown = { ...secret, signatureScheme: "HMAC" as "hmac" };
    expect(() => signPayu(unknown, { date, body: "" })).toThrow("signatureScheme must be");
  });
});

describe("dreamzwalletVerificationHash", () => {
  const secret = { secKey: "iqNkzaea", walletOwnerId: "10012" };

  it("gives the letter case that the secret asks for", () => {
    const lower = dreamzwalletVerificationHash(secret, "189433");
    expect(dreamzwalletVerificationHash({ ...secret, hashCase: "lower" }, "189433")).toBe(lower);
    expect(dreamzwalletVerificationHash({ ...secret, hashCase: "upper" }, "189433")).toBe(
      lower.toUpperCase(),
    );
    const unknown = { ...secret, hashCase: "Upper" as "upper" };
    expect(() => dreamzwalletVerificationHash(unknown, "189433")).toThrow("hashCase must be");
  });

  it("refuses a part that is empty once trimmed", () => {
    expect(() => dreamzwalletVerificationHash(secret, " ")).toThrow("customerId is empty");
    expect(() => dreamzwalletVerificationHash({ ...secret, secKey: " " }, "1")).toThrow("secKey is empty");
    expect(() => dreamzwalletVerificationHash({ ...secret, walletOwnerId: "" }, "1")).toThrow(
      "walletOwnerId is empty",
    );
  });
});

const tokenOver = (...parts: readonly string[]) => nicepayMerchantToken(parts.map((part) => ["part", part]));

describe("account binding token", () => {
  const parts = { iMid: "IONPAYTEST", referenceNo: "ref-1", billingPhone: "+6282112345678" };

  it("is the merchant token of its three parts", () => {
    const token = accountBindingToken(parts, "key");
    expect(token).toBe(tokenOver("IONPAYTEST", "ref-1", "+6282112345678", "key"));
    expect(token).toBe(createHash("sha256").update("IONPAYTESTref-1+6282112345678key").digest("hex"));
  });

  it("verifies under the current and the previous key", () => {
    expect(verifyAccountBindingToken(accountBindingToken(parts, "new"), parts, ["new", "old"])).toBe(true);
    expect(verifyAccountBindingToken(accountBindingToken(parts, "old"), parts, ["new", "old"])).toBe(true);
    expect(verifyAccountBindingToken(accountBindingToken(parts, "older"), parts, ["new", "old"])).toBe(false);
  });

  it("is not genuine with any other token or part", () => {
    const token = accountBindingToken(parts, "key");
    fc.assert(
      fc.property(
        fc.constantFrom("iMid", "referenceNo", "billingPhone"),
        fc.string({ unit: "binary" }),
        (part, other) => {
          fc.pre(parts[part as keyof typeof parts] !== other);
          expect(verifyAccountBindingToken(token, { ...parts, [part]: other }, ["key"])).toBe(false);
          expect(verifyAccountBindingToken(other, parts, ["key"])).toBe(false);
        },
      ),
    );
    expect(verifyAccountBindingToken(token.toUpperCase(), parts, ["key"])).toBe(false);
    expect(verifyAccountBindingToken(token, { ...parts, iMid: "\ud800" }, ["key"])).toBe(false);
  });

  it("refuses to sign or check without a key or a part", () => {
    expect(() => verifyAccountBindingToken("", parts, [])).toThrow("no merchantKey");
    expect(() => verifyAccountBindingToken("", parts, [""])).toThrow("merchantKey is empty");
    expect(() => accountBindingToken({ ...parts, referenceNo: "" }, "key")).toThrow("referenceNo is empty");
    expect(() => accountBindingToken(parts, "")).toThrow("merchantKey is empty");
    expect(() => accountBindingToken({ ...parts, iMid: "\udc00" }, "key")).toThrow("half a surrogate pair");
  });
});

describe("tokens of calls with a user token", () => {
  const parts = { timeStamp: "20260102030405", iMid: "IONPAYTEST", userToken: "user-token-1" };

  it("cover their parts, in their order", () => {
    expect(userDetailToken(parts, "key")).toBe(tokenOver("IONPAYTEST", "user-token-1", "key"));
    expect(deactivationToken(parts, "key")).toBe(
      tokenOver("20260102030405", "IONPAYTEST", "user-token-1", "key"),
    );
  });

  it.each(["timeStamp", "iMid", "userToken"] as const)("are not made without %s", (part) => {
    const without = { ...parts, [part]: "" };
    expect(() => deactivationToken(without, "key")).toThrow(`${part} is empty`);
    if (part !== "timeStamp") expect(() => userDetailToken(without, "key")).toThrow(`${part} is empty`);
  });

  it("are not made without a key, nor of half a character, and show neither", () => {
    for (const sign of [userDetailToken, deactivationToken]) {
      expect(() => sign(parts, "")).toThrow("merchantKey is empty");
      expect(() => sign({ ...parts, userToken: "planted\ud800" }, "key")).toThrow(
        /^(?!.*planted).*half a surrogate pair/,
      );
    }
  });
});

describe("wibmoHeaders", () => {
  const full = {
    apiKey: "key",
    clientId: "c",
    bankId: "6019",
    entityId: "e",
    secureCode: "s",
    consumerCustomId: "x",
  };

  it("sends the API key, and what else the secret has", () => {
    expect(wibmoHeaders({ apiKey: "key" })).toEqual({ "x-api-key": "key" });
    expect(wibmoHeaders(full)).toEqual({
      "x-api-key": "key",
      clientId: "c",
      bankId: "6019",
      entityId: "e",
      secureCode: "s",
      "X-Consumer-Custom-ID": "x",
    });
  });

  it("sends under the names it is given, and nothing that is not its own", () => {
    const secret = { apiKey: "key", consumerCustomId: "x", baseUrl: "https://example.com" };
    expect(wibmoHeaders(secret, { consumerCustomId: "XCONSUMERKEY" })).toEqual({
      "x-api-key": "key",
      XCONSUMERKEY: "x",
    });
  });

  it.each([
    "key-9417\r\nx: 1",
    "key-9417\0",
    " key-9417",
    "key-9417é",
    "",
  ])("refuses value %j, and does not show it", (apiKey) => {
    expect(() => wibmoHeaders({ apiKey })).toThrow(TypeError);
    expect(() => wibmoHeaders({ apiKey })).not.toThrow("9417");
    expect(() => wibmoHeaders({ ...full, bankId: apiKey })).toThrow(/^bankId /);
  });

  it("refuses a name that is not one, or is taken", () => {
    expect(() => wibmoHeaders(full, { bankId: "bank id" })).toThrow("the header name for bankId is not one");
    expect(() => wibmoHeaders(full, { bankId: "CLIENTID" })).toThrow(
      "the header name for bankId is another value's already",
    );
  });
});

describe("equalInConstantTime", () => {
  it("is ===", () => {
    const text = fc.string({
      unit: fc.oneof(fc.constantFrom("a", "\ud800", "\ud801", "é"), fc.string()),
      maxLength: 4,
    });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(equalInConstantTime(a, b)).toBe(a === b);
        expect(equalInConstantTime(a, a)).toBe(true);
      }),
    );
    expect(equalInConstantTime("\ud800", "\udc00")).toBe(false);
  });
});
