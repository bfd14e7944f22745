/** A request to the console, after the server that it came to has checked Host, Origin and Sec-Fetch-Site. */
export interface ConsoleRequest {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface ConsoleAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Undefined where the path is none of the console's. */
export type Console = (request: ConsoleRequest) => Promise<ConsoleAnswer | undefined>;

/**
 * What every answer says to the browser. Nothing from another host, no inline script or style, no frame around the page, and
 * no text that becomes markup.
 */
const guards = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
} as const;

export const guarded = (
  status: number,
  type: string,
  body: Buffer,
  more: Readonly<Record<string, string>> = {},
): ConsoleAnswer => ({ status, headers: { ...guards, "content-type": type, ...more }, body });

export const json = (body: unknown, status = 200): ConsoleAnswer =>
  guarded(status, "application/json", Buffer.from(JSON.stringify(body)));

/** A refusal of the console itself, in the shape of an API's own answers. */
export const refusal = (status: number, message: string): ConsoleAnswer => json({ message }, status);
