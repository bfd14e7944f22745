import type { Facts } from "../providers/inquiry.ts";
import { phoneDigits } from "../providers/nicepay/phone.ts";
import type { RecordItem } from "../records/record.ts";

/** What a notification says that its registration says too. The signature covers the phone alone. */
export interface Notified {
  readonly billingPhone: string;
  readonly clientUserKey: string;
  readonly mitraCd: string;
  readonly tXid: string | undefined;
}

/** Whether a notification is the binding of that registration, as far as these fields tell. */
export type Fit = "fits" | "bound" | { readonly disagrees: string };

/** `bound`: the registration has a binding; whether it is this one, its token tells. */
export function fitOf(record: RecordItem | undefined, notified: Notified): Fit {
  if (!record) return { disagrees: "no registration has this referenceNo" };
  const differences = differencesFrom(record, notified);
  if (differences.length > 0) return { disagrees: differences.join("; ") };
  if (record.binding) return "bound";
  if (record.state === "not_sent" || record.state === "not_executed" || record.state === "declined")
    return { disagrees: `the registration is ${record.state}` };
  return "fits";
}

/**
 * The result of a registration that its notification proves. The user has logged in, so the redirect that the registration's
 * reply would have brought is no longer needed.
 */
export const boundResult = (referenceNo: string, { tXid, mitraCd }: Notified): string =>
  JSON.stringify({ referenceNo, tXid: tXid ?? null, mitraCd, registeredAt: null, redirectUrlHttp: null });

/**
 * In which fields a notification differs from its registration, and how: a sentence for each, and no value, since phones and
 * keys are personal data. A replayed token with another user's key must not bind.
 */
function differencesFrom(record: RecordItem, notified: Notified): readonly string[] {
  const registered: Facts = JSON.parse(record.facts ?? "{}");
  const known = record.tXid ?? record.binding?.tXid;
  return [
    phoneDifference(registered.billingPhone, notified.billingPhone),
    textDifference("clientUserKey", registered.clientUserKey, notified.clientUserKey),
    textDifference("mitraCd", registered.mitraCd, notified.mitraCd),
    known !== undefined && notified.tXid !== undefined && textDifference("tXid", known, notified.tXid),
  ].filter((difference) => typeof difference === "string");
}

function phoneDifference(registered: string | undefined, notified: string): string | undefined {
  const digits = phoneDigits(notified);
  if (registered === notified) return undefined;
  if (digits === undefined) return "billingPhone: not a number with +62, 62 or 0 in front";
  return registered !== undefined && phoneDigits(registered) === digits
    ? undefined
    : "billingPhone: other digits";
}

function textDifference(name: string, registered: string | undefined, notified: string): string | undefined {
  if (registered === notified) return undefined;
  if (registered === undefined) return `${name}: the registration has none`;
  if (squeezed(registered) === squeezed(notified)) return `${name}: other white space`;
  if (registered.toLowerCase() === notified.toLowerCase()) return `${name}: other letter case`;
  return `${name}: other text (${notified.length} characters, registered ${registered.length})`;
}

const squeezed = (text: string): string => text.replaceAll(/\s/g, "");
