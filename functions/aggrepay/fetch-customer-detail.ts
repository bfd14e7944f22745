import * as v from "valibot";
import { customerId, indianMobile, oneOf, optional } from "../../lib/fields.ts";
import { read, readHandler } from "../../lib/operation/read.ts";
import { refuseOther } from "../../lib/providers/aggrepay/asked.ts";
import { aggrepay } from "../../lib/providers/aggrepay/index.ts";

export const operation = read({
  name: "aggrepay/fetch-customer-detail",
  summary: "Fetches a customer's details",
  source: "AggrePay Wallet API v1.0, section 14",
  provider: aggrepay,
  input: v.pipe(
    v.object({ customerId: optional(customerId), mobileNumber: optional(indianMobile) }),
    oneOf("customerId", "mobileNumber"),
  ),
  sends: (input) => ({
    path: "fetchcustomerdetail",
    fields: { customer_id: input.customerId, mobile_number: input.mobileNumber },
  }),
  returns: ({ data }, input) => {
    refuseOther(data, input);
    return {
      customerId: data.sameId("customer_id", input.customerId),
      firstName: data.informs.optionalText("first_name"),
      lastName: data.informs.optionalText("last_name"),
      mobileNumber: data.informs.optionalText("mobile_number"),
      emailAddress: data.informs.optionalText("email_address"),
      dateOfBirth: data.informs.optionalText("date_of_birth"),
      addressLine1: data.informs.optionalText("address_line_1"),
      addressLine2: data.informs.optionalText("address_line_2"),
      city: data.informs.optionalText("city"),
      pincode: data.informs.optionalText("pincode"),
      description: data.informs.optionalText("description"),
    };
  },
});

export const handler = /* @__PURE__ */ readHandler(operation);
