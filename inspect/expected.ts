import type { Draft } from "./draft.ts";
import type { Finding } from "./finding.ts";

/** A hash that somebody computed, read however it was written down. */
export interface Expected {
  /** Its bytes, or as many of them as were given. */
  readonly bytes: Uint8Array;
  readonly isWhole: boolean;
  /** How it is written otherwise than the provider writes it. */
  readonly findings: readonly Finding[];
}

/** Undefined where it is neither hexadecimal nor base64 of a digest. */
export function readExpected(text: string, letterCase: Draft["letterCase"]): Expected | undefined {
  const findings: Finding[] = [];
  const say = (says: string) => findings.push({ kind: "digest form", says });
  const bare = text.replaceAll(/[^\x21-\x7e]/g, "").replace(/^(["'])(.*)\1$/, "$2");
  if (bare !== text) say("The expected hash has white space, quotes or invisible characters around it.");
  const hex = bare.replace(/^(?:0x|sha(?:256|512)[=:])/i, "").replaceAll(/[:-]/g, "");
  if (/^[0-9a-f]+$/i.test(hex) && (hex.length >= 16 || hex.length === bare.length)) {
    if (hex !== bare) say("The expected hash has a prefix or signs between its digits.");
    const due = letterCase === "upper" ? hex.toUpperCase() : hex.toLowerCase();
    if (hex !== due)
      say(
        `The expected hash is not in ${letterCase === "upper" ? "capital" : "small"} letters, as the provider writes it.`,
      );
    const isWhole = lengths.includes(hex.length / 2);
    if (!isWhole) say(`The expected hash is cut off or filled up: it has ${hex.length} digits.`);
    if (hex.length < 8) return undefined;
    return { bytes: fromHex(hex.slice(0, hex.length & ~1)), isWhole, findings };
  }
  const bytes = fromBase64(bare);
  if (bytes === undefined || !lengths.includes(bytes.length)) return undefined;
  say("The expected hash is in base64 and not in hexadecimal.");
  return { bytes, isWhole: true, findings };
}

/** Of SHA-1, SHA-256, SHA-384 and SHA-512. */
const lengths = [20, 32, 48, 64];

const fromHex = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

function fromBase64(text: string): Uint8Array | undefined {
  if (!/^[\w+/-]{20,}={0,2}$/.test(text)) return undefined;
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (sign) => sign.charCodeAt(0));
    // Some libraries write the hexadecimal text in base64.
    return /^[0-9a-f]{40,128}$/i.test(binary) ? fromHex(binary) : bytes;
  } catch {
    return undefined;
  }
}

/** Whether a digest is the expected one, as far as that was given. */
export const fits = (digest: Uint8Array, { bytes, isWhole }: Expected): boolean =>
  (isWhole ? digest.length === bytes.length : digest.length > bytes.length) &&
  bytes.every((byte, at) => byte === digest[at]);
