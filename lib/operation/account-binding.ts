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

/**
 * In which fields a notification differs from its registration, and how: a sentence for each, and no value, since phones and
 * keys are personal data. A replayed token with another user's key must not bind.
 */
export function differencesFrom(record: RecordItem, notified: Notified): readonly string[] {
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
