/**
 * Money is text and whole numbers here, never a floating-point number: `0.1 + 0.2` has no place in a wallet.
 */

/** An amount as callers give it: decimal digits, at most 2 places, no sign, no exponent, no leading zero; at most 10^12. */
export const amountPattern = /^(?:0|[1-9]\d{0,11})(?:\.\d{1,2})?$/;

/** Hundredths of a rupee in an amount that matches `amountPattern`. */
export function paise(amount: string): bigint {
  if (!amountPattern.test(amount)) throw new RangeError("not an amount of money");
  const [whole = "0", fraction = ""] = amount.split(".");
  return BigInt(whole + fraction.padEnd(2, "0"));
}

/** The same amount with exactly 2 places: what two requests are compared by (`5`, `5.0` and `5.00` are one amount). */
export function twoPlaces(amount: string): string {
  const digits = paise(amount).toString().padStart(3, "0");
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** Thousands in groups of three, or of two after the first as in India, before a point and two digits. */
const grouped = /^-?(?:\d{1,2}(?:,\d\d)*,\d{3}|\d{1,3}(?:,\d{3})+)\.\d\d$/;

/**
 * An amount as a provider wrote it, with its own digits: `41`, `41.0`, `1e3`, with white space around it, and with its
 * thousands apart where it has a point and two digits (`1,234.50`, `1,23,456.50`), which can be read in one way alone.
 * Undefined for all else: `1,234` is a thousand in India and little more than one where a comma is the decimal sign.
 */
export function shownAmount(text: string): string | undefined {
  const trimmed = text.trim();
  return plainDecimal(grouped.test(trimmed) ? trimmed.replaceAll(",", "") : trimmed);
}

const number = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;

/**
 * A decimal number as a provider wrote it, with its own digits and without an exponent: `1.0` stays `1.0`, `1e3` becomes
 * `1000`, `12.5e-1` becomes `1.25`. Undefined for what is no number, or has an exponent past ±400.
 */
export function plainDecimal(text: string): string | undefined {
  const match = number.exec(text);
  if (!match) return undefined;
  const [, sign = "", whole = "", fraction = "", exponentText = "0"] = match;
  const exponent = Number(exponentText);
  if (Math.abs(exponent) > 400) return undefined;
  const digits = whole + fraction;
  const point = whole.length + exponent;
  const padded = point <= 0 ? "0".repeat(1 - point) + digits : digits.padEnd(point, "0");
  const at = Math.max(point, 1);
  const integer = padded.slice(0, at).replace(/^0+(?=\d)/, "");
  const rest = padded.slice(at);
  return sign + integer + (rest && `.${rest}`);
}
