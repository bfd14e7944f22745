import { startSecretsManager } from "../../local/secrets-manager.ts";
import { startCountingProxy } from "./counting-proxy.ts";
import { localCredentials } from "./dynamodb.ts";
import { startedRecords } from "./records.ts";
import { started } from "./started.ts";

type Versions = Parameters<typeof startSecretsManager>[1]["versions"];
type Value = NonNullable<ReturnType<Versions>>["current"]["value"];

/** A ring of one key. */
export const ring = (id: string) => [{ id, key: Buffer.alloc(32, id).toString("base64") }];

/** The gateway's own secret: a key of each ring. */
export const gatewaySecret = { fingerprintKeys: ring("f"), sealingKeys: ring("s") };

/** One version of each secret. */
export const only =
  (values: Readonly<Record<string, Value>>): Versions =>
  (name) => ({ current: { id: name, value: values[name] ?? {} }, previous: undefined });

/**
 * What functions need that run in a test's own process: a records table and a Secrets Manager, each behind a counting proxy,
 * and the variables that lead there.
 */
export function startedAround(secrets: readonly string[], versions: Versions) {
  const { table, records } = startedRecords();
  const { manager } = started({
    manager: () =>
      startSecretsManager(
        secrets.map((name) => ({ name, arn: `arn:${name}`, key: name })),
        { description: "", versions },
      ),
  });
  const { store, vault } = started({
    store: () => startCountingProxy(table.url),
    vault: () => startCountingProxy(manager.url),
  });
  const variables = () => ({
    ...localCredentials,
    AWS_ENDPOINT_URL_DYNAMODB: store.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: vault.url,
    TABLE_NAME: table.name,
    ...Object.fromEntries(secrets.map((name) => [`${name.toUpperCase()}_SECRET_ID`, `arn:${name}`])),
  });
  return { table, records, manager, store, vault, variables };
}
