/** Words that programs and people write where they have no value, by their letters and digits alone. */
const words = new Set(
  [
    [
      "null",
      "nil",
      "none",
      "undefined",
      "undef",
      "nan",
      "na",
      "nanull",
      "void",
      "empty",
      "blank",
      "missing",
      "no",
    ],
    ["notavailable", "notapplicable", "notassigned", "notset", "notfound", "unavailable", "unassigned"],
    ["pending", "processing", "inprogress", "inprocess", "initiated", "queued", "waiting", "tba", "tbd"],
    ["unknown", "default", "placeholder", "dummy", "true", "false", "error", "failed", "failure", "success"],
    ["objectobject", "redacted", "masked", "hidden", "removed"],
  ].flat(),
);

/** Characters left out, as a mask has them: `********1234`, `XXXX-1234`, `98••••17`. */
const masks = [/[*•●]{3,}/, /#{4,}/, /\.{3}|…/];

/**
 * Whether a text stands where an id or a token should, and is none: nothing but signs or zeros, a word for "no value", or a value whose
 * characters are masked. Such a text names nothing: two things that have it are not the same.
 */
export function isPlaceholder(text: string): boolean {
  const letters = text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
  return /^(?:0*|\d*x{3,}\d*)$/.test(letters) || words.has(letters) || masks.some((mask) => mask.test(text));
}
