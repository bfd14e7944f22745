/** Sections 5 to 10: credit, debit, transfer, reversal and the limits. */
import { checkMpin } from "./customers.ts";
import { customerOf, digits, paiseOf, required, textOf } from "./fields.ts";
import { type Customer, type Ledger, merchant, type Row } from "./ledger.ts";
import { checkLimits } from "./limits.ts";
import { always, never, type Operation, whichCustomer } from "./operation.ts";
import { invalidParams, Refusal } from "./refusal.ts";
import type { Fields } from "./signature.ts";

/** The document shows no text for it; an inactive customer is refused as one that cannot be selected. */
function refuseInactive(customer: Customer): void {
  if (!customer.active) throw invalidParams("The selected customer id is invalid.");
}

/** Unique across credits, debits, transfers and reversals. */
function refuseTaken(merchantTransactionId: string, ledger: Ledger): void {
  if (ledger.byMerchantId(merchantTransactionId) !== undefined) {
    throw invalidParams("The merchant transaction id has already been taken.");
  }
}

function newMerchantTransactionId(fields: Fields, ledger: Ledger): string {
  const id = required(fields, "merchant_transaction_id");
  refuseTaken(id, ledger);
  return id;
}

const creditwallet: Operation = {
  required: ["amount", "merchant_transaction_id", "pg_transaction_id"],
  optional: ["to_customer_id", "to_mobile_number", "description"],
  changes: always,
  run(fields, ledger) {
    const to = customerOf(fields, ledger, "to_");
    const amount = paiseOf(fields, "amount");
    const merchantTransactionId = newMerchantTransactionId(fields, ledger);
    const pgTransactionId = required(fields, "pg_transaction_id");
    refuseInactive(to);
    if (pgTransactionId.startsWith("missing-")) {
      throw new Refusal("NO-PG-TRANSACTION-RECORD-FOUND", "Pg transaction record not found.");
    }
    checkLimits(ledger, to.customerId, "CREDIT", amount);
    const transactionId = ledger.nextTransactionId();
    ledger.commit({
      kind: "credit",
      merchantTransactionId,
      transactionId,
      amountPaise: String(amount),
      from: merchant,
      to: to.customerId,
      pgTransactionId,
    });
    return { data: { transaction_id: transactionId } };
  },
};

/** Who is paid by a debit: the merchant, or one of its sub merchants. */
function payeeOf(fields: Fields, ledger: Ledger): string {
  if (textOf(fields, "to_sub_merchant_id") === undefined) return merchant;
  const id = digits(fields, "to_sub_merchant_id");
  // The document's text for whatever is named and does not exist; NO-SUB-MERCHANT-RECORD is shown for the list.
  if (!ledger.subMerchants.has(Number(id)))
    throw invalidParams("The selected to sub merchant id is invalid.");
  return `sub-merchant ${Number(id)}`;
}

const debitwallet: Operation = {
  required: ["mpin", "amount", "merchant_transaction_id"],
  optional: ["from_customer_id", "from_mobile_number", "to_sub_merchant_id", "description"],
  changes: always,
  run(fields, ledger) {
    const from = customerOf(fields, ledger, "from_");
    const to = payeeOf(fields, ledger);
    const amount = paiseOf(fields, "amount");
    const merchantTransactionId = newMerchantTransactionId(fields, ledger);
    refuseInactive(from);
    checkMpin(from, required(fields, "mpin"));
    checkLimits(ledger, from.customerId, "DEBIT", amount);
    if (from.balance < amount) throw new Refusal("INVALID-INPUT-DATA", "Not enough balance in the account");
    const transactionId = ledger.nextTransactionId();
    ledger.commit({
      kind: "debit",
      merchantTransactionId,
      transactionId,
      amountPaise: String(amount),
      from: from.customerId,
      to,
    });
    return { data: { transaction_id: transactionId } };
  },
};

const wallettowallet: Operation = {
  required: ["from_customer_id", "to_customer_id", "mpin", "merchant_transaction_id", "amount"],
  optional: ["description"],
  changes: always,
  run(fields, ledger) {
    const from = customerOf(fields, ledger, "from_");
    const to = customerOf(fields, ledger, "to_");
    if (from === to) throw invalidParams("The selected customer id is invalid.");
    const amount = paiseOf(fields, "amount");
    const merchantTransactionId = newMerchantTransactionId(fields, ledger);
    refuseInactive(from);
    refuseInactive(to);
    checkMpin(from, required(fields, "mpin"));
    checkLimits(ledger, from.customerId, "DEBIT", amount);
    checkLimits(ledger, to.customerId, "CREDIT", amount);
    if (from.balance < amount) throw new Refusal("INSUFFICIENT-FUND", "Insufficient Fund");
    const transactionId = ledger.nextTransactionId();
    ledger.commit({
      kind: "transfer",
      merchantTransactionId,
      transactionId,
      amountPaise: String(amount),
      from: from.customerId,
      to: to.customerId,
    });
    return { data: { transaction_id: transactionId } };
  },
};

/** The debit that a reversal names by either id, or by both where they agree. */
function debitToReverse(fields: Fields, ledger: Ledger): Row {
  const merchantTransactionId = textOf(fields, "merchant_transaction_id");
  const transactionId = textOf(fields, "transaction_id");
  const row =
    merchantTransactionId === undefined && transactionId !== undefined
      ? ledger.byTransactionId(Number(transactionId))
      : ledger.byMerchantId(required(fields, "merchant_transaction_id"));
  const agrees = transactionId === undefined || String(row?.effect.transactionId) === transactionId;
  if (row?.effect.kind !== "debit" || !agrees) {
    throw invalidParams("The selected merchant transaction id is invalid.");
  }
  return row;
}

const debitreversal: Operation = {
  required: [],
  optional: ["merchant_transaction_id", "transaction_id", "description"],
  changes: always,
  run(fields, ledger) {
    const { effect: debit } = debitToReverse(fields, ledger);
    if (ledger.isReversed(debit.merchantTransactionId)) {
      throw new Refusal("TRANSACTION-ALREADY-REVERSED", "This Transaction is already reversed");
    }
    const customer = ledger.customer(debit.from);
    if (customer !== undefined) refuseInactive(customer);
    const merchantTransactionId = `${debit.merchantTransactionId}_REVERSAL`;
    refuseTaken(merchantTransactionId, ledger);
    const transactionId = ledger.nextTransactionId();
    ledger.commit({
      kind: "reversal",
      merchantTransactionId,
      transactionId,
      amountPaise: debit.amountPaise,
      from: debit.to,
      to: debit.from,
      reverses: debit.merchantTransactionId,
    });
    return { data: { merchant_transaction_id: merchantTransactionId, transaction_id: transactionId } };
  },
};

const limitCheck = (payment: Row["payment"]): Operation => ({
  required: ["amount"],
  optional: whichCustomer,
  changes: never,
  run(fields, ledger) {
    const { customerId } = customerOf(fields, ledger);
    checkLimits(ledger, customerId, payment, paiseOf(fields, "amount"));
    return { data: true };
  },
});

export const money = {
  creditwallet,
  debitwallet,
  wallettowallet,
  debitreversal,
  checkcustomercreditlimit: limitCheck("CREDIT"),
  checkcustomerdebitlimit: limitCheck("DEBIT"),
};
