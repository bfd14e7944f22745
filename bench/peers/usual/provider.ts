import { createHash } from "node:crypto";
import { getSecret } from "@aws-lambda-powertools/parameters/secrets";

/** What a team writes for itself: Powertools' parameters, `fetch`, and a module that signs. */
export async function call(path: string, fields: Readonly<Record<string, string>>): Promise<unknown> {
  const { apiKey, salt } = (await getSecret(process.env.AGGREPAY_SECRET_ID ?? "", {
    maxAge: 300,
    transform: "json",
  })) as { readonly apiKey: string; readonly salt: string };
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
  if (!reply.data) throw new Error(JSON.stringify(reply.error));
  return reply.data;
}
