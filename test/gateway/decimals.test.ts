import { describe, expect, test } from "vitest";
import { expectSuccess, fresh, startAggrepayGateway } from "../support/aggrepay-gateway.ts";
import { operationOf } from "../support/aggrepay-operations.ts";
import { formOf, signed, Token, type Value } from "../support/peer.ts";
import { started } from "../support/started.ts";
import { words } from "../support/words.ts";

const { gateway } = started({ gateway: () => startAggrepayGateway() });

const token = (wire: string, php?: string) => new Token(wire, php);

/** What the provider writes, and the decimal string that it becomes: its own digits, an exponent written out. */
const amounts: readonly (readonly [Value, string])[] = [
  ["41.0", "41.0"],
  ["1.0", "1.0"],
  ["0.10", "0.10"],
  ["0", "0"],
  ["99999999.99", "99999999.99"],
  ["100000000000000000000.05", "100000000000000000000.05"],
  ["0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"],
  ["-12.50", "-12.50"],
  [40, "40"],
  [0, "0"],
  [token("41.0", "41"), "41.0"],
  [token("0.10", "0.1"), "0.10"],
  [token("0.1"), "0.1"],
  [token("99999999.99"), "99999999.99"],
  [token("1e3", "1000"), "1000"],
  [token("1E+3", "1000"), "1000"],
  [token("12.5e-1", "1.25"), "1.25"],
  [token("12.50e1", "125"), "125.0"],
  [token("5e-3", "0.005"), "0.005"],
  [token("1e-5", "1.0e-5"), "0.00001"],
  [token("1e17", "1.0e+17"), "100000000000000000"],
  [token("100000000000000000000.05", "1.0e+20"), "100000000000000000000.05"],
  [token("9007199254740993"), "9007199254740993"],
  [token("9007199254740993.01", "9007199254740994"), "9007199254740993.01"],
  [token("-0.50", "-0.5"), "-0.50"],
  [" 41.0 ", "41.0"],
  ["1,234.50", "1234.50"],
  ["1,23,456.50", "123456.50"],
  ["12,345,678.00", "12345678.00"],
];

/** What the provider writes, and the id that it becomes. */
const ids: readonly (readonly [Value, string])[] = [
  ["546693304", "546693304"],
  ["007", "007"],
  [1, "1"],
  [token("9007199254740993"), "9007199254740993"],
  ["9007199254740993", "9007199254740993"],
  [token("9223372036854775807"), "9223372036854775807"],
  [token("9223372036854775808", "9.223372036854776e+18"), "9223372036854775808"],
  [token("12345678901234567890", "1.2345678901234567e+19"), "12345678901234567890"],
  ["12345678901234567890", "12345678901234567890"],
  [token("7.0", "7"), "7"],
];

const named = (values: readonly (readonly [Value, string])[]) =>
  values.map(([value, shown]) => ({
    value,
    shown,
    written: value instanceof Token ? value.wire : JSON.stringify(value),
  }));

describe("amounts of the provider", () => {
  const row = operationOf("fetch-by-transaction-id").data({ merchant_transaction_id: "x" }) as {
    readonly [name: string]: Value;
  };

  test.each(named(amounts))("$written becomes $shown", async ({ value, shown }) => {
    gateway.peer.script({
      fetchbalance: signed({ balance: value, customer_id: "1" }),
      fetchbytransactionid: signed({ ...row, amount: value, balance: value }),
    });
    const balance = await gateway.call("fetch-balance", { customerId: "1" });
    expectSuccess(balance, { result: { balance: shown, customerId: "1" } });
    const found = await gateway.call("fetch-by-transaction-id", { transactionId: "734203905" });
    expect(found.body.result).toMatchObject({ amount: shown, balance: shown });
  });

  test.each([
    ...words("1,000 1,0000.00 1.000,00 ₹5 NaN Infinity 0x10"),
    "",
    " ",
    ...words("1e １２ --1 1.2.3"),
    true,
    false,
    null,
    token("1e401", "0"),
  ])("%j is no amount", async (value) => {
    gateway.peer.script({ fetchbalance: signed({ balance: value, customer_id: "1" }) });
    const answer = await gateway.call("fetch-balance", { customerId: "1" });
    expect({ status: answer.status, code: answer.body.code }).toEqual({
      status: 502,
      code: "provider-fault",
    });
  });
});

