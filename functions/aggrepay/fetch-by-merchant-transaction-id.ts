import * as v from "valibot";
import { anyMerchantTransactionId } from "../../lib/fields.ts";
import { read, readHandler } from "../../lib/operation/read.ts";
import { aggrepay } from "../../lib/providers/aggrepay/index.ts";
import { askByMerchantTransactionId, transaction } from "../../lib/providers/aggrepay/transactions.ts";

export const operation = read({
  name: "aggrepay/fetch-by-merchant-transaction-id",
  summary: "Fetches one successful transaction by the merchant's id",
  source: "AggrePay Wallet API v1.0, section 12 (the provider's path has one t)",
  provider: aggrepay,
  input: v.object({ merchantTransactionId: anyMerchantTransactionId }),
  sends: (input) => askByMerchantTransactionId(input.merchantTransactionId),
  returns: ({ data }, input) => {
    data.sameId("merchant_transaction_id", input.merchantTransactionId);
    return transaction(data);
  },
});

export const handler = /* @__PURE__ */ readHandler(operation);
