import { getSecret } from "@aws-lambda-powertools/parameters/secrets";
import { signedForm } from "../signed.ts";

/** What a team writes for itself: Powertools' parameters, `fetch`, and a module that signs. */
export async function call(path: string, fields: Readonly<Record<string, string>>): Promise<unknown> {
  const credentials = (await getSecret(process.env.AGGREPAY_SECRET_ID ?? "", {
    maxAge: 300,
    transform: "json",
  })) as { readonly apiKey: string; readonly salt: string };
  const response = await fetch(`${process.env.AGGREPAY_BASE_URL}/api/v1/${path}`, {
    method: "POST",
    body: signedForm(fields, credentials),
    signal: AbortSignal.timeout(20_000),
  });
  const reply = (await response.json()) as { readonly data: unknown; readonly error: unknown };
  if (!reply.data) throw new Error(JSON.stringify(reply.error));
  return reply.data;
}
