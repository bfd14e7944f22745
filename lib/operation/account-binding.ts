import type { Facts } from "../providers/inquiry.ts";
import { phoneDigits, phoneEnds } from "../providers/nicepay/phone.ts";
import { factsOf } from "../records/parts.ts";
import type { RecordItem } from "../records/record.ts";
import type { KeyRing } from "../secrets/key-ring.ts";
import { isHash, isKeptAs } from "./kept.ts";

/** What a notification says that its registration says too. The signature covers the phone alone. */
interface Bound {
  readonly billingPhone: string;
  readonly clientUserKey: string;
}

/** A notification, as far as it is compared with its registration. */
export interface Notified {
  readonly mitraCd: string;
  readonly tXid: string | undefined;
  /** Characters of its `clientUserKey`. */
  readonly keyLength: number;
  /** Whether that form of it is the one that the registration keeps; undefined where the notification has none. */
  readonly agrees: (form: keyof BindingForms, kept: string) => boolean | undefined;
}

/** The forms in which phone and key of a binding are compared; of the looser ones a difference says how it differs. */
export interface BindingForms {
  readonly billingPhone: string | undefined;
  /** Its first and last digits: what the provider may show of it. */
  readonly billingPhoneEnds: string | undefined;
  readonly clientUserKey: string;
  readonly clientUserKeySqueezed: string;
  readonly clientUserKeyFolded: string;
}

export const bindingForms = ({ billingPhone, clientUserKey }: Bound) =>
  ({
    billingPhone: phoneDigits(billingPhone),
    billingPhoneEnds: phoneEnds(billingPhone),
    clientUserKey,
    clientUserKeySqueezed: squeezed(clientUserKey),
    clientUserKeyFolded: clientUserKey.toLowerCase(),
  }) satisfies BindingForms;

/** A notification that has just come, as it is compared with what that record keeps. */
export function notifiedBy(
  { mitraCd, tXid, ...bound }: Bound & Pick<Notified, "mitraCd" | "tXid">,
  record: string,
  ring: KeyRing,
): Notified {
  const forms: BindingForms = bindingForms(bound);
  const agrees: Notified["agrees"] = (form, kept) => {
    const value = forms[form];
    return value === undefined ? undefined : isKeptAs(ring, { record, field: form }, kept, value);
  };
  return { mitraCd, tXid, keyLength: bound.clientUserKey.length, agrees };
}

/** What a registration keeps to be compared with; one of an earlier version keeps phone and key in the clear. */
export function registeredFacts(record: Pick<RecordItem, "facts">): Facts {
  const kept = factsOf<Facts>(record) ?? {};
  const { billingPhone, clientUserKey } = kept;
  if (billingPhone === undefined || clientUserKey === undefined || isHash(clientUserKey)) return kept;
  const clientUserKeyLength = String(clientUserKey.length);
  return { ...kept, ...bindingForms({ billingPhone, clientUserKey }), clientUserKeyLength };
}

/** Whether a notification is the binding of that registration, as far as these fields tell. */
export type Fit = "fits" | "bound" | { readonly disagrees: readonly string[] };

/**
 * `bound`: the registration has a binding; whether it is this one, its token tells. Fields that are not certain are not
 * compared: how they differ would be a guess.
 */
export function fitOf(
  record: RecordItem | undefined,
  notified: Notified,
  uncertain: ReadonlyMap<string, string> = new Map(),
): Fit {
  if (!record) return { disagrees: ["no registration has this referenceNo"] };
  const differences = differencesFrom(record, notified).filter(
    (difference) => !uncertain.has(difference.slice(0, difference.indexOf(":"))),
  );
  if (differences.length > 0) return { disagrees: differences };
  if (record.binding) return "bound";
  if (record.state === "not_sent" || record.state === "not_executed" || record.state === "declined")
    return { disagrees: [`the registration is ${record.state}`] };
  return "fits";
}

/**
 * The result of a registration that its notification proves. The user has logged in, so the redirect that the registration's
 * reply would have brought is no longer needed.
 */
export const boundResult = (
  referenceNo: string,
  { tXid, mitraCd }: Pick<Notified, "tXid" | "mitraCd">,
): string =>
  JSON.stringify({ referenceNo, tXid: tXid ?? null, mitraCd, registeredAt: null, redirectUrlHttp: null });

/**
 * In which fields a notification differs from its registration, and how: a sentence for each, and no value, since phones and
 * keys are personal data. A replayed token with another user's key must not bind.
 */
function differencesFrom(record: RecordItem, notified: Notified): readonly string[] {
  const registered = registeredFacts(record);
  const known = record.tXid ?? record.binding?.tXid;
  return [
    phoneDifference(registered, notified),
    keyDifference(registered, notified),
    textDifference("mitraCd", registered.mitraCd, notified.mitraCd),
    known !== undefined && notified.tXid !== undefined && textDifference("tXid", known, notified.tXid),
  ].filter((difference) => typeof difference === "string");
}

function phoneDifference({ billingPhone }: Facts, { agrees }: Notified): string | undefined {
  const isSame = billingPhone === undefined ? false : agrees("billingPhone", billingPhone);
  if (isSame === undefined) return "billingPhone: not a number with +62, 62 or 0 in front";
  return isSame ? undefined : "billingPhone: other digits";
}

function keyDifference(registered: Facts, { agrees, keyLength }: Notified): string | undefined {
  const isAs = (form: keyof BindingForms): boolean =>
    registered[form] !== undefined && agrees(form, registered[form]) === true;
  if (isAs("clientUserKey")) return undefined;
  if (registered.clientUserKey === undefined) return "clientUserKey: the registration has none";
  if (isAs("clientUserKeySqueezed")) return "clientUserKey: other white space";
  if (isAs("clientUserKeyFolded")) return "clientUserKey: other letter case";
  return otherText("clientUserKey", keyLength, registered.clientUserKeyLength);
}

function textDifference(name: string, registered: string | undefined, notified: string): string | undefined {
  if (registered === notified) return undefined;
  if (registered === undefined) return `${name}: the registration has none`;
  if (squeezed(registered) === squeezed(notified)) return `${name}: other white space`;
  if (registered.toLowerCase() === notified.toLowerCase()) return `${name}: other letter case`;
  return otherText(name, notified.length, String(registered.length));
}

const otherText = (name: string, length: number, registered: string | undefined): string =>
  `${name}: other text (${length} characters, registered ${registered})`;

const squeezed = (text: string): string => text.replaceAll(/\s/g, "");
