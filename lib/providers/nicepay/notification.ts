import { type Fault, Problem } from "../../problem.ts";
import { Secret } from "../../secrets/secret.ts";
import { part, type SecretValue } from "../../secrets/secrets.ts";
import { equalInConstantTime, verifyAccountBindingToken } from "../../signing/index.ts";
import { type BodyHeaders, type Member, readingsOf } from "./notification-body.ts";

/** The notification of an account binding, as the provider pushed it. Its signature covers the first three fields alone. */
export interface AccountBindingNotification {
  readonly iMid: string;
  readonly referenceNo: string;
  readonly billingPhone: string;
  readonly merchantToken: string;
  readonly mitraCd: string;
  readonly billingNm: string;
  readonly clientUserKey: string;
  /** The user's payment token: a credential. */
  readonly userToken: Secret;
  readonly tXid: string | undefined;
  /** Fields of which it can only be guessed what they say: bytes that are not UTF-8, or a `+` that may be a space. */
  readonly inexact: readonly string[];
}

const bodyLimit = 16 * 1024;

const requiredFields = [
  "merchantToken",
  "iMid",
  "referenceNo",
  "mitraCd",
  "billingNm",
  "billingPhone",
  "clientUserKey",
  "userToken",
] as const;

/** What a body may mean, the likelier first: which of them was signed says which was meant. */
export type NotificationReadings = readonly [AccountBindingNotification, ...AccountBindingNotification[]];

/**
 * Reads a notification from the bytes as they came, in every form that leaves its fields readable. Other fields are passed
 * over.
 * @throws Problem 413, 415, or 400 naming the field that is missing, doubled or no text.
 */
export async function readNotification(
  body: Uint8Array,
  headers: BodyHeaders,
): Promise<NotificationReadings> {
  if (body.byteLength > bodyLimit)
    throw new Problem("unacceptable-body", `The body must have at most ${bodyLimit} bytes.`, { status: 413 });
  const [first, ...others] = await readingsOf(body, headers);
  return [notificationIn(first), ...others.map(notificationIn)];
}

function notificationIn(members: readonly Member[]): AccountBindingNotification {
  const faults: Fault[] = [];
  const inexact: string[] = [];
  const text = (name: string): string => {
    const found = named(members, name);
    const [member] = found;
    const fault =
      found.length > 1
        ? "is given twice"
        : member === undefined || member.text === ""
          ? "is required"
          : member.text === undefined && "must be a text";
    if (fault) faults.push({ pointer: `/${name}`, detail: fault });
    if (member && !member.isExact) inexact.push(name);
    return member?.text ?? "";
  };
  const required = Object.fromEntries(requiredFields.map((name) => [name, text(name)]));
  const tXid = named(members, "tXid").some((member) => member.text) ? text("tXid") : undefined;
  if (faults.length > 0)
    throw new Problem("invalid-request", "The notification cannot be read.", { errors: faults });
  const { userToken = "", ...others } = required as Record<(typeof requiredFields)[number], string>;
  return { ...others, userToken: new Secret(userToken), tXid, inexact };
}

/** The document's text lost its letter case, so a name in another case is the field where no other has the name itself. */
function named(members: readonly Member[], name: string): readonly Member[] {
  const exact = members.filter((member) => member.name === name);
  if (exact.length > 0) return exact;
  return members.filter((member) => member.name.toLowerCase() === name.toLowerCase());
}

/**
 * The reading whose signature is the merchant's under this version of the secret, compared in constant time.
 * @throws Problem `misconfigured` for a secret that lacks a key.
 */
export function signedIn(
  readings: NotificationReadings,
  secret: SecretValue,
): AccountBindingNotification | undefined {
  const iMid = part(secret, "iMid").reveal();
  const keys = [part(secret, "merchantKey").reveal()];
  return readings.find((reading) => {
    const isOurs = equalInConstantTime(reading.iMid, iMid);
    const fits = verifyAccountBindingToken(reading.merchantToken, reading, keys);
    return isOurs && fits;
  });
}
