import type { Price } from "./prices.ts";

/** Whole picodollars: the smallest price there is, of a megabyte-millisecond, is still 13 of them. */
export type Picodollars = bigint;

const inADollar = 1_000_000_000_000n;

/** "0.0000133334" */
export function picodollars(dollars: string): Picodollars {
  const [, whole, fraction = ""] = /^(\d+)(?:\.(\d{1,12}))?$/.exec(dollars) ?? [];
  if (whole === undefined) throw new Error(`${dollars} is no price`);
  return BigInt(whole + fraction.padEnd(12, "0"));
}

/** What that many units cost in a month, tier by tier. Rounded once, to the nearest picodollar, half up. */
export function costOf(units: bigint, { tiers, per }: Price): Picodollars {
  let sum = 0n;
  let below = 0n;
  for (const { dollars, upTo } of tiers) {
    const top = upTo === undefined || upTo > units ? units : upTo;
    if (top > below) sum += (top - below) * picodollars(dollars);
    below = top;
  }
  return (2n * sum + per) / (2n * per);
}

/** Dollars and cents, half up: "1,234.50". */
export function shownDollars(amount: Picodollars): string {
  const cents = (amount + inADollar / 200n) / (inADollar / 100n);
  return `${grouped(cents / 100n)}.${String(cents % 100n).padStart(2, "0")}`;
}

/** "26,280,000" */
export const grouped = (number: bigint): string => String(number).replace(/\B(?=(\d{3})+$)/g, ",");
