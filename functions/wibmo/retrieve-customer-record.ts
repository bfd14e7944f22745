import { chosen, isOn } from "../../lib/config.ts";
import { pathForm } from "../../lib/forms.ts";
import { read, readHandler } from "../../lib/operation/read.ts";
import { Problem } from "../../lib/problem.ts";
import type { Circumstances } from "../../lib/providers/provider.ts";
import { customer, encryptCall, refuseOther } from "../../lib/providers/wibmo/customer.ts";
import { wibmo } from "../../lib/providers/wibmo/index.ts";
import { paths } from "../../lib/providers/wibmo/paths.ts";

/**
 * Encrypts, retrieves and decrypts in one request. Off unless WIBMO_CUSTOMER_RECORD is `on`: it rests on the provider's
 * public pages, not on the document that the gateway was built from.
 */
export const operation = read({
  name: "wibmo/retrieve-customer-record",
  summary: "Retrieves a customer record: encrypt, retrieve, decrypt",
  source: "Wibmo's public pages: retrieve customer record v3, decrypt",
  provider: wibmo,
  variables: [
    "WIBMO_CUSTOMER_RECORD",
    "WIBMO_RETRIEVE_PATH",
    "WIBMO_DECRYPT_PATH",
    "WIBMO_IDENTIFIED_IN_BODY",
  ],
  input: customer,
  refuses: (_input, config) => {
    if (isOn(config, "WIBMO_CUSTOMER_RECORD", "off")) return [];
    throw new Problem("not-found", "This operation is switched off (WIBMO_CUSTOMER_RECORD).");
  },
  sends: (input, circumstances) => encryptCall(input, circumstances),
  continues: [
    (reply, circumstances) => ({
      path: chosen(circumstances.config, "WIBMO_RETRIEVE_PATH", pathForm) ?? paths.retrieve,
      body: { token: reply.token("token") },
      identifiedInBody: inBody(circumstances),
    }),
    (reply, circumstances) => ({
      path: chosen(circumstances.config, "WIBMO_DECRYPT_PATH", pathForm) ?? paths.decrypt,
      body: { token: reply.token("token") },
      byApiKeyAlone: true,
    }),
  ],
  returns: (reply, input) => {
    refuseOther(reply, input);
    return { customer: reply.plain() };
  },
});

const inBody = ({ config }: Circumstances): boolean => isOn(config, "WIBMO_IDENTIFIED_IN_BODY", "off");

export const handler = /* @__PURE__ */ readHandler(operation);
