import { Problem } from "../../problem.ts";
import { Secret } from "../../secrets/secret.ts";
import { part, type SecretValue } from "../../secrets/secrets.ts";
import { equalInConstantTime, verifyAccountBindingToken } from "../../signing/index.ts";
import { isPlaceholder } from "../placeholder.ts";
import { tiersOf } from "./notification/body.ts";
import type { Member, Members } from "./notification/member.ts";

/** The notification of an account binding, as the provider pushed it. Its signature covers the first three fields alone. */
export interface AccountBindingNotification {
  readonly iMid: string;
  readonly referenceNo: string;
  readonly billingPhone: string;
  readonly merchantToken: string;
  /** Empty where it is missing, as every field that is not signed. */
  readonly mitraCd: string;
  readonly billingNm: string;
  readonly clientUserKey: string;
  /** The user's payment token: a credential. */
  readonly userToken: Secret;
  readonly tXid: string | undefined;
  /** Fields that a binding needs and that are not certain, and why not; never a value. */
  readonly odd: ReadonlyMap<string, string>;
}

const signedFields = ["merchantToken", "iMid", "referenceNo", "billingPhone"] as const;
type SignedField = (typeof signedFields)[number];

/**
 * What a body may mean, the likelier first. The inner lists are what one and the same notification may say: they differ in
 * what the signature does not cover, or the signature tells them apart.
 */
export type NotificationReadings = readonly (readonly (readonly AccountBindingNotification[])[])[];

/**
 * Reads a notification from the bytes as they came, in whatever form its fields can be found. Other fields are passed over.
 * What is missing of the fields that are not signed is for the caller, which compares them.
 * @throws Problem 400 naming the signed fields that no reading has: then no signature can be checked.
 */
export function readNotification(
  body: Uint8Array,
  contentEncoding: string | undefined,
): NotificationReadings {
  const tiers = tiersOf(body, contentEncoding);
  const readings = tiers.map((groups) => groups.map((group) => group.flatMap(notificationsIn)));
  if (readings.flat(2).length > 0) return readings;
  const [first = []] = tiers.flat(2).toSorted((a, b) => missingOf(a).length - missingOf(b).length);
  throw new Problem("invalid-request", "The notification cannot be read.", {
    errors: missingOf(first).map((name) => ({ pointer: `/${name}`, detail: "is required" })),
  });
}

const missingOf = (members: Members): readonly SignedField[] =>
  signedFields.filter((name) => textsOf(members, name).length === 0);

/** What members may mean by a signed field: what they say, and what they say without white space around it. */
function textsOf(members: Members, name: SignedField): readonly string[] {
  const texts = named(members, name).flatMap(({ text }) => text ?? []);
  const trimmed = texts.map((text) => text.trim());
  // Hexadecimal digits are the same in capitals.
  if (name === "merchantToken")
    return [...new Set(trimmed.map((text) => text.toLowerCase()))].filter(Boolean);
  return [...new Set([...texts, ...trimmed])].filter((text) => text.trim() !== "");
}

/** More ways to put signed fields together than these are no notification's. */
const mostWays = 16;

/** Each way to put together what members say of the signed fields; none where one is missing. */
function notificationsIn(members: Members): readonly AccountBindingNotification[] {
  let ways: readonly Readonly<Record<string, string>>[] = [{}];
  for (const name of signedFields) {
    const texts = textsOf(members, name);
    ways = ways.flatMap((way) => texts.map((text) => ({ ...way, [name]: text }))).slice(0, mostWays);
  }
  if (ways.length === 0) return [];
  const unsigned = unsignedIn(members);
  return ways.map((way) => ({ ...(way as Record<SignedField, string>), ...unsigned }));
}

function unsignedIn(members: Members): Omit<AccountBindingNotification, SignedField> {
  const odd = new Map<string, string>();
  for (const name of signedFields)
    if (new Set(textsOf(members, name).map((text) => text.trim())).size > 1) odd.set(name, twice);
  const text = (name: string, isKept = false): string => {
    const found = named(members, name);
    const oddness = oddnessOf(found, isKept);
    if (oddness !== undefined) odd.set(name, oddness);
    return found[0]?.text ?? "";
  };
  const userToken = text("userToken", true);
  if (!odd.has("userToken") && isPlaceholder(userToken)) odd.set("userToken", "a placeholder, or masked");
  return {
    // What is compared with the registration is certain where it is equal, whatever a plus sign stands for.
    mitraCd: text("mitraCd"),
    clientUserKey: text("clientUserKey"),
    userToken: new Secret(userToken),
    tXid: named(members, "tXid").length > 0 ? text("tXid", true) : undefined,
    // For people to read; nothing rests on it.
    billingNm: named(members, "billingNm")[0]?.text ?? "",
    odd,
  };
}

const twice = "given twice with different values";

/** Why a field is not certain; undefined where it is. A guess must not become a token, or a key that fits. */
function oddnessOf(found: readonly Member[], isKept: boolean): string | undefined {
  const [first] = found;
  if (first === undefined) return "missing";
  if (first.text === undefined) return "no text";
  if (found.some(({ text }) => text !== first.text)) return twice;
  const isCertain = found.some(({ isExact, hasOpenPlus }) => isExact && !(isKept && hasOpenPlus));
  return isCertain ? undefined : "can be read in more than one way";
}

/**
 * The members of that name, those that say something first. The document's text lost its letter case, so a name in another
 * case is the field where none that says something has the name itself.
 */
function named(members: Members, name: string): Members {
  const alike = members.filter(
    (member) =>
      member.name.toLowerCase() === name.toLowerCase() && member.text !== "" && !isNoId(name, member.text),
  );
  const exact = alike.filter((member) => member.name === name);
  return exact.length > 0 ? exact : alike;
}

/** A transaction's id that is none is missing, as it may be. */
const isNoId = (name: string, text: string | undefined): boolean =>
  name === "tXid" && text !== undefined && isPlaceholder(text);

/**
 * The notifications whose signature is the merchant's under this version of the secret, compared in constant time: of each
 * what it may say. Where more than one way to read the body holds signed ones, the likeliest way decides.
 * @throws Problem `misconfigured` for a secret that lacks a key.
 */
export function signedIn(
  readings: NotificationReadings,
  secret: SecretValue,
): readonly (readonly AccountBindingNotification[])[] {
  const iMid = part(secret, "iMid").reveal();
  const keys = [part(secret, "merchantKey").reveal()];
  const isSigned = (reading: AccountBindingNotification): boolean => {
    const isOurs = equalInConstantTime(reading.iMid, iMid);
    const fits = verifyAccountBindingToken(reading.merchantToken, reading, keys);
    return isOurs && fits;
  };
  for (const groups of readings) {
    const signed = groups.map((group) => group.filter(isSigned)).filter((group) => group.length > 0);
    if (signed.length > 0) return signed;
  }
  return [];
}
