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

/**
 * Undoes the codings that a Content-Encoding header names, the last one first.
 * @param header All values of the header, joined by commas; undefined where there is none.
 * @param limit Most bytes that any step may give.
 */
export function decoded(body: Buffer, header: string | undefined, limit: number): Decoded {
  const codings = (header ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "" && name !== "identity");
  // Servers name a coding over nothing, too.
  if (codings.length === 0 || body.byteLength === 0) return { body };
  if (codings.length > codingLimit) return { why: "the reply has too many content codings" };
  const most = Math.min(limit, Math.max(smallBytes, body.byteLength * ratioLimit));
  let current = body;
  for (const coding of codings.toReversed()) {
    const undo = decoders.get(coding);
    if (undo === undefined)
      return { why: `the reply has a content coding that is not known: ${shown(coding)}` };
    try {
      current = undo(current, most);
    } catch (error) {
      return { why: whyOf(coding, error, body, limit, most) };
    }
  }
  return { body: current };
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

/** By the standard in zlib's wrapping; some servers leave the wrapping out. Its first two bytes are a multiple of 31. */
function inflate(body: Buffer, maxOutputLength: number): Buffer {
  const isWrapped = body.byteLength >= 2 && ((body[0] ?? 0) & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0;
  return isWrapped
    ? zlib().inflateSync(body, { maxOutputLength })
    : zlib().inflateRawSync(body, { maxOutputLength });
}

function whyOf(coding: string, error: unknown, body: Buffer, limit: number, most: number): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ERR_BUFFER_TOO_LARGE")
    return most === limit
      ? `the reply is too large once its content coding (${coding}) is undone`
      : `the reply grows more than ${ratioLimit} times from ${body.byteLength} bytes by its content coding (${coding})`;
  // What zlib says when its input ends too early.
  if (code === "Z_BUF_ERROR") return `the reply broke off within its content coding (${coding})`;
  return `the reply is not what its content coding (${coding}) says`;
}

/** A name of a coding, where it is like one: a text in its place may be anything. */
const shown = (coding: string): string =>
  /^[a-z0-9][a-z0-9_.-]{0,19}$/.test(coding) ? coding : "(unreadable)";
