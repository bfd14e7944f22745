import { createHash } from "node:crypto";

/** The form of an AggrePay call with its hash, as each of those that are compared writes it for itself in life. */
export function signedForm(
  fields: Readonly<Record<string, string>>,
  { apiKey, salt }: { readonly apiKey: string; readonly salt: string },
): URLSearchParams {
  const sent: Record<string, string> = { ...fields, api_key: apiKey };
  const values = Object.keys(sent)
    .sort()
    .map((name) => sent[name]);
  const hash = createHash("sha512")
    .update([salt, ...values].join("|"))
    .digest("hex")
    .toUpperCase();
  return new URLSearchParams({ ...sent, hash });
}
