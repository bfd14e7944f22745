import * as v from "valibot";
import {
  addressLine,
  customerId,
  date,
  description,
  email,
  indianMobile,
  name,
  oneOf,
  optional,
  pincode,
} from "../../lib/fields.ts";
import { change, changeHandler } from "../../lib/operation/change.ts";
import { type AggrepayReply, aggrepay } from "../../lib/providers/aggrepay/index.ts";
import { oneQuestion } from "../../lib/providers/inquiry.ts";

/** The provider's name of each field that may be updated. */
const updatable = {
  firstName: "first_name",
  lastName: "last_name",
  emailAddress: "email_address",
  dateOfBirth: "date_of_birth",
  addressLine1: "address_line_1",
  addressLine2: "address_line_2",
  city: "city",
  pincode: "pincode",
  description: "description",
} as const;

type Updatable = keyof typeof updatable;
const names = Object.keys(updatable) as Updatable[];

/** Data and error both null is how the provider says that it did not update (section 15, sample 2). */
export const operation = change({
  name: "aggrepay/update-customer",
  summary: "Updates a customer's details",
  source: "AggrePay Wallet API v1.0, section 15",
  provider: aggrepay,
  effect: "change",
  input: v.pipe(
    v.object({
      customerId: optional(customerId),
      mobileNumber: optional(indianMobile),
      firstName: optional(name),
      lastName: optional(name),
      emailAddress: optional(email),
      dateOfBirth: optional(date),
      addressLine1: optional(addressLine),
      addressLine2: optional(addressLine),
      city: optional(name),
      pincode: optional(pincode),
      description: optional(description),
    }),
    oneOf("customerId", "mobileNumber"),
    oneOf(...names),
  ),
  identity: "idempotency-key",
  listedUnder: (input) => ({ customerId: input.customerId }),
  sends: (input) => ({
    path: "updatecustomer",
    fields: {
      customer_id: input.customerId,
      mobile_number: input.mobileNumber,
      ...Object.fromEntries(names.map((field) => [updatable[field], input[field]])),
    },
  }),
  returns: ({ data }) => ({ updated: data.done("updated") }),
  // What was sent being there confirms it; its absence proves nothing (a later update may have replaced it).
  inquiry: {
    keeps: (input) => ({ ...input }),
    evidence: oneQuestion({
      asks: ({ facts }) => ({
        path: "fetchcustomerdetail",
        fields: { customer_id: facts.customerId, mobile_number: facts.mobileNumber },
      }),
      finds: ({ data }: AggrepayReply, { facts }) => {
        data.sameId("customer_id", facts.customerId);
        data.sameMobile("mobile_number", facts.mobileNumber);
        const isThere = (field: Updatable) =>
          facts[field] === undefined || data.optionalText(updatable[field]) === facts[field];
        return names.every(isThere) ? { updated: true } : undefined;
      },
      nothing: [],
    }),
    absence: "needs a person",
  },
});

export const handler = changeHandler(operation);
