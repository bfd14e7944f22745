import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { amountPattern, paise, plainDecimal, twoPlaces } from "../lib/money.ts";

const largest = 10n ** 14n - 1n;

/** Every amount, by its hundredths and one of the ways to write it. */
const written = fc
  .record({ hundredths: fc.bigInt({ min: 0n, max: largest }), places: fc.constantFrom(0, 1, 2) })
  .map(({ hundredths, places }) => {
    const unit = 10n ** BigInt(2 - places);
    const rounded = (hundredths / unit) * unit;
    const [whole, fraction] = [
      rounded / 100n,
      String(rounded % 100n)
        .padStart(2, "0")
        .slice(0, places),
    ];
    return { hundredths: rounded, text: places === 0 ? String(whole) : `${whole}.${fraction}` };
  });

describe("paise and twoPlaces", () => {
  test("read back what was written, to the last hundredth", () => {
    fc.assert(
      fc.property(written, ({ hundredths, text }) => {
        expect(text).toMatch(amountPattern);
        expect(paise(text)).toBe(hundredths);
      }),
    );
  });

  test("two amounts have the same two places exactly if they are the same amount", () => {
    fc.assert(
      fc.property(written, written, (a, b) => {
        expect(twoPlaces(a.text) === twoPlaces(b.text)).toBe(a.hundredths === b.hundredths);
      }),
    );
  });

  test("two places are two places, and are their own two places", () => {
    fc.assert(
      fc.property(written, ({ hundredths, text }) => {
        const shown = twoPlaces(text);
        expect(shown).toMatch(/^(?:0|[1-9]\d*)\.\d{2}$/);
        expect(paise(shown)).toBe(hundredths);
        expect(twoPlaces(shown)).toBe(shown);
      }),
    );
  });

  test.each([
    ["0", "0.00"],
    ["0.1", "0.10"],
    ["0.01", "0.01"],
    ["5", "5.00"],
    ["5.0", "5.00"],
    ["999999999999.99", "999999999999.99"],
  ])("%s is %s", (text, shown) => expect(twoPlaces(text)).toBe(shown));

  test.each([
    "",
    " 1",
    "1 ",
    "1\n",
    "01",
    "00",
    "+1",
    "-1",
    "-0",
    ".1",
    "1.",
    "1.234",
    "1e3",
    "1,0",
    "1_0",
    "0x1",
    "NaN",
    "Infinity",
    "１",
    "१",
    "1000000000000",
  ])("%j is no amount", (text) => {
    expect(text).not.toMatch(amountPattern);
    expect(() => paise(text)).toThrow(RangeError);
    expect(() => twoPlaces(text)).toThrow(RangeError);
  });

  test("no text is an amount and yet not read; what is thrown does not quote it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 20 }), (text) => {
        if (amountPattern.test(text)) return;
        let thrown: unknown;
        try {
          paise(text);
        } catch (error) {
          thrown = error;
        }
        expect(thrown).toBeInstanceOf(RangeError);
        expect((thrown as RangeError).message).toBe("not an amount of money");
      }),
    );
  });
});

/** The value of a decimal as a fraction of whole numbers: numerator, and the power of ten below it. */
function exact(text: string): readonly [bigint, bigint] {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const scale = Number(exponent) - fraction.length;
  const digits = BigInt(sign + whole + fraction);
  return scale >= 0 ? [digits * 10n ** BigInt(scale), 1n] : [digits, 10n ** BigInt(-scale)];
}

const sameValue = ([a, b]: readonly [bigint, bigint], [c, d]: readonly [bigint, bigint]) => a * d === c * b;

const digits = (minLength: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength, maxLength: 25 }).map((each) => each.join(""));

const decimal = fc
  .record({
    sign: fc.constantFrom("", "-"),
    whole: digits(1),
    fraction: fc.option(digits(1), { nil: undefined }),
    exponent: fc.option(
      fc.record({
        letter: fc.constantFrom("e", "E"),
        sign: fc.constantFrom("", "+", "-"),
        value: fc.nat({ max: 400 }),
      }),
      { nil: undefined },
    ),
  })
  .map(
    ({ sign, whole, fraction, exponent }) =>
      sign +
      whole +
      (fraction === undefined ? "" : `.${fraction}`) +
      (exponent === undefined ? "" : exponent.letter + exponent.sign + exponent.value),
  );

describe("plainDecimal", () => {
  test("writes the same number, exactly, without an exponent", () => {
    fc.assert(
      fc.property(decimal, (text) => {
        const plain = plainDecimal(text) ?? "";
        expect(plain).toMatch(/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/);
        expect(sameValue(exact(plain), exact(text))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test("leaves what is plain as it is, digit for digit", () => {
    fc.assert(
      fc.property(decimal, (text) => {
        const plain = plainDecimal(text) ?? "";
        expect(plainDecimal(plain)).toBe(plain);
      }),
    );
  });

  test("reads every number that JavaScript writes", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(Number(plainDecimal(String(number)))).toBe(Object.is(number, -0) ? 0 : number);
      }),
    );
  });

  test.each([
    ["40", "40"],
    ["41.0", "41.0"],
    ["1.0", "1.0"],
    ["1e3", "1000"],
    ["12.5e-1", "1.25"],
    ["100000000000000000000.05", "100000000000000000000.05"],
    ["007", "7"],
    ["000", "0"],
    ["0e5", "0"],
    ["0.00", "0.00"],
    ["-0", "-0"],
    ["5e-3", "0.005"],
    ["1e400", `1${"0".repeat(400)}`],
    ["1e-400", `0.${"0".repeat(399)}1`],
  ])("%s is %s", (text, plain) => expect(plainDecimal(text)).toBe(plain));

  test.each([
    "",
    " 1",
    "1 ",
    "1\n",
    "+1",
    "--1",
    ".5",
    "5.",
    "1e",
    "1e+",
    "1e1.5",
    "1e401",
    "1e-401",
    "1e99999",
    "1,000",
    "NaN",
    "Infinity",
    "0x10",
    "１２",
  ])("%j is no number", (text) => expect(plainDecimal(text)).toBeUndefined());
});
