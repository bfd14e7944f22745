import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  aggrepayRequestHash,
  decodeJson,
  encodePhpJson,
  type Field,
  openAggrepayReply,
  signAggrepay,
} from "../../lib/signing/index.ts";
import { aggrepayReplyTexts } from "../../lib/signing/pieces.ts";

const secret = { apiKey: "k-1", salt: "c0ffee5a17" };

const name = fc
  .stringMatching(/^[a-z][a-z0-9_]{0,12}$/)
  .filter((text) => text !== "hash" && text !== "api_key");
const value = fc
  .string({
    unit: fc.oneof(fc.constantFrom(..."|&=+%/ \r\n\0é"), fc.string({ unit: "binary", maxLength: 1 })),
  })
  .map((text) => text.replace(/^[\s\0]+|[\s\0]+$/g, ""));
const fields = fc.uniqueArray(fc.tuple(name, value), { selector: ([first]) => first, maxLength: 12 });

function decodeForm(body: string): Field[] {
  return body.split("&").map((pair) => {
    const [key = "", text = ""] = pair
      .split("=")
      .map((part) => decodeURIComponent(part.replaceAll("+", " ")));
    return [key, text];
  });
}

describe("signAggrepay", () => {
  it("signs the same whatever the order of the fields", () => {
    fc.assert(
      fc.property(
        fields.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
        ),
        ([list, shuffled]) => {
          expect(aggrepayRequestHash(secret.salt, shuffled)).toBe(aggrepayRequestHash(secret.salt, list));
          expect(signAggrepay(secret, shuffled).fields.at(-1)).toEqual(
            signAggrepay(secret, list).fields.at(-1),
          );
        },
      ),
    );
  });

  it("sends exactly the fields it signed, none of them empty", () => {
    fc.assert(
      fc.property(fields, (list) => {
        const signed = signAggrepay(secret, list);
        expect(decodeForm(signed.body)).toEqual(signed.fields);
        const filled = list.filter(([, text]) => text !== "");
        expect(signed.fields.slice(0, -1)).toEqual([["api_key", "k-1"], ...filled]);
        expect(signed.fields.at(-1)).toEqual([
          "hash",
          aggrepayRequestHash(secret.salt, signed.fields.slice(0, -1)),
        ]);
        expect(signed.body).toMatch(/^[\w.*+%=&-]+$/);
      }),
    );
  });

  it("sends what it always sent", () => {
    expect(
      signAggrepay(secret, [
        ["amount", "4.00"],
        ["email", ""],
        ["description", "tea & cake/é+"],
      ]).body,
    ).toBe(
      `api_key=k-1&amount=4.00&description=tea+%26+cake%2F%C3%A9%2B&hash=${createHash("sha512")
        .update("c0ffee5a17|4.00|k-1|tea & cake/é+")
        .digest("hex")
        .toUpperCase()}`,
    );
  });

  it.each<[string, Field[], string]>([
    [
      "a field twice",
      [
        ["mpin", "9417"],
        ["mpin", "9417"],
      ],
      'field "mpin" is given twice',
    ],
    [
      "an empty field twice",
      [
        ["mpin", ""],
        ["mpin", "9417"],
      ],
      'field "mpin" is given twice',
    ],
    ["hash", [["hash", "9417"]], '"hash" is what signing adds: do not give it as a field'],
    ["api_key", [["api_key", "9417"]], '"api_key" comes from the secret: do not give it as a field'],
    ["an upper-case name", [["Description", "9417"]], 'field name "Description" is not in lower case'],
    ["an array's name", [["a[]", "9417"]], 'field name "a[]" is not in lower case'],
    [
      "space around a value",
      [["mpin", "9417 "]],
      'field "mpin" has white space around its value: trim it where it is read',
    ],
    [
      "a NUL at the end",
      [["mpin", "9417\0"]],
      'field "mpin" has white space around its value: trim it where it is read',
    ],
    [
      "half a surrogate pair",
      [["mpin", "9417\ud800"]],
      'field "mpin" holds half a surrogate pair, so it has no UTF-8 form',
    ],
  ])("refuses %s, and does not show the value", (_, list, message) => {
    expect(() => signAggrepay(secret, list)).toThrow(new TypeError(message));
    expect(message).not.toContain("9417");
  });

  it("refuses a secret that is not filled in", () => {
    expect(() => signAggrepay({ ...secret, apiKey: "" }, [])).toThrow("apiKey is empty");
    expect(() => signAggrepay({ ...secret, salt: "" }, [])).toThrow("salt is empty");
  });
});

