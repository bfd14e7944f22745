/** Encodings within encodings are undone so often; deeper ones do not come from carelessness. */
const depth = 5;

/**
 * The ways in which a text can be read: as it is, and with its encodings undone, however they are nested: percent signs,
 * entities and tags of HTML, escapes of JSON and of programming languages, quoted-printable, digits of other scripts.
 */
export function readings(text: string): readonly string[] {
  const found = new Set([text]);
  let plain = text;
  for (let undone = 0; undone < depth; undone += 1) {
    const next = decoded(plain);
    if (next === plain) break;
    plain = next;
    found.add(plain);
  }
  // Between two signs that are no tag's there may be anything: that they are is a reading of its own.
  for (const each of [...found]) if (each.includes("<")) found.add(each.replaceAll(/<[^<>]{0,200}>/g, " "));
  // `=` stands in forms and in base64 as well, so that this is a reading of its own.
  if (plain.includes("="))
    found.add(plain.replaceAll(/=\r?\n/g, "").replaceAll(/(?:=[0-9a-f]{2})+/gi, bytes));
  return [...found];
}

const decoded = (text: string): string =>
  inAsciiDigits(text.normalize("NFKC"))
    .replaceAll(/\\+u\{([0-9a-f]{1,6})\}|(?:\\+u|%u|U\+)([0-9a-f]{4})|(?:\\+x|0x)([0-9a-f]{2})/gi, fromHex)
    .replaceAll(/\\+([0-3][0-7]{2})/g, (_, octal: string) => character(Number.parseInt(octal, 8)))
    .replaceAll(/&#x([0-9a-f]{1,6});?/gi, fromHex)
    .replaceAll(/&#(\d{1,7});?/g, (_, decimal: string) => character(Number(decimal)))
    .replaceAll(/&amp;/gi, "&")
    // No other name is a letter or a digit of a secret.
    .replaceAll(/&[a-z]{2,31};/gi, " ")
    .replaceAll(/(?:%[0-9a-f]{2})+/gi, bytes);

/** The one of the groups that is there. */
const fromHex = (_: string, ...groups: readonly (string | number | undefined)[]): string =>
  character(Number.parseInt(String(groups.find((group) => group !== undefined)), 16));

const character = (codePoint: number): string =>
  codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : "";

const bytes = (escaped: string): string =>
  Buffer.from(escaped.replaceAll(/[^0-9a-f]/gi, ""), "hex").toString("utf8");

const isDigit = /^\p{Nd}$/u;

/** Unicode has its decimal digits in rows of ten, each from 0 to 9. */
function inAsciiDigits(text: string): string {
  return text.replaceAll(/[^\p{ASCII}]/gu, (sign) => {
    if (!isDigit.test(sign)) return sign;
    const at = sign.codePointAt(0) ?? 0;
    let before = 0;
    while (isDigit.test(String.fromCodePoint(at - before - 1))) before += 1;
    return String(before % 10);
  });
}
