import { describe, expect, test } from "vitest";
import { operation as addSubMerchant } from "../../functions/aggrepay/add-sub-merchant.ts";
import { operation as changeMpin } from "../../functions/aggrepay/change-mpin.ts";
import { operation as checkCustomer } from "../../functions/aggrepay/check-customer.ts";
import { operation as creditWallet } from "../../functions/aggrepay/credit-wallet.ts";
import { operation as customerOtp } from "../../functions/aggrepay/customer-otp.ts";
import { operation as customerStatus } from "../../functions/aggrepay/customer-status.ts";
import { operation as debitWallet } from "../../functions/aggrepay/debit-wallet.ts";
import { operation as fetchBalance } from "../../functions/aggrepay/fetch-balance.ts";
import { operation as fetchCustomerDetail } from "../../functions/aggrepay/fetch-customer-detail.ts";
import { operation as fetchTransactions } from "../../functions/aggrepay/fetch-transactions.ts";
import { operation as forgotMpin } from "../../functions/aggrepay/forgot-mpin.ts";
import { operation as registerCustomer } from "../../functions/aggrepay/register-customer.ts";
import { operation as registrationOtp } from "../../functions/aggrepay/registration-otp.ts";
import { operation as updateCustomer } from "../../functions/aggrepay/update-customer.ts";
import { operation as walletToWallet } from "../../functions/aggrepay/wallet-to-wallet.ts";
import { operation as secretKey } from "../../functions/dreamzwallet/get-secret-key.ts";
import { operation as registerBinding } from "../../functions/nicepay/register-account-binding.ts";
import { operation as userDetail } from "../../functions/nicepay/user-detail.ts";
import { operation as checkStatus } from "../../functions/payu/check-status.ts";
import { operation as encrypt } from "../../functions/wibmo/encrypt.ts";
import { operation as retrieve } from "../../functions/wibmo/retrieve-customer-record.ts";
import { UnreadableReply } from "../../lib/providers/provider.ts";
import { Reader } from "../../lib/providers/reader.ts";
import { Secret } from "../../lib/secrets/secret.ts";
import { decodeJson } from "../../lib/signing/index.ts";

const reader = (value: unknown) => new Reader(decodeJson(JSON.stringify(value)), "", "+05:30");

interface Returning {
  readonly returns: (reply: never, input: never, call: never) => unknown;
}

/** What an operation concludes from such a reply: `other` where it is refused for what it names. */
function concluded({ returns }: Returning, reply: object, input: object, call: object = {}): unknown {
  try {
    return returns(reply as never, input as never, call as never);
  } catch (error) {
    if (error instanceof UnreadableReply) return "other";
    throw error;
  }
}

/** AggrePay's `data`. */
const data = (value: unknown) => ({ data: reader(value), page: reader(null) });

const mobileNumber = "+919811100017";
const [customerId, email] = ["991000017", "asha@example.com"];
const moved = { transaction_id: "887420489" };
const row = { transaction_id: "1", time: "2026-01-05 06:00:00" };
const status = { customer_id: customerId, customer_active: "y" };
const money = { amount: "5.00", merchantTransactionId: "m-1", fromCustomerId: "11", toCustomerId: "22" };

