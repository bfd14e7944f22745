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
import { indiaOffset, withOffset } from "../../lib/time.ts";

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

/** Whether what is shown is what was sent: an e-mail in any letter case, a date in any form or with a time, else the same text. */
function isShown(field: Updatable, sent: string, shown: string): boolean {
  const text = shown.trim();
  if (field === "emailAddress") return text.toLowerCase() === sent.toLowerCase();
  if (field === "dateOfBirth")
    return [text, `${text} 00:00`].some((time) => withOffset(time, indiaOffset)?.startsWith(sent));
  return text === sent;
}

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
        const differing = names.filter((field) => {
          const sent = facts[field];
          return sent !== undefined && !isShown(field, sent, data.optionalText(updatable[field]) ?? "");
        });
        if (differing.length === 0) return { updated: true };
        return `The provider shows another ${differing.join(", ")} than was sent.`;
      },
      nothing: [],
    }),
    absence: "needs a person",
  },
});

export const handler = changeHandler(operation);
