import * as v from "valibot";
import { customerId, indianMobile, oneOf, optional, pageNumber, pageSize } from "../../lib/fields.ts";
import { read, readHandler } from "../../lib/operation/read.ts";
import { refuseOther } from "../../lib/providers/aggrepay/asked.ts";
import { aggrepay } from "../../lib/providers/aggrepay/index.ts";
import { isOfOthers, transaction } from "../../lib/providers/aggrepay/transactions.ts";
import { UnreadableReply } from "../../lib/providers/provider.ts";

/** Pages count from 0; a customer without transactions has an empty list. */
export const operation = read({
  name: "aggrepay/fetch-transactions",
  summary: "Fetches a customer's successful transactions, a page at a time",
  source: "AggrePay Wallet API v1.0, section 11",
  provider: aggrepay,
  input: v.pipe(
    v.object({
      customerId: optional(customerId),
      mobileNumber: optional(indianMobile),
      pageNumber,
      pageSize,
    }),
    oneOf("customerId", "mobileNumber"),
  ),
  sends: (input) => ({
    path: "fetchtransactions",
    fields: {
      customer_id: input.customerId,
      mobile_number: input.mobileNumber,
      page_number: String(input.pageNumber),
      page_size: String(input.pageSize),
    },
  }),
  returns: ({ data }, input) => {
    const rows = data.rows();
    if (isOfOthers(rows, input.customerId))
      throw new UnreadableReply("its rows are not of the customer that was asked about");
    for (const row of rows) refuseOther(row, input);
    return rows.map(transaction);
  },
  pages: ({ page }) => ({
    pageSize: page.informs.count("page_size"),
    pageNumber: page.informs.count("page_number"),
    totalPages: page.informs.count("total_pages"),
    totalElements: page.informs.count("total_elements"),
  }),
});

export const handler = /* @__PURE__ */ readHandler(operation);