function hashOf(salt: string, text: string): string {
  return createHash("sha512")
    .update(salt + text)
    .digest("hex")
    .toUpperCase();
}

/** A genuine reply, with the hash at its end. */
function reply(members: string, bareSlashes = false, salt = secret.salt): string {
  return `{${members},"hash":"${hashOf(salt, encodePhpJson(decodeJson(`{${members}}`), { bareSlashes }))}"}`;
}

/** What was hashed as it is, with the hash at its end. */
const withHash = (text: string, salt = secret.salt): string =>
  `${text.slice(0, -1)},"hash":"${hashOf(salt, text)}"}`;

const open = (body: string | Uint8Array, salts: string[] = [secret.salt]) =>
  openAggrepayReply(Buffer.from(body), salts);

describe("openAggrepayReply", () => {
  it("gives what was signed", () => {
    expect(open(reply('"data":{"balance":41.0},"error":null,"page":null'))).toEqual({
      verified: true,
      signed: true,
      data: decodeJson('{"balance":41.0}'),
      error: null,
      page: null,
    });
  });

  it.each([
    '{"data":[],"error":{"code":"X"},"page":[],"hash":""}',
    '{"data":"","error":{"code":"X"},"page":"","hash":[]}',
    '{"data":null,"error":{"code":"X"},"hash":null}',
    reply('"data":[],"error":{"code":"X"},"page":[]'),
  ])("takes PHP's empty list and text in an error reply for null: %s", (body) => {
    expect(open(body)).toMatchObject({
      verified: true,
      data: null,
      error: decodeJson('{"code":"X"}'),
      page: null,
    });
  });

  it("leaves an empty list that is signed without an error as it is, and takes an empty error for none", () => {
    expect(open(reply('"data":[],"error":[],"page":""'))).toEqual({
      verified: true,
      signed: true,
      ...{ data: [], error: null, page: "" },
    });
  });

  it("verifies any reply that was signed, in either slash form and with either salt", () => {
    const json = fc.json({ maxDepth: 4, stringUnit: "binary" });
    fc.assert(
      fc.property(json, json, fc.boolean(), fc.constantFrom("new", "old"), (data, page, bare, salt) => {
        const body = reply(`"data":${data},"error":null,"page":${page}`, bare, salt);
        expect(open(body, ["new", "old"])).toMatchObject({
          verified: true,
          signed: true,
          data: decodeJson(data),
        });
        expect(open(body, ["newer", "new2"]).verified).toBe(false);
      }),
    );
  });

  it("does not believe a reply with any byte changed that means something", () => {
    const members =
      '"data":{"balance":"41.0","customer_id":546693304,"ok":true,"é":[]},"error":null,"page":{"n":3}';
    const genuine = Buffer.from(reply(members));
    fc.assert(
      fc.property(fc.nat({ max: genuine.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const tampered = Buffer.from(genuine);
        tampered[at] = (tampered[at] ?? 0) ^ change;
        expect(open(tampered).verified).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });

  it("does not believe a reply in PHP's own form with any byte changed", () => {
    const text = '{"data":{"balance":"41.0","at":"1\\/2","ok":true},"error":null,"page":{"n":[3]}}';
    const genuine = Buffer.from(withHash(text));
    expect(open(genuine).verified).toBe(true);
    for (const at of genuine.keys())
      for (const change of [0x01, 0x02, 0x20, 0x80]) {
        const tampered = Buffer.from(genuine);
        tampered[at] = (tampered[at] ?? 0) ^ change;
        expect(open(tampered).verified).toBe(false);
      }
  });

  it("believes what was hashed as it came, though PHP would write it otherwise, where the hash stands last", () => {
    const text = '{"data":{"balance":1.50},"error":null,"page":null}';
    expect(open(withHash(text))).toMatchObject({ verified: true, signed: true, error: null });
    expect(open(withHash(text, "old"), ["new", "old"]).verified).toBe(true);
    expect(open(withHash(text, "old"), ["new"])).toEqual({ verified: false, why: "hash is wrong" });
    expect(open(`${withHash(text)} `)).toEqual({ verified: false, why: "hash is wrong" });
    expect(open(withHash(text).replace("1.50", "1.5")).verified).toBe(false);
  });

  it("takes a hash of what came for that of its bytes, and of no other reading of them", () => {
    const text = '{"data":{"name":"Zo\u00e9"},"error":null,"page":null}';
    expect(open(withHash(text)).verified).toBe(true);
    const misread = Buffer.from(text).toString("latin1");
    const hash = hashOf(secret.salt, misread);
    expect(open(`${text.slice(0, -1)},"hash":"${hash}"}`)).toEqual({ verified: false, why: "hash is wrong" });
  });

  it("does not take a hash at the end of a part for the whole's", () => {
    const whole = withHash('{"data":1,"error":null,"page":null}');
    expect(open(`{"data":1,"error":null,"page":${whole}}`)).toEqual({
      verified: false,
      why: "hash is missing",
    });
  });

  it.each([
    ["data without a hash", '{"data":{},"error":null,"page":null}', "hash is missing"],
    ["data with a null hash", '{"data":false,"error":null,"page":null,"hash":null}', "hash is missing"],
    [
      "data and an error without a hash",
      '{"data":1,"error":{"code":"X"},"page":null,"hash":null}',
      "hash is missing",
    ],
    ["a page without a hash", '{"data":null,"error":null,"page":{},"hash":null}', "hash is missing"],
    ["a hash that is true", '{"data":1,"error":null,"page":null,"hash":true}', "hash is not a string"],
    ["a hash that is 0", '{"data":null,"error":{},"page":null,"hash":0}', "hash is not a string"],
    ["data with an empty hash", '{"data":1,"error":null,"page":null,"hash":""}', "hash is missing"],
    ["data with a hash that is a list", '{"data":1,"error":null,"page":null,"hash":[]}', "hash is missing"],
    ["an error with a wrong hash", '{"data":null,"error":{},"page":null,"hash":"00"}', "hash is wrong"],
    [
      "an error PHP cannot encode",
      '{"data":null,"error":1e400,"page":null,"hash":null}',
      "holds a number that PHP cannot encode",
    ],
    ["another server's words", '{"message":"Internal server error"}', "not in the form of a reply"],
    ["an empty object", "{}", "not in the form of a reply"],
    [
      "nothing at all, without a hash",
      '{"data":null,"error":null,"page":null}',
      "not in the form of a reply",
    ],
    ["a list", '["data"]', "not a JSON object"],
    ["a string", '"hash"', "not a JSON object"],
    ["null", "null", "not a JSON object"],
    ["a web page", "<html>", "not JSON that PHP decodes"],
    ["nothing", "", "not JSON that PHP decodes"],
  ])("does not believe %s, and shows nothing of it", (_, body, why) => {
    expect(open(body)).toStrictEqual({ verified: false, why });
  });

  it("wants the hash in upper case, as the provider writes it", () => {
    const genuine = reply('"data":1,"error":null,"page":null');
    const lower = genuine.replace(/"[0-9A-F]{128}"/, (hash) => hash.toLowerCase());
    expect(open(genuine).verified).toBe(true);
    expect(open(lower)).toEqual({ verified: false, why: "hash is wrong" });
  });

  it.each([
    ["an error with a null hash", '{"data":null,"error":{"code":"INVALID-OTP"},"page":null,"hash":null}'],
    ["an error without a hash", '{"data":null,"error":{"code":"INVALID-OTP"},"page":null}'],
    ["an error alone", '{"error":{"code":"INVALID-OTP"}}'],
  ])("takes %s as unsigned", (_, body) => {
    const error = decodeJson('{"code":"INVALID-OTP"}');
    expect(open(body)).toEqual({ verified: true, signed: false, data: null, error, page: null });
  });

  it("takes the failed updatecustomer as unsigned", () => {
    expect(open('{"data":null,"error":null,"page":null,"hash":null}')).toEqual({
      verified: true,
      signed: false,
      data: null,
      error: null,
      page: null,
    });
  });

  it("refuses to check with no salt or an empty one", () => {
    expect(() => open("{}", [])).toThrow("no salt to check a reply with");
    expect(() => open("{}", ["a", ""])).toThrow("salt is empty");
  });
});

it("gives, with bare slashes, what encoding gives so, whatever stands before a slash", () => {
  const text = fc.string({ unit: fc.constantFrom("/", "\\", '"', "a", "\n", "é", "\u2028", "😀") });
  fc.assert(
    fc.property(fc.dictionary(text, text), (members) => {
      const reply = new Map([...Object.entries(members), ["hash", "A"]]);
      const rest = new Map([...reply].filter(([name]) => name !== "hash"));
      expect(aggrepayReplyTexts(reply)).toEqual([
        encodePhpJson(rest),
        encodePhpJson(rest, { bareSlashes: true }),
      ]);
    }),
  );
});
