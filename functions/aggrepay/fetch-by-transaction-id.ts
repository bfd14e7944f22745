import * as v from "valibot";
import { transactionId } from "../../lib/fields.ts";
import { read, readHandler } from "../../lib/operation/read.ts";
import { aggrepay } from "../../lib/providers/aggrepay/index.ts";
import { transaction } from "../../lib/providers/aggrepay/transactions.ts";

export const operation = read({
  name: "aggrepay/fetch-by-transaction-id",
  summary: "Fetches one successful transaction by the provider's id",
  source: "AggrePay Wallet API v1.0, section 13",
  provider: aggrepay,
  input: v.object({ transactionId }),
  sends: (input) => ({ path: "fetchbytransactionid", fields: { transaction_id: input.transactionId } }),
  returns: ({ data }, input) => {
    data.sameId("transaction_id", input.transactionId);
    return transaction(data);
  },
});

export const handler = /* @__PURE__ */ readHandler(operation);
