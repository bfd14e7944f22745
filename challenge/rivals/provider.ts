/**
 * AggrePay as both rivals call it: one signed POST, no library that repeats it, a time limit, and the provider's error told from
 * a reply that nobody can read. What they do with that is their own.
 */
import { signedForm } from "../../bench/peers/signed.ts";

export interface Credentials {
  readonly apiKey: string;
  readonly salt: string;
}

/** The provider says no, in its own `error`. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** It refuses our key or signature: nobody has looked at the request. */
export class WrongKey extends Error {
  override readonly name = "WrongKey";
}

/** No answer, or none that can be read: the provider may have acted. */
export class NotKnown extends Error {
  override readonly name = "NotKnown";
}

const keyRefusals: readonly string[] = ["UNAUTHORIZED", "HASH-MISMATCH"];

/**
 * The reply's `data`.
 * @throws Refused, WrongKey, NotKnown
 */
export async function call(
  path: string,
  fields: Readonly<Record<string, string>>,
  credentials: Credentials,
): Promise<Readonly<Record<string, unknown>>> {
  const { data, error } = await replyTo(path, signedForm(fields, credentials));
  if (error?.code !== undefined && keyRefusals.includes(error.code)) throw new WrongKey(error.message);
  if (error?.code !== undefined) throw new Refused(error.code, error.message ?? "");
  if (typeof data !== "object" || data === null) throw new NotKnown("the reply has neither data nor error");
  return data as Readonly<Record<string, unknown>>;
}

interface Reply {
  readonly data?: unknown;
  readonly error?: { readonly code?: string; readonly message?: string } | null;
}

async function replyTo(path: string, body: URLSearchParams): Promise<Reply> {
  try {
    const response = await fetch(`${process.env.AGGREPAY_BASE_URL}/api/v1/${path}`, {
      method: "POST",
      body,
      redirect: "error",
      signal: AbortSignal.timeout(Number(process.env.PROVIDER_TIMEOUT_MS)),
    });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return (await response.json()) as Reply;
  } catch (cause) {
    throw new NotKnown("the provider's answer was lost or cannot be read", { cause });
  }
}

export interface Debit {
  readonly fromCustomerId: string;
  readonly amount: string;
  readonly mpin: string;
  readonly merchantTransactionId: string;
}

/** Debits, and gives the transaction's id. */
export async function debit(
  { fromCustomerId, amount, mpin, merchantTransactionId }: Debit,
  credentials: Credentials,
): Promise<string> {
  const data = await call(
    "debitwallet",
    { from_customer_id: fromCustomerId, amount, mpin, merchant_transaction_id: merchantTransactionId },
    credentials,
  );
  return String(data.transaction_id);
}

/** The id of the transaction that the provider shows under that id of ours, or undefined where it says that it has none. */
export async function shown(
  merchantTransactionId: string,
  credentials: Credentials,
): Promise<string | undefined> {
  try {
    const fields = { merchant_transaction_id: merchantTransactionId };
    return String((await call("fetchbymerchantransactionid", fields, credentials)).transaction_id);
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

/** "The merchant transaction id has already been taken.": an earlier try of ours may have come through. */
export const isTaken = (error: unknown): boolean =>
  error instanceof Refused && /already been taken/i.test(error.message);

export const answer = (statusCode: number, body: object) => ({
  statusCode,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});
