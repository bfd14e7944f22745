/**
 * A reply's body as its codings leave it, or why it cannot be had. We ask for none (`accept-encoding: identity`), and what
 * stands between the provider and us may use one all the same. Source: RFC 9110, section 8.4.
 */
export type Decoded = { readonly body: Buffer } | { readonly why: string };

/** Bodies smaller than this may grow by any ratio: a short list of like rows is one. */
const smallBytes = 64 * 1024;
/** JSON shrinks to a fiftieth at most; what grows more than this was made to. */
const ratioLimit = 200;
const codingLimit = 4;

/** Labels that name no coding. Some write the charset where a coding belongs. */
const noCodings = ["", "identity", "none", "utf-8", "utf8", "binary"];

/**
 * Undoes the codings that a Content-Encoding header names, the last one first, and those that the bytes themselves show. A label
 * that is not known or does not fit says nothing where the bytes are plain already.
 * @param header All values of the header, joined by commas; undefined where there is none.
 * @param limit Most bytes that any step may give.
 */
export function decoded(body: Buffer, header: string | undefined, limit: number): Decoded {
  const codings = (header ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => !noCodings.includes(name));
  if (codings.length > codingLimit) return { why: tooMany };
  const most = Math.min(limit, Math.max(smallBytes, body.byteLength * ratioLimit));
  let current = body;
  for (let steps = 0; current.byteLength > 0; steps++) {
    const named = codings.pop();
    const seen = codingOf(current);
    // Brotli alone has no beginning of its own, and may begin as another does.
    const coding = named === "br" ? named : (seen ?? named);
    if (coding === undefined) break;
    if (steps === codingLimit) return { why: tooMany };
    const undo = decoders.get(coding);
    try {
      if (undo) current = undo(current, most);
      else if (!isPlain(current))
        return { why: `the reply has a content coding that is not known: ${shown(coding)}` };
    } catch (error) {
      // A first byte of Brotli may be a bracket: its first bytes are not all of a text.
      const isOther = isPlain(current) || (named === "br" && seen !== undefined);
      if (!isOther) return { why: whyOf(coding, error, body.byteLength, most === limit) };
    }
  }
  return { body: current };
}

const tooMany = "the reply has too many content codings";

/** Whether bytes begin as JSON or as a page does, and as text goes on. */
const isPlain = (bytes: Buffer): boolean =>
  /^(?:\s|\xef\xbb\xbf)*[{[<][\s\x20-\xff]*$/.test(bytes.subarray(0, 64).toString("latin1"));

/** The coding that bytes show by how they begin: nothing that we read begins so. Source: RFC 1952, 2.3.1; RFC 1950, 2.2. */
function codingOf(bytes: Buffer): string | undefined {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return "gzip";
  return bytes[0] === 0x78 && isWrapped(bytes) ? "deflate" : undefined;
}

type Decoder = (body: Buffer, most: number) => Buffer;

/** Loaded on first use: it takes 3 ms, which no cold start should pay for what hardly ever comes. */
const zlib = () => process.getBuiltinModule("node:zlib");

const gunzip: Decoder = (body, maxOutputLength) => zlib().gunzipSync(body, { maxOutputLength });

const decoders: ReadonlyMap<string, Decoder> = new Map([
  ["gzip", gunzip],
  ["x-gzip", gunzip],
  ["deflate", inflate],
  ["br", (body, maxOutputLength) => zlib().brotliDecompressSync(body, { maxOutputLength })],
]);

/** zlib's wrapping: its first two bytes are a multiple of 31. */
const isWrapped = (body: Buffer): boolean =>
  body.byteLength >= 2 && ((body[0] ?? 0) & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0;

/** By the standard in zlib's wrapping; some servers leave the wrapping out. */
function inflate(body: Buffer, maxOutputLength: number): Buffer {
  return isWrapped(body)
    ? zlib().inflateSync(body, { maxOutputLength })
    : zlib().inflateRawSync(body, { maxOutputLength });
}

/** `isAbsolute`: the bound that was met is that of every reply, not the one that grows with its size. */
function whyOf(coding: string, error: unknown, bytes: number, isAbsolute: boolean): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ERR_BUFFER_TOO_LARGE")
    return isAbsolute
      ? `the reply is too large once its content coding (${coding}) is undone`
      : `the reply grows more than ${ratioLimit} times from ${bytes} bytes by its content coding (${coding})`;
  // What zlib says when its input ends too early.
  if (code === "Z_BUF_ERROR") return `the reply broke off within its content coding (${coding})`;
  return `the reply is not what its content coding (${coding}) says`;
}

/** A name of a coding, where it is like one: a text in its place may be anything. */
const shown = (coding: string): string =>
  /^[a-z0-9][a-z0-9_.-]{0,19}$/.test(coding) ? coding : "(unreadable)";
