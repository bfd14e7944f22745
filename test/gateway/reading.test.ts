import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  type AggrepayGateway,
  type Answer,
  expectSuccess,
  fresh,
  recordView,
  startAggrepayGateway,
} from "../support/aggrepay-gateway.ts";
import { operationOf } from "../support/aggrepay-operations.ts";
import { json, type Reply, refusal, reset, signed, signedText, text, type Value } from "../support/peer.ts";

/** What proves is read exactly, what informs is not: AggrePay, through the running gateway. */
let gateway: AggrepayGateway;
/** An update in doubt from the start, so that its lease and quiet period end while other tests run. */
let doubted: Answer;
const doubtful = { customerId: "546693304", city: "Pune", firstName: "Asha", lastName: "Rao" };
const doubtfulKey = fresh();
let silenceSpeaksAt: number;
beforeAll(async () => {
  gateway = await startAggrepayGateway({ LEASE_MS: "8100", QUIET_PERIOD_MS: "100" });
  gateway.peer.script({ updatecustomer: reset });
  doubted = await gateway.call("update-customer", doubtful, { key: doubtfulKey });
  silenceSpeaksAt = Date.now() + 8_500;
});
afterAll(() => gateway?.stop());

/** How much was logged when the latest statement was asked for. */
let before = 0;

