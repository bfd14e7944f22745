import type { Readable } from "node:stream";
import { awsSigner } from "./aws-signer.ts";
import { type Environment, required } from "./config.ts";

/**
 * How our AWS clients are set up. Lambda always has its credentials and region in the environment, so everything is given
 * here and the SDK searches no files, profiles or metadata services; `AWS_ENDPOINT_URL_<SERVICE>` names a local stand-in.
 */
export function awsClientConfig(env: Environment, service: "DYNAMODB" | "SECRETS_MANAGER" | "SQS") {
  const endpoint = env[`AWS_ENDPOINT_URL_${service}`];
  const credentials = async () => ({
    accessKeyId: required(env, "AWS_ACCESS_KEY_ID"),
    secretAccessKey: required(env, "AWS_SECRET_ACCESS_KEY"),
    ...(env.AWS_SESSION_TOKEN && { sessionToken: env.AWS_SESSION_TOKEN }),
  });
  const region = required(env, "AWS_REGION");
  return {
    region,
    credentials,
    signer: awsSigner(credentials, { region, service: service.toLowerCase().replace("_", "") }),
    streamCollector: collected,
    ...(endpoint && { endpoint }),
    maxAttempts: 3,
    retryMode: "standard",
    defaultsMode: "standard",
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    // Three tries of this length end within what is kept for the settle (`settleMarginMs`). Claim and settle say their own.
    requestHandler: { connectionTimeout: 500, requestTimeout: 950, throwOnRequestTimeout: true },
  } as const;
}

/** The bytes of a reply. The SDK's own asks first whether it is a stream of browsers, for which Node loads all of those. */
const collected = (reply: Readable): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    reply.on("data", (chunk: Buffer) => chunks.push(chunk));
    reply.on("end", () => resolve(Buffer.concat(chunks)));
    reply.on("error", reject);
  });

/** The same for SQS: the SDK would ask the queue's own host, which no local stand-in has. */
export const queueClientConfig = (env: Environment) => {
  const settings = awsClientConfig(env, "SQS");
  return { ...settings, useQueueUrlAsEndpoint: !("endpoint" in settings) };
};

interface Client {
  readonly middlewareStack: { remove(name: string): boolean };
}

/**
 * Removes what the SDK does for each call and what is not used here. The logger's filters every input and output also where
 * nothing is logged, 0.5 ms of CPU a debit; the user agent is put together each time, 0.05 ms. CloudTrail names the role.
 */
export function lean<Each extends Client>(client: Each): Each {
  for (const name of ["loggerMiddleware", "getUserAgentMiddleware"]) client.middlewareStack.remove(name);
  return client;
}
