import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { operations } from "../../local/sandbox/aggrepay/wallet.ts";
import { type Sandbox, sandboxOtp } from "../../local/sandbox/aggrepay.ts";
import { operations as operationCases } from "../support/aggrepay-operations.ts";
import { crediting, debiting, registering, start, temporaryFolder, transferring, Wallet } from "./running.ts";

const folder = temporaryFolder();
// 23:30 on 31 March in UTC is 5 in the morning of 1 April in India.
let now = Date.UTC(2026, 2, 31, 23, 30, 15);
let sandbox: Sandbox;
let wallet: Wallet;

beforeAll(async () => {
  sandbox = await start(folder.path, () => now);
  wallet = new Wallet(sandbox.url);
});

afterAll(async () => {
  await sandbox.close();
  folder.remove();
});

const noCustomer = "INVALID-PARAMS The selected customer id is invalid.";
const noMobile = "INVALID-PARAMS The selected mobile number is invalid.";
const noTransaction = "INVALID-PARAMS The selected merchant transaction id is invalid.";
const taken = "INVALID-PARAMS The merchant transaction id has already been taken.";
const whichCustomer = "INVALID-PARAMS The mobile number field is required when customer id is not present.";

it("has the 21 calls of the document, and the call of every operation", () => {
  const calls = [...operations.keys()].sort();
  expect(calls).toEqual(operationCases.map(({ path }) => path).sort());
  expect(calls).toEqual(
    expect.arrayContaining([
      "addsubmerchant",
      "changempin",
      "checkcustomer",
      "checkcustomercreditlimit",
      "checkcustomerdebitlimit",
      "creditwallet",
      "customerotp",
      "customerstatus",
      "debitreversal",
      "debitwallet",
      "fetchbalance",
      "fetchbymerchantransactionid",
      "fetchbytransactionid",
      "fetchcustomerdetail",
      "fetchtransactions",
      "forgotmpin",
      "getsubmerchants",
      "registercustomer",
      "registrationotp",
      "updatecustomer",
      "wallettowallet",
    ]),
  );
});

describe("1 to 3, registration", () => {
  const email = "ravi@example.com";

  it("registers once, with an OTP that serves once", async () => {
    const mobile = wallet.freshMobile();
    const asked = { mobile_number: mobile, email };
    expect(await wallet.data("checkcustomer", asked)).toEqual({ customer_exists: "false" });
    expect(await wallet.refusal("registercustomer", registering(mobile))).toBe("INVALID-OTP Invalid OTP");
    for (const _ of ["first", "second"]) {
      expect(await wallet.data("registrationotp", asked)).toEqual({
        customer_exists: "false",
        otp_sent: "true",
      });
    }
    expect(await wallet.refusal("registercustomer", registering(mobile, { otp: "654321" }))).toBe(
      "INVALID-OTP Invalid OTP",
    );
    expect(await wallet.data("registercustomer", registering(mobile))).toEqual({
      customer_id: expect.stringMatching(/^\d{9}$/),
    });
    expect(await wallet.data("checkcustomer", asked)).toEqual({ customer_exists: "true" });
    expect(await wallet.data("checkcustomer", { email })).toEqual({ customer_exists: "true" });
    expect(await wallet.data("registrationotp", asked)).toEqual({
      customer_exists: "true",
      otp_sent: "false",
    });
    expect(await wallet.refusal("registercustomer", registering(mobile))).toBe(
      "INVALID-INPUT-DATA Invalid input Data",
    );
  });

  it("knows a number with and without its country", async () => {
    const mobile = wallet.freshMobile();
    await wallet.register(mobile);
    expect(await wallet.data("checkcustomer", { email, mobile_number: mobile.slice(3) })).toEqual({
      customer_exists: "true",
    });
  });

  it("sends no OTP without a number", async () => {
    expect(await wallet.data("registrationotp", { email: "nobody@example.com" })).toEqual({
      customer_exists: "false",
      otp_sent: "false",
    });
  });

  it("refuses what is missing or malformed in the document's words", async () => {
    const mobile = wallet.freshMobile();
    const invalidNumber = "INVALID-PARAMS The mobile number field contains an invalid number.";
    expect(await wallet.refusal("checkcustomer", { email, mobile_number: "12" })).toBe(invalidNumber);
    expect(await wallet.refusal("registrationotp", { email, mobile_number: "x" })).toBe(invalidNumber);
    expect(await wallet.refusal("registrationotp", {})).toBe("INVALID-PARAMS The email field is required.");
    for (const name of ["mobile_number", "otp", "first_name", "last_name", "mpin"]) {
      expect(await wallet.refusal("registercustomer", registering(mobile, { [name]: "" }))).toBe(
        `INVALID-PARAMS The ${name.replaceAll("_", " ")} field is required.`,
      );
    }
    expect(
      await wallet.refusal("registercustomer", registering(mobile, { date_of_birth: "1990-02-30" })),
    ).toBe("INVALID-PARAMS The date of birth does not match the format Y-m-d.");
  });
});

