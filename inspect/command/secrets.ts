import { readFileSync } from "node:fs";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { ProviderName } from "../../lib/secrets/names.ts";
import { sandboxSecrets } from "../../local/sandbox/index.ts";
import { CannotInspect } from "../finding.ts";
import type { SecretVersion } from "../inspect.ts";

export type Versions = readonly [SecretVersion, ...SecretVersion[]];

/** Where the secret is read from. */
export interface SecretSource {
  /** A file in the form of SECRETS_FILE: `{"aggrepay": {...}}`, or `{"aggrepay": {"current": {...}, "previous": {...}}}`. */
  readonly file?: string;
  /** Name or ARN in Secrets Manager. */
  readonly id?: string;
  readonly profile?: string;
  readonly region?: string;
  readonly endpoint?: string;
}

/**
 * The versions of a provider's secret, the one in force first: from Secrets Manager, a file, or the sandbox where neither is
 * named.
 * @throws CannotInspect with a sentence that holds no value.
 */
export async function versionsOf(provider: ProviderName, source: SecretSource): Promise<Versions> {
  if (source.id !== undefined) return fromSecretsManager(source.id, source);
  if (source.file !== undefined) return fromFile(provider, source.file);
  return [{ label: "sandbox", json: sandboxSecrets[provider] }];
}

function fromFile(provider: string, file: string): Versions {
  const json = jsonOf(textIn(file), "The file of secrets");
  const own = json[provider];
  if (!isObject(own)) throw new CannotInspect(`The file of secrets must hold an object under "${provider}".`);
  if (!isObject(own.current)) return [{ label: "current", json: own }];
  const previous = isObject(own.previous) ? [{ label: "previous", json: own.previous }] : [];
  return [{ label: "current", json: own.current }, ...previous];
}

function textIn(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new CannotInspect("The file of secrets cannot be read.");
  }
}

async function fromSecretsManager(
  id: string,
  { profile, region, endpoint }: SecretSource,
): Promise<Versions> {
  const client = new SecretsManagerClient({
    ...(profile !== undefined && { profile }),
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
  });
  const stage = async (VersionStage: string): Promise<readonly SecretVersion[]> => {
    try {
      const { SecretString, VersionId = "" } = await client.send(
        new GetSecretValueCommand({ SecretId: id, VersionStage }),
      );
      return [
        {
          label: `${VersionStage} ${VersionId}`.trim(),
          json: jsonOf(SecretString ?? "", `The version ${VersionStage}`),
        },
      ];
    } catch (error) {
      if (error instanceof CannotInspect) throw error;
      // A secret that was never rotated has no other version.
      if (VersionStage !== "AWSCURRENT") return [];
      const name = error instanceof Error ? error.name : "an error";
      throw new CannotInspect(`Secrets Manager did not give the secret: ${name}.`);
    }
  };
  try {
    const [current] = await stage("AWSCURRENT");
    if (!current) throw new CannotInspect("The secret has no version AWSCURRENT.");
    return [current, ...(await stage("AWSPREVIOUS")), ...(await stage("AWSPENDING"))];
  } finally {
    client.destroy();
  }
}

/** The parser's own message quotes the text, which is a secret. */
export function jsonOf(text: string, what: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CannotInspect(`${what} is not JSON.`);
  }
  if (!isObject(value)) throw new CannotInspect(`${what} must be a JSON object.`);
  return value;
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
