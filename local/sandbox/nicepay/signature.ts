/**
 * The merchantToken of an account binding, written from NICEPAY's document alone ("sha256 ( imid + referenceno
 * + billingphone + merchantkey )"): the sandbox must not share the gateway's signing code.
 */
import { createHash } from "node:crypto";
import { memberOf, type SecretValue } from "../common/options.ts";

export interface SignedFields {
  readonly iMid: string;
  readonly referenceNo: string;
  readonly billingPhone: string;
}

export const merchantToken = (fields: SignedFields, merchantKey: string): string =>
  hashOf([fields.iMid, fields.referenceNo, fields.billingPhone, merchantKey]);

export function hashOf(parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part, "utf8");
  return hash.digest("hex");
}

export interface Merchant {
  readonly iMid: string;
  readonly merchantKey: string;
}

/** The merchants of the live secrets: one, or twice the same during a rotation of its key. */
export const merchantsOf = (secrets: readonly SecretValue[]): readonly Merchant[] =>
  secrets.flatMap((secret) => {
    const iMid = memberOf(secret, "iMid");
    const merchantKey = memberOf(secret, "merchantKey");
    return iMid === undefined || merchantKey === undefined ? [] : [{ iMid, merchantKey }];
  });
