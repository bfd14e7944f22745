import { isUtf8 } from "node:buffer";
import { decoded } from "../../../content-coding.ts";

/** What Lambda is handed at most, and so what any body may grow to. Source: AWS Lambda, quotas, invocation payload. */
const limit = 6 * 1024 * 1024;

const known: ReadonlySet<string> = new Set(["gzip", "x-gzip", "deflate", "br"]);

/**
 * The body's bytes as they may have been meant, the likelier first: with the codings undone that its label names, as it came,
 * and with the coding undone that its first bytes show. A label that names no coding says nothing.
 */
export function bytesOf(body: Uint8Array, contentEncoding: string | undefined): readonly Buffer[] {
  const asItCame = Buffer.from(body);
  const names = (contentEncoding ?? "").split(",").map((name) => name.trim().toLowerCase());
  const label = names.filter((name) => known.has(name)).join();
  const labelled = label === "" ? undefined : undone(asItCame, label);
  const [first] = [labelled ?? asItCame];
  const shown = shownCoding(first);
  const more = shown === undefined ? undefined : undone(first, shown);
  return [more, labelled, asItCame].filter((bytes) => bytes !== undefined);
}

function undone(bytes: Buffer, codings: string): Buffer | undefined {
  const result = decoded(bytes, codings, limit);
  return "body" in result ? result.body : undefined;
}

/** The coding that the first bytes are the mark of: gzip's, or zlib's header. */
function shownCoding(bytes: Buffer): string | undefined {
  if (bytes.byteLength < 2) return undefined;
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return "gzip";
  return bytes[0] === 0x78 && bytes.readUInt16BE(0) % 31 === 0 ? "deflate" : undefined;
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** The bytes as UTF-8 where they are UTF-16, with or without its mark; without UTF-8's own marks in any case. */
export function withoutMarks(bytes: Buffer): Buffer {
  let rest = inUtf8(bytes);
  while (rest.subarray(0, 3).equals(byteOrderMark)) rest = rest.subarray(3);
  return rest;
}

function inUtf8(bytes: Buffer): Buffer {
  const [first, second] = bytes;
  if (first === undefined || second === undefined || bytes.byteLength % 2 !== 0) return bytes;
  // The first sign of every form of a notification is in ASCII, so that one of its two bytes is zero.
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0))
    return Buffer.from(bytes.toString("utf16le"));
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0))
    return Buffer.from(Buffer.from(bytes).swap16().toString("utf16le"));
  return bytes;
}

/** In ISO-8859-1 every byte is a character, so that nothing is lost of bytes that are not UTF-8. */
export function textOf(bytes: Buffer): { readonly text: string; readonly isExact: boolean } {
  const isExact = isUtf8(bytes);
  const text = bytes.toString(isExact ? "utf8" : "latin1");
  // U+FFFD stands where something on the way had bytes that are not UTF-8.
  return { text, isExact: isExact && !text.includes("\ufffd") };
}

export const isAscii = (text: string): boolean => !/[^\0-\x7f]/.test(text);
