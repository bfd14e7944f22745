import { indiaOffset, stamp, withOffset } from "../../time.ts";
import type { Facts, Subject } from "../inquiry.ts";
import type { Reader } from "../reader.ts";

interface Field {
  /** The provider's name of it, as it is sent and as `fetchcustomerdetail` shows it. */
  readonly name: string;
  /** Every form of a value that it is compared in; the first is the one that is kept of what was sent. */
  readonly forms: (value: string) => readonly string[];
}

/** One text, however its accents are written; without outer white space. */
const text = (value: string): readonly string[] => [value.trim().normalize("NFC")];

/** The provider shows an e-mail address in small letters too. */
const email = (value: string): readonly string[] => [value.trim().normalize("NFC").toLowerCase()];

/** A date may be shown with a time. With a zone of its own, midnight in India is the evening before. */
function date(value: string): readonly string[] {
  const shown = value.trim();
  const time = withOffset(shown, indiaOffset) ?? withOffset(`${shown} 00:00`, indiaOffset);
  if (time === undefined) return [shown];
  const inIndia = stamp(Date.parse(time), indiaOffset);
  const isMidnight = inIndia.endsWith("000000");
  return [time.slice(0, 10), ...(isMidnight ? [inIndia.replace(/^(\d{4})(\d\d)(\d\d).*/, "$1-$2-$3")] : [])];
}

/** What is known of a customer and may be compared. */
const profile = {
  firstName: { name: "first_name", forms: text },
  lastName: { name: "last_name", forms: text },
  emailAddress: { name: "email_address", forms: email },
  dateOfBirth: { name: "date_of_birth", forms: date },
  addressLine1: { name: "address_line_1", forms: text },
  addressLine2: { name: "address_line_2", forms: text },
  city: { name: "city", forms: text },
  pincode: { name: "pincode", forms: text },
  description: { name: "description", forms: text },
} as const satisfies Readonly<Record<string, Field>>;

type ProfileField = keyof typeof profile;
export const profileFields = Object.keys(profile) as readonly ProfileField[];

type Sent = { readonly [Name in ProfileField]?: string | undefined };

/** The fields under the provider's names. */
export const sentProfile = (input: Sent): Facts =>
  Object.fromEntries(profileFields.map((field) => [profile[field].name, input[field]]));

/** What of an input is compared later, in the form for that. */
export const comparable = (input: Sent): Facts =>
  Object.fromEntries(
    profileFields.map((field) => {
      const value = input[field];
      return [field, value === undefined ? undefined : profile[field].forms(value)[0]];
    }),
  );

/**
 * The fields that the provider shows otherwise than they were sent, by our names; a value is named nowhere. A field of which
 * nothing is shown differs where the caller of this says so.
 */
export function differing(
  data: Reader,
  { facts, wasSent }: Pick<Subject, "facts" | "wasSent">,
  { ifNotShown: differsIfNotShown }: { readonly ifNotShown: boolean },
): readonly ProfileField[] {
  return profileFields.filter((field) => {
    if (facts[field] === undefined) return false;
    const shown = data.optionalText(profile[field].name)?.trim() ?? "";
    if (shown === "") return differsIfNotShown;
    return !profile[field].forms(shown).some((form) => wasSent(field, form));
  });
}
