import { createHash } from "node:crypto";
import { array, assert, constantFrom, integer, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { redaction } from "../../lib/secrets/redaction.ts";
import { Secret } from "../../lib/secrets/secret.ts";
import { echoForms } from "../support/echoes.ts";

const of = (...texts: readonly string[]) => redaction(texts.map((text) => new Secret(text)));
const forms = Object.entries(echoForms);
const key = "planted-Key_5f0c";
const codes = ["7391", "50915", "739174", "73917391"];

const code = array(integer({ min: 0, max: 9 }), { minLength: 4, maxLength: 8 }).map((digits) =>
  digits.join(""),
);

describe("a sentence", () => {
  test("is shown without every secret that stands in it", () => {
    const { mask } = of("73917391", key);
    expect(mask(`The mpin 73917391 (73917391) of ${key} is wrong`)).toBe(
      "The mpin [secret] ([secret]) of [secret] is wrong",
    );
  });

  test("is searched for a secret itself and not for a pattern or a replacement", () => {
    expect(of("a.c").mask("a.c xabx $& $1")).toBe("[secret] xabx $& $1");
    expect(of("$&").mask("x$&y")).toBe("x[secret]y");
  });

  test("keeps no rest of a secret that begins, ends or holds another", () => {
    const secrets = ["1234", "123456", "561234", "91234569"];
    for (const order of [secrets, secrets.toReversed()])
      expect(of(...order).mask("123456 91234569 561234 1234")).toBe("[secret] [secret] [secret] [secret]");
  });

  describe.each(forms)("%s", (_form, write) => {
    test.each([...codes, key])("keeps nothing of %s", (secret) => {
      const echo = write(secret);
      // Digits of other scripts are those of a code: the letters of a key stay as they are.
      expect(of(secret).mask(`Wrong: ${echo} was sent`)).not.toContain(echo);
      expect(of("other-key-1", secret).mask(echo)).toBe(of(secret).mask(echo));
    });
  });

  test("keeps no echo of any code, whatever stands around it", () => {
    assert(
      property(code, constantFrom(...forms), string(), string(), (secret, [, write], before, after) => {
        const echo = write(secret);
        expect(of(secret).mask(`${before} ${echo} ${after}`)).not.toContain(echo);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ["12847362", "ends with 847362"],
    ["12847362", "ends with 84-73-62."],
    ["12847362", "begins 1284736*"],
    ["739174", "ends with 9174"],
    ["50915", "0915?"],
  ])("keeps no number that is nearly all of %s: %s", (secret, sentence) => {
    expect(of(secret).mask(sentence)).toBe("[secret]");
  });

  test.each([
    ["12847362", "order 47362 of 2026"],
    ["12847362", "reference 99847362 failed"],
    ["739174", "amount 917.00 rupees, 3 days, 174"],
    ["7391", "739 and 391"],
  ])("keeps numbers that are less of %s, or part of another: %s", (secret, sentence) => {
    expect(of(secret).mask(sentence)).toBe(sentence);
  });

  test("an id or amount is an echo only where it is the whole code", () => {
    expect(["847362", "9174", "2026"].map(of("12847362", "739174").isIn)).toEqual([false, false, false]);
  });

  test.each(["md5", "sha1", "sha256", "sha512"])("keeps no plain %s of a code", (algorithm) => {
    for (const encoding of ["hex", "base64", "base64url"] as const) {
      const digest = createHash(algorithm).update("7391").digest(encoding);
      expect(of("7391").mask(`got ${digest}`)).toBe("[secret]");
    }
  });

  test.each([
    "Invalid MPIN",
    "The selected merchant transaction id is invalid.",
    "Not enough balance in wallet",
    "Transaction 812377 of 2026-11-28 is 100% done & <b>closed</b>: a=b",
    "यह खाता बंद है",
    "",
  ])("without a secret stays as it is: %s", (text) => {
    expect(of(...codes, key).mask(text)).toBe(text);
    expect(of().mask(text)).toBe(text);
  });

  test("without any digit is never changed for the sake of a code", () => {
    assert(
      property(
        code,
        array(constantFrom(..."abcdefgh ijkl.mnop-qrst;uvwxyz"), { maxLength: 80 }),
        (secret, signs) => {
          const text = signs.join("");
          expect(of(secret).mask(text)).toBe(text);
        },
      ),
    );
  });
});

describe("a value", () => {
  const inValue = forms.filter(([, write]) => /^[\w.:/+=@#~-]+$/.test(write("73917391")));

  test.each(inValue)("%s is an echo", (_form, write) => {
    for (const secret of [...codes, key]) {
      expect(of(secret).isIn(write(secret))).toBe(true);
      expect(of(secret).isIn(`TX.${write(secret)}`)).toBe(true);
    }
  });

  test("holds a code of 6 digits or more anywhere", () => {
    expect(of("739174").isIn("99739174001")).toBe(true);
    expect(of("73917391").isIn("TX7391-7391")).toBe(true);
    expect(of("73917391").isIn("19371937")).toBe(true);
  });

  test("holds a short code digit by digit, whatever other digits it has", () => {
    const [code = ""] = codes;
    expect(code).toMatch(/^\d{4,5}$/);
    for (const sign of ["&nbsp;", "-", ", ", "."])
      for (const value of [
        `R1.${[...code].join(sign)}`,
        `${[...code].join(sign)}.2026`,
        `A7-${[...code].join(sign)}-9`,
      ])
        expect([value, of(code).isIn(value)]).toEqual([value, true]);
    // Two by two is how dates and times are written, beside which a code would be found by chance.
    expect(of("1015").isIn("T2026-10-15")).toBe(false);
    expect(of("1015").isIn("order 8 at 10:15:30")).toBe(false);
  });

  test("that has 4 or 5 digits of a longer number by chance is no echo", () => {
    assert(
      property(
        constantFrom(4, 5),
        array(integer({ min: 0, max: 9 }), { minLength: 6, maxLength: 30 }),
        integer({ min: 0, max: 24 }),
        (length, digits, at) => {
          const id = digits.join("");
          const secret = id.slice(at % (id.length - length), (at % (id.length - length)) + length);
          for (const honest of [id, `TX${id}`, `T-${id}-B`, `${id}_REVERSAL`])
            expect(of(secret).isIn(honest)).toBe(false);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test.each([
    "812377",
    "PAYMENT_SUCCESS",
    "0190f3c2-7f3a-7c51-9d7e-2f6b8f0a1c34",
    "DEBIT",
    "+919876543210",
  ])("without a secret is none: %s", (value) => {
    expect(of(...codes, key).isIn(value)).toBe(false);
  });
});
