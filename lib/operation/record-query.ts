import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { type Fault, Problem } from "../problem.ts";
import { invalid } from "./body.ts";

const idPattern = /^(?:binding\.)?[A-Za-z0-9_-]{43}$/;
const cursorPattern = /^\d{1,15}\.(?:binding\.)?[A-Za-z0-9_-]{43}$/;

/** The id in the path: SHA-256 in base64url, with what a binding's begins with. */
export function recordIdOf(event: APIGatewayProxyEventV2): string {
  const id = event.pathParameters?.id ?? "";
  if (idPattern.test(id)) return id;
  throw new Problem(
    "not-found",
    "A record's id has 43 letters, digits, hyphens and underscores; a binding's begins with binding.",
  );
}

/** What a store that cannot be read means for a request that only looks, or has not written yet. */
export async function readable<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    // An item that cannot be understood is no fault of the table's, and will not be another time.
    if (cause instanceof SyntaxError || cause instanceof TypeError) throw cause;
    throw new Problem("not-sent", "The records cannot be read at present.", { cause });
  }
}

/** The same before a claim: a failure of the store means that nothing was sent. */
export async function before<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    throw new Problem("not-sent", "Nothing was sent: the records could not be read.", { cause });
  }
}

/** What a list of records is asked for. */
export type RecordQuery =
  | { readonly by: "attention"; readonly limit: number; readonly cursor: string | undefined }
  | {
      readonly by: "customer";
      readonly customerId: string;
      readonly limit: number;
      readonly cursor: string | undefined;
    }
  | { readonly by: "merchantTransactionId"; readonly merchantTransactionId: string };

const known = ["state", "customerId", "merchantTransactionId", "limit", "cursor"];

/**
 * Exactly one of `state=needs_attention`, `customerId` and `merchantTransactionId`, with `limit` (1 to 100, 25 unless told)
 * and the `cursor` that the page before gave.
 */
export function recordQueryOf(event: APIGatewayProxyEventV2): RecordQuery {
  const given = event.queryStringParameters ?? {};
  const { state, customerId, merchantTransactionId, limit = "25", cursor } = given;
  const faults: Fault[] = [];
  const check = (isRight: boolean, name: string, detail: string) => {
    if (!isRight) faults.push({ pointer: name && `/${name}`, detail });
  };
  for (const name of Object.keys(given))
    check(known.includes(name), name.slice(0, 40), "is not a parameter of this request");
  const kinds = [state, customerId, merchantTransactionId].filter((value) => value !== undefined);
  check(
    kinds.length === 1,
    "",
    "must have one of state, customerId and merchantTransactionId, and no two of them",
  );
  check(state === undefined || state === "needs_attention", "state", "must be needs_attention");
  check(
    customerId === undefined || /^\d{1,30}$/.test(customerId),
    "customerId",
    "must be a string of 1 to 30 digits",
  );
  check(
    merchantTransactionId === undefined || /^[A-Za-z0-9._-]{1,64}$/.test(merchantTransactionId),
    "merchantTransactionId",
    "must be 1 to 64 of A-Z a-z 0-9 . _ -",
  );
  check(/^(?:[1-9]\d?|100)$/.test(limit), "limit", "must be a whole number from 1 to 100");
  check(cursor === undefined || cursorPattern.test(cursor), "cursor", "must be one that a page gave");
  if (faults.length > 0) throw invalid(faults, "The query");
  if (merchantTransactionId !== undefined) return { by: "merchantTransactionId", merchantTransactionId };
  const page = { limit: Number(limit), cursor };
  return customerId === undefined ? { by: "attention", ...page } : { by: "customer", customerId, ...page };
}
