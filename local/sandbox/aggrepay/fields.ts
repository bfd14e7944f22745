/** What a call's fields must be, refused in the texts that the document's samples show. */
import type { Customer, Ledger } from "./ledger.ts";
import { invalidParams, inWords } from "./refusal.ts";
import type { Fields } from "./signature.ts";

/** The value of a field, or undefined where it is missing or empty: an empty field counts as not sent. */
export function textOf(fields: Fields, name: string): string | undefined {
  return fields.get(name) || undefined;
}

/** Section 3: "The mpin field is required." */
export function required(fields: Fields, name: string): string {
  const value = textOf(fields, name);
  if (value === undefined) throw invalidParams(`The ${inWords(name)} field is required.`);
  return value;
}

/** Section 1 for a mobile number; the document shows no text for other malformed numbers. */
const notANumber = (name: string) => invalidParams(`The ${inWords(name)} field contains an invalid number.`);

export function digits(fields: Fields, name: string): string {
  const value = required(fields, name);
  if (!/^\d+$/.test(value)) throw notANumber(name);
  return value;
}

/** Ten digits are an Indian number; the wallet shows every number with its country (section 14). */
export function mobileOf(fields: Fields, name: string): string | undefined {
  const value = textOf(fields, name);
  if (value === undefined) return undefined;
  if (/^\d{10}$/.test(value)) return `+91${value}`;
  if (!/^\+?\d{11,15}$/.test(value)) throw notANumber(name);
  return value.startsWith("+") ? value : `+${value}`;
}

/** An amount of rupees in paise. */
export function paiseOf(fields: Fields, name: string): bigint {
  const [, rupees, paise = ""] = /^(\d{1,10})(?:\.(\d{1,2}))?$/.exec(required(fields, name)) ?? [];
  if (rupees === undefined) throw notANumber(name);
  const amount = BigInt(rupees + paise.padEnd(2, "0"));
  if (amount === 0n) throw notANumber(name);
  return amount;
}

/** Section 15: "The date of birth does not match the format Y-m-d." */
export function dateOf(fields: Fields, name: string): string | undefined {
  const value = textOf(fields, name);
  if (value === undefined) return undefined;
  const time = /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : Number.NaN;
  // Date.parse takes 30 February for 2 March.
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== value) {
    throw invalidParams(`The ${inWords(name)} does not match the format Y-m-d.`);
  }
  return value;
}

export function emailOf(fields: Fields, name: string): string {
  const value = required(fields, name);
  if (!/^[^\s@]+@[^\s@]+$/.test(value))
    throw invalidParams(`The ${inWords(name)} must be a valid email address.`);
  return value;
}

/**
 * Sections 4 and 5: one of customer id and mobile number says who is meant; both must mean the same. The
 * texts say "customer id" even where the field is to_customer_id.
 */
export function customerOf(fields: Fields, ledger: Ledger, role: "" | "from_" | "to_" = ""): Customer {
  const id = textOf(fields, `${role}customer_id`);
  const mobile = mobileOf(fields, `${role}mobile_number`);
  if (id === undefined && mobile === undefined) {
    throw invalidParams("The mobile number field is required when customer id is not present.");
  }
  const byId = id === undefined ? undefined : ledger.customer(id);
  if (id !== undefined && byId === undefined) throw invalidParams("The selected customer id is invalid.");
  if (mobile === undefined && byId !== undefined) return byId;
  const byMobile = mobile === undefined ? undefined : ledger.customerByMobile(mobile);
  if (byMobile === undefined || (byId !== undefined && byId !== byMobile)) {
    throw invalidParams("The selected mobile number is invalid.");
  }
  return byMobile;
}