describe("4 to 8, money", () => {
  it("credits, debits and reverses", async () => {
    const customer = await wallet.register();
    expect(await wallet.credit(customer, "100.50", "c-1")).toBeTypeOf("number");
    expect(await wallet.data("fetchbalance", { customer_id: customer })).toEqual({
      balance: "100.5",
      customer_id: customer,
    });
    const debit = await wallet.debit(customer, "60", "d-1");
    expect(await wallet.balance(customer)).toBe("40.5");
    const reversal = { merchant_transaction_id: "d-1", transaction_id: String(debit) };
    expect(await wallet.data("debitreversal", reversal)).toEqual({
      merchant_transaction_id: "d-1_REVERSAL",
      transaction_id: expect.any(Number),
    });
    expect(await wallet.refusal("debitreversal", reversal)).toBe(
      "TRANSACTION-ALREADY-REVERSED This Transaction is already reversed",
    );
    expect(await wallet.balance(customer)).toBe("100.5");
    expect((await wallet.effects()).slice(-3)).toMatchObject([
      { kind: "credit", merchantTransactionId: "c-1", amountPaise: "10050", from: "merchant", to: customer },
      { kind: "debit", merchantTransactionId: "d-1", amountPaise: "6000", from: customer, to: "merchant" },
      { kind: "reversal", merchantTransactionId: "d-1_REVERSAL", amountPaise: "6000", to: customer },
    ]);
  });

  it("transfers", async () => {
    const [from, to] = [await wallet.register(), await wallet.register()];
    await wallet.credit(from, "10", "t-credit");
    expect(await wallet.data("wallettowallet", transferring(from, to, "3.25", "t-1"))).toEqual({
      transaction_id: expect.any(Number),
    });
    expect([await wallet.balance(from), await wallet.balance(to)]).toEqual(["6.75", "3.25"]);
    expect(await wallet.refusal("wallettowallet", transferring(from, to, "6.76", "t-2"))).toBe(
      "INSUFFICIENT-FUND Insufficient Fund",
    );
    expect(await wallet.refusal("wallettowallet", transferring(from, to, "1", "t-3", { mpin: "0000" }))).toBe(
      "INVALID-MPIN Invalid MPIN",
    );
    expect(await wallet.refusal("wallettowallet", transferring(from, "1", "1", "t-4"))).toBe(noCustomer);
    expect(await wallet.refusal("wallettowallet", transferring(from, from, "1", "t-5"))).toBe(noCustomer);
  });

  it("refuses credits and debits that cannot be", async () => {
    const customer = await wallet.register();
    await wallet.credit(customer, "5", "r-1");
    const credit = (more: Record<string, string>) =>
      wallet.refusal("creditwallet", crediting(customer, "1", "r-2", more));
    const debit = (more: Record<string, string>) =>
      wallet.refusal("debitwallet", debiting(customer, "1", "r-2", more));
    expect(await credit({ to_customer_id: "123" })).toBe(noCustomer);
    expect(await credit({ to_customer_id: "" })).toBe(whichCustomer);
    expect(await credit({ to_mobile_number: "+919999999999" })).toBe(noMobile);
    expect(await credit({ merchant_transaction_id: "r-1" })).toBe(taken);
    expect(await credit({ pg_transaction_id: "missing-1" })).toBe(
      "NO-PG-TRANSACTION-RECORD-FOUND Pg transaction record not found.",
    );
    for (const amount of ["0", "0.00", "-1", "1.001", "1e3", "many"]) {
      expect(await credit({ amount })).toBe("INVALID-PARAMS The amount field contains an invalid number.");
    }
    expect(await debit({ from_customer_id: "123" })).toBe(noCustomer);
    expect(await debit({ amount: "5.01" })).toBe("INVALID-INPUT-DATA Not enough balance in the account");
    expect(await debit({ mpin: "4321" })).toBe("INVALID-MPIN Invalid MPIN");
    expect(await debit({ mpin: "" })).toBe("INVALID-PARAMS The mpin field is required.");
    expect(await debit({ merchant_transaction_id: "r-1", mpin: "4321" })).toBe(taken);
    expect(await debit({ to_sub_merchant_id: "77" })).toBe(
      "INVALID-PARAMS The selected to sub merchant id is invalid.",
    );
    expect(await wallet.balance(customer)).toBe("5.0");
  });

  it("reverses debits only, by either id", async () => {
    const [customer, other] = [await wallet.register(), await wallet.register()];
    await wallet.credit(customer, "5", "v-credit");
    await wallet.data("wallettowallet", transferring(customer, other, "1", "v-transfer"));
    const debit = await wallet.debit(customer, "2", "v-debit");
    for (const id of ["v-none", "v-credit", "v-transfer"]) {
      expect(await wallet.refusal("debitreversal", { merchant_transaction_id: id })).toBe(noTransaction);
    }
    expect(
      await wallet.refusal("debitreversal", { merchant_transaction_id: "v-debit", transaction_id: "1" }),
    ).toBe(noTransaction);
    expect(await wallet.refusal("debitreversal")).toBe(
      "INVALID-PARAMS The merchant transaction id field is required.",
    );
    expect(await wallet.data("debitreversal", { transaction_id: String(debit) })).toMatchObject({
      merchant_transaction_id: "v-debit_REVERSAL",
    });
    expect(await wallet.refusal("debitwallet", debiting(customer, "1", "v-debit_REVERSAL"))).toBe(taken);
  });

  it("asks for one of customer id and mobile number, and for the same customer by both", async () => {
    const mobile = wallet.freshMobile();
    const customer = await wallet.register(mobile);
    const other = await wallet.register();
    expect(await wallet.data("fetchbalance", { mobile_number: mobile })).toEqual({
      balance: "0.0",
      customer_id: customer,
    });
    expect(await wallet.refusal("fetchbalance")).toBe(whichCustomer);
    expect(await wallet.refusal("fetchbalance", { mobile_number: "+919999999999" })).toBe(noMobile);
    expect(await wallet.refusal("fetchbalance", { customer_id: other, mobile_number: mobile })).toBe(
      noMobile,
    );
    expect(await wallet.refusal("fetchbalance", { customer_id: "abc" })).toBe(noCustomer);
  });
});

