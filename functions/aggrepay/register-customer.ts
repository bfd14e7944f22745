import * as v from "valibot";
import { date, indianMobile, mpin, name, optional, otp } from "../../lib/fields.ts";
import { change, changeHandler } from "../../lib/operation/change.ts";
import { refuseOther } from "../../lib/providers/aggrepay/asked.ts";
import { type AggrepayReply, aggrepay } from "../../lib/providers/aggrepay/index.ts";
import { comparable, differing } from "../../lib/providers/aggrepay/profile.ts";
import { isUnknown } from "../../lib/providers/aggrepay/validation.ts";
import { Contradiction, oneQuestion } from "../../lib/providers/inquiry.ts";

/** The mobile number is required, though the document calls it optional: nothing else says who registers. */
export const operation = change({
  name: "aggrepay/register-customer",
  summary: "Registers a customer with the OTP that the customer received",
  source: "AggrePay Wallet API v1.0, section 3",
  provider: aggrepay,
  effect: "change",
  input: v.object({
    mobileNumber: indianMobile,
    otp,
    firstName: name,
    lastName: name,
    dateOfBirth: optional(date),
    mpin,
  }),
  identity: "idempotency-key",
  place: { key: (input) => input.mobileNumber, of: "this mobile number" },
  sends: (input) => ({
    path: "registercustomer",
    fields: {
      mobile_number: input.mobileNumber,
      otp: input.otp,
      first_name: input.firstName,
      last_name: input.lastName,
      date_of_birth: input.dateOfBirth,
      mpin: input.mpin,
    },
  }),
  returns: ({ data }, input) => {
    refuseOther(data, input);
    return { customerId: data.id("customer_id") };
  },
  inquiry: {
    keeps: (input) => ({ mobileNumber: input.mobileNumber }),
    compares: comparable,
    // Somebody else may have registered the number since the look: who is shown must be who was sent, as far as it is shown.
    evidence: oneQuestion({
      asks: ({ facts }) => ({ path: "fetchcustomerdetail", fields: { mobile_number: facts.mobileNumber } }),
      finds: ({ data }: AggrepayReply, subject) => {
        data.sameMobile("mobile_number", subject.facts.mobileNumber);
        const others = differing(data, subject, { ifNotShown: false });
        if (others.length > 0)
          return new Contradiction(
            `The provider shows a customer of this mobile number that differs in ${others.join(", ")} from what was sent.`,
          );
        return { customerId: data.id("customer_id") };
      },
      // "The selected mobile number is invalid." (section 14, sample 2)
      nothing: [{ code: "INVALID-PARAMS", message: (text) => isUnknown("mobile number", text) }],
    }),
    absence: "not executed",
    looksFirst: true,
  },
});

export const handler = /* @__PURE__ */ changeHandler(operation);