/** The last line that fetch-transactions has logged since. */
const lastLine = (): object =>
  JSON.parse(
    gateway
      .logs()
      .slice(before)
      .split("\n")
      .findLast((line) => line.includes('"function":"aggrepay/fetch-transactions"'))
      ?.replace(/^[^{]*/, "") ?? "{}",
  );

/** Waits for the line: on a busy machine it may come here after the answer. */
const logged = (line: object) =>
  vi.waitFor(() => expect(lastLine()).toMatchObject(line), { timeout: 10_000, interval: 20 });

const row = {
  ...{ amount: "4.0", balance: 83, transaction_type: "C2M", payment_type: "DEBIT" },
  ...{ time: "2017-03-04 13:50:29", transaction_id: 734203905, merchant_transaction_id: "ABC122361" },
  transaction_status: "PAYMENT_SUCCESS",
};
const shownRow = {
  ...{ transactionId: "734203905", merchantTransactionId: "ABC122361", transactionType: "C2M" },
  ...{ paymentType: "DEBIT", amount: "4.0", balance: "83", time: "2017-03-04T13:50:29+05:30" },
  transactionStatus: "PAYMENT_SUCCESS",
};
const page = { page_size: 10, page_number: 0, total_pages: 1, total_elements: 2 };

const statement = async (data: Value, shownPage: Value = page): Promise<Answer> => {
  gateway.peer.script({ fetchtransactions: signed(data, shownPage) });
  before = gateway.logs().length;
  return gateway.call("fetch-transactions", { customerId: "546693304", pageNumber: 0, pageSize: 10 });
};

describe("a statement: what cannot be read of a row is null, and the rest is answered", () => {
  test.each<[string, object, object, string]>([
    ["balance", { balance: null }, { balance: null }, "/data/*/balance"],
    ["balance", { balance: "" }, { balance: null }, "/data/*/balance"],
    ["balance", { balance: "NA" }, { balance: null }, "/data/*/balance"],
    ["balance", { balance: [] }, { balance: null }, "/data/*/balance"],
    ["balance", { balance: "1,234" }, { balance: null }, "/data/*/balance"],
    ["amount", { amount: "Rs. 4" }, { amount: null }, "/data/*/amount"],
    ["time", { time: "yesterday" }, { time: null }, "/data/*/time"],
    ["time", { time: "05-11-2026 10:00:00" }, { time: null }, "/data/*/time"],
    ["transaction_id", { transaction_id: { id: 1 } }, { transactionId: null }, "/data/*/transaction_id"],
    ["payment_type", { payment_type: null }, { paymentType: null }, "/data/*/payment_type"],
  ])("its %s: %j", async (_name, more, shown, path) => {
    const answer = await statement([{ ...row, ...more } as Value, row]);
    expect(answer.status).toBe(200);
    expect(answer.body.result).toEqual([{ ...shownRow, ...shown }, shownRow]);
    await logged({ level: "WARN", unreadable: [path] });
  });

  test.each<[string, object, readonly object[]]>([
    ["of another customer", { customerId: "546693304" }, [{ customer_id: "546693305" }]],
    ["of another customer, among its own", { customerId: "546693304" }, [{}, { customer_id: 546693305 }]],
    ["of two customers", { mobileNumber: "+919900261104" }, [{ customer_id: "1" }, { customer_id: "2" }]],
  ])("a list that shows rows %s is not answered", async (_what, asked, rows) => {
    gateway.peer.script({
      fetchtransactions: signed(rows.map((each) => ({ ...row, ...each })) as Value, page),
    });
    const answer = await gateway.call("fetch-transactions", { ...asked, pageNumber: 0, pageSize: 10 });
    expect([answer.status, answer.body.code]).toEqual([502, "provider-fault"]);
    expect(answer.body.detail).toContain("its rows are not of the customer that was asked about");
  });

  test("a list whose rows name the customer that was asked for is answered", async () => {
    const answer = await statement([
      { ...row, customer_id: 546693304 },
      { ...row, customer_id: null },
    ]);
    expect(answer.body.result).toEqual([shownRow, shownRow]);
  });

  test("one line names each field once, however many rows there are, and holds no value", async () => {
    const odd = { ...row, balance: "planted-value", time: "planted-time" };
    await statement(Array.from({ length: 50 }, () => odd));
    await logged({ unreadable: ["/data/*/balance", "/data/*/time"] });
    expect(gateway.logs().slice(before)).not.toContain("planted-");
    expect(gateway.logs().slice(before).split('"unreadable"')).toHaveLength(2);
  });

  test.each<[string, Value]>([
    ["JSON texts", [JSON.stringify(row), JSON.stringify(row)]],
    ["a JSON text of the whole list", JSON.stringify([row, row])],
    ["PHP's object with the keys 0 and 1", { "0": row, "1": row }],
    ["PHP's object with a key missing", { "1": row, "3": row }],
  ])("rows as %s", async (_what, data) => {
    expect((await statement(data)).body.result).toEqual([shownRow, shownRow]);
    await logged({ level: "INFO" });
  });

  test("one object is a list of one, and a list of one is an object", async () => {
    expect((await statement(row)).body.result).toEqual([shownRow]);
    for (const data of [[row], { "0": row }] as const) {
      gateway.peer.script({ fetchbytransactionid: signed(data) });
      const answer = await gateway.call("fetch-by-transaction-id", { transactionId: "734203905" });
      expectSuccess(answer, { result: shownRow });
    }
  });

  test.each<[Value, object]>([
    [[], { pageSize: null, pageNumber: null, totalPages: null, totalElements: null }],
    ["", { pageSize: null, pageNumber: null, totalPages: null, totalElements: null }],
    [
      { page_size: "10", page_number: "0", total_pages: "many", total_elements: -1 },
      { pageSize: 10, pageNumber: 0, totalPages: null, totalElements: null },
    ],
  ])("a page of %j informs", async (given, shown) => {
    expect((await statement([row], given)).body).toEqual({ result: [shownRow], page: shown });
  });

  test("an empty list is one, whether it is null or []", async () => {
    for (const data of [null, []]) expect((await statement(data)).body.result).toEqual([]);
  });
});

describe("forms of one thing", () => {
  test.each([
    ["2026-11-28 15:40:11.0", "2026-11-28T15:40:11+05:30"],
    ["2026-11-28 15:40:11.123456", "2026-11-28T15:40:11+05:30"],
    ["2026-11-28T15:40:11+05:30", "2026-11-28T15:40:11+05:30"],
    ["2026-11-28T10:10:11.000Z", "2026-11-28T10:10:11+00:00"],
    ["2026-11-28t10:10:11z", "2026-11-28T10:10:11+00:00"],
    ["2026-11-28 15:40:11+0530", "2026-11-28T15:40:11+05:30"],
    ["2026/11/28 15:40", "2026-11-28T15:40:00+05:30"],
    ["28-11-2026 15:40:11 ", "2026-11-28T15:40:11+05:30"],
    ["20261128154011", "2026-11-28T15:40:11+05:30"],
  ])("the time %j is %s", async (time, shown) => {
    expect((await statement([{ ...row, time }])).body.result).toEqual([{ ...shownRow, time: shown }]);
  });

  test.each<[Value, boolean]>([
    ...([true, "true", "TRUE", 1, "1", "y", "Y", "Yes", " true "] as const).map((value): [Value, boolean] => [
      value,
      true,
    ]),
    ...([false, "false", "FALSE", 0, "0", "n", "N", "No"] as const).map((value): [Value, boolean] => [
      value,
      false,
    ]),
  ])("%j is %s", async (value, shown) => {
    gateway.peer.script({
      checkcustomer: signed({ customer_exists: value }),
      checkcustomerdebitlimit: signed(value),
      customerstatus: signed({ customer_id: "1", customer_active: value }),
    });
    const exists = await gateway.call("check-customer", { email: "a@example.com" });
    expectSuccess(exists, { result: { customerExists: shown } });
    const within = await gateway.call("check-customer-debit-limit", { customerId: "1", amount: "5" });
    expectSuccess(within, { result: { withinLimit: shown } });
    const status = await gateway.call("customer-status", { customerId: "1" });
    expectSuccess(status, { result: { customerId: "1", customerActive: shown } });
  });

  test.each<Value>(["maybe", "", 2, [], {}, "on"])("%j is neither yes nor no", async (value) => {
    gateway.peer.script({ checkcustomer: signed({ customer_exists: value }) });
    expect((await gateway.call("check-customer", { email: "a@example.com" })).status).toBe(502);
  });
});

describe("words that decide", () => {
  const debit = (id: string) => ({ ...operationOf("debit-wallet").full(id).input });

  test.each([
    ["invalid-mpin", "Invalid MPIN", "wrong-credential", 422],
    ["INVALID-MPIN ", "", "wrong-credential", 422],
    ["Insufficient-Fund.", "No", "insufficient-funds", 422],
    ["INVALID-PARAMS", "the selected customer id is INVALID", "not-found", 404],
    ["INVALID-PARAMS", "The selected customer id is invalid!", "not-found", 404],
    ["INVALID-PARAMS", " The merchant transaction id has already been TAKEN ", "outcome-unknown", 504],
    ["INVALID-INPUT-DATA", "NOT ENOUGH BALANCE in the account.", "insufficient-funds", 422],
    ["INVALID-INPUT-DATA", "Not  enough\u00a0balance\nin the account.", "insufficient-funds", 422],
    ["hash-mismatch", "Hash Mismatch", "misconfigured", 502],
    // Nothing looser: each of these is in no table.
    ["INVALID_MPIN", "Invalid MPIN", "outcome-unknown", 504],
    ["INVALID MPIN", "Invalid MPIN", "outcome-unknown", 504],
    ["INVALID-MPIN-2", "Invalid MPIN", "outcome-unknown", 504],
    ["INVALID-INPUT-DATA", "Balance is not enough", "outcome-unknown", 504],
  ])("%j with %j is %s", async (code, message, ours, status) => {
    gateway.peer.script({ debitwallet: refusal(code, message) });
    const answer = await gateway.call("debit-wallet", debit(fresh()));
    expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code: ours });
    expect(answer.body.provider).toEqual({ code, message });
  });

  test.each([
    "The selected mobile number is invalid",
    "The selected mobile number is invalid.",
    "THE SELECTED MOBILE NUMBER IS INVALID. ",
    "the selected mobile number is invalid!",
    "The selected mobile_number is invalid.",
    "The  selected\u00a0mobile number is invalid..",
    "The mobile number was not found.",
    "Mobile Number could not be found!",
  ])("a look that finds %j lets a customer register", async (message) => {
    const { full, path, data, answer } = operationOf("register-customer");
    const { input, sends } = full(fresh());
    gateway.peer.script({
      fetchcustomerdetail: refusal("Invalid-Params", message),
      [path]: signed(data(sends)),
    });
    const key = fresh();
    const registered = await gateway.call("register-customer", input, { key });
    expectSuccess(registered, {
      ...answer(sends),
      record: recordView("register-customer", key, "succeeded"),
    });
  });

  test.each([
    "The selected mobile number is not valid.",
    "The selected number is invalid.",
    "mobile number is invalid",
    "The customer id was not found.",
    "The selected to_mobile_number is invalid.",
    "The mobile number could not be found in time",
  ])("nothing looser: %j finds nothing out", async (message) => {
    const { full, path, data } = operationOf("register-customer");
    const { input, sends } = full(fresh());
    gateway.peer.script({
      fetchcustomerdetail: refusal("INVALID-PARAMS", message),
      [path]: signed(data(sends)),
    });
    await gateway.call("register-customer", input, { key: fresh() });
    expect(gateway.peer.requests.map(({ name }) => name)).toEqual(["fetchcustomerdetail"]);
  });
});

