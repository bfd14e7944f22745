import { wibmoHeaderNames } from "../../lib/signing/wibmo.ts";
import { field, type Pasted } from "../pasted.ts";
import { notTheSecrets, type SecretTexts, type Subject } from "../scheme.ts";

/** A request: nothing is signed; headers carry the values that identify the merchant. */
export function wibmoRequest(message: Pasted, secret: SecretTexts): Subject {
  const { headers } = message;
  const { headerNames } = secret.json;
  const names: object = typeof headerNames === "object" && headerNames !== null ? headerNames : {};
  const due = Object.entries<string>({ ...wibmoHeaderNames, ...names }).filter(
    ([member]) => member === "apiKey" || secret.optional(member) !== undefined,
  );
  return {
    genuine: [],
    others: [],
    around: { otherSecrets: [], unsigned: [] },
    // Only the api key where the request is one to decrypt.
    notes: due
      .filter(([member, name]) => member === "apiKey" || field(headers, name) !== undefined)
      .flatMap(([member, name]) => notTheSecrets(name, member, secret, field(headers, name))),
  };
}
