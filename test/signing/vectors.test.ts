import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  aggrepayRequestHash,
  deactivationToken,
  decodeJson,
  dreamzwalletVerificationHash,
  encodePhpJson,
  type Field,
  nicepayMerchantToken,
  openAggrepayReply,
  signAggrepay,
  signPayu,
  userDetailToken,
} from "../../lib/signing/index.ts";

const folder = new URL("../vectors/", import.meta.url);

type Row = { readonly name: string };

/** Reads a vector file and fails where it holds a list, or a row a member, that no test below looks at. */
function load<T>(file: string, lists: Record<string, readonly string[]>): T {
  const content: Record<string, unknown> = JSON.parse(readFileSync(new URL(file, folder), "utf8"));
  expect(Object.keys(content).filter((key) => Array.isArray(content[key]))).toEqual(Object.keys(lists));
  for (const [list, members] of Object.entries(lists)) {
    const rows = content[list];
    if (!Array.isArray(rows) || rows.length === 0) throw new Error(`${file}: ${list} holds no rows`);
    for (const row of rows) {
      for (const key of Object.keys(row)) expect(members, `${file}: ${list}: ${row.name}`).toContain(key);
    }
  }
  return content as T;
}

it("covers every vector file", () => {
  const here = import.meta.dirname;
  const tests = readdirSync(here).filter((name) => name.endsWith(".test.ts"));
  const text = tests.map((name) => readFileSync(`${here}/${name}`, "utf8")).join();
  const files = readdirSync(folder);
  expect(files.length).toBeGreaterThan(3);
  expect(files.filter((name) => !new RegExp(`load<[^(]*\\("${name}"|/vectors/${name}"`).test(text))).toEqual(
    [],
  );
});

describe("aggrepay.json", () => {
  type Request = Row & { salt: string; fields: Record<string, string>; hash: string };
  type Response = Row & { salt: string; body: string; reencoded?: string; hash?: string; verifies?: boolean };
  const vectors = load<{ request: Request[]; response: Response[] }>("aggrepay.json", {
    request: ["name", "salt", "fields", "hash"],
    response: ["name", "salt", "body", "reencoded", "hash", "verifies", "why"],
  });

  it.each(vectors.request)("request: $name", ({ salt, fields, hash }) => {
    const all: Field[] = Object.entries(fields);
    expect(aggrepayRequestHash(salt, all)).toBe(hash);

    const { api_key: apiKey = "", ...own } = fields;
    const signed = signAggrepay({ apiKey, salt }, Object.entries(own));
    expect(new URLSearchParams(signed.body).get("hash")).toBe(hash);
  });

  it.each(vectors.response)("response: $name", ({ salt, body, reencoded, hash, verifies = true }) => {
    const reply = openAggrepayReply(Buffer.from(body), [salt]);
    expect(reply.verified).toBe(verifies);
    expect(openAggrepayReply(Buffer.from(body), ["another", salt]).verified).toBe(verifies);
    expect(verifies && hash !== undefined).toBe(reencoded !== undefined);
    if (reencoded === undefined) return;

    expect(reply).toMatchObject({ signed: true });
    expect(openAggrepayReply(Buffer.from(body), ["another"])).toEqual({
      verified: false,
      why: "hash is wrong",
    });
    const decoded = decodeJson(body);
    if (!(decoded instanceof Map)) throw new Error("the vector's body is not an object");
    expect(decoded.get("hash")).toBe(hash);
    decoded.delete("hash");
    expect([encodePhpJson(decoded), encodePhpJson(decoded, { bareSlashes: true })]).toContain(reencoded);
  });
});

describe("payu.json", () => {
  type Vector = Row & {
    merchantKey: string;
    merchantSalt: string;
    date: string;
    signingString: string;
    signature: string;
  };
  type Alternate = Row & { body: string; date: string; merchantSalt: string; signature: string };
  const vectors = load<{ vectors: Vector[]; alternate: Alternate[] }>("payu.json", {
    vectors: ["name", "merchantKey", "merchantSalt", "date", "signingString", "signature"],
    alternate: ["name", "merchantSalt", "body", "date", "signature"],
  });

  it.each(vectors.vectors)("$name", ({ merchantKey, merchantSalt, date, signingString, signature }) => {
    expect(signingString).toBe(`date: ${date}`);
    expect(signPayu({ merchantKey, merchantSalt }, { date, body: "{}" }).authorization).toBe(
      `hmac username="${merchantKey}", algorithm="sha512", headers="date", signature="${signature}"`,
    );
  });

  it.each(vectors.alternate)("$name", ({ merchantSalt, body, date, signature }) => {
    const secret = { merchantKey: "smsplus", merchantSalt, signatureScheme: "body-digest" } as const;
    expect(signPayu(secret, { date, body }).authorization).toBe(
      `hmac username="smsplus", algorithm="sha512", headers="date", signature="${signature}"`,
    );
  });
});

describe("dreamzwallet.json", () => {
  type Vector = Row & { secKey: string; customerId: string; walletOwnerId: string; sha256: string };
  const { vectors } = load<{ vectors: Vector[] }>("dreamzwallet.json", {
    vectors: ["name", "secKey", "customerId", "walletOwnerId", "sha256"],
  });

  it.each(vectors)("$name", ({ secKey, customerId, walletOwnerId, sha256 }) => {
    expect(dreamzwalletVerificationHash({ secKey, walletOwnerId }, customerId)).toBe(sha256);
  });
});

describe("nicepay.json", () => {
  type Vector = Row & { parts: string[]; sha256: string };
  const { merchantKey, vectors } = load<{ merchantKey: string; vectors: Vector[] }>("nicepay.json", {
    vectors: ["name", "parts", "sha256"],
  });

  it.each(vectors)("$name", ({ parts, sha256 }) => {
    expect(nicepayMerchantToken([...parts, merchantKey].map((part) => ["part", part]))).toBe(sha256);
  });

  const of = (call: RegExp) => vectors.filter(({ name }) => call.test(name));

  it.each(of(/user detail/))("is the token of: $name", ({ parts: [iMid = "", userToken = ""], sha256 }) => {
    expect(userDetailToken({ iMid, userToken }, merchantKey)).toBe(sha256);
  });

  it.each(of(/remove-token|deactivation/))("is the token of: $name", ({ parts, sha256 }) => {
    const [timeStamp = "", iMid = "", userToken = ""] = parts;
    expect(deactivationToken({ timeStamp, iMid, userToken }, merchantKey)).toBe(sha256);
  });

  it("has two known answers of each call with a user token", () => {
    expect([of(/user detail/), of(/remove-token|deactivation/)].map(({ length }) => length)).toEqual([2, 2]);
  });
});
