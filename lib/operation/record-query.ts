import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { Problem } from "../problem.ts";

const idPattern = /^(?:(?:binding|deactivation)\.)?[A-Za-z0-9_-]{43}$/;

/** The id in the path: SHA-256 in base64url, with what a binding's or a deactivation's begins with. */
export function recordIdOf(event: APIGatewayProxyEventV2): string {
  const id = event.pathParameters?.id ?? "";
  if (isRecordId(id)) return id;
  throw noSuchId();
}

export const isRecordId = (id: string): boolean => idPattern.test(id);

export const noSuchId = (): Problem =>
  new Problem(
    "not-found",
    "A record's id has 43 letters, digits, hyphens and underscores; a binding's begins with binding, a deactivation's with deactivation, and a full stop.",
  );

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
