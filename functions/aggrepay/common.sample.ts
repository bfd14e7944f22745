import { createHash } from "node:crypto";
import * as v from "valibot";
import type { Asked, Sample } from "../../lib/operation/sample.ts";
import { count, decimal, id, orNull, time, words } from "../shapes.sample.ts";

type Fields = Readonly<Record<string, string>>;
type AggrepayAsked = Asked<Fields>;

/** `data` and `page` of the document's reply. */
interface Reply {
  readonly data: unknown;
  readonly page?: Readonly<Record<string, number>>;
}

export interface AggrepaySample extends Sample<Fields, Reply> {
  /** The errors that answer what is asked before anything is sent, by the last part of the path. */
  readonly before?: Readonly<Record<string, { readonly code: string; readonly message: string }>>;
}

/** The same, whatever the id. */
export const always = (input: AggrepayAsked["input"], sends: Fields) => (): AggrepayAsked => ({
  input,
  sends,
});

/** An operation of money, whose samples all hold its merchantTransactionId. */
export const identified =
  (input: AggrepayAsked["input"], sends: Fields) =>
  (id: string): AggrepayAsked => ({
    input: { ...input, merchantTransactionId: id },
    sends: { ...sends, merchant_transaction_id: id },
  });

/** An operation with a natural key: another one for each identity. */
export const keyedBy =
  (
    of: (id: string) => string,
    [inInput, inSends]: readonly [string, string],
    input: AggrepayAsked["input"],
    sends: Fields,
  ) =>
  (id: string): AggrepayAsked => ({
    input: { ...input, [inInput]: of(id) },
    sends: { ...sends, [inSends]: of(id) },
  });

const digest = (id: string): string => createHash("sha256").update(id).digest("hex");
/** A mobile number that no other id has. */
export const mobileOf = (id: string): string =>
  `+919${BigInt(`0x${digest(id)}`)
    .toString()
    .slice(-9)}`;
export const byMobile = ["mobileNumber", "mobile_number"] as const;
export const shopOf = (id: string): string => `XYZ ${digest(id)}`;
export const byName = ["name", "name"] as const;
export const paymentOf = (id: string): string => `PG-77/${id}`;
export const byPayment = ["pgTransactionId", "pg_transaction_id"] as const;

/** What must be seen nowhere but on its way to the provider; tests look for these values. */
export const secret = { mpin: "73917391", newMpin: "84628462", otp: "50915091" } as const;

export const mobile = "+919900261104";
export const email = "sriram@piggy.in";
export const customer = { customerId: "546693304", mobileNumber: mobile };
export const customerFields = { customer_id: "546693304", mobile_number: mobile };

export const row = {
  amount: "4.0",
  balance: 83,
  transaction_type: "C2M",
  payment_type: "DEBIT",
  time: "2017-03-04 13:50:29",
  transaction_id: 734203905,
  merchant_transaction_id: "ABC122361",
  transaction_status: "PAYMENT_SUCCESS",
};
export const shownRow = {
  transactionId: "734203905",
  merchantTransactionId: "ABC122361",
  transactionType: "C2M",
  paymentType: "DEBIT",
  amount: "4.0",
  balance: "83",
  time: "2017-03-04T13:50:29+05:30",
  transactionStatus: "PAYMENT_SUCCESS",
};

export const registration = {
  mobileNumber: mobile,
  otp: secret.otp,
  firstName: "Karmendra",
  lastName: "S",
  mpin: secret.mpin,
};
export const registrationFields = {
  mobile_number: mobile,
  otp: secret.otp,
  first_name: "Karmendra",
  last_name: "S",
  mpin: secret.mpin,
};

export const subMerchant = {
  mobileNumber: mobile,
  email,
  name: "XYZ",
  accountNumber: "00112233445566",
  accountName: "XYZ & Sons",
  ifscCode: "HDFC0000001",
  bankName: "HDFC Bank",
  bankBranch: "Anna Nagar, Chennai",
};
export const subMerchantFields = {
  mobile_number: mobile,
  email,
  name: "XYZ",
  account_number: "00112233445566",
  account_name: "XYZ & Sons",
  ifsc_code: "HDFC0000001",
  bank_name: "HDFC Bank",
  bank_branch: "Anna Nagar, Chennai",
};

export const transaction = v.strictObject({
  transactionId: orNull(id("The provider's id of the transaction")),
  merchantTransactionId: orNull(id("The merchant's id; a reversal has its debit's with _REVERSAL")),
  transactionType: orNull(words("What kind it is, in the provider's words: C2M, C2C, M2C, ...")),
  paymentType: orNull(words("CREDIT or DEBIT, seen from the customer")),
  amount: orNull(decimal("The amount in rupees", "INR")),
  balance: orNull(decimal("The customer's balance afterwards, in rupees", "INR")),
  time: orNull(time("When it was done, in India's time")),
  transactionStatus: orNull(words("The provider's word for its state, such as PAYMENT_SUCCESS")),
});

export const pageOfTransactions = v.strictObject({
  pageSize: orNull(count("How many transactions a page has")),
  pageNumber: orNull(count("Which page this is, from 0")),
  totalPages: orNull(count("How many pages there are")),
  totalElements: orNull(count("How many transactions there are")),
});

/** What the provider says where there is nothing of the kind. */
export const aggrepayErrors = {
  notRegistered: { code: "INVALID-PARAMS", message: "The selected mobile number is invalid." },
  noSubMerchants: { code: "NO-SUB-MERCHANT-RECORD", message: "Sub merchant details not found." },
} as const;
