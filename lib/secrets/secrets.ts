import { setTimeout as sleep } from "node:timers/promises";
import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { Problem } from "../problem.ts";
import type { Clock } from "../time.ts";
import { notSecret, type SecretName } from "./names.ts";
import { Secret } from "./secret.ts";

/** A secret's JSON, every text in it wrapped; read with `part`. */
export type SecretValue = {
  readonly name: SecretName;
  readonly json: unknown;
  /** Secrets Manager's id of the version, which tells nothing of the value. */
  readonly version?: string | undefined;
};

export interface Secrets {
  /**
   * The version in force.
   * @throws Problem `not-sent` when Secrets Manager cannot be asked, `misconfigured` when the secret is missing or no JSON.
   */
  current(name: SecretName): Promise<SecretValue>;
  /** The version before it, which a provider may still sign with during a rotation; undefined where there is none. */
  previous(name: SecretName): Promise<SecretValue | undefined>;
  /**
   * The version in force, read again unless that was done a moment ago: for when a signature does not fit, which is how a
   * rotation shows. With `since`, what is given was read after that moment, if need be after waiting until it may be.
   * Throws as `current` does.
   */
  refreshed(name: SecretName, since?: Moment): Promise<SecretValue>;
  readonly moment: () => Moment;
}

/** A place in the order of things here: clocks are too coarse to tell what began first. */
export type Moment = number;

type Stage = "AWSCURRENT" | "AWSPREVIOUS";

const timeToLiveMs = 5 * 60_000;
/** However often signatures fail, Secrets Manager is asked no more often than this. */
const refreshMs = 500;
/** After a failed refresh the old value serves for this long before Secrets Manager is asked again. */
const retryMs = 10_000;

type Fetched = Promise<SecretValue | undefined>;

interface Cached {
  readonly value: SecretValue | undefined;
  /** The moment at which the fetch began that it came from. */
  readonly readAfter: Moment;
  /** When the latest fetch began, which may have failed. */
  readonly triedAt: number;
  readonly staleAt: number;
}

/**
 * Secrets from Secrets Manager, kept in memory for five minutes; requests that arrive together fetch once.
 * @param pause Waits so many milliseconds of that clock.
 */
export function secretsFrom(
  client: SecretsManagerClient,
  idOf: (name: SecretName) => string,
  clock: Clock,
  pause: (milliseconds: number) => Promise<unknown> = sleep,
): Secrets {
  const cache = new Map<string, Cached>();
  let moments: Moment = 0;
  const underWay = new Map<string, Promise<SecretValue | undefined>>();

  async function refreshed(key: string, name: SecretName, stage: Stage): Promise<SecretValue | undefined> {
    const kept = cache.get(key);
    const triedAt = clock.now();
    const readAfter = ++moments;
    try {
      const value = await fetched(client, name, idOf(name), stage);
      // A secret that is not there yet may be at any moment.
      const lifeMs = value ? timeToLiveMs : retryMs;
      if (stage === "AWSCURRENT") keepReplaced(name, kept?.value, value);
      cache.set(key, { value, readAfter, triedAt, staleAt: clock.now() + lifeMs });
      return value;
    } catch (cause) {
      if (cause instanceof Problem) throw cause;
      // An outage of Secrets Manager does not take down a function that already knows its secret.
      if (!kept) throw new Problem("not-sent", `The secret "${name}" could not be read.`, { cause });
      cache.set(key, { ...kept, triedAt, staleAt: clock.now() + retryMs });
      return kept.value;
    } finally {
      underWay.delete(key);
    }
  }

  /** What was in force until now is the previous one, wherever the cache still has the one before that. */
  function keepReplaced(
    name: SecretName,
    before: SecretValue | undefined,
    now: SecretValue | undefined,
  ): void {
    if (!before || !now || isSameSecret(before, now)) return;
    const at = clock.now();
    cache.set(`${name} AWSPREVIOUS`, {
      value: before,
      readAfter: 0,
      triedAt: at,
      staleAt: at + timeToLiveMs,
    });
  }

  function get(name: SecretName, stage: Stage, how: "kept" | "anew" | "now" = "kept"): Fetched {
    const key = `${name} ${stage}`;
    const kept = cache.get(key);
    const until = { kept: kept?.staleAt, anew: (kept?.triedAt ?? 0) + refreshMs, now: 0 }[how];
    if (kept && clock.now() < (until ?? 0)) return Promise.resolve(kept.value);
    const running = underWay.get(key) ?? refreshed(key, name, stage);
    underWay.set(key, running);
    return running;
  }

  return {
    current: async (name) => there(name, await get(name, "AWSCURRENT")),
    previous: (name) => get(name, "AWSPREVIOUS"),
    async refreshed(name, since = 0) {
      const value = there(name, await get(name, "AWSCURRENT", "anew"));
      const kept = () => cache.get(`${name} AWSCURRENT`);
      if ((kept()?.readAfter ?? 0) > since) return value;
      await pause(Math.max(0, Math.min(refreshMs, (kept()?.triedAt ?? 0) + refreshMs - clock.now())));
      const later = there(name, await get(name, "AWSCURRENT", "now"));
      if ((kept()?.readAfter ?? 0) > since) return later;
      throw new Problem("not-sent", `The secret "${name}" could not be read anew.`);
    },
    moment: () => ++moments,
  };
}