describe("9 and 10, limits", () => {
  const daily = "TRANSACTION-LIMIT Daily Transaction Limit Reached";
  const monthly = "MONTHLY-TRANSACTION-LIMIT-EXCEEDED Monthly Transaction Limit exceeded";

  it.each(["checkcustomercreditlimit", "checkcustomerdebitlimit"])("%s", async (path) => {
    const customer = await wallet.register();
    const limit = (amount: string) => ({ customer_id: customer, amount });
    expect(await wallet.data(path, limit("10000000"))).toBe(true);
    expect(await wallet.refusal(path, limit("10000000.01"))).toBe(daily);
    expect(await wallet.refusal(path, limit("50000000.01"))).toBe(monthly);
    expect(await wallet.refusal(path, { customer_id: customer })).toBe(
      "INVALID-PARAMS The amount field is required.",
    );
  });

  it("counts what has moved, each day and each month of India anew", async () => {
    const start = now;
    const customer = await wallet.register();
    const day = 86_400_000;
    for (let count = 0; count < 5; count += 1) {
      await wallet.credit(customer, "9999999", `limit-${count}`);
      expect(await wallet.refusal("creditwallet", crediting(customer, "2", `over-${count}`))).toBe(daily);
      now += day;
    }
    expect(await wallet.refusal("creditwallet", crediting(customer, "6", "over-month"))).toBe(monthly);
    now += 30 * day;
    await wallet.credit(customer, "6", "next-month");
    await wallet.debit(customer, "10000000", "all-of-a-day");
    expect(await wallet.refusal("debitwallet", debiting(customer, "1", "too-much"))).toBe(daily);
    now = start;
  });
});

