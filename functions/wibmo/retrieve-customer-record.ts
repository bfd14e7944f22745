import { read, readHandler } from "../../lib/operation/read.ts";
import { Problem } from "../../lib/problem.ts";
import type { Circumstances } from "../../lib/providers/provider.ts";
import { customer, encryptCall } from "../../lib/providers/wibmo/customer.ts";
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
    if (config.option("WIBMO_CUSTOMER_RECORD") === "on") return [];
    throw new Problem("not-found", "This operation is switched off (WIBMO_CUSTOMER_RECORD).");
  },
  sends: (input, circumstances) => encryptCall(input, circumstances),
  continues: [
    (reply, circumstances) => ({
      path: circumstances.config.option("WIBMO_RETRIEVE_PATH") ?? paths.retrieve,
      body: { token: reply.text("token") },
      identifiedInBody: inBody(circumstances),
    }),
    (reply, circumstances) => ({
      path: circumstances.config.option("WIBMO_DECRYPT_PATH") ?? paths.decrypt,
      body: { token: reply.text("token") },
      byApiKeyAlone: true,
    }),
  ],
  returns: (reply) => ({ customer: reply.plain() }),
});

const inBody = ({ config }: Circumstances): boolean => config.option("WIBMO_IDENTIFIED_IN_BODY") === "on";

export const handler = /* @__PURE__ */ readHandler(operation);
