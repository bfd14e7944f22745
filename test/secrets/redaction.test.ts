import { createHash } from "node:crypto";
import { array, assert, constantFrom, integer, nat, oneof, pre, property, string } from "fast-check";
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

describe("a piece of a long secret", () => {
  const merchantKey =
    "33F49GnCMS1mFYlGXisbUDzVf2ATWCl9k3R++d5hDd3Frmuos/XLx8XhXpe+LDYAbpGKZYSwtlyyLOtS/8aD7A==";
  const userToken = "9b1c7d2e-4f60-4a8b-9c3d-5e6f70819aab";
  const salt = "sandbox-salt-77Tq";
  /** Keys that have words and a date in them. */
  const named = ["planted-api-key-5f0c", "our-merchant-key-20261128-x7"];
  const long = array(constantFrom(..."ABCDEFGHJKLMabcdefghijkmn0123456789+/-_."), {
    minLength: 16,
    maxLength: 90,
  }).map((signs) => signs.join(""));
  /** How many letters and digits in a row are a piece. */
  const least = (secret: string) => (secret.length < 32 ? 8 : 12);
  /** Fewer than 12 letters or digits alone are a word or a date. */
  const isPiece = (run: string) => run.length >= 12 || !/^(?:[a-z]+|\d+)$/.test(run);
  const plainOf = (text: string) => text.replaceAll(/[^A-Za-z0-9]/g, "").toLowerCase();

  test.each([
    ["all but the end of a key", merchantKey, merchantKey.slice(0, 84)],
    ["all but the beginning of a key", merchantKey, merchantKey.slice(20)],
    ["the bytes of a key", merchantKey, Buffer.from(merchantKey, "base64").toString("hex")],
    [
      "the bytes of a key, cut at both ends",
      merchantKey,
      Buffer.from(merchantKey, "base64").toString("hex").slice(31, -40),
    ],
    ["a key without its last character", salt, salt.slice(0, -1)],
    ["a token without its last two", userToken, userToken.slice(0, -2)],
    ["the bytes of a token", userToken, Buffer.from(plainOf(userToken), "hex").toString("base64url")],
    ["a key in another case", merchantKey, merchantKey.slice(9, 30).toUpperCase()],
    ["a key backwards", merchantKey, [...merchantKey.slice(9, 30)].toReversed().join("")],
    ["a key in JSON with its slashes escaped", merchantKey, merchantKey.slice(40, 58).replaceAll("/", "\\/")],
    ["a key whose middle is masked", merchantKey, `${merchantKey.slice(0, 14)}***${merchantKey.slice(-4)}`],
    ["a key in columns", merchantKey, merchantKey.slice(4, 40).replaceAll(/.{5}/g, "$& | ")],
    ["signs of a key", "?!%&$?!%&$#@~^*(", "%&$?!%&$#@"],
  ])("is hidden: %s", (_what, secret, piece) => {
    expect(of(secret).mask(`cannot verify ${piece}`)).toBe("[secret]");
  });

  test("is hidden in every form, wherever it stands in the secret", () => {
    assert(
      property(long, nat(), constantFrom(...forms), (secret, at, [, write]) => {
        const pieces = Array.from(secret, (_, from) => from)
          .map((from) => {
            let to = from;
            while (to <= secret.length && plainOf(secret.slice(from, to)).length < least(secret)) to += 1;
            return secret.slice(from, to);
          })
          .filter((piece) => plainOf(piece).length === least(secret) && isPiece(plainOf(piece)));
        pre(pieces.length > 0);
        const echo = write(pieces[at % pieces.length] ?? "");
        expect(of(secret).mask(`Wrong: ${echo}`)).toBe("[secret]");
      }),
      { numRuns: 2_000 },
    );
  });

  test.each(forms)("is hidden where the whole is cut at both ends: %s", (_form, write) => {
    for (const secret of [merchantKey, userToken, "Planted-Key_5f0c-b81d-77aa-0c1"]) {
      const echo = write(secret);
      const third = Math.floor(echo.length / 4);
      expect(of(secret).mask(`Wrong: ${echo.slice(third, -third)}`)).toBe("[secret]");
    }
  });

  test.each([
    "The selected merchant transaction id is invalid.",
    "Transaction 0190f3c2-7f3a-7c51-9d7e-2f6b8f0a1c34 of 2026-11-28 10:15:30 for 1,250.00 is pending",
    "IONPAYTEST06202611281015300042",
    "Key 33F49Gn... does not verify",
    "The selected api key is invalid.",
    "Merchant key of 20261128 was refused",
  ])("is not what less of it, or nothing of it, is: %s", (text) => {
    const { mask, isIn } = of(merchantKey, userToken, "Q7Wz2LkP0sXv9Rt4", ...named);
    expect([mask(text), isIn(text)]).toEqual([text, false]);
  });

  test("is not found in a message that has none of it", () => {
    const word = array(constantFrom(..."abcdefghijklmnopqrstuvwxyz"), { minLength: 1, maxLength: 12 });
    const digits = array(integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 14 });
    const part = oneof(
      word.map((letters) => letters.join("")),
      digits.map((each) => each.join("")),
      digits.map((each) => `TX-${each.join("")}`),
      digits.map((each) => `${each.join("")}.00`),
      constantFrom("2026-11-28", "10:15:30", "IONPAYTEST", "INVALID-PARAMS", "(", "&", "%", "=", "/"),
    );
    assert(
      property(long, array(part, { maxLength: 20 }), (secret, parts) => {
        const text = parts.join(" ");
        const plain = plainOf(secret);
        const written = plainOf(text);
        const runs = [...plain.slice(least(secret) - 1)].map((_, at) => plain.slice(at, at + least(secret)));
        pre(!runs.some((run) => written.includes(run) || written.includes([...run].toReversed().join(""))));
        expect(of(secret).mask(text)).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  test("is an echo in a value where it is half of a secret of ours", () => {
    const half = merchantKey.slice(30, 80);
    const quarter = merchantKey.slice(30, 50);
    const { isIn, maskValue, mask } = of(merchantKey);
    expect([half, quarter].map((piece) => isIn(`TX.${piece}`))).toEqual([true, false]);
    expect([half, quarter].map((piece) => maskValue(`TX.${piece}`))).toEqual(["[secret]", `TX.${quarter}`]);
    expect([half, quarter].map(mask)).toEqual(["[secret]", "[secret]"]);
    expect(of("sk_live_0123-abcdef").isIn("sk_live_0123-users1")).toBe(false);
  });

  test("of a user's token is no echo in an id, which the token may be made of, and is hidden in a sentence", () => {
    const users = redaction([], [new Secret(userToken)]);
    const piece = userToken.slice(0, 30);
    expect([users.isIn(`TX.${piece}`), users.isIn(`TX.${userToken}`)]).toEqual([false, true]);
    expect(users.mask(`not ${piece}`)).toBe("[secret]");
    const both = redaction([new Secret(userToken)], [new Secret(userToken)]);
    expect(both.isIn(`TX.${piece}`)).toBe(true);
  });

  test("is looked for in a time that grows with the text alone", () => {
    const { mask } = of(merchantKey, userToken, salt);
    const text = "0190f3c2-7f3a <b> & key 33F49Gn ".repeat(8_000);
    const began = performance.now();
    expect(mask(text)).toBe(text);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  test("of a short secret is no more hidden than before", () => {
    expect(of("planted-key-15c").mask("Wrong: planted-key-15")).toBe("Wrong: planted-key-15");
  });
});
