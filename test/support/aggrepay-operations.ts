import { createHash } from "node:crypto";
import { planted, type Reply, refusal, type Value } from "./peer.ts";

/** An operation as the provider's document has it: what is asked of the gateway, what it sends, what comes back. */
export interface OperationCase {
  readonly route: string;
  /** The last part of the provider's path. */
  readonly path: string;
  /** What makes a repeat: nothing, the caller's Idempotency-Key, or the merchantTransactionId. */
  readonly identity: "none" | "key" | "natural";
  /** With every field given; of `id` is made what must be unique. */
  readonly full: (id: string) => Sample;
  /** With the required fields alone. */
  readonly least: (id: string) => Sample;
  /** The same identity for something else. */
  readonly other?: (id: string) => object;
  /** `data` of the document's sample, about what was asked; `sends` are the fields of the request. */
  readonly data: (sends: Sample["sends"]) => Value;
  readonly page?: Value;
  readonly answer: (sends: Sample["sends"]) => { readonly result: unknown; readonly page?: object };
  /** Replies to what the gateway asks before it sends. */
  readonly before?: Readonly<Record<string, Reply>>;
}

export interface Sample {
  readonly input: Readonly<Record<string, unknown>>;
  readonly sends: Readonly<Record<string, string>>;
}

const sample = (input: Sample["input"], sends: Sample["sends"]) => (): Sample => ({ input, sends });

/** An operation of money, whose samples all hold its merchantTransactionId. */
const identified =
  (input: Sample["input"], sends: Sample["sends"]) =>
  (id: string): Sample => ({
    input: { ...input, merchantTransactionId: id },
    sends: { ...sends, merchant_transaction_id: id },
  });

/** What has a natural key besides: another one for each identity. */
const keyedBy =
  (
    of: (id: string) => string,
    [inInput, inSends]: readonly [string, string],
    input: Sample["input"],
    sends: Sample["sends"],
  ) =>
  (id: string): Sample => ({
    input: { ...input, [inInput]: of(id) },
    sends: { ...sends, [inSends]: of(id) },
  });

/** A mobile number that nobody else has. */
const mobileOf = (id: string): string =>
  `+91${BigInt(`0x${createHash("sha256").update(id).digest("hex")}`)
    .toString()
    .slice(-10)}`;
const byMobile = ["mobileNumber", "mobile_number"] as const;
const shopOf = (id: string): string => `XYZ ${createHash("sha256").update(id).digest("hex")}`;
const byName = ["name", "name"] as const;
const paymentOf = (id: string): string => `PG-77/${id}`;
const byPayment = ["pgTransactionId", "pg_transaction_id"] as const;

const mobile = "+919900261104";
const email = "sriram@piggy.in";
const customer = { customerId: "546693304", mobileNumber: mobile };
const customerFields = { customer_id: "546693304", mobile_number: mobile };

const notThere = refusal("INVALID-PARAMS", "The selected mobile number is invalid.");
export const noSubMerchants = refusal("NO-SUB-MERCHANT-RECORD", "Sub merchant details not found.");
export const notRegistered = notThere;

const row = {
  amount: "4.0",
  balance: 83,
  transaction_type: "C2M",
  payment_type: "DEBIT",
  time: "2017-03-04 13:50:29",
  transaction_id: 734203905,
  merchant_transaction_id: "ABC122361",
  transaction_status: "PAYMENT_SUCCESS",
};
const shownRow = {
  transactionId: "734203905",
  merchantTransactionId: "ABC122361",
  transactionType: "C2M",
  paymentType: "DEBIT",
  amount: "4.0",
  balance: "83",
  time: "2017-03-04T13:50:29+05:30",
  transactionStatus: "PAYMENT_SUCCESS",
};

const registration = {
  mobileNumber: mobile,
  otp: planted.otp,
  firstName: "Karmendra",
  lastName: "S",
  mpin: planted.mpin,
};
const registrationFields = {
  mobile_number: mobile,
  otp: planted.otp,
  first_name: "Karmendra",
  last_name: "S",
  mpin: planted.mpin,
};

const subMerchant = {
  mobileNumber: mobile,
  email,
  name: "XYZ",
  accountNumber: "00112233445566",
  accountName: "XYZ & Sons",
  ifscCode: "HDFC0000001",
  bankName: "HDFC Bank",
  bankBranch: "Anna Nagar, Chennai",
};
const subMerchantFields = {
  mobile_number: mobile,
  email,
  name: "XYZ",
  account_number: "00112233445566",
  account_name: "XYZ & Sons",
  ifsc_code: "HDFC0000001",
  bank_name: "HDFC Bank",
  bank_branch: "Anna Nagar, Chennai",
};

