/** Sections 11 to 13: the transactions of a customer, and one transaction by either id. */
import { customerOf, digits, required } from "./fields.ts";
import { keptIdOf, type MoneyChange, type Row } from "./ledger.ts";
import { never, type Operation, whichCustomer } from "./operation.ts";
import { invalidParams } from "./refusal.ts";
import { rupees } from "./rupees.ts";
import type { Json } from "./signature.ts";
import { indiaTime } from "./time.ts";

/** The document names C2C and C2M; M2C, for money that comes to a customer from outside, is made after them. */
const transactionTypes = {
  credit: "M2C",
  debit: "C2M",
  transfer: "C2C",
  reversal: "M2C",
} as const satisfies Record<MoneyChange["kind"], string>;

function shown(row: Row, merchantTransactionId: string | null): Json {
  const { effect, amount, payment, balance } = row;
  return {
    amount: rupees(amount),
    // A number beside the amount's string: so the samples.
    balance: Number(balance) / 100,
    transaction_type: transactionTypes[effect.kind],
    payment_type: payment,
    time: indiaTime(effect.at),
    transaction_id: effect.transactionId,
    merchant_transaction_id: merchantTransactionId,
    transaction_status: "PAYMENT_SUCCESS",
  };
}

const fetchtransactions: Operation = {
  required: ["page_number", "page_size"],
  optional: whichCustomer,
  changes: never,
  run(fields, ledger) {
    const { customerId } = customerOf(fields, ledger);
    const number = Number(digits(fields, "page_number"));
    const size = Number(digits(fields, "page_size"));
    if (size < 1) throw invalidParams("The page size field contains an invalid number.");
    const rows = ledger.rows(customerId);
    const end = Math.max(0, rows.length - number * size);
    const page = rows.slice(Math.max(0, end - size), end).reverse();
    return {
      // The sample of section 11 shows null, not an empty list.
      data:
        page.length === 0
          ? null
          : page.map((row) => shown(row, row.effect.kind === "transfer" ? null : keptIdOf(row.effect))),
      page: {
        page_size: size,
        page_number: number,
        total_pages: Math.ceil(rows.length / size),
        total_elements: rows.length,
      },
    };
  },
};

function found(row: Row | undefined): { data: Json } {
  // Section 13 shows this very text for a transaction id, too.
  if (row === undefined) throw invalidParams("The selected merchant transaction id is invalid.");
  return { data: shown(row, keptIdOf(row.effect)) };
}

const fetchbymerchantransactionid: Operation = {
  required: ["merchant_transaction_id"],
  optional: [],
  changes: never,
  run(fields, ledger) {
    return found(ledger.byMerchantId(required(fields, "merchant_transaction_id")));
  },
};

const fetchbytransactionid: Operation = {
  required: ["transaction_id"],
  optional: [],
  changes: never,
  run(fields, ledger) {
    return found(ledger.byTransactionId(Number(required(fields, "transaction_id"))));
  },
};

export const history = { fetchtransactions, fetchbymerchantransactionid, fetchbytransactionid };