describe("11 to 13, transactions", () => {
  it("pages through them, newest first, in the samples' types", async () => {
    const [customer, other] = [await wallet.register(), await wallet.register()];
    const asked = { customer_id: customer, page_number: "0", page_size: "2" };
    expect(await wallet.call("fetchtransactions", asked)).toMatchObject({
      data: null,
      error: null,
      page: { page_size: 2, page_number: 0, total_pages: 0, total_elements: 0 },
      hash: expect.any(String),
    });
    await wallet.credit(customer, "41", "p-credit");
    const debit = await wallet.debit(customer, "0.50", "p-debit");
    await wallet.data("wallettowallet", transferring(customer, other, "1.25", "p-transfer"));
    await wallet.data("debitreversal", { merchant_transaction_id: "p-debit" });
    const first = await wallet.call("fetchtransactions", asked);
    expect(first.page).toEqual({ page_size: 2, page_number: 0, total_pages: 2, total_elements: 4 });
    expect(first.data).toMatchObject([
      {
        amount: "0.5",
        balance: 39.75,
        transaction_type: "M2C",
        payment_type: "CREDIT",
        merchant_transaction_id: "p-debit_REVERSAL",
      },
      {
        amount: "1.25",
        balance: 39.25,
        transaction_type: "C2C",
        payment_type: "DEBIT",
        merchant_transaction_id: null,
      },
    ]);
    const debitRow = {
      amount: "0.5",
      balance: 40.5,
      transaction_type: "C2M",
      payment_type: "DEBIT",
      time: "2026-04-01 05:00:15",
      transaction_id: debit,
      merchant_transaction_id: "p-debit",
      transaction_status: "PAYMENT_SUCCESS",
    };
    const second = await wallet.call("fetchtransactions", { ...asked, page_number: "1" });
    expect(second.data).toEqual([debitRow, expect.objectContaining({ amount: "41.0", balance: 41 })]);
    expect((await wallet.call("fetchtransactions", { ...asked, page_number: "2" })).data).toBeNull();
    expect(await wallet.data("fetchtransactions", { ...asked, customer_id: other })).toMatchObject([
      { amount: "1.25", balance: 1.25, payment_type: "CREDIT", merchant_transaction_id: null },
    ]);
    expect(await wallet.data("fetchbymerchantransactionid", { merchant_transaction_id: "p-debit" })).toEqual(
      debitRow,
    );
    expect(await wallet.data("fetchbytransactionid", { transaction_id: String(debit) })).toEqual(debitRow);
    expect(
      await wallet.data("fetchbymerchantransactionid", { merchant_transaction_id: "p-transfer" }),
    ).toMatchObject({ payment_type: "DEBIT", merchant_transaction_id: "p-transfer" });
  });

  it("refuses pages and ids that are not there", async () => {
    const customer = { customer_id: await wallet.register() };
    expect(await wallet.refusal("fetchtransactions", { ...customer, page_size: "1" })).toBe(
      "INVALID-PARAMS The page number field is required.",
    );
    expect(await wallet.refusal("fetchtransactions", { ...customer, page_number: "0", page_size: "0" })).toBe(
      "INVALID-PARAMS The page size field contains an invalid number.",
    );
    expect(await wallet.refusal("fetchbymerchantransactionid", { merchant_transaction_id: "none" })).toBe(
      noTransaction,
    );
    expect(await wallet.refusal("fetchbytransactionid", { transaction_id: "1" })).toBe(noTransaction);
  });
});

