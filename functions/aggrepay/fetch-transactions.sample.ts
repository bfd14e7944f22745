import * as v from "valibot";
import {
  type AggrepaySample,
  always,
  customer,
  customerFields,
  pageOfTransactions,
  row,
  shownRow,
  transaction,
} from "./common.sample.ts";

export const sample = {
  full: always(
    { ...customer, pageNumber: 1, pageSize: 3 },
    { ...customerFields, page_number: "1", page_size: "3" },
  ),
  least: always(
    { customerId: "546693304", pageNumber: 0, pageSize: 1 },
    { customer_id: "546693304", page_number: "0", page_size: "1" },
  ),
  reply: () => ({
    data: [
      { ...row, amount: "1.0", balance: 40, transaction_type: "C2C", merchant_transaction_id: null },
      { ...row, payment_type: "CREDIT", time: "2017-03-03 10:00:29", transaction_id: "484088025" },
    ],
    page: { page_size: 3, page_number: 1, total_pages: 11, total_elements: 32 },
  }),
  result: v.array(transaction),
  page: pageOfTransactions,
  answer: () => ({
    result: [
      { ...shownRow, amount: "1.0", balance: "40", transactionType: "C2C", merchantTransactionId: null },
      {
        ...shownRow,
        paymentType: "CREDIT",
        time: "2017-03-03T10:00:29+05:30",
        transactionId: "484088025",
      },
    ],
    page: { pageSize: 3, pageNumber: 1, totalPages: 11, totalElements: 32 },
  }),
} satisfies AggrepaySample;