describe("an error in other shapes", () => {
  test.each<[string, Value, string, string]>([
    [
      "a list of one",
      [{ code: "INVALID-MPIN", message: "Invalid MPIN" }],
      "wrong-credential",
      "Invalid MPIN",
    ],
    [
      "its sentences in a list",
      { code: "INVALID-PARAMS", message: ["The mpin field is required.", "The amount must be a number."] },
      "invalid-request",
      "The mpin field is required. The amount must be a number.",
    ],
    [
      "its sentences under the names of their fields",
      { code: "INVALID-PARAMS", message: { to_customer_id: ["The selected to customer id is invalid."] } },
      "not-found",
      "The selected to customer id is invalid.",
    ],
    [
      "a sentence that proves nothing among others",
      { code: "INVALID-PARAMS", message: ["The mpin field is required.", "Transaction pending."] },
      "outcome-unknown",
      "The mpin field is required. Transaction pending.",
    ],
    [
      "sentences without full stops, of which one proves nothing",
      { code: "INVALID-PARAMS", message: ["The amount must be a number", "Ask the bank"] },
      "outcome-unknown",
      "The amount must be a number. Ask the bank.",
    ],
    ["no text", { code: "INVALID-MPIN", message: { text: [null, 5] } }, "wrong-credential", ""],
    ["a list of nothing that is read", { code: "INVALID-PARAMS", message: [7] }, "outcome-unknown", ""],
  ])("%s", async (_what, error, ours, message) => {
    gateway.peer.script({ debitwallet: json({ data: null, error, page: null, hash: null }) });
    const answer = await gateway.call("debit-wallet", operationOf("debit-wallet").full(fresh()).input);
    expect([answer.body.code, (answer.body.provider as { readonly message: string }).message]).toEqual([
      ours,
      message,
    ]);
  });

  test.each<[string, Value]>([
    [
      "a list of two",
      [
        { code: "INVALID-MPIN", message: "x" },
        { code: "UNAUTHORIZED", message: "x" },
      ],
    ],
    ["a text", "INVALID-MPIN"],
    ["a code that is a list", { code: ["INVALID-MPIN"], message: "x" }],
  ])("%s is not read: doubt", async (_what, error) => {
    gateway.peer.script({ debitwallet: json({ data: null, error, page: null, hash: null }) });
    const answer = await gateway.call("debit-wallet", operationOf("debit-wallet").full(fresh()).input);
    expect(answer.body.code).toBe("outcome-unknown");
  });

  test.each(["", "  ", "\u00a0"])("a success whose id is %j is doubt", async (blank) => {
    gateway.peer.script({ debitwallet: signed({ transaction_id: blank }) });
    const answer = await gateway.call("debit-wallet", operationOf("debit-wallet").full(fresh()).input);
    expect(answer.body.code).toBe("outcome-unknown");
  });
});

