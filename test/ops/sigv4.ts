import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";

export interface SigningKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
}

const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Buffer, data: string): Buffer => createHmac("sha256", key).update(data).digest();

/**
 * Whether a request is signed with this key for `execute-api`, computed from the bytes that came.
 * Source: AWS, "Create a signed AWS API request" (Signature Version 4).
 */
export function isSignedWith(request: IncomingMessage, body: Buffer, key: SigningKey): boolean {
  const { authorization = "" } = request.headers;
  const [, credential, names = "", signature] =
    /^AWS4-HMAC-SHA256 Credential=(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})$/.exec(
      authorization,
    ) ?? [];
  const at = String(request.headers["x-amz-date"]);
  const scope = `${at.slice(0, 8)}/${key.region}/execute-api/aws4_request`;
  if (credential !== `${key.accessKeyId}/${scope}`) return false;
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://any");
  const query = [...searchParams]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .toSorted()
    .join("&");
  const canonical = [
    request.method,
    pathname.split("/").map(encodeURIComponent).join("/"),
    query,
    ...names.split(";").map((name) => `${name}:${String(request.headers[name]).trim()}`),
    "",
    names,
    sha256(body),
  ].join("\n");
  const days = hmac(`AWS4${key.secretAccessKey}`, at.slice(0, 8));
  const signing = hmac(hmac(hmac(days, key.region), "execute-api"), "aws4_request");
  const expected = hmac(signing, ["AWS4-HMAC-SHA256", at, scope, sha256(canonical)].join("\n"));
  return signature === expected.toString("hex") && names.split(";").includes("host");
}
