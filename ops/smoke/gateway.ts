import type { CallerRequest, Headers, Identity, Sign } from "./identity.ts";

export interface Reply {
  readonly status: number;
  /** Media type, without parameters. */
  readonly type: string;
  readonly headers: Headers;
  /** The JSON of the body; undefined for anything else. */
  readonly body: unknown;
}

/** A gateway as a caller sees it. */
export interface Gateway {
  /** @throws Unanswered */
  send(request: CallerRequest): Promise<Reply>;
}

/** No answer came; the message says why in a sentence. */
export class Unanswered extends Error {
  override readonly name = "Unanswered";
  /** Nothing was sent: there was no connection. */
  readonly isUnsent: boolean;

  constructor(message: string, isUnsent = false) {
    super(message);
    this.isUnsent = isUnsent;
  }
}

/** How long an answer is waited for; an HTTP API itself waits 30 s for a function. */
const patience = { ownMs: 10_000, providerMs: 30_000 };

/** Without an identity nothing is signed, as a local host may be asked. */
export async function openGateway(
  url: URL,
  identity: Identity | undefined,
  { ownMs, providerMs } = patience,
): Promise<Gateway> {
  const sign =
    identity &&
    ("token" in identity
      ? bearing(identity.token)
      : await (await import("./signer.ts")).signerOf(url, identity));
  return {
    async send(request) {
      const target = new URL(request.path, url);
      const headers = {
        host: target.host,
        ...(request.contentType && { "content-type": request.contentType }),
        ...request.headers,
      };
      const signed = request.signed && sign ? await sign(target, request, headers) : headers;
      return answered(target, request, signed, request.asksProvider ? providerMs : ownMs);
    },
  };
}

const bearing =
  (token: string): Sign =>
  async (_target, _request, headers) => ({ ...headers, authorization: `Bearer ${token}` });

async function answered(
  target: URL,
  { method, body }: CallerRequest,
  headers: Headers,
  timeoutMs: number,
): Promise<Reply> {
  try {
    const response = await fetch(target, {
      method,
      headers,
      ...(body !== undefined && { body }),
      // A redirect would take the signature to another host.
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    const type = response.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
    return {
      status: response.status,
      type,
      headers: Object.fromEntries(response.headers),
      body: parsed(await response.text()),
    };
  } catch (error) {
    throw unanswered(error, timeoutMs);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unanswered(error: unknown, timeoutMs: number): Unanswered {
  if (!(error instanceof Error)) return new Unanswered("no answer");
  if (error.name === "TimeoutError") return new Unanswered(`no answer within ${timeoutMs / 1000} s`);
  const { cause } = error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
  return new Unanswered(
    `no answer: the connection failed${code === undefined ? "" : ` (${code})`}`,
    /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT)$/.test(code ?? ""),
  );
}
