import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from "node:crypto";
import { onceFor } from "../once-for.ts";

/**
 * Verifies Signature Version 4 in the Authorization header, as AWS's own services do.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */

/** A request as it came over the wire. */
export interface ReceivedRequest {
  readonly method: string;
  readonly target: string;
  /** Name, value, name, value, as they were sent. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Temporary credentials have one, and count only with it. */
  readonly sessionToken?: string;
}

/** Why a request is not believed: AWS's name for it, and its words. */
export interface SignatureFault {
  readonly type: string;
  readonly message: string;
}

/** Where the request has come, and when. */
export interface Scope {
  readonly service: string;
  readonly region: string;
  readonly now: Date;
}

/** Finds who signed the request, or says why the signature cannot be believed. */
export function verify<Holder extends Credentials>(
  request: ReceivedRequest,
  { service, region, now }: Scope,
  holderOf: (accessKeyId: string) => Holder | undefined,
): Holder | SignatureFault {
  const headers = joined(request.rawHeaders);
  const authorization = headers.get("authorization");
  if (authorization === undefined) return missing;
  const parts = partsOf(authorization);
  const time = headers.get("x-amz-date");
  if (parts === undefined)
    return incomplete("Authorization header is not of the form that AWS4-HMAC-SHA256 has.");
  if (time === undefined || !/^\d{8}T\d{6}Z$/.test(time))
    return incomplete("Authorization header requires existence of an 'X-Amz-Date' header in ISO 8601.");
  const unsigned = mustBeSigned(headers).find((name) => !parts.signedHeaders.includes(name));
  if (unsigned !== undefined)
    return incomplete(`'${unsigned}' must be a 'SignedHeader' in the Authorization header.`);

  const holder = holderOf(parts.accessKeyId);
  if (holder === undefined) return invalidToken;
  const { secretAccessKey, sessionToken = "" } = holder;
  if (!same(headers.get("x-amz-security-token") ?? "", sessionToken)) return invalidToken;
  if (parts.region !== region)
    return invalid(`Credential should be scoped to a valid region, not '${parts.region}'.`);
  if (parts.service !== service)
    return invalid(`Credential should be scoped to correct service: '${service}'.`);
  if (parts.day !== time.slice(0, 8))
    return invalid(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date: '${time}'.`,
    );
  const skew = skewOf(time, now);
  if (skew !== undefined) return invalid(skew);

  const payload = hash("sha256", request.body);
  // Only S3 knows UNSIGNED-PAYLOAD: everywhere else the body is hashed, whatever the header says.
  if (headers.has("x-amz-content-sha256") && headers.get("x-amz-content-sha256") !== payload) return mismatch;
  const canonical = canonicalRequest(request, headers, parts.signedHeaders, payload);
  if (canonical === undefined) return mismatch;
  const scope = `${parts.day}/${region}/${service}/aws4_request`;
  const expected = hmac(
    signingKey(`${scope}/${secretAccessKey}`),
    [algorithm, time, scope, hash("sha256", canonical)].join("\n"),
  );
  return timingSafeEqual(expected, Buffer.from(parts.signature, "hex")) ? holder : mismatch;
}

export const isFault = (result: Credentials | SignatureFault): result is SignatureFault =>
  "message" in result;

const algorithm = "AWS4-HMAC-SHA256";

/** For most services, and for API Gateway: five minutes. */
const longestSkewMs = 5 * 60_000;

const missing = { type: "MissingAuthenticationTokenException", message: "Missing Authentication Token" };
const incomplete = (message: string) => ({ type: "IncompleteSignatureException", message });
const invalid = (message: string) => ({ type: "InvalidSignatureException", message });
const invalidToken = {
  type: "UnrecognizedClientException",
  message: "The security token included in the request is invalid.",
};
const mismatch = invalid(
  "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
);

const hmac = (key: string | Buffer | KeyObject, text: string): Buffer =>
  createHmac("sha256", key).update(text).digest();

/** The same for a day. Node takes a seventh of the time for a hash with a key of this kind. */
const signingKey = onceFor((scopeAndSecret) => {
  const [day = "", region = "", service = "", end = "", ...secret] = scopeAndSecret.split("/");
  return createSecretKey(
    [day, region, service, end].reduce<Buffer>(hmac, Buffer.from(`AWS4${secret.join("/")}`)),
  );
});

/** Hashes first, so that neither content nor length shows in the time it takes. */
function same(one: string, other: string): boolean {
  return timingSafeEqual(hash("sha256", one, "buffer"), hash("sha256", other, "buffer"));
}

function partsOf(authorization: string) {
  const [, accessKeyId, day, region, service, signedHeaders, signature] =
    /^AWS4-HMAC-SHA256 +Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request *, *SignedHeaders=([^,\s]+) *, *Signature=([0-9a-f]{64})$/.exec(
      authorization,
    ) ?? [];
  if (accessKeyId === undefined || day === undefined || region === undefined) return undefined;
  if (service === undefined || signedHeaders === undefined || signature === undefined) return undefined;
  return { accessKeyId, day, region, service, signedHeaders: signedHeaders.split(";"), signature };
}

/** What AWS reads from headers is signed, or somebody on the way could change it. */
const mustBeSigned = (headers: ReadonlyMap<string, string>): readonly string[] => [
  "host",
  ...[...headers.keys()].filter((name) => name.startsWith("x-amz-")),
];

function skewOf(time: string, now: Date): string | undefined {
  const sent = Date.parse(time.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5"));
  const basic = (ms: number) => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, "");
  const [earliest, latest] = [now.getTime() - longestSkewMs, now.getTime() + longestSkewMs];
  if (sent < earliest)
    return `Signature expired: ${time} is now earlier than ${basic(earliest)} (${basic(now.getTime())} - 5 min.)`;
  if (sent > latest)
    return `Signature not yet current: ${time} is still later than ${basic(latest)} (${basic(now.getTime())} + 5 min.)`;
  return Number.isNaN(sent) ? `'${time}' is no date.` : undefined;
}

/** Names in lower case; values without the spaces around them, and of spaces in a row the first. */
function joined(rawHeaders: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    const value = (rawHeaders[index + 1] ?? "").trim().replace(/[ \t]+/g, " ");
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  return headers;
}

/** Undefined where a header that is said to be signed is not there, or where the query is not encoded. */
function canonicalRequest(
  { method, target }: ReceivedRequest,
  headers: ReadonlyMap<string, string>,
  signedHeaders: readonly string[],
  payload: string,
): string | undefined {
  const question = target.indexOf("?");
  const path = question < 0 ? target : target.slice(0, question);
  const query = canonicalQuery(question < 0 ? "" : target.slice(question + 1));
  if (query === undefined || signedHeaders.some((name) => !headers.has(name))) return undefined;
  return [
    method,
    // Encoded as it was sent, and once more. Dots and double slashes stay: a signature is for one path, not for its kin.
    path.split("/").map(encode).join("/"),
    query,
    ...signedHeaders.map((name) => `${name}:${headers.get(name)}`),
    "",
    signedHeaders.join(";"),
    payload,
  ].join("\n");
}

function canonicalQuery(query: string): string | undefined {
  try {
    return query
      .split("&")
      .filter((pair) => pair !== "")
      .map((pair) => {
        const equals = pair.indexOf("=");
        const name = equals < 0 ? pair : pair.slice(0, equals);
        return [name, equals < 0 ? "" : pair.slice(equals + 1)].map((text) =>
          // Functions are given a plus as the space that it stands for.
          encode(decodeURIComponent(text.replaceAll("+", " "))),
        );
      })
      .toSorted(([a = "", b = ""], [c = "", d = ""]) => compare(a, c) || compare(b, d))
      .map((pair) => pair.join("="))
      .join("&");
  } catch {
    return undefined;
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Everything but RFC 3986's unreserved characters. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