describe("PHP's empty list and text in an error reply are null", () => {
  const error = { code: "INVALID-MPIN", message: "Invalid MPIN" };

  test.each<[string, Value]>([
    ["data []", { data: [], error, page: null, hash: null }],
    ["all []", { data: [], error, page: [], hash: [] }],
    ['data [], hash ""', { data: [], error, page: [], hash: "" }],
    ['all ""', { data: "", error, page: "", hash: "" }],
    ["nothing but the error", { error }],
    ["data {}", { data: {}, error, page: {}, hash: null }],
    ["data false, hash false", { data: false, error, page: false, hash: false }],
    ["data 0", { data: 0, error, page: 0, hash: 0 }],
    ["a list of null", { data: [null], error, page: [[]], hash: null }],
    ["members of nothing", { data: { transaction_id: null, done: false }, error, page: null, hash: {} }],
  ])("%s: a wrong MPIN stays a wrong MPIN", async (_what, body) => {
    gateway.peer.script({ debitwallet: json(body) });
    const answer = await gateway.call("debit-wallet", operationOf("debit-wallet").full(fresh()).input);
    expect({ status: answer.status, code: answer.body.code }).toEqual({
      status: 422,
      code: "wrong-credential",
    });
  });

  test.each<[string, Reply]>([
    ["null", json({ data: null, error: null, page: null, hash: null })],
    ["[]", json({ data: [], error: [], page: [], hash: "" })],
    ["signed []", signed([], [])],
  ])("updatecustomer with %s for all did not update", async (_what, reply) => {
    gateway.peer.script({ updatecustomer: reply });
    const { input } = operationOf("update-customer").full(fresh());
    expect((await gateway.call("update-customer", input, { key: fresh() })).body.code).toBe("declined");
  });

  test.each<[string, Value]>([
    ["false", false],
    ["0", 0],
    ["{}", {}],
    ["[]", []],
    ['""', ""],
    ["an error of nothing", { code: null, message: "" }],
  ])("%s for the error of a signed success is no error", async (_what, error) => {
    gateway.peer.script({ debitwallet: text(signedText({ data: { transaction_id: 734203905 }, error })) });
    const answer = await gateway.call("debit-wallet", operationOf("debit-wallet").full(fresh()).input);
    expect(answer.body.result).toEqual({ transactionId: "734203905" });
  });

  test.each<[string, Reply]>([
    [
      "hash false beside a success",
      json({ data: { transaction_id: 1 }, error: null, page: null, hash: false }),
    ],
    ["hash 0 beside a success", json({ data: { transaction_id: 1 }, error: false, page: null, hash: 0 })],
    [
      "[] for an error beside a success",
      json({ data: { transaction_id: 1 }, error: [], page: [], hash: "" }),
    ],
  ])("%s is not believed without its hash", async (_what, reply) => {
    gateway.peer.script({ debitwallet: reply });
    const answer = await gateway.call("debit-wallet", operationOf("debit-wallet").full(fresh()).input);
    expect(answer.body.code).toBe("outcome-unknown");
  });
});