describe("AggrePay's reply that names another", () => {
  test.each([
    ["mobile number, of a profile", fetchCustomerDetail, { mobileNumber }, { customer_id: "5" }],
    ["mobile number, of a balance", fetchBalance, { mobileNumber }, { customer_id: "5", balance: "1.0" }],
    ["mobile number, of a row", fetchTransactions, { mobileNumber }, [{ ...row }, { ...row }]],
    ["mobile number, of a check", checkCustomer, { email, mobileNumber }, { customer_exists: "true" }],
    ["mobile number, of an OTP", customerOtp, { mobileNumber }, { otp_sent: "true" }],
    ["mobile number, of a new OTP", registrationOtp, { email, mobileNumber }, { otp_sent: "true" }],
    ["mobile number, of a status", customerStatus, { mobileNumber }, status],
    ["mobile number, registered", registerCustomer, { mobileNumber }, { customer_id: "5" }],
    ["mobile number, updated", updateCustomer, { mobileNumber, city: "Pune" }, { updated: "true" }],
    ["mobile number, of a new MPIN", changeMpin, { mobileNumber }, { mpin_updated: "true" }],
    ["mobile number, of a lost MPIN", forgotMpin, { mobileNumber }, { mpin_updated: "true" }],
    [
      "mobile number, of a shop",
      addSubMerchant,
      { mobileNumber, email, name: "x" },
      { sub_merchant_id: "7" },
    ],
  ] as const)("%s", (_, operation, input, reply) => {
    const shown = (mobile_number: unknown) =>
      concluded(
        operation,
        data(
          Array.isArray(reply)
            ? reply.map((each, at) => (at === 1 ? { ...each, mobile_number } : each))
            : { ...reply, mobile_number },
        ),
        input,
      );
    for (const other of ["+919811100018", 9811100018, "09811100018", "981110001", "98******18", "XXXXXX0018"])
      expect([other, shown(other)]).toEqual([other, "other"]);
    for (const own of ["9811100017", 919811100017, "+91 98111-00017", "98******17", null, "", "N/A", []])
      expect([own, shown(own)]).not.toEqual([own, "other"]);
  });

  test.each([
    ["an MPIN", changeMpin, { mpin_updated: "true" }],
    ["a lost MPIN", forgotMpin, { mpin_updated: "false" }],
    ["an OTP", customerOtp, { otp_sent: "true" }],
    ["an update", updateCustomer, { updated: "true" }],
    ["rows", fetchTransactions, [row]],
  ] as const)("customer, of %s", (_, operation, reply) => {
    const shown = (customer_id: unknown) =>
      concluded(
        operation,
        data(Array.isArray(reply) ? [{ ...reply[0], customer_id }] : { ...reply, customer_id }),
        { customerId },
      );
    for (const other of ["991000018", 991000018, "0991000017", "99100001"])
      expect(shown(other)).toBe("other");
  });

  test("e-mail address, in any field that has one", () => {
    const shown = (field: string, value: unknown) =>
      concluded(checkCustomer, data({ customer_exists: true, [field]: value }), { email });
    expect(shown("email", "ravi@example.com")).toBe("other");
    expect(shown("email_address", "asha@example.co")).toBe("other");
    expect(shown("email", "Asha@Example.com")).toEqual({ customerExists: true });
  });

  test.each([
    ["from_customer_id", "22"],
    ["to_customer_id", 11],
    ["customer_id", "33"],
  ])("party of a transfer, in %s", (field, other) => {
    expect(concluded(walletToWallet, data({ ...moved, [field]: other }), money)).toBe("other");
    for (const own of field === "customer_id" ? ["11", "22"] : [field.startsWith("from") ? 11 : "22", null])
      expect(concluded(walletToWallet, data({ ...moved, [field]: own }), money)).toEqual({
        transactionId: "887420489",
      });
  });

  test("party or payment of a credit or debit", () => {
    const credit = {
      ...money,
      fromCustomerId: undefined,
      toMobileNumber: mobileNumber,
      pgTransactionId: "pay-1",
    };
    for (const other of [
      { mobile_number: "9811100018" },
      { to_mobile_number: "9811100018" },
      { pg_transaction_id: "pay-2" },
      { customer_id: "23" },
    ])
      expect(concluded(creditWallet, data({ ...moved, ...other }), credit)).toBe("other");
    const own = { to_mobile_number: "9811100017", pg_transaction_id: "PAY1", from_customer_id: "1" };
    expect(concluded(creditWallet, data({ ...moved, ...own }), credit)).not.toBe("other");
    const debit = { ...money, toSubMerchantId: "7" };
    expect(concluded(debitWallet, data({ ...moved, to_sub_merchant_id: 8 }), debit)).toBe("other");
  });

  test("name or bank account of a sub merchant", () => {
    const input = { email, name: "Asha's Tea Stall", accountNumber: "1234500", ifscCode: "HDFC0001234" };
    const shown = (more: object) =>
      concluded(addSubMerchant, data({ sub_merchant_id: 7, ...more }), { ...input, mobileNumber });
    expect(shown({ name: "Ravi's Tea Stall" })).toBe("other");
    expect(shown({ account_number: "1234501" })).toBe("other");
    expect(shown({ ifsc_code: "HDFC0001235" })).toBe("other");
    expect(shown({ name: "ASHA&#39;S TEA STALL", account_number: 1234500 })).toEqual({ subMerchantId: "7" });
  });
});

