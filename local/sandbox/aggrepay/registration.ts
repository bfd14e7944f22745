/** Sections 1 to 3: is a customer registered, the OTP, the registration. */
import { dateOf, digits, emailOf, mobileOf, required } from "./fields.ts";
import { type Ledger, sealMpin } from "./ledger.ts";
import { always, never, type Operation } from "./operation.ts";
import { invalidParams, Refusal } from "./refusal.ts";
import type { Fields } from "./signature.ts";

/** Every OTP that the sandbox "sends", so that whoever tries it out can go on without a phone. */
export const sandboxOtp = "123456";

export const invalidOtp = (): Refusal => new Refusal("INVALID-OTP", "Invalid OTP");

/** The mobile number decides where it is given, as it is what a customer registers with; else the e-mail. */
function isRegistered(fields: Fields, ledger: Ledger): boolean {
  const email = emailOf(fields, "email");
  const mobile = mobileOf(fields, "mobile_number");
  if (mobile !== undefined) return ledger.customerByMobile(mobile) !== undefined;
  return ledger.customers.some((customer) => customer.profile.email_address === email);
}

const checkcustomer: Operation = {
  required: ["email"],
  optional: ["mobile_number"],
  changes: never,
  run(fields, ledger) {
    return { data: { customer_exists: String(isRegistered(fields, ledger)) } };
  },
};

const registrationotp: Operation = {
  required: ["email"],
  optional: ["mobile_number"],
  changes: always,
  run(fields, ledger) {
    const mobile = mobileOf(fields, "mobile_number");
    const exists = isRegistered(fields, ledger);
    // "It will automatically send an otp to that mobile number": without one there is nowhere to send it.
    const sent = !exists && mobile !== undefined;
    if (sent) ledger.commit({ kind: "registration-otp", mobile, email: emailOf(fields, "email") });
    return { data: { customer_exists: String(exists), otp_sent: String(sent) } };
  },
};

const registercustomer: Operation = {
  required: ["mobile_number", "otp", "first_name", "last_name", "mpin"],
  optional: ["date_of_birth"],
  changes: always,
  run(fields, ledger) {
    const mobile = mobileOf(fields, "mobile_number");
    if (mobile === undefined) throw invalidParams("The mobile number field is required.");
    const birth = dateOf(fields, "date_of_birth");
    const mpin = digits(fields, "mpin");
    if (ledger.customerByMobile(mobile) !== undefined) {
      throw new Refusal("INVALID-INPUT-DATA", "Invalid input Data");
    }
    const email = ledger.registrationOtp(mobile);
    if (email === undefined || required(fields, "otp") !== sandboxOtp) throw invalidOtp();
    const customerId = ledger.nextCustomerId();
    const profile = {
      first_name: required(fields, "first_name"),
      last_name: required(fields, "last_name"),
      email_address: email,
      ...(birth === undefined ? {} : { date_of_birth: birth }),
    };
    ledger.commit({ kind: "register", customerId, mobile, profile, mpin: sealMpin(mpin) });
    return { data: { customer_id: customerId } };
  },
};

export const registration = { checkcustomer, registrationotp, registercustomer };
