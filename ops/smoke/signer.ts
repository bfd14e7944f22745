import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SignatureV4 } from "@smithy/signature-v4";
import { type Sign, type Signing, Unsigned } from "./identity.ts";

/**
 * Signs requests to API Gateway, or to another service, with the credentials of a profile or of the environment.
 *
 * @throws Unsigned where there are no credentials, or no Region
 */
export async function signerOf(
  url: URL,
  { profile, region, credentials }: Signing,
  service = "execute-api",
): Promise<Sign> {
  // An SDK client knows every place that credentials and Regions come from; this one is never used to call.
  const { config } = new SecretsManagerClient(profile === undefined ? {} : { profile });
  const signer = new SignatureV4({
    service,
    credentials: credentials ?? (await config.credentials().catch(() => noCredentials(profile))),
    region: region ?? regionOf(url) ?? (await config.region().catch(() => noRegion(url))),
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

function noCredentials(profile: string | undefined): never {
  // A credential process may put anything into its error, the secret too.
  const whose = profile === undefined ? "of the environment" : `of the profile "${profile}"`;
  throw new Unsigned(
    `The credentials ${whose} cannot be had: see what "aws sts get-caller-identity" says with them.`,
  );
}