describe("Wibmo's record of another", () => {
  test.each<[object, object]>([
    [{ customerId: "c-1" }, { customerId: "c-2" }],
    [{ customerId: "c-1" }, { name: "Ravi", data: { CustomerID: "c-2" } }],
    [{ customerId: "c-1" }, { record: '{"customer_id":"C-1"}' }],
    [{ customerId: "77" }, { customers: [{ customerId: 78 }] }],
    [{ customerMobile: "+919900261104" }, { customerMobile: "919900261105" }],
    [{ customerMobile: "+919900261104" }, { profile: { mobileNumber: 9900261105 } }],
    [{ urn: "100000012" }, { urn: 100000013 }],
    [{ emailId: "asha@example.com" }, { email: "ravi@example.com" }],
    [
      { customerId: "c-1", urn: "5" },
      { customerId: "c-1", urn: "6" },
    ],
    [{ customerId: "c-1" }, { a: { customerId: "c-1" }, b: { customerId: "c-2" } }],
  ])("asked by %j, shown %j", (input, record) => {
    expect(concluded(retrieve, reader(record), input)).toBe("other");
    expect(concluded(encrypt, reader({ token: "a+b=", ...record }), input, { body: {} })).toBe("other");
  });

  test.each<[object, object]>([
    [{ customerId: "c-1" }, { customerId: "c-1", nominee: { customerId: "c-2", urn: "5" } }],
    [{ customerId: "77" }, { customerId: 77, customerMobile: "9900261104" }],
    [{ customerMobile: "+919900261104" }, { customerMobile: 919900261104, customerId: "c-9" }],
    [{ customerMobile: "+919900261104" }, { customerMobile: "99******04" }],
    [{ customerId: "c-1" }, { customerId: null, name: "Asha" }],
    [{ emailId: "asha@example.com" }, { emailId: "ASHA@EXAMPLE.COM" }],
    [{ urn: "222" }, { customer: { customerId: "c-1" }, cards: [{ urn: 111 }, { urn: 222 }] }],
    [{ customerMobile: "9900261104" }, { personal: { mobile: 9900261104 }, nominee: { mobile: 9900261105 } }],
    [{ emailId: "a@b.in" }, { personal: { emailId: "a@b.in" }, issuer: { email: "help@bank.in" } }],
  ])("asked by %j, %j is the customer's own", (input, record) => {
    expect(concluded(retrieve, reader(record), input)).toHaveProperty("customer");
  });

  test("token for another call", () => {
    const call = { body: { clientTxnId: "ask-1" } };
    const shown = (clientTxnId: string) =>
      concluded(encrypt, reader({ token: "a+b=", clientTxnId }), { urn: "7" }, call);
    expect(shown("ask-2")).toBe("other");
    expect(shown("ask-1")).toEqual({ token: "a+b=", clientTxnId: "ask-1" });
  });
});

test("PayU's status of another call", () => {
  const call = { body: { clientTxnId: "ask-1" } };
  const shown = (more: object) =>
    concluded(checkStatus, reader({ responseCode: "00", ...more }), { verifyClientTxnId: "load-1" }, call);
  expect(shown({ clientTxnId: "ask-2" })).toBe("other");
  expect(shown({ verifyclientTxnId: "load-2" })).toBe("other");
  expect(shown({ verifyClientTxnId: "LOAD-1" })).toBe("other");
  for (const clientTxnId of ["ask-1", "load-1", null, ""])
    expect(shown({ clientTxnId, verifyclientTxnId: "load-1" })).toMatchObject({ responseCode: "00" });
  expect(shown({ clientTxnId: "NA", response_dump: [], responseDump: "NA" })).toMatchObject({
    responseCode: "00",
  });
  expect(shown({ response_dump: [{ urn: 7 }], responseDump: "NA" })).toMatchObject({
    responseDump: [{ urn: "7" }],
  });
});

test("DreamzWallet's key of another user", () => {
  const shown = (customerId: unknown, asked = "asha") =>
    concluded(secretKey, reader({ customerId, secKey: "k-1" }), { customerId: asked });
  for (const other of ["ravi", "ASHA", " asha", null, ["asha"]]) expect(shown(other)).toBe("other");
  expect(shown("asha")).toEqual({ customerId: "asha", secKey: "k-1" });
  // A user's name is what it is.
  expect(shown("none", "none")).toEqual({ customerId: "none", secKey: "k-1" });
});

test("NICEPAY's answer about another token or registration", () => {
  const detail = (userToken: unknown) =>
    concluded(userDetail, reader({ billingPhone: "+6282112345678", userToken }), {
      userToken: new Secret("token-1"),
    });
  expect(detail("token-2")).toBe("other");
  expect(detail(null)).toMatchObject({ billingPhone: "+6282112345678" });
  const input = {
    ...{ referenceNo: "link-1", mitraCd: "KDVI", billingPhone: "+6282112345678", clientUserKey: "user-1" },
  };
  const registered = (more: object) =>
    concluded(registerBinding, reader({ redirectUrlHttp: "https://n.example/login", ...more }), input);
  for (const other of [
    { referenceNo: "link-2" },
    { referenceNo: "LINK-1" },
    { mitraCd: "OVOE" },
    { billingPhone: "082112345679" },
    { billingPhone: "+62821****5679" },
    { clientUserKey: "user-2" },
  ])
    expect([other, registered(other)]).toEqual([other, "other"]);
  for (const own of [{ billingPhone: "62 821-1234-5678" }, { mitraCd: "kdvi " }, { referenceNo: null }, {}])
    expect(registered(own)).toMatchObject({ referenceNo: "link-1" });
});
