import { randomBytes } from "node:crypto";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { awsClientConfig, lean } from "./aws.ts";
import { type Config, readConfig, required } from "./config.ts";
import type { Connections } from "./connections.ts";
import { type Log, logTo } from "./log.ts";
import { namespaceIn } from "./metrics.ts";
import { secretIdVariable } from "./secrets/names.ts";
import { type Secrets, secretsFrom } from "./secrets/secrets.ts";
import { type Clock, systemClock } from "./time.ts";
import { type Send, transportBy } from "./transport.ts";

/** All that a function takes from the world around it. */
export interface Runtime {
  readonly config: Config;
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly send: Send;
  readonly connections: Pick<Connections, "dial" | "invoked" | "rest">;
  /** A unique id, 32 characters long unless told. */
  readonly uniqueId: (length?: number) => string;
}

/** 5 random bits in each character: 14 are enough for a billion ids. */
export const uniqueId: Runtime["uniqueId"] = (length = 32) =>
  Array.from(randomBytes(length), (byte) => letters.charAt(byte % letters.length)).join("");

const letters = "0123456789abcdefghjkmnpqrstvwxyz";

/** Straight to standard output: Lambda's own console would put a line of ours, as text, into a line of its own. */
const write = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

export const log: Log = logTo(write, systemClock, () => namespaceIn(process.env));

/** The value of `make`, made on first use; a failure is not kept, so each request tries again. */
export function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** This process's runtime, from its environment. Throws Problem `misconfigured` where the environment is wrong. */
export const runtime = lazy((): Runtime => {
  const { env } = process;
  const client = lean(new SecretsManagerClient(awsClientConfig(env, "SECRETS_MANAGER")));
  return {
    config: readConfig(env),
    clock: systemClock,
    secrets: secretsFrom(client, (name) => required(env, secretIdVariable(name)), systemClock),
    ...transportBy(systemClock),
    uniqueId,
  };
});
