import * as v from "valibot";
import { customerId, indianMobile, oneOf, optional } from "../../lib/fields.ts";
import { read, readHandler } from "../../lib/operation/read.ts";
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
  returns: ({ data }, input) => ({
    customerId: data.sameId("customer_id", input.customerId),
    firstName: data.optionalText("first_name"),
    lastName: data.optionalText("last_name"),
    mobileNumber: data.optionalText("mobile_number"),
    emailAddress: data.optionalText("email_address"),
    dateOfBirth: data.optionalText("date_of_birth"),
    addressLine1: data.optionalText("address_line_1"),
    addressLine2: data.optionalText("address_line_2"),
    city: data.optionalText("city"),
    pincode: data.optionalText("pincode"),
    description: data.optionalText("description"),
  }),
});

export const handler = readHandler(operation);