/** Undefined where there is no such version. */
async function fetched(
  client: SecretsManagerClient,
  name: SecretName,
  id: string,
  stage: Stage,
): Promise<SecretValue | undefined> {
  try {
    const command = new GetSecretValueCommand({ SecretId: id, VersionStage: stage });
    const { SecretString, VersionId } = await client.send(command);
    return { name, json: parse(name, SecretString), version: VersionId };
  } catch (cause) {
    if (cause instanceof Error && cause.name === "ResourceNotFoundException") return undefined;
    throw cause;
  }
}

function there(name: SecretName, value: SecretValue | undefined): SecretValue {
  if (value) return value;
  throw new Problem("misconfigured", `The secret "${name}" does not exist or holds no value yet.`);
}

/** Every text of a secret that is long enough to be one; shorter ones are names and switches. */
export function textsIn({ json }: SecretValue): readonly Secret[] {
  const values = json as object;
  const known = texts.get(values);
  if (known) return known;
  const found = Object.entries(values).flatMap(([name, value]: readonly [string, unknown]) =>
    typeof value === "string" && value.length >= 6 && !notSecret.includes(name) ? [new Secret(value)] : [],
  );
  texts.set(values, found);
  return found;
}

/** The same for as long as the secret is kept, so that what it looks like is worked out once. */
const texts = new WeakMap<object, readonly Secret[]>();

/** Whether two versions of a secret say the same. */
export const isSameSecret = (one: SecretValue, other: SecretValue): boolean =>
  JSON.stringify(one.json) === JSON.stringify(other.json);

function parse(name: SecretName, text: string | undefined): unknown {
  try {
    const json: unknown = JSON.parse(text ?? "");
    if (typeof json === "object" && json !== null && !Array.isArray(json)) return json;
  } catch {
    // The parser's own message quotes the text, which is the secret.
  }
  throw new Problem("misconfigured", `The secret "${name}" is not a JSON object.`);
}

/** The same, of a text that may be left out. */
export const optionalPart = (secret: SecretValue, key: string): Secret | undefined =>
  (secret.json as Readonly<Record<string, unknown>>)[key] === undefined ? undefined : part(secret, key);

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

/**
 * A switch in a secret: one of the choices, or undefined where it is left out.
 * @throws Problem `misconfigured` naming the secret and the key, never the value.
 */
export function choice<Choice extends string>(
  secret: SecretValue,
  key: string,
  choices: readonly Choice[],
): Choice | undefined {
  const value = optionalPart(secret, key)?.reveal();
  const chosen = choices.find((one) => one === value);
  if (value === undefined || chosen !== undefined) return chosen;
  const names = choices.map((one) => `"${one}"`).join(" or ");
  throw new Problem(
    "misconfigured",
    `The secret "${secret.name}" must hold ${names} under "${key}", or nothing.`,
  );
}
