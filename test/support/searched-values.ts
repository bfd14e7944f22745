import { createHash } from "node:crypto";

/** A value as it is, and as it may stand in other texts: in another encoding, reversed, or as a plain hash. */
function formsOf(value: string): readonly (readonly [form: string, text: string])[] {
  const bytes = Buffer.from(value, "utf8");
  const quoted = JSON.stringify(value).slice(1, -1);
  const forms: [string, string][] = [
    ["as it is", value],
    ["as a text in JSON", quoted],
    ["as a text in a text in JSON", JSON.stringify(quoted).slice(1, -1)],
    ["in a form", new URLSearchParams({ v: value }).toString().slice(2)],
    ["in a URL", encodeURIComponent(value)],
    ["UTF-16", bytes.toString("latin1").split("").join("\0")],
    ["hex", bytes.toString("hex")],
    ["HEX", bytes.toString("hex").toUpperCase()],
    ["reversed", [...value].toReversed().join("")],
  ];
  for (const algorithm of ["md5", "sha1", "sha256", "sha512"])
    for (const encoding of ["hex", "base64", "base64url"] as const) {
      const hash = createHash(algorithm).update(bytes).digest(encoding);
      forms.push(
        [`${algorithm} ${encoding}`, hash.slice(0, 20)],
        [`${algorithm} ${encoding}`, hash.slice(0, 20).toUpperCase()],
      );
    }
  // Within a longer text base64 has one of three forms, and its ends depend on what stands around.
  for (const shift of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const inner = encoded.slice(shift === 0 ? 0 : shift + 1, -1);
    forms.push(
      [`base64, shifted by ${shift}`, inner],
      [`base64url, shifted by ${shift}`, inner.replaceAll("+", "-").replaceAll("/", "_")],
    );
  }
  // Forms that a value has in common are searched once.
  return [...new Map(forms.toReversed().map(([form, text]) => [text, form]))]
    .map(([text, form]) => [form, text] as const)
    .toReversed();
}

/** Says which of the values, and in which form, some bytes hold. */
export function searching(
  values: Readonly<Record<string, string>>,
): (where: string | Buffer) => readonly string[] {
  const forms = Object.entries(values).flatMap(([name, value]) =>
    formsOf(value).map(([form, text]) => ({ what: `${name}, ${form}`, bytes: Buffer.from(text, "utf8") })),
  );
  return (where) => {
    const bytes = typeof where === "string" ? Buffer.from(where, "utf8") : where;
    return [...new Set(forms.filter((form) => bytes.includes(form.bytes)).map(({ what }) => what))];
  };
}
