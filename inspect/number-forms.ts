import type { Form } from "./forms.ts";

/** The likely forms of an amount, a count or a phone number. Digits are moved as text: no amount passes through a float. */
export function* numberForms(value: string): Iterable<Form> {
  yield* amounts(value);
  yield* phones(value);
}

/** An amount in its parts, or undefined. */
function amountIn(value: string) {
  const [, sign = "", digits = "", , fraction = ""] =
    /^([+-]?)(\d+|\d{1,3}(?:,\d{2,3})+)(\.(\d*))?$/.exec(value.trim()) ?? [];
  if (digits === "") return undefined;
  const whole = digits.replaceAll(",", "").replace(/^0+(?=\d)/, "");
  const exact = fraction.replace(/0+$/, "");
  return {
    whole,
    fraction,
    exact,
    form: (says: string, text: string): Form => ({ kind, says, value: `${sign}${text}` }),
  };
}

const kind = "number form";

function* amounts(value: string): Iterable<Form> {
  const amount = amountIn(value);
  if (amount === undefined) return;
  const { whole, fraction, exact, form } = amount;
  yield form("is without decimals that say nothing", exact === "" ? whole : `${whole}.${exact}`);
  // Cutting digits that say something would be another amount.
  for (const places of [0, 1, 2].filter((count) => exact.length <= count))
    yield form(decimalsOf(places), places === 0 ? whole : `${whole}.${exact.padEnd(places, "0")}`);
  const minor = `${whole}${fraction.padEnd(2, "0").slice(0, 2)}`.replace(/^0+(?=\d)/, "");
  yield form("is in hundredths", minor);
}

const decimalsOf = (places: number): string =>
  places === 0 ? "has no decimals" : `has ${places} ${places === 1 ? "decimal" : "decimals"}`;

/** The less likely ones. */
export function* rareNumberForms(value: string): Iterable<Form> {
  const amount = amountIn(value);
  if (amount === undefined) return;
  const { whole, fraction, exact, form } = amount;
  for (const places of [1, 2, 3, 4].filter((count) => exact.length <= count)) {
    const decimals = exact.padEnd(places, "0");
    yield form(decimalsOf(places), `${whole}.${decimals}`);
    yield form(`${decimalsOf(places)} after a comma`, `${whole},${decimals}`);
    yield form(`${decimalsOf(places)}, and commas between its thousands`, `${grouped(whole, 3)}.${decimals}`);
    yield form(
      `${decimalsOf(places)}, and commas between its lakhs`,
      `${groupedAsInIndia(whole)}.${decimals}`,
    );
  }
  yield form("has commas between its thousands", grouped(whole, 3));
  yield form("has commas between its lakhs", groupedAsInIndia(whole));
  if (fraction === "" && whole.length > 2)
    yield form("is hundredths made whole", `${whole.slice(0, -2)}.${whole.slice(-2)}`);
  if (whole === "0") yield form("has no digit before its point", `.${fraction}`);
  yield form("ends with its point", `${whole}.`);
  yield form("has an exponent", exponent(whole, exact));
  yield { kind, says: "is without leading zeros", value: value.replace(/^0+(?=\d)/, "") };
  yield { kind, says: "has a plus in front", value: `+${value}` };
  for (const width of [2, 4, 6, 8, 10, 12])
    yield { kind, says: `is filled with zeros to ${width} digits`, value: value.padStart(width, "0") };
}

const grouped = (digits: string, size: number): string =>
  digits.replaceAll(new RegExp(`\\B(?=(?:\\d{${size}})+$)`, "g"), ",");

const groupedAsInIndia = (digits: string): string =>
  digits.length <= 3 ? digits : `${grouped(digits.slice(0, -3), 2)},${digits.slice(-3)}`;

function exponent(whole: string, fraction: string): string {
  const [first = "", ...rest] = `${whole}${fraction}`.replace(/0+$/, "") || "0";
  return `${first}${rest.length > 0 ? `.${rest.join("")}` : ""}E${whole.length - 1}`;
}

/** Country codes of the five providers. */
const countries = ["91", "62"];

function* phones(value: string): Iterable<Form> {
  const kind = "phone form";
  const digits = value.replaceAll(/[ ()-]/g, "");
  if (!/^\+?\d{8,15}$/.test(digits)) return;
  yield { kind, says: "is without signs and spaces", value: digits };
  yield { kind, says: "is without its plus", value: digits.replace("+", "") };
  for (const code of countries) {
    const own = digits.replace(new RegExp(`^(?:\\+?${code}|0)`), "");
    const forms = [
      ["begins with +", `+${code}${own}`],
      ["begins with the country's code without +", `${code}${own}`],
      ["is without the country's code", own],
      ["begins with 0 in place of the country's code", `0${own}`],
      ["has a space after the country's code", `+${code} ${own}`],
      ["has a hyphen after the country's code", `+${code}-${own}`],
      ["begins with 00 and the country's code", `00${code}${own}`],
    ] as const;
    for (const [says, form] of forms) yield { kind, says, value: form };
  }
}
