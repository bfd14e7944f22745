import type { Problem } from "../problem.ts";
import { invalid } from "./body.ts";

/**
 * The caller's Idempotency-Key: 1 to 255 printable ASCII characters. `"k"`, the structured string that the IETF's draft asks
 * for, and `k` are one key. A text repeated with commas between is refused: API Gateway joins a header that was sent twice so.
 * Any other comma is the key's own.
 * @throws Problem `invalid-request`, naming the header and never its value.
 * Source: draft-ietf-httpapi-idempotency-key-header, section 2.1; RFC 9651, section 4.2.5.
 */
export function readIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (isRepeated(text))
    throw fault("holds one key more than once: was the header sent twice? It must be sent once");
  const key = text.startsWith('"') ? unquoted(text) : text;
  if (key === undefined)
    throw fault(
      'begins with a quote, and must then be one string in quotes, in which only \\" and \\\\ are escaped',
    );
  if (!/^[\x20-\x7e]{1,255}$/.test(key)) throw fault("must be 1 to 255 printable ASCII characters");
  return key;
}

export const fault = (detail: string): Problem => invalid([{ header: "idempotency-key", detail }]);

/** `"a\"b"` is `a"b`; undefined where the text is no such string. */
function unquoted(text: string): string | undefined {
  if (!/^"(?:[^"\\]|\\["\\])*"$/.test(text)) return undefined;
  return text.slice(1, -1).replace(/\\(["\\])/g, "$1");
}

/** `k, k`, `a,b,a,b`, `"k", k`: the same between commas, twice or more often. */
function isRepeated(text: string): boolean {
  const parts = text.split(",").map((part) => part.trim());
  const keys = parts.map((part) => unquoted(part) ?? part);
  return keys.some((_, index) => {
    const period = index + 1;
    return (
      period < keys.length && keys.length % period === 0 && keys.every((key, at) => key === keys[at % period])
    );
  });
}
