import { createHash } from "node:crypto";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

/** What a team writes for itself: the SDK's clients as they come, `fetch`, and a module that signs. */
const secrets = new SecretsManagerClient({});
let credentials: { readonly apiKey: string; readonly salt: string } | undefined;

export async function call(path: string, fields: Readonly<Record<string, string>>): Promise<unknown> {
  if (!credentials) {
    const command = new GetSecretValueCommand({ SecretId: process.env.AGGREPAY_SECRET_ID });
    credentials = JSON.parse((await secrets.send(command)).SecretString ?? "");
  }
  const { apiKey = "", salt = "" } = credentials ?? {};
  const sent: Record<string, string> = { ...fields, api_key: apiKey };
  const values = Object.keys(sent)
    .sort()
    .map((name) => sent[name]);
  const hash = createHash("sha512")
    .update([salt, ...values].join("|"))
    .digest("hex")
    .toUpperCase();
  const response = await fetch(`${process.env.AGGREPAY_BASE_URL}/api/v1/${path}`, {
    method: "POST",
    body: new URLSearchParams({ ...sent, hash }),
    signal: AbortSignal.timeout(20_000),
  });
  const reply = (await response.json()) as { readonly data: unknown; readonly error: unknown };
  if (reply.error) throw new Error(JSON.stringify(reply.error));
  return reply.data;
}
