import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { Problem } from "../problem.ts";
import type { Clock } from "../time.ts";
import type { SecretName } from "./names.ts";
import { Secret } from "./secret.ts";

/** A secret's JSON, every text in it wrapped; read with `part`. */
export type SecretValue = { readonly name: SecretName; readonly json: unknown };

export interface Secrets {
  /**
   * The version in force.
   * @throws Problem `not-sent` when Secrets Manager cannot be asked, `misconfigured` when the secret is missing or no JSON.
   */
  current(name: SecretName): Promise<SecretValue>;
  /** The version before it, which a provider may still sign with during a rotation; undefined where there is none. */
  previous(name: SecretName): Promise<SecretValue | undefined>;
}

type Stage = "AWSCURRENT" | "AWSPREVIOUS";

const timeToLiveMs = 5 * 60_000;
/** After a failed refresh the old value serves for this long before Secrets Manager is asked again. */
const retryMs = 10_000;

interface Cached {
  readonly value: SecretValue | undefined;
  readonly staleAt: number;
}

/** Secrets from Secrets Manager, kept in memory for five minutes; requests that arrive together fetch once. */
export function secretsFrom(
  client: SecretsManagerClient,
  idOf: (name: SecretName) => string,
  clock: Clock,
): Secrets {
  const cache = new Map<string, Cached>();
  const underWay = new Map<string, Promise<SecretValue | undefined>>();

  async function fetch(name: SecretName, stage: Stage): Promise<SecretValue | undefined> {
    try {
      const { SecretString } = await client.send(
        new GetSecretValueCommand({ SecretId: idOf(name), VersionStage: stage }),
      );
      return { name, json: parse(name, SecretString) };
    } catch (cause) {
      if (cause instanceof Error && cause.name === "ResourceNotFoundException") return undefined;
      throw cause;
    }
  }

  async function refreshed(key: string, name: SecretName, stage: Stage): Promise<SecretValue | undefined> {
    const kept = cache.get(key);
    try {
      const value = await fetch(name, stage);
      cache.set(key, { value, staleAt: clock.now() + timeToLiveMs });
      return value;
    } catch (cause) {
      if (cause instanceof Problem) throw cause;
      // An outage of Secrets Manager does not take down a function that already knows its secret.
      if (!kept) throw new Problem("not-sent", `The secret "${name}" could not be read.`, { cause });
      cache.set(key, { value: kept.value, staleAt: clock.now() + retryMs });
      return kept.value;
    } finally {
      underWay.delete(key);
    }
  }

  function get(name: SecretName, stage: Stage): Promise<SecretValue | undefined> {
    const key = `${name} ${stage}`;
    const kept = cache.get(key);
    if (kept && clock.now() < kept.staleAt) return Promise.resolve(kept.value);
    const running = underWay.get(key) ?? refreshed(key, name, stage);
    underWay.set(key, running);
    return running;
  }

  return {
    async current(name) {
      const value = await get(name, "AWSCURRENT");
      if (!value)
        throw new Problem("misconfigured", `The secret "${name}" does not exist or holds no value yet.`);
      return value;
    },
    previous: (name) => get(name, "AWSPREVIOUS"),
  };
}

function parse(name: SecretName, text: string | undefined): unknown {
  try {
    const json: unknown = JSON.parse(text ?? "");
    if (typeof json === "object" && json !== null && !Array.isArray(json)) return json;
  } catch {
    // The parser's own message quotes the text, which is the secret.
  }
  throw new Problem("misconfigured", `The secret "${name}" is not a JSON object.`);
}

/**
 * One text of a secret, wrapped.
 * @throws Problem `misconfigured` naming the key, never the value.
 */
export function part(secret: SecretValue, key: string): Secret {
  const value = (secret.json as Readonly<Record<string, unknown>>)[key];
  if (typeof value !== "string" || value === "")
    throw new Problem("misconfigured", `The secret "${secret.name}" must hold a text under "${key}".`);
  if (value !== value.trim())
    throw new Problem(
      "misconfigured",
      `The secret "${secret.name}" has white space around the text under "${key}".`,
    );
  return new Secret(value);
}
