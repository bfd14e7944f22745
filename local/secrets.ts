import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { CannotStart } from "./cannot-start.ts";
import { gatewaySecret } from "./gateway-secret.ts";
import { isObject, type JsonObject, objectOf, parseJson } from "./json.ts";
import { sandboxSecrets, sandboxWebhookSecret } from "./sandbox/index.ts";

export interface SecretVersion {
  readonly id: string;
  readonly value: JsonObject;
}

export interface SecretVersions {
  readonly current: SecretVersion;
  readonly previous: SecretVersion | undefined;
}

/** The values of the secrets by key (`aggrepay`, `gateway`), as they are now. */
export interface Secrets {
  versions(key: string): SecretVersions | undefined;
  readonly description: string;
}

export function openSecrets(options: {
  readonly file: string | undefined;
  readonly gatewayFile: string;
  readonly report: (sentence: string) => void;
}): Secrets {
  const { file, gatewayFile, report } = options;
  const gateway = objectOf(gatewaySecret(gatewayFile));
  if (file === undefined) {
    const values = new Map(
      Object.entries({ ...sandboxSecrets, webhook: sandboxWebhookSecret, gateway }).map(([key, value]) => [
        key,
        single(value),
      ]),
    );
    return { versions: (key) => values.get(key), description: "the sandbox's own secrets" };
  }
  return { versions: watched(file, gateway, report), description: file };
}

/**
 * The file is read whenever a secret is asked for, so that a change is a rotation and the next request sees it.
 * The value that it replaces stays as the previous one, as Secrets Manager keeps it.
 */
function watched(file: string, gateway: JsonObject, report: (sentence: string) => void) {
  let values = readSecretsFile(file);
  let text = "";
  const refresh = () => {
    try {
      const now = readFileSync(file, "utf8");
      if (now === text) return;
      text = now;
      values = rotate(values, parseSecrets(file, now));
    } catch (error) {
      // An editor may be in the middle of writing: what was valid stays valid.
      report(`${file} is not used: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  return (key: string): SecretVersions | undefined => {
    refresh();
    // Key rings belong to the data directory; a file that is silent about them leaves them there.
    return values.get(key) ?? (key === "gateway" ? single(gateway) : undefined);
  };
}

type Values = ReadonlyMap<string, SecretVersions>;

function rotate(before: Values, now: Values): Values {
  return new Map(
    [...now].map(([key, versions]) => {
      const old = before.get(key);
      if (versions.previous !== undefined || old === undefined) return [key, versions];
      const kept = old.current.id === versions.current.id ? old.previous : old.current;
      return [key, { current: versions.current, previous: kept }];
    }),
  );
}

function readSecretsFile(file: string): Values {
  try {
    return parseSecrets(file, readFileSync(file, "utf8"));
  } catch (error) {
    if (error instanceof CannotStart) throw error;
    throw new CannotStart(`SECRETS_FILE ${file} cannot be read: ${(error as Error).message}.`);
  }
}

/** @throws CannotStart with a sentence that quotes no value. */
function parseSecrets(file: string, text: string): Values {
  const wrong = (what: string) => new CannotStart(`SECRETS_FILE ${file} ${what}.`);
  let content: unknown;
  try {
    content = parseJson(text);
  } catch {
    // The parser's own message quotes the text around the error, and that may be a secret.
    throw wrong("is not JSON");
  }
  if (!isObject(content)) throw wrong("must be an object with one key for each provider");
  if ("current" in content || "previous" in content)
    throw wrong(
      'has "current" or "previous" at its top: two versions stand under the key of each provider, {"<provider>": {"current": {...}, "previous": {...}}}',
    );
  return new Map(
    Object.entries(content).map(([key, value]) => {
      if (!isObject(value)) throw wrong(`must have an object under "${key}"`);
      if (!("current" in value)) return [key, single(value)];
      const { current, previous } = value;
      if (!isObject(current)) throw wrong(`must have an object under "${key}.current"`);
      if (previous !== undefined && !isObject(previous))
        throw wrong(`must have an object under "${key}.previous"`);
      return [key, { current: version(current), previous: previous && version(previous) }];
    }),
  );
}

const single = (value: JsonObject): SecretVersions => ({ current: version(value), previous: undefined });

/** The same value has the same id, in every run: a repeat of the id means that nothing has changed. */
function version(value: JsonObject): SecretVersion {
  const hash = createHash("sha256").update(JSON.stringify(value)).digest("hex");
  return { value, id: hash.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5") };
}
