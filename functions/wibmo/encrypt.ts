import { read, readHandler } from "../../lib/operation/read.ts";
import { customer, encryptCall, refuseOther } from "../../lib/providers/wibmo/customer.ts";
import { wibmo } from "../../lib/providers/wibmo/index.ts";

/** The token is ciphertext that only the provider opens; it is returned to the caller and kept nowhere. */
export const operation = read({
  name: "wibmo/encrypt",
  summary: "Encrypts a customer's identifiers into the token that the customer record is retrieved with",
  source: "Wibmo, encrypt API for retrieving a customer record",
  provider: wibmo,
  input: customer,
  sends: encryptCall,
  returns: (reply, input, call) => {
    const clientTxnId = String(call.body.clientTxnId);
    refuseOther(reply, input);
    reply.namesNoOther("clientTxnId", clientTxnId);
    return { token: reply.token("token"), clientTxnId };
  },
});

export const handler = /* @__PURE__ */ readHandler(operation);