describe("ids of the provider", () => {
  test.each(named(ids))("$written becomes $shown", async ({ value, shown }) => {
    gateway.peer.script({
      fetchbalance: signed({ balance: "1.0", customer_id: value }),
      creditwallet: signed({ transaction_id: value }),
      getsubmerchants: signed([{ id: value, name: "x" }]),
    });
    const balance = await gateway.call("fetch-balance", { customerId: shown });
    expectSuccess(balance, { result: { balance: "1.0", customerId: shown } });
    const merchants = await gateway.call("get-sub-merchants", {});
    expectSuccess(merchants, { result: [{ id: shown, name: "x" }] });
    // Through the record and out of it again.
    const { input } = operationOf("credit-wallet").full(fresh());
    for (const replayed of [false, true]) {
      const credit = await gateway.call("credit-wallet", input);
      expectSuccess(credit, { result: { transactionId: shown }, record: credit.body.record }, { replayed });
    }
  });

  test.each([
    token("1.5"),
    token("-1"),
    token("1e-3", "0.001"),
    true,
    "",
    [],
    {},
  ])("%j is no id", async (value) => {
    gateway.peer.script({ fetchbalance: signed({ balance: "1.0", customer_id: value }) });
    expect((await gateway.call("fetch-balance", { customerId: "1" })).status).toBe(502);
    // Asked for by its number, the customer's id is compared with nothing and only informs.
    const byNumber = await gateway.call("fetch-balance", { mobileNumber: "+919900261104" });
    expectSuccess(byNumber, { result: { balance: "1.0", customerId: null } });
  });
});

describe("amounts of the caller", () => {
  test.each(
    words("0.01 0.10 0.1 1 1.0 1.00 99999999.99 999999999999.99 999999999999"),
  )("%s is sent with these digits, also from the records", async (amount) => {
    const operation = operationOf("credit-wallet");
    const { input } = operation.full(fresh());
    gateway.peer.script({ [operation.path]: signed(operation.data({})) });
    const answer = await gateway.call(operation.route, { ...input, amount });
    expect(answer.status).toBe(200);
    const [request] = gateway.peer.requests;
    expect(request && formOf(request).amount).toBe(amount);
    const [whole = "", fraction = ""] = amount.split(".");
    expect((await gateway.recordOf(answer)).amount?.S).toBe(`${whole}.${fraction.padEnd(2, "0")}`);
  });

  test.each([
    ...words("9007199254740993 12345678901234567890 0 007"),
    "9".repeat(30),
  ])("the id %s is sent with these digits", async (customerId) => {
    gateway.peer.script({ fetchbalance: signed({ balance: "1.0", customer_id: customerId }) });
    const answer = await gateway.call("fetch-balance", { customerId });
    expectSuccess(answer, { result: { balance: "1.0", customerId } });
    const [request] = gateway.peer.requests;
    expect(request && formOf(request).customer_id).toBe(customerId);
  });

  test.each([
    [0, 1],
    [1_000_000, 100],
    [7, 3],
  ])("page %i of %i", async (pageNumber, pageSize) => {
    const page = {
      page_size: pageSize,
      page_number: String(pageNumber),
      total_pages: "0",
      total_elements: 0,
    };
    gateway.peer.script({ fetchtransactions: signed(null, page) });
    const answer = await gateway.call("fetch-transactions", { customerId: "1", pageNumber, pageSize });
    expectSuccess(answer, { result: [], page: { pageSize, pageNumber, totalPages: 0, totalElements: 0 } });
    const [request] = gateway.peer.requests;
    expect(request && formOf(request)).toMatchObject({
      page_number: String(pageNumber),
      page_size: String(pageSize),
    });
  });
});
