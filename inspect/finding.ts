/** The kinds of difference that are looked for. */
export type Kind =
  | "white space"
  | "invisible character"
  | "order"
  | "empty field"
  | "encoding"
  | "letter case"
  | "number form"
  | "phone form"
  | "date"
  | "cut off"
  | "separator"
  | "missing"
  | "surplus"
  | "other value"
  | "secret version"
  | "swapped"
  | "algorithm"
  | "scheme"
  | "JSON form"
  | "digest form";

/** One difference, in a sentence that quotes no value. */
export interface Finding {
  readonly kind: Kind;
  /** The part that differs, under the provider's name for it; left out where it is the text or the digest as a whole. */
  readonly piece?: string;
  readonly says: string;
}

/** The question cannot be worked on; the sentence quotes nothing of what was given. */
export class CannotInspect extends Error {
  override readonly name = "CannotInspect";
}
