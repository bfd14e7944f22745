/** Sections 4 and 14 to 19: balance, details, status, OTP and MPIN of a registered customer. */
import { customerOf, dateOf, digits, emailOf, required, textOf } from "./fields.ts";
import { type Customer, mpinIs, type Profile, profileFields, sealMpin } from "./ledger.ts";
import { always, never, type Operation, whichCustomer } from "./operation.ts";
import { invalidParams, Refusal } from "./refusal.ts";
import { invalidOtp, sandboxOtp } from "./registration.ts";
import { rupees } from "./rupees.ts";
import type { Fields } from "./signature.ts";

export function checkMpin(customer: Customer, mpin: string): void {
  if (!mpinIs(mpin, customer.mpin)) throw new Refusal("INVALID-MPIN", "Invalid MPIN");
}

const fetchbalance: Operation = {
  required: [],
  optional: whichCustomer,
  changes: never,
  run(fields, ledger) {
    const { balance, customerId } = customerOf(fields, ledger);
    return { data: { balance: rupees(balance), customer_id: customerId } };
  },
};

const fetchcustomerdetail: Operation = {
  required: [],
  optional: whichCustomer,
  changes: never,
  run(fields, ledger) {
    const { customerId, mobile, profile } = customerOf(fields, ledger);
    return {
      data: {
        customer_id: customerId,
        first_name: profile.first_name ?? null,
        last_name: profile.last_name ?? null,
        mobile_number: mobile,
        email_address: profile.email_address ?? null,
        date_of_birth: profile.date_of_birth ?? null,
        address_line_1: profile.address_line_1 ?? null,
        address_line_2: profile.address_line_2 ?? null,
        city: profile.city ?? null,
        pincode: profile.pincode ?? null,
        description: profile.description ?? null,
      },
    };
  },
};

function profileOf(fields: Fields): Profile {
  dateOf(fields, "date_of_birth");
  if (textOf(fields, "email_address") !== undefined) emailOf(fields, "email_address");
  if (textOf(fields, "pincode") !== undefined) digits(fields, "pincode");
  return Object.fromEntries(
    profileFields.flatMap((name) => {
      const value = textOf(fields, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

const updatecustomer: Operation = {
  required: [],
  optional: [...whichCustomer, ...profileFields],
  changes: always,
  run(fields, ledger) {
    const { customerId } = customerOf(fields, ledger);
    const profile = profileOf(fields);
    // "Any one other field is required to be updated": the failure of the sample is all null.
    if (Object.keys(profile).length === 0) return { data: null, signed: false };
    ledger.commit({ kind: "update", customerId, profile });
    return { data: { updated: "true" } };
  },
};

const customerstatus: Operation = {
  required: [],
  optional: [...whichCustomer, "customer_active"],
  changes: (fields) => textOf(fields, "customer_active") !== undefined,
  run(fields, ledger) {
    const { customerId, active } = customerOf(fields, ledger);
    const wanted = textOf(fields, "customer_active") ?? (active ? "y" : "n");
    if (wanted !== "y" && wanted !== "n") throw invalidParams("The selected customer active is invalid.");
    if (this.changes(fields)) ledger.commit({ kind: "status", customerId, active: wanted === "y" });
    // A number here, a string everywhere else: so the samples.
    return { data: { customer_id: Number(customerId), customer_active: wanted } };
  },
};

const customerotp: Operation = {
  required: [],
  optional: whichCustomer,
  changes: always,
  run(fields, ledger) {
    ledger.commit({ kind: "customer-otp", customerId: customerOf(fields, ledger).customerId });
    return { data: { customer_exists: "true", otp_sent: "true" } };
  },
};

const forgotmpin: Operation = {
  required: ["otp", "new_mpin"],
  optional: whichCustomer,
  changes: always,
  run(fields, ledger) {
    const { customerId } = customerOf(fields, ledger);
    const mpin = digits(fields, "new_mpin");
    if (!ledger.hasCustomerOtp(customerId) || required(fields, "otp") !== sandboxOtp) throw invalidOtp();
    ledger.commit({ kind: "forgot-mpin", customerId, mpin: sealMpin(mpin) });
    return { data: { mpin_updated: "true" } };
  },
};

const changempin: Operation = {
  required: ["old_mpin", "new_mpin"],
  optional: whichCustomer,
  changes: always,
  run(fields, ledger) {
    const customer = customerOf(fields, ledger);
    const mpin = digits(fields, "new_mpin");
    checkMpin(customer, required(fields, "old_mpin"));
    ledger.commit({ kind: "change-mpin", customerId: customer.customerId, mpin: sealMpin(mpin) });
    return { data: { mpin_updated: "true" } };
  },
};

export const customers = {
  fetchbalance,
  fetchcustomerdetail,
  updatecustomer,
  customerstatus,
  customerotp,
  forgotmpin,
  changempin,
};
