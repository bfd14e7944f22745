import * as v from "valibot";
import { read, readHandler } from "../../lib/operation/read.ts";
import { aggrepay } from "../../lib/providers/aggrepay/index.ts";

/** The document shows one object where it promises a list; both are given as a list. */
export const operation = read({
  name: "aggrepay/get-sub-merchants",
  summary: "Lists the merchant's sub merchants",
  source: "AggrePay Wallet API v1.0, section 21",
  provider: aggrepay,
  input: v.object({}),
  sends: () => ({ path: "getsubmerchants", fields: {} }),
  returns: ({ data }) =>
    data.rows().map((row) => ({ id: row.informs.id("id"), name: row.informs.text("name") })),
});

export const handler = /* @__PURE__ */ readHandler(operation);
