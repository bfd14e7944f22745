import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Credentials, ReceivedRequest } from "../../local/iam/signature.ts";

/** The SHA-256 that AWS's signer asks for. */
export class Sha256 {
  readonly #hash: Hash | Hmac;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", bytesOf(secret));
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }
  reset(): void {
    throw new Error("A hash is used once");
  }
}

const bytesOf = (data: string | ArrayBuffer | ArrayBufferView): Uint8Array =>
  typeof data === "string"
    ? Buffer.from(data)
    : ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data);

export interface Signing {
  readonly credentials: Credentials;
  readonly service?: string;
  readonly region?: string;
  readonly date?: Date;
}

export interface Draft {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Signs as AWS's SDKs do. `url` has its query in it. */
export async function sign(
  url: string,
  { method = "GET", headers = {}, body = "" }: Draft,
  { credentials, service = "execute-api", region = "ap-south-1", date = new Date() }: Signing,
) {
  const { host, hostname, pathname: path, searchParams } = new URL(url);
  const query: Record<string, string[]> = {};
  for (const [name, value] of searchParams) query[name] = [...(query[name] ?? []), value];
  const signer = new SignatureV4({ credentials, service, region, sha256: Sha256 });
  const draft = { method, protocol: "http:", hostname, path, query, headers: { ...headers, host }, body };
  const signed = await signer.sign(draft, { signingDate: date });
  return { method, headers: signed.headers, ...(body !== "" && { body }) };
}

/** The same request as a server receives it. */
export async function received(url: string, draft: Draft, signing: Signing): Promise<ReceivedRequest> {
  const { method, headers, body = "" } = await sign(url, draft, signing);
  const { pathname, search } = new URL(url);
  const rawHeaders = Object.entries(headers).flat();
  return { method, target: pathname + search, rawHeaders, body: Buffer.from(body) };
}