export const operations: readonly OperationCase[] = [
  {
    route: "check-customer",
    path: "checkcustomer",
    identity: "none",
    full: sample({ email, mobileNumber: mobile }, { email, mobile_number: mobile }),
    least: sample({ email }, { email }),
    data: () => ({ customer_exists: "true" }),
    answer: () => ({ result: { customerExists: true } }),
  },
  {
    route: "registration-otp",
    path: "registrationotp",
    identity: "key",
    full: sample({ email, mobileNumber: mobile }, { email, mobile_number: mobile }),
    least: sample({ email }, { email }),
    other: () => ({ email: "other@piggy.in" }),
    data: () => ({ customer_exists: "false", otp_sent: "true" }),
    answer: () => ({ result: { customerExists: false, otpSent: true } }),
  },
  {
    route: "register-customer",
    path: "registercustomer",
    identity: "key",
    full: keyedBy(
      mobileOf,
      byMobile,
      { ...registration, dateOfBirth: "1988-02-29" },
      { ...registrationFields, date_of_birth: "1988-02-29" },
    ),
    least: keyedBy(mobileOf, byMobile, registration, registrationFields),
    other: (id) => ({ ...registration, mobileNumber: mobileOf(id), firstName: "Karmendra K" }),
    before: { fetchcustomerdetail: notThere },
    data: () => ({ customer_id: "784334610" }),
    answer: () => ({ result: { customerId: "784334610" } }),
  },
  {
    route: "fetch-balance",
    path: "fetchbalance",
    identity: "none",
    full: sample(customer, customerFields),
    least: sample({ mobileNumber: mobile }, { mobile_number: mobile }),
    data: () => ({ balance: "41.0", customer_id: "546693304" }),
    answer: () => ({ result: { balance: "41.0", customerId: "546693304" } }),
  },
  {
    route: "credit-wallet",
    path: "creditwallet",
    identity: "natural",
    full: (id) =>
      keyedBy(
        paymentOf,
        byPayment,
        {
          toCustomerId: "546693304",
          toMobileNumber: mobile,
          amount: "250.50",
          description: "Top-up / March",
          merchantTransactionId: id,
        },
        {
          to_customer_id: "546693304",
          to_mobile_number: mobile,
          amount: "250.50",
          description: "Top-up / March",
          merchant_transaction_id: id,
        },
      )(id),
    least: (id) =>
      keyedBy(
        paymentOf,
        byPayment,
        { toCustomerId: "546693304", amount: "1", merchantTransactionId: id },
        { to_customer_id: "546693304", amount: "1", merchant_transaction_id: id },
      )(id),
    other: (id) => ({
      toCustomerId: "546693304",
      toMobileNumber: mobile,
      amount: "250.51",
      pgTransactionId: paymentOf(id),
      merchantTransactionId: id,
    }),
    data: () => ({ transaction_id: 843033750 }),
    answer: () => ({ result: { transactionId: "843033750" } }),
  },
  {
    route: "debit-wallet",
    path: "debitwallet",
    identity: "natural",
    full: identified(
      {
        fromCustomerId: "546693304",
        fromMobileNumber: mobile,
        toSubMerchantId: "1",
        amount: "4.00",
        mpin: planted.mpin,
        description: "Order 12",
      },
      {
        from_customer_id: "546693304",
        from_mobile_number: mobile,
        to_sub_merchant_id: "1",
        amount: "4.00",
        mpin: planted.mpin,
        description: "Order 12",
      },
    ),
    least: identified(
      { fromCustomerId: "546693304", amount: "4", mpin: planted.mpin },
      { from_customer_id: "546693304", amount: "4", mpin: planted.mpin },
    ),
    other: (id) => ({
      fromCustomerId: "546693304",
      fromMobileNumber: mobile,
      toSubMerchantId: "2",
      amount: "4.00",
      mpin: planted.mpin,
      merchantTransactionId: id,
    }),
    data: () => ({ transaction_id: 654561373 }),
    answer: () => ({ result: { transactionId: "654561373" } }),
  },
  {
    route: "wallet-to-wallet",
    path: "wallettowallet",
    identity: "natural",
    full: identified(
      {
        fromCustomerId: "546693304",
        toCustomerId: "575290695",
        amount: "1.5",
        mpin: planted.mpin,
        description: "Lunch",
      },
      {
        from_customer_id: "546693304",
        to_customer_id: "575290695",
        amount: "1.5",
        mpin: planted.mpin,
        description: "Lunch",
      },
    ),
    least: identified(
      { fromCustomerId: "546693304", toCustomerId: "575290695", amount: "0.01", mpin: planted.mpin },
      { from_customer_id: "546693304", to_customer_id: "575290695", amount: "0.01", mpin: planted.mpin },
    ),
    other: (id) => ({
      fromCustomerId: "546693304",
      toCustomerId: "575290696",
      amount: "1.5",
      mpin: planted.mpin,
      merchantTransactionId: id,
    }),
    data: () => ({ transaction_id: 689188022 }),
    answer: () => ({ result: { transactionId: "689188022" } }),
  },
  {
    route: "debit-reversal",
    path: "debitreversal",
    identity: "natural",
    full: identified(
      { transactionId: "654561373", description: "Out of stock" },
      { transaction_id: "654561373", description: "Out of stock" },
    ),
    least: identified({}, {}),
    other: (id) => ({ merchantTransactionId: id, transactionId: "654561374" }),
    data: (sends) => ({
      merchant_transaction_id: `${sends.merchant_transaction_id}_REVERSAL`,
      transaction_id: 537601231,
    }),
    answer: (sends) => ({
      result: {
        merchantTransactionId: `${sends.merchant_transaction_id}_REVERSAL`,
        transactionId: "537601231",
      },
    }),
  },
  {
    route: "check-customer-credit-limit",
    path: "checkcustomercreditlimit",
    identity: "none",
    full: sample({ ...customer, amount: "100.00" }, { ...customerFields, amount: "100.00" }),
    least: sample({ customerId: "546693304", amount: "5" }, { customer_id: "546693304", amount: "5" }),
    data: () => true,
    answer: () => ({ result: { withinLimit: true } }),
  },
  {
    route: "check-customer-debit-limit",
    path: "checkcustomerdebitlimit",
    identity: "none",
    full: sample({ ...customer, amount: "100.00" }, { ...customerFields, amount: "100.00" }),
    least: sample({ mobileNumber: mobile, amount: "5" }, { mobile_number: mobile, amount: "5" }),
    data: () => true,
    answer: () => ({ result: { withinLimit: true } }),
  },
  {
    route: "fetch-transactions",
    path: "fetchtransactions",
    identity: "none",
    full: sample(
      { ...customer, pageNumber: 1, pageSize: 3 },
      { ...customerFields, page_number: "1", page_size: "3" },
    ),
    least: sample(
      { customerId: "546693304", pageNumber: 0, pageSize: 1 },
      { customer_id: "546693304", page_number: "0", page_size: "1" },
    ),
    data: () => [
      { ...row, amount: "1.0", balance: 40, transaction_type: "C2C", merchant_transaction_id: null },
      { ...row, payment_type: "CREDIT", time: "2017-03-03 10:00:29", transaction_id: "484088025" },
    ],
    page: { page_size: 3, page_number: 1, total_pages: 11, total_elements: 32 },
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
  },
  {
    route: "fetch-by-merchant-transaction-id",
    path: "fetchbymerchantransactionid",
    identity: "none",
    full: sample({ merchantTransactionId: "ABC122361" }, { merchant_transaction_id: "ABC122361" }),
    least: sample(
      { merchantTransactionId: "ABC122361_REVERSAL" },
      { merchant_transaction_id: "ABC122361_REVERSAL" },
    ),
    data: ({ merchant_transaction_id = null }) => ({ ...row, merchant_transaction_id }),
    answer: ({ merchant_transaction_id }) => ({
      result: { ...shownRow, merchantTransactionId: merchant_transaction_id },
    }),
  },
  {
    route: "fetch-by-transaction-id",
    path: "fetchbytransactionid",
    identity: "none",
    full: sample({ transactionId: "734203905" }, { transaction_id: "734203905" }),
    least: sample({ transactionId: "734203905" }, { transaction_id: "734203905" }),
    data: () => row,
    answer: () => ({ result: shownRow }),
  },
  {
    route: "fetch-customer-detail",
    path: "fetchcustomerdetail",
    identity: "none",
    full: sample(customer, customerFields),
    least: sample({ customerId: "546693304" }, { customer_id: "546693304" }),
    data: () => ({
      customer_id: "546693304",
      first_name: "Karmendra",
      last_name: "S",
      mobile_number: mobile,
      email_address: email,
      date_of_birth: null,
      address_line_1: null,
      address_line_2: null,
      city: "chennai",
      pincode: "123456",
      description: null,
    }),
    answer: () => ({
      result: {
        customerId: "546693304",
        firstName: "Karmendra",
        lastName: "S",
        mobileNumber: mobile,
        emailAddress: email,
        dateOfBirth: null,
        addressLine1: null,
        addressLine2: null,
        city: "chennai",
        pincode: "123456",
        description: null,
      },
    }),
  },
  {
    route: "update-customer",
    path: "updatecustomer",
    identity: "key",
    full: sample(
      {
        ...customer,
        firstName: "Zoë",
        lastName: "D'Souza",
        emailAddress: email,
        dateOfBirth: "1999-12-31",
        addressLine1: "12/3, 4th Cross",
        addressLine2: "Near the lake",
        city: "Bengaluru",
        pincode: "560001",
        description: "moved = yes & no",
      },
      {
        ...customerFields,
        first_name: "Zoë",
        last_name: "D'Souza",
        email_address: email,
        date_of_birth: "1999-12-31",
        address_line_1: "12/3, 4th Cross",
        address_line_2: "Near the lake",
        city: "Bengaluru",
        pincode: "560001",
        description: "moved = yes & no",
      },
    ),
    least: sample({ mobileNumber: mobile, city: "Pune" }, { mobile_number: mobile, city: "Pune" }),
    other: () => ({ ...customer, city: "Pune" }),
    data: () => ({ updated: "true" }),
    answer: () => ({ result: { updated: true } }),
  },
  {
    route: "customer-status",
    path: "customerstatus",
    identity: "key",
    full: sample({ ...customer, customerActive: false }, { ...customerFields, customer_active: "n" }),
    least: sample(
      { customerId: "546693304", customerActive: false },
      { customer_id: "546693304", customer_active: "n" },
    ),
    other: () => ({ ...customer, customerActive: true }),
    data: () => ({ customer_id: 546693304, customer_active: "n" }),
    answer: () => ({ result: { customerId: "546693304", customerActive: false } }),
  },
  {
    route: "customer-otp",
    path: "customerotp",
    identity: "key",
    full: sample(customer, customerFields),
    least: sample({ customerId: "546693304" }, { customer_id: "546693304" }),
    other: () => ({ customerId: "546693305" }),
    data: () => ({ customer_exists: "true", otp_sent: "true" }),
    answer: () => ({ result: { customerExists: true, otpSent: true } }),
  },
  {
    route: "forgot-mpin",
    path: "forgotmpin",
    identity: "key",
    full: sample(
      { ...customer, otp: planted.otp, newMpin: planted.newMpin },
      { ...customerFields, otp: planted.otp, new_mpin: planted.newMpin },
    ),
    least: sample(
      { mobileNumber: mobile, otp: planted.otp, newMpin: planted.newMpin },
      { mobile_number: mobile, otp: planted.otp, new_mpin: planted.newMpin },
    ),
    other: () => ({ ...customer, otp: planted.otp, newMpin: planted.mpin }),
    data: () => ({ mpin_updated: "true" }),
    answer: () => ({ result: { mpinUpdated: true } }),
  },
  {
    route: "change-mpin",
    path: "changempin",
    identity: "key",
    full: sample(
      { ...customer, oldMpin: planted.mpin, newMpin: planted.newMpin },
      { ...customerFields, old_mpin: planted.mpin, new_mpin: planted.newMpin },
    ),
    least: sample(
      { customerId: "546693304", oldMpin: planted.mpin, newMpin: planted.newMpin },
      { customer_id: "546693304", old_mpin: planted.mpin, new_mpin: planted.newMpin },
    ),
    other: () => ({ ...customer, oldMpin: planted.newMpin, newMpin: planted.mpin }),
    data: () => ({ mpin_updated: "true" }),
    answer: () => ({ result: { mpinUpdated: true } }),
  },
  {
    route: "add-sub-merchant",
    path: "addsubmerchant",
    identity: "key",
    full: keyedBy(shopOf, byName, subMerchant, subMerchantFields),
    least: keyedBy(shopOf, byName, subMerchant, subMerchantFields),
    other: (id) => ({ ...subMerchant, name: shopOf(id), accountNumber: "00112233445567" }),
    before: { getsubmerchants: noSubMerchants },
    data: () => ({ sub_merchant_id: 1 }),
    answer: () => ({ result: { subMerchantId: "1" } }),
  },
  {
    route: "get-sub-merchants",
    path: "getsubmerchants",
    identity: "none",
    full: sample({}, {}),
    least: sample({}, {}),
    data: () => ({ id: 1, name: "XYZ" }),
    answer: () => ({ result: [{ id: "1", name: "XYZ" }] }),
  },
];

export const reads = operations.filter(({ identity }) => identity === "none");
export const changes = operations.filter(({ identity }) => identity !== "none");
export const keyed = operations.filter(({ identity }) => identity === "key");

export function operationOf(route: string): OperationCase {
  const found = operations.find((operation) => operation.route === route);
  if (found === undefined) throw new Error(`there is no operation ${route}`);
  return found;
}
