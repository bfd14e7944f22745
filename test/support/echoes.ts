/** How somebody careless may write back what was sent: each a form of the secret, as it would stand in a text. */
export const echoForms: Readonly<Record<string, (secret: string) => string>> = {
  "as it is": (secret) => secret,
  "in capitals": (secret) => secret.toUpperCase(),
  "in mixed case": (secret) => each(secret, (sign, at) => (at % 2 ? sign.toUpperCase() : sign)),
  quoted: (secret) => `"${secret}"`,
  "in a form": (secret) => `mpin=${secret}&x=1`,
  "in JSON": (secret) => JSON.stringify({ mpin: secret }),
  "in JSON within JSON": (secret) => JSON.stringify(JSON.stringify({ mpin: secret })),
  "percent-encoded": (secret) => each(secret, (sign) => `%${hex(sign)}`),
  "percent-encoded in part": (secret) => each(secret, (sign, at) => (at === 1 ? `%${hex(sign)}` : sign)),
  "percent-encoded twice": (secret) => each(secret, (sign) => `%25${hex(sign)}`),
  "percent-encoded three times": (secret) => each(secret, (sign) => `%2525${hex(sign)}`),
  "in %u escapes": (secret) => each(secret, (sign) => `%u00${hex(sign)}`),
  "in decimal entities": (secret) => each(secret, (sign) => `&#${sign.charCodeAt(0)};`),
  "in hexadecimal entities": (secret) => each(secret, (sign) => `&#x${hex(sign)};`),
  "in entities that are padded and not ended": (secret) =>
    each(secret, (sign) => `&#00${sign.charCodeAt(0)} `),
  "in entities of entities": (secret) => each(secret, (sign) => `&amp;#${sign.charCodeAt(0)};`),
  "with named entities between": (secret) => [...secret].join("&nbsp;"),
  "with tags between": (secret) => [...secret].join("<b>"),
  "in JSON escapes": (secret) => each(secret, (sign) => `\\u00${hex(sign)}`),
  "in JSON escapes within JSON": (secret) => each(secret, (sign) => `\\\\u00${hex(sign)}`),
  "in braced escapes": (secret) => each(secret, (sign) => `\\u{${hex(sign)}}`),
  "in \\x escapes": (secret) => each(secret, (sign) => `\\x${hex(sign)}`),
  "in octal escapes": (secret) =>
    each(secret, (sign) => `\\${sign.charCodeAt(0).toString(8).padStart(3, "0")}`),
  "as code points": (secret) => each(secret, (sign) => `U+00${hex(sign)} `),
  "as numbers in hexadecimal": (secret) => each(secret, (sign) => `0x${hex(sign)},`),
  "as numbers in decimal": (secret) => [...secret].map((sign) => sign.charCodeAt(0)).join(","),
  "with spaces between": (secret) => [...secret].join(" "),
  "with hyphens between": (secret) => [...secret].join("-"),
  "in halves": (secret) => `${secret.slice(0, secret.length / 2)}-${secret.slice(secret.length / 2)}`,
  "with dots and lines between": (secret) => [...secret].join(".\n"),
  "with unseen signs between": (secret) => [...secret].join("\u200b"),
  "with soft hyphens between": (secret) => [...secret].join("\u00ad"),
  "in wide letters": (secret) =>
    each(secret, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0x20 + 0xff00)),
  "in Devanagari digits": (secret) => inDigitsFrom(secret, 0x966),
  "in Arabic-Indic digits": (secret) => inDigitsFrom(secret, 0x660),
  "in bold digits": (secret) => inDigitsFrom(secret, 0x1d7ce),
  "in raised digits": (secret) => secret.replaceAll(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)] ?? ""),
  "in base64": (secret) => base64(secret),
  "in base64, one byte on": (secret) => base64(`:${secret}`),
  "in base64, two bytes on": (secret) => base64(`a:${secret}`),
  "in base64url": (secret) => Buffer.from(`?>${secret}`).toString("base64url"),
  "in base64 in lines": (secret) => base64(secret).replaceAll(/.{3}/g, "$&\r\n"),
  "in base64 of UTF-16": (secret) => Buffer.from(secret, "utf16le").toString("base64"),
  "in base64, percent-encoded": (secret) => encodeURIComponent(base64(secret)),
  "in hexadecimal": (secret) => Buffer.from(secret).toString("hex"),
  "in HEXADECIMAL": (secret) => Buffer.from(secret).toString("hex").toUpperCase(),
  "in hexadecimal with spaces": (secret) => [...secret].map(hex).join(" "),
  "quoted-printable": (secret) => each(secret, (sign) => `=${hex(sign).toUpperCase()}`),
};

const each = (text: string, change: (sign: string, at: number) => string): string =>
  [...text].map(change).join("");
const hex = (sign: string): string => sign.charCodeAt(0).toString(16).padStart(2, "0");
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const inDigitsFrom = (text: string, zero: number): string =>
  text.replaceAll(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));

/** Looks for each of these secrets in each form, as it was written and as it would stand in JSON. */
export function searchingEchoes(secrets: Readonly<Record<string, string>>) {
  const needles = Object.entries(echoForms).flatMap(([form, write]) =>
    Object.entries(secrets).flatMap(([name, secret]) => {
      const echo = write(secret);
      const quoted = JSON.stringify(echo).slice(1, -1);
      return [...new Set([echo, quoted, JSON.stringify(quoted).slice(1, -1)])].map((text) => ({
        what: `${name}, ${form}`,
        text,
      }));
    }),
  );
  const found = (text: string): readonly string[] =>
    needles
      .filter((needle) => text.includes(needle.text))
      .filter((needle) => standsByItself(needle.text, text))
      .map(({ what }) => what);
  return { needles, found };
}

/** A few digits or letters, or two and two with a hyphen, stand within times and ids by chance: they count where they stand by themselves. */
const standsByItself = (needle: string, text: string): boolean =>
  needle.length > 8 ||
  /^\W|\W$/.test(needle) ||
  new RegExp(`(?<![\\w-]|\\d[.:])${needle.replaceAll(/[^\w-]/g, "\\$&")}(?![\\w-]|[.:]\\d)`).test(text);
