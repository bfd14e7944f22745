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