describe("an inquiry reads what it needs, row by row", () => {
  const now = () => new Date(Date.now() + 5.5 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");

  /** The transaction that is shown last: each is of one debit alone. */
  let last = 9000;

  /** A debit in doubt, and what its repeat finds. */
  async function repeated(shown: object, rows: (own: object) => Value): Promise<Answer> {
    const id = fresh();
    const { input } = operationOf("debit-wallet").full(id);
    gateway.peer.script({ debitwallet: reset });
    expect((await gateway.call("debit-wallet", input)).status).toBe(504);
    last += 1;
    const own = { ...row, amount: "4.00", time: now(), transaction_id: last, merchant_transaction_id: id };
    gateway.peer.script({
      fetchbymerchantransactionid: signed({ ...own, ...shown } as Value),
      fetchtransactions: signed(rows({ ...own, ...shown }), page),
    });
    return gateway.call("debit-wallet", input);
  }

  const old = { ...row, transaction_id: 5, balance: null };

  test.each<[string, object, (own: object) => Value]>([
    ["an old row with balance null", {}, (own) => [own as Value, old]],
    ["rows that are nothing", {}, (own) => [null, "row", 7, own as Value]],
    ["its own row with nothing but its id", {}, () => [{ transaction_id: String(last) }]],
    ["its balance and type missing", { balance: "NA", transaction_type: null }, (own) => [own as Value]],
    [
      "status and kind in another letter case",
      { transaction_status: "payment_success ", payment_type: "Debit" },
      (own) => [own as Value],
    ],
    ["its time with a fraction", { time: `${now()}.123456` }, (own) => [own as Value]],
    ["its time in its own zone", { time: new Date().toISOString() }, (own) => [own as Value]],
    ["the list under PHP's keys", {}, (own) => ({ "0": old, "2": own as Value })],
    ["rows as JSON texts", {}, (own) => [JSON.stringify(own)]],
    ["a list of one for the transaction", {}, (own) => own as Value],
  ])("the debit is found: %s", async (_what, shown, rows) => {
    const answer = await repeated(shown, rows);
    expect(answer.status).toBe(200);
    expect(answer.body.result).toEqual({ transactionId: String(last) });
  });

  test.each<[string, (own: object) => Value]>([
    ["its row is of another customer", (own) => [{ ...own, customer_id: "999" } as Value]],
    [
      "its row is of another customer, beside rows of its own",
      (own) => [{ ...old, customer_id: "546693304" }, { ...own, customer_id: 999 } as Value],
    ],
  ])("nothing is concluded where %s", async (_what, rows) => {
    const answer = await repeated({}, rows);
    expect(answer.status).toBe(504);
    expect((await gateway.recordOf(answer)).lastInquiry?.S).toContain("rows of another customer");
  });

  test.each<[string, (own: object) => Value]>([
    ["its own row names its customer", (own) => [{ ...own, customer_id: 546693304 } as Value]],
    ["rows of others stand beside its own", (own) => [{ ...old, customer_id: "999" }, own as Value]],
  ])("the debit is found where %s", async (_what, rows) => {
    expect((await repeated({}, rows)).body.result).toEqual({ transactionId: String(last) });
  });

  test.each<[string, object]>([
    ["its time cannot be read", { time: "05-11-2026 10:00:00" }],
    ["its time is missing", { time: null }],
    ["its amount could be two", { amount: "4,000" }],
    ["its id is no id", { transaction_id: {} }],
  ])("nothing is concluded where %s", async (_what, shown) => {
    const answer = await repeated(shown, (own) => [own as Value]);
    expect(answer.status).toBe(504);
    expect((await gateway.recordOf(answer)).state?.S).toBe("in_doubt");
  });
});

describe("what an update is compared by", () => {
  async function updated(input: object, shown: Value): Promise<Answer> {
    const key = fresh();
    gateway.peer.script({ updatecustomer: reset });
    const request = { customerId: "546693304", ...input };
    expect((await gateway.call("update-customer", request, { key })).status).toBe(504);
    gateway.peer.script({ fetchcustomerdetail: signed({ customer_id: "546693304", ...(shown as object) }) });
    return gateway.call("update-customer", request, { key });
  }

  test.each<[object, Value]>([
    [{ emailAddress: "Asha.Rao@Example.com" }, { email_address: "asha.rao@example.com" }],
    [{ emailAddress: "asha@example.com" }, { email_address: " ASHA@EXAMPLE.COM " }],
    [{ dateOfBirth: "1999-12-31" }, { date_of_birth: "1999-12-31T00:00:00.000+05:30" }],
    [{ dateOfBirth: "1999-12-31" }, { date_of_birth: "31/12/1999" }],
    [{ pincode: "560001" }, { pincode: 560001 }],
    [{ city: "Pune" }, { city: "Pune ", email_address: { not: "needed" } }],
  ])("%j is there as %j", async (input, shown) => {
    const answer = await updated(input, shown);
    expect(answer.body.result).toEqual({ updated: true });
  });

  test("what differs is named, without its value", async () => {
    expect(doubted.status).toBe(504);
    await sleep(silenceSpeaksAt - Date.now());
    gateway.peer.script({
      fetchcustomerdetail: signed({
        customer_id: "546693304",
        city: "Delhi",
        first_name: "asha",
        last_name: "Rao",
      }),
    });
    const answer = await gateway.call("update-customer", doubtful, { key: doubtfulKey });
    expect((await gateway.recordOf(doubted)).state?.S).toBe("needs_attention");
    expect(answer.body.detail).toContain("another firstName, city than was sent");
    expect(answer.text).not.toContain("Delhi");
  }, 20_000);
});
