import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Problem } from "../../lib/problem.ts";
import { type KeyRing, keyRing } from "../../lib/secrets/key-ring.ts";
import { seal, unseal } from "../../lib/secrets/seal.ts";
import { Secret } from "../../lib/secrets/secret.ts";

const key = (id: string) => ({ id, key: randomBytes(32).toString("base64") });
const ringOf = (...keys: readonly { readonly id: string; readonly key: string }[]): KeyRing =>
  keyRing({ name: "gateway", json: { sealingKeys: keys } }, "sealingKeys");

const [one, two, three] = [key("s1"), key("s2.2025"), key("s3")];
const ring = ringOf(one);
const record = randomBytes(32).toString("base64url");

/** Whole text of any script, as a provider's token may be. */
const token = fc.string({ unit: "grapheme", maxLength: 200 });
const recordId = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((id) => Buffer.from(id).toString("base64url"));

const open = (sealed: string, { with: keys = ring, of = record } = {}) => unseal(keys, sealed, of).reveal();

function refusalOf(work: () => unknown): Problem {
  try {
    work();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

describe("what is sealed", () => {
  test("opens beside its record, and says no more than it did", () => {
    fc.assert(
      fc.property(token, recordId, (text, id) => {
        const sealed = seal(ring, new Secret(text), id);
        expect(sealed).toMatch(/^s1\.[A-Za-z0-9_-]+$/);
        expect(open(sealed, { of: id })).toBe(text);
      }),
    );
  });

  test("cannot be read in it: not as it is, not in base64, not by its likeness to another", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 6, maxLength: 100 }), recordId, (text, id) => {
        const [first, second] = [seal(ring, new Secret(text), id), seal(ring, new Secret(text), id)];
        expect(first).not.toBe(second);
        const bytes = Buffer.from(text, "utf8");
        for (const sealed of [first, second]) {
          const payload = Buffer.from(sealed.slice(sealed.indexOf(".") + 1), "base64url");
          expect(payload.includes(bytes)).toBe(false);
          expect(sealed).not.toContain(text);
          for (const cut of [0, 1, 2])
            expect(sealed).not.toContain(
              bytes.subarray(cut).toString("base64url").slice(0, 6).padEnd(6, "!"),
            );
          // Nonce and tag, and as many bytes as the text: nothing repeats.
          expect(payload).toHaveLength(12 + 16 + bytes.byteLength);
        }
        const body = (sealed: string) => Buffer.from(sealed.split(".")[1] ?? "", "base64url");
        expect(body(first).subarray(0, 12)).not.toEqual(body(second).subarray(0, 12));
        expect(body(first).subarray(28)).not.toEqual(body(second).subarray(28));
      }),
    );
  });

  test("does not open beside another record", () => {
    fc.assert(
      fc.property(token, recordId, recordId, (text, id, other) => {
        fc.pre(id !== other);
        const sealed = seal(ring, new Secret(text), id);
        const refusal = refusalOf(() => open(sealed, { of: other }));
        expect(refusal.code).toBe("misconfigured");
        if (text.length > 3) expect(refusal.message).not.toContain(text);
      }),
    );
  });

  test("does not open with one bit changed, one byte more or one byte less, anywhere", () => {
    fc.assert(
      fc.property(token, fc.nat(), fc.integer({ min: 0, max: 7 }), (text, place, bit) => {
        const sealed = seal(ring, new Secret(text), record);
        const bytes = Buffer.from(sealed.slice(3), "base64url");
        const at = place % bytes.byteLength;
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        const without = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
        const more = Buffer.concat([bytes.subarray(0, at), Buffer.from([0]), bytes.subarray(at)]);
        for (const forged of [changed, without, more, bytes.subarray(0, at)])
          expect(refusalOf(() => open(`s1.${forged.toString("base64url")}`)).code).toBe("misconfigured");
      }),
    );
  });

  test("does not open with a tag that was cut, as a tag of fewer bytes is guessed sooner", () => {
    const bytes = Buffer.from(seal(ring, new Secret(""), record).slice(3), "base64url");
    for (const length of [0, 11, 12, 16, 20, 24, 27])
      expect(refusalOf(() => open(`s1.${bytes.subarray(0, length).toString("base64url")}`)).code).toBe(
        "misconfigured",
      );
  });

  test.each(["", ".", "s1", "s1.", "s1.x", "no dot", "..", "s1.!!!"])("%o opens to nothing", (text) => {
    expect(refusalOf(() => open(text)).code).toBe("misconfigured");
  });
});

describe("the ring", () => {
  test("seals with its first key, and opens with each, wherever it stands", () => {
    const sealed = [one, two, three].map((each) => seal(ringOf(each, key("s9")), new Secret("t"), record));
    expect(sealed.map((text) => text.slice(0, text.lastIndexOf(".")))).toEqual(["s1", "s2.2025", "s3"]);
    for (const keys of [ringOf(one, two, three), ringOf(three, two, one), ringOf(two, key("x"), one, three)])
      for (const text of sealed) expect(open(text, { with: keys })).toBe("t");
  });

  test("without the key says which id is gone", () => {
    const sealed = seal(ringOf(two), new Secret("planted-token"), record);
    const refusal = refusalOf(() => open(sealed, { with: ringOf(one, three) }));
    expect(refusal.code).toBe("misconfigured");
    expect(refusal.message).toContain('"s2.2025"');
    expect(refusal.message).not.toContain("planted");
  });

  test("with another key under the same id does not open", () => {
    const sealed = seal(ringOf(one), new Secret("t"), record);
    expect(refusalOf(() => open(sealed, { with: ringOf({ ...two, id: "s1" }) })).code).toBe("misconfigured");
  });

  test("a name that is another key's does not make a key's text open", () => {
    const sealed = seal(ringOf(one), new Secret("t"), record);
    const renamed = sealed.replace(/^s1\./, "s3.");
    expect(refusalOf(() => open(renamed, { with: ringOf(one, three) })).code).toBe("misconfigured");
  });

  const short = randomBytes(31).toString("base64");
  test.each<readonly [string, unknown, RegExp]>([
    ["no list", undefined, /sealingKeys/],
    ["an empty list", [], /sealingKeys/],
    ["a list of no objects", ["planted-key"], /"id"/],
    ["a key without an id", [{ key: one.key }], /"id"/],
    ["a key without a key", [one, { id: "s2" }], /"key"/],
    ["a key of 31 bytes", [one, { id: "s2", key: short }], /sealingKeys.*32 bytes/],
  ])("is refused with %s, naming the place and no key", (_what, sealingKeys, names) => {
    const refusal = refusalOf(() => keyRing({ name: "gateway", json: { sealingKeys } }, "sealingKeys"));
    expect(refusal.code).toBe("misconfigured");
    expect(refusal.message).toMatch(names);
    expect(refusal.message).toContain('"gateway"');
    expect(refusal.message).not.toMatch(/planted/);
    expect(refusal.message).not.toContain(short);
  });
});
