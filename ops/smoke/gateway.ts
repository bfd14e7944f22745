import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SignatureV4 } from "@smithy/signature-v4";

export interface Request {
  readonly method: "GET" | "POST";
  /** With its query. */
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  /** Says who asks: by a signature, or by a token. */
  readonly signed: boolean;
  /** The answer waits for a provider's. */
  readonly asksProvider?: boolean;
}

export interface Reply {
  readonly status: number;
  /** Media type, without parameters. */
  readonly type: string;
  /** The JSON of the body; undefined for anything else. */
  readonly body: unknown;
}

/** A gateway as a caller sees it. */
export interface Gateway {
  /** @throws Unanswered */
  send(request: Request): Promise<Reply>;
}

/** No answer came; the message says why in a sentence. */
export class Unanswered extends Error {
  override readonly name = "Unanswered";
}

/** What a person has to put right before anything can be asked. */
export class Unsigned extends Error {
  override readonly name = "Unsigned";
}

/** Who asks: credentials that sign (SigV4), or a token of the issuer that the gateway trusts. */
export type Identity =
  | { readonly profile: string | undefined; readonly region: string | undefined }
  | { readonly token: string };

/** How long an answer is waited for; an HTTP API itself waits 30 s for a function. */
const patience = { ownMs: 10_000, providerMs: 30_000 };

/** Without an identity nothing is signed, as a local host may be asked. */
export async function openGateway(
  url: URL,
  identity: Identity | undefined,
  { ownMs, providerMs } = patience,
): Promise<Gateway> {
  const sign = identity && ("token" in identity ? bearing(identity.token) : await signerOf(url, identity));
  return {
    async send(request) {
      const target = new URL(request.path, url);
      const headers = {
        host: target.host,
        ...(request.contentType && { "content-type": request.contentType }),
      };
      const signed = request.signed && sign ? await sign(target, request, headers) : headers;
      return answered(target, request, signed, request.asksProvider ? providerMs : ownMs);
    },
  };
}

type Headers = Readonly<Record<string, string>>;
type Sign = (target: URL, request: Request, headers: Headers) => Promise<Headers>;

const bearing =
  (token: string): Sign =>
  async (_target, _request, headers) => ({ ...headers, authorization: `Bearer ${token}` });

async function signerOf(url: URL, { profile, region }: Exclude<Identity, { token: string }>): Promise<Sign> {
  // An SDK client knows every place that credentials and Regions come from; this one is never used to call.
  const { config } = new SecretsManagerClient(profile === undefined ? {} : { profile });
  const credentials = await config.credentials().catch(() => {
    // A credential process may put anything into its error, the secret too.
    const whose = profile === undefined ? "of the environment" : `of the profile "${profile}"`;
    throw new Unsigned(
      `The credentials ${whose} cannot be had: see what "aws sts get-caller-identity" says with them.`,
    );
  });
  const signer = new SignatureV4({
    service: "execute-api",
    region: region ?? regionOf(url) ?? (await config.region().catch(() => noRegion(url))),
    credentials,
    sha256: config.sha256,
  });
  return async (target, { method, body }, headers) => {
    const { protocol, hostname, port, pathname, searchParams } = target;
    const signed = await signer.sign({
      method,
      protocol,
      hostname,
      ...(port && { port: Number(port) }),
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers,
      body,
    });
    return signed.headers;
  };
}

/** `https://abc123.execute-api.eu-central-1.amazonaws.com` says where it is; a domain of one's own does not. */
export const regionOf = ({ hostname }: URL): string | undefined =>
  /^[a-z0-9]+\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(hostname)?.[1];

function noRegion({ hostname }: URL): never {
  throw new Unsigned(`${hostname} does not say its Region, nor does the profile: give it with --region.`);
}

async function answered(
  target: URL,
  { method, body }: Request,
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
    return { status: response.status, type, body: parsed(await response.text()) };
  } catch (error) {
    throw new Unanswered(reasonOf(error, timeoutMs));
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return "no answer";
  if (error.name === "TimeoutError") return `no answer within ${timeoutMs / 1000} s`;
  const { cause } = error;
  const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
  return `no answer: the connection failed${code}`;
}
