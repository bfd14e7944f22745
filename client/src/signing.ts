import { AwsV4Signer } from "aws4fetch";

/** Of an IAM role or user. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Who calls: by signature, by token, or nobody (a gateway on this machine). */
export type Auth =
  | {
      readonly kind: "iam";
      readonly region: string;
      /** Asked before each request, so that credentials that expire are fresh. */
      readonly credentials: () => Promise<Credentials> | Credentials;
    }
  | { readonly kind: "token"; readonly token: () => Promise<string> | string }
  | { readonly kind: "none" };

export interface Unsigned {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** The headers with which a request is sent now. A repeat is signed again: a signature is good for minutes. */
export async function signed(request: Unsigned, auth: Auth): Promise<Headers> {
  const headers = new Headers(request.headers);
  if (auth.kind === "token") headers.set("authorization", `Bearer ${await auth.token()}`);
  if (auth.kind !== "iam") return headers;
  const { accessKeyId, secretAccessKey, sessionToken } = await auth.credentials();
  const signer = new AwsV4Signer({
    ...{ method: request.method, url: request.url, headers },
    ...(request.body !== undefined && { body: request.body }),
    ...{ accessKeyId, secretAccessKey, service: "execute-api", region: auth.region },
    ...(sessionToken !== undefined && { sessionToken }),
  });
  return (await signer.sign()).headers;
}

/**
 * Credentials of the environment: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, as Lambda sets them.
 * Elsewhere give a provider of `@aws-sdk/credential-providers`.
 * @throws Error where they are not set.
 */
export function credentialsOfEnvironment(): Credentials {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = process.env;
  const { AWS_SESSION_TOKEN: sessionToken } = process.env;
  if (!accessKeyId || !secretAccessKey)
    throw new Error("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set: give `credentials`.");
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}
