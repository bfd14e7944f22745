import { providers } from "../lib/providers/index.ts";
import type { SecretName } from "../lib/secrets/names.ts";

/**
 * Tells the person who fills a secret its shape. A deployment with another text fails: CloudFormation may want to read a secret to change its
 * description, and the secret's policy denies it.
 */
export function secretDescription(name: SecretName): string {
  if (name === "gateway") return gatewayDescription;
  if (name === "webhook") return webhookDescription;
  const { title, secret } = providers[name];
  const needed = secret.needed.map((part) => `"${part}":"..."`).join(",");
  const optional = Object.entries(secret.optional).map(([part, { values, shown = inWords(values, "or") }]) =>
    shown === "" ? `"${part}"` : `"${part}" (${shown})`,
  );
  const apply = optional.length === 1 ? "where it applies" : "where they apply";
  return [
    `${title}'s credentials for this merchant, as {${needed}}`,
    ...(optional.length === 0 ? [] : [`${inWords(optional, "and")} ${apply}`]),
  ].join("; ");
}

const inWords = (words: readonly string[] = [], last: "and" | "or"): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;

const gatewayDescription =
  'The gateway\'s own keys, as {"generatedKey":"...","fingerprintKeys":[{"id":"f2","key":"..."}],"sealingKeys":[{"id":"s2","key":"..."}]}. ' +
  "The generated key is there from the start and stays for ever. Each key of a ring is 32 random bytes in base64 " +
  "(openssl rand -base64 32). The first of a ring is in use; new keys go in front, and none is removed while a record names it.";

const webhookDescription =
  'What events for the merchant are signed with (Standard Webhooks), as {"signingSecret":"whsec_..."}: 32 random bytes in base64 ' +
  "behind whsec_ (openssl rand -base64 32). The version before the current one signs too.";
