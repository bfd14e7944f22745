import * as v from "valibot";
import { clientTxnId, email, indianMobile, oneOf, optional, urn, walletCustomerId } from "../../fields.ts";
import { indiaOffset, stamp } from "../../time.ts";
import type { Circumstances } from "../provider.ts";
import type { WibmoCall } from "./index.ts";

/** Who the customer is: one of the four at least, which the document all calls optional. */
export const customer = v.pipe(
  v.object({
    customerMobile: optional(indianMobile),
    customerId: optional(walletCustomerId),
    urn: optional(urn),
    emailId: optional(email),
    clientTxnId: optional(clientTxnId),
  }),
  oneOf("customerMobile", "customerId", "urn", "emailId"),
);

/** The encrypt call for a customer record. */
export const encryptCall = (
  input: v.InferOutput<typeof customer>,
  { now, uniqueId }: Circumstances,
): WibmoCall => ({
  path: "/api/v2/encrypt",
  mobile: input.customerMobile,
  body: {
    messageCode: 1930,
    clientTxnId: input.clientTxnId ?? uniqueId(),
    requestDateTime: stamp(now, indiaOffset),
    customerId: input.customerId,
    urn: input.urn,
    emailId: input.emailId,
  },
});
