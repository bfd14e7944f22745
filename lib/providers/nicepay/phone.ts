/**
 * A phone number as its international digits: `+62 82...`, `62 82...` and `082...` are one number. Undefined for what is no
 * Indonesian number. A number without its country and without the leading zero is not taken for one: the signature joins
 * fields with nothing between them, and digits of one must not pass for digits of another.
 */
export function phoneDigits(phone: string): string | undefined {
  if (!/^[\d\s().+-]*$/.test(phone)) return undefined;
  const digits = phone.replaceAll(/\D/g, "");
  if (digits.startsWith("0")) return `62${digits.slice(1)}`;
  return digits.startsWith("62") ? digits : undefined;
}

const ends = { first: 5, last: 4 };

/** The digits of a number that the provider may show without those between; undefined for what is no number. */
export function phoneEnds(phone: string): string | undefined {
  const digits = phoneDigits(phone);
  return digits && `${digits.slice(0, ends.first)}-${digits.slice(-ends.last)}`;
}

/**
 * What the provider shows of a number: all of it, or its ends, where the middle is masked or left out as in the one sample
 * that is published (`+62 821 3300`). Undefined for what is neither.
 */
export function phoneShown(shown: string): { readonly whole?: string; readonly ends?: string } | undefined {
  if (!/^[\d\s().+*#xX•-]*$/.test(shown)) return undefined;
  const groups = shown.match(/\d+/g) ?? [];
  const digits = phoneDigits(groups.join(""));
  const [first, last] = [phoneDigits(groups.slice(0, -1).join("")) ?? "", groups.at(-1) ?? ""];
  const isMasked = /[*#xX•]/.test(shown);
  if (digits !== undefined && !isMasked && digits.length > ends.first + ends.last) return { whole: digits };
  if (first.length < ends.first || last.length < ends.last) return undefined;
  return { ends: `${first.slice(0, ends.first)}-${last.slice(-ends.last)}` };
}

/** Whether the provider shows that number, whole or its ends. */
export function isSamePhone(shown: string, own: string): boolean {
  const seen = phoneShown(shown);
  if (seen?.ends !== undefined) return seen.ends === phoneEnds(own);
  return seen?.whole !== undefined && seen.whole === phoneDigits(own);
}