describe("14 to 19, a customer", () => {
  it("shows and updates details", async () => {
    const mobile = wallet.freshMobile();
    const customer_id = await wallet.register(mobile);
    const details = {
      customer_id,
      first_name: "Asha",
      last_name: "Rao",
      mobile_number: mobile,
      email_address: "asha@example.com",
      date_of_birth: null,
      address_line_1: null,
      address_line_2: null,
      city: null,
      pincode: null,
      description: null,
    };
    expect(await wallet.data("fetchcustomerdetail", { mobile_number: mobile })).toEqual(details);
    const changes = { date_of_birth: "1990-01-31", city: "Chennai", pincode: "012345", first_name: "आशा" };
    expect(await wallet.data("updatecustomer", { customer_id, ...changes })).toEqual({ updated: "true" });
    expect(await wallet.data("fetchcustomerdetail", { customer_id })).toEqual({ ...details, ...changes });
    expect(await wallet.refusal("fetchcustomerdetail", { mobile_number: "+919999999999" })).toBe(noMobile);
    expect(await wallet.refusal("updatecustomer", { customer_id, date_of_birth: "31-01-1990" })).toBe(
      "INVALID-PARAMS The date of birth does not match the format Y-m-d.",
    );
    expect(await wallet.call("updatecustomer", { customer_id })).toEqual({
      data: null,
      error: null,
      page: null,
      hash: null,
    });
  });

  it("stops the money of an inactive customer", async () => {
    const [customer_id, other] = [await wallet.register(), await wallet.register()];
    await wallet.credit(customer_id, "5", "s-1");
    await wallet.credit(other, "5", "s-2");
    await wallet.debit(customer_id, "1", "s-3");
    const status = (customer_active?: string) =>
      wallet.data("customerstatus", { customer_id, ...(customer_active && { customer_active }) });
    expect(await status()).toEqual({ customer_id: Number(customer_id), customer_active: "y" });
    expect(await status("n")).toEqual({ customer_id: Number(customer_id), customer_active: "n" });
    expect(await status()).toMatchObject({ customer_active: "n" });
    expect(await wallet.refusal("creditwallet", crediting(customer_id, "1", "s-4"))).toBe(noCustomer);
    expect(await wallet.refusal("debitwallet", debiting(customer_id, "1", "s-4"))).toBe(noCustomer);
    expect(await wallet.refusal("wallettowallet", transferring(other, customer_id, "1", "s-4"))).toBe(
      noCustomer,
    );
    expect(await wallet.refusal("debitreversal", { merchant_transaction_id: "s-3" })).toBe(noCustomer);
    expect(await wallet.balance(customer_id)).toBe("4.0");
    await status("y");
    await wallet.debit(customer_id, "1", "s-4");
    expect(await wallet.refusal("customerstatus", { customer_id, customer_active: "yes" })).toBe(
      "INVALID-PARAMS The selected customer active is invalid.",
    );
  });

  it("changes an MPIN by the old one, or by an OTP that serves once", async () => {
    const customer_id = await wallet.register();
    await wallet.credit(customer_id, "5", "m-1");
    const forgot = { customer_id, otp: sandboxOtp, new_mpin: "5678" };
    expect(await wallet.refusal("forgotmpin", forgot)).toBe("INVALID-OTP Invalid OTP");
    expect(await wallet.data("customerotp", { customer_id })).toEqual({
      customer_exists: "true",
      otp_sent: "true",
    });
    expect(await wallet.refusal("forgotmpin", { ...forgot, otp: "654321" })).toBe("INVALID-OTP Invalid OTP");
    expect(await wallet.data("forgotmpin", forgot)).toEqual({ mpin_updated: "true" });
    expect(await wallet.refusal("forgotmpin", forgot)).toBe("INVALID-OTP Invalid OTP");
    expect(await wallet.refusal("forgotmpin", { ...forgot, customer_id: "1" })).toBe(noCustomer);
    const change = { customer_id, old_mpin: "5678", new_mpin: "2468" };
    expect(await wallet.data("changempin", change)).toEqual({ mpin_updated: "true" });
    expect(await wallet.refusal("changempin", change)).toBe("INVALID-MPIN Invalid MPIN");
    expect(await wallet.refusal("debitwallet", debiting(customer_id, "1", "m-2"))).toBe(
      "INVALID-MPIN Invalid MPIN",
    );
    await wallet.debit(customer_id, "1", "m-2", { mpin: "2468" });
  });
});

describe("20 and 21, sub merchants", () => {
  const details = {
    mobile_number: "+919800000000",
    email: "shop@example.com",
    name: "XYZ",
    account_number: "000123",
    account_name: "XYZ Stores",
    ifsc_code: "ABCD0123456",
    bank_name: "Bank",
    bank_branch: "Chennai",
  };

  it("lists none as a refusal, one as an object, several as a list", async () => {
    expect(await wallet.refusal("getsubmerchants")).toBe(
      "NO-SUB-MERCHANT-RECORD Sub merchant details not found.",
    );
    expect(await wallet.data("addsubmerchant", details)).toEqual({ sub_merchant_id: 1 });
    expect(await wallet.data("getsubmerchants")).toEqual({ id: 1, name: "XYZ" });
    expect(await wallet.data("addsubmerchant", { ...details, name: "ABC" })).toEqual({ sub_merchant_id: 2 });
    expect(await wallet.data("getsubmerchants")).toEqual([
      { id: 1, name: "XYZ" },
      { id: 2, name: "ABC" },
    ]);
    for (const name of Object.keys(details)) {
      expect(await wallet.refusal("addsubmerchant", { ...details, [name]: "" })).toBe(
        `INVALID-PARAMS The ${name.replaceAll("_", " ")} field is required.`,
      );
    }
  });

  it("are paid by debits", async () => {
    const customer = await wallet.register();
    await wallet.credit(customer, "5", "sub-1");
    await wallet.debit(customer, "2", "sub-2", { to_sub_merchant_id: "1" });
    expect((await wallet.effects()).at(-1)).toMatchObject({ from: customer, to: "sub-merchant 1" });
  });
});
