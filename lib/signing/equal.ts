import { timingSafeEqual } from "node:crypto";

/**
 * Whether two strings are the same, in a time that depends on their lengths alone. For signatures and
 * tokens: an ordinary `===` stops at the first difference and so tells a forger how far they got.
 *
 * UTF-16 is compared, since UTF-8 would write every lone surrogate as the same three bytes.
 */
export function equalInConstantTime(a: string, b: string): boolean {
  const left = Buffer.from(a, "utf16le");
  const right = Buffer.from(b, "utf16le");
  return left.length === right.length && timingSafeEqual(left, right);
}
