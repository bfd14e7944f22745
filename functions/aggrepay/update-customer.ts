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
import { refuseOther } from "../../lib/providers/aggrepay/asked.ts";
import { type AggrepayReply, aggrepay } from "../../lib/providers/aggrepay/index.ts";
import { comparable, differing, profileFields, sentProfile } from "../../lib/providers/aggrepay/profile.ts";
import { oneQuestion } from "../../lib/providers/inquiry.ts";

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
    oneOf(...profileFields),
  ),
  identity: "idempotency-key",
  listedUnder: (input) => ({ customerId: input.customerId }),
  sends: (input) => ({
    path: "updatecustomer",
    fields: {
      customer_id: input.customerId,
      mobile_number: input.mobileNumber,
      ...sentProfile(input),
    },
  }),
  returns: ({ data }, { customerId, mobileNumber }) => {
    refuseOther(data, { customerId, mobileNumber });
    return { updated: data.done("updated") };
  },
  // What was sent being there confirms it; its absence proves nothing (a later update may have replaced it).
  inquiry: {
    keeps: ({ customerId, mobileNumber }) => ({ customerId, mobileNumber }),
    compares: comparable,
    evidence: oneQuestion({
      asks: ({ facts }) => ({
        path: "fetchcustomerdetail",
        fields: { customer_id: facts.customerId, mobile_number: facts.mobileNumber },
      }),
      finds: ({ data }: AggrepayReply, subject) => {
        data.sameId("customer_id", subject.facts.customerId);
        data.sameMobile("mobile_number", subject.facts.mobileNumber);
        const others = differing(data, subject, { ifNotShown: true });
        if (others.length === 0) return { updated: true };
        return `The provider shows another ${others.join(", ")} than was sent.`;
      },
      nothing: [],
    }),
    absence: "needs a person",
  },
});

export const handler = /* @__PURE__ */ changeHandler(operation);
