/** The calls of AggrePay Wallet API v1.0, and what a signed call comes to. */
import { customers } from "./customers.ts";
import { required } from "./fields.ts";
import { history } from "./history.ts";
import type { Ledger } from "./ledger.ts";
import { money } from "./money.ts";
import type { Operation } from "./operation.ts";
import { Refusal } from "./refusal.ts";
import { registration } from "./registration.ts";
import { authenticate, type Fields, type Json, replyHash, type Secret } from "./signature.ts";
import { subMerchants } from "./sub-merchants.ts";

export const operations: ReadonlyMap<string, Operation> = new Map(
  Object.entries({ ...registration, ...money, ...history, ...customers, ...subMerchants }),
);

export interface Reply {
  readonly data: Json;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly page: Json;
  readonly hash: string | null;
}

/** Every sample of a refusal has a hash of null. */
export const refusalReply = (code: string, message: string): Reply => ({
  data: null,
  error: { code, message },
  page: null,
  hash: null,
});

export const undocumented = (operation: Operation, fields: Fields): string[] =>
  [...fields.keys()].filter(
    (name) =>
      name !== "api_key" &&
      name !== "hash" &&
      !operation.required.includes(name) &&
      !operation.optional.includes(name),
  );

/** Api key, hash, required fields, then the operation itself. */
export function answer(
  operation: Operation,
  fields: Fields,
  ledger: Ledger,
  secrets: readonly Secret[],
): Reply {
  try {
    const { salt } = authenticate(fields, secrets);
    for (const name of operation.required) required(fields, name);
    const { data, page = null, signed = true } = operation.run(fields, ledger);
    const reply = { data, error: null, page };
    return { ...reply, hash: signed ? replyHash(reply, salt) : null };
  } catch (error) {
    if (error instanceof Refusal) return refusalReply(error.code, error.message);
    throw error;
  }
}
