import type { Piece } from "../lib/signing/pieces.ts";
import type { Algorithm, Digests } from "./digests.ts";

/** A part of a signed text, with what must be known to show it. A sign between two parts has no name. */
export interface Part {
  readonly name: string;
  readonly value: string;
  readonly isSecret: boolean;
}

export type Charset = "utf-8" | "latin-1" | "utf-16le";

/** One way to make a signature: which text, and how it is digested. */
export interface Draft {
  readonly parts: readonly Part[];
  readonly algorithm: Algorithm;
  /** The key of an HMAC; without one the text is hashed. */
  readonly key?: Part;
  readonly charset: Charset;
  /** The letter case of the hexadecimal digits. */
  readonly letterCase: "upper" | "lower";
}

export const part = (name: string, value: string, isSecret = false): Part => ({ name, value, isSecret });

/** Pieces as parts; `secrets` are the names of those that must not be shown. */
export const partsOf = (pieces: readonly Piece[], secrets: readonly string[]): readonly Part[] =>
  pieces.map(([name, value]) => part(name, value, secrets.includes(name) || namesSecret(name)));

/** Whether a field of that name holds what must not be shown. Neither a signature nor a PIN code of the post is. */
export const namesSecret = (name: string): boolean =>
  /(?:mpin|otp|pin|password|cvv|api_?key|salt|sec_?key|secret(?:_?key)?|merchant_?key|secure_?code)$/i.test(
    name,
  ) || /^(?:user_?)?token$/i.test(name);

export const textOf = ({ parts }: Draft): string => parts.map(({ value }) => value).join("");

/** The digest's bytes. */
export function digestOf(draft: Draft, digests: Digests): Promise<Uint8Array> | Uint8Array {
  const bytes = bytesOf(textOf(draft), draft.charset);
  return draft.key === undefined
    ? digests.hash(draft.algorithm, bytes)
    : digests.hmac(draft.algorithm, bytesOf(draft.key.value, draft.charset), bytes);
}

const encoder = new TextEncoder();

function bytesOf(text: string, charset: Charset): Uint8Array<ArrayBuffer> {
  if (charset === "utf-8") return encoder.encode(text);
  const units = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  // What Latin-1 has not becomes a question mark, as most libraries do it.
  if (charset === "latin-1") return Uint8Array.from(units, (unit) => (unit > 0xff ? 0x3f : unit));
  const bytes = new Uint8Array(text.length * 2);
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    bytes[at * 2] = unit & 0xff;
    bytes[at * 2 + 1] = unit >> 8;
  }
  return bytes;
}

export const hexOf = (bytes: Uint8Array, letterCase: Draft["letterCase"] = "lower"): string => {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return letterCase === "upper" ? hex.toUpperCase() : hex;
};
