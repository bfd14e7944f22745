import { createHash } from "node:crypto";
import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { replyHash } from "../../local/sandbox/aggrepay/signature.ts";
import {
  type FaultName,
  faultNames,
  faults,
  reservedCustomerId,
  reservedMobile,
  reservedMpin,
  type Sandbox,
} from "../../local/sandbox/aggrepay.ts";
import { crediting, debiting, type Reply, registering, start, temporaryFolder, Wallet } from "./running.ts";

const folder = temporaryFolder();
let sandbox: Sandbox;
let wallet: Wallet;
let customer: string;
let count = 0;

const freshId = () => {
  count += 1;
  return `order-${count}`;
};

beforeAll(async () => {
  sandbox = await start(folder.path);
  wallet = new Wallet(sandbox.url);
});

beforeEach(async () => {
  await wallet.control("POST", "reset");
  customer = await wallet.register();
});

afterAll(async () => {
  await sandbox.close();
  folder.remove();
});

/** A marked credit: every fault is told by the id alone. */
const markedCredit = (fault: FaultName) => crediting(customer, "1", `${freshId()}.sandbox.${fault}`);
const credit = (fault: FaultName) => wallet.send("creditwallet", markedCredit(fault));
const credits = () => wallet.effectsOf("credit");

/** Sends a call that is never answered, until `seen` holds; then gives up as a client with a deadline would. */
async function unanswered(
  fields: Readonly<Record<string, string>>,
  seen: () => Promise<void>,
): Promise<void> {
  const giveUp = new AbortController();
  const sent = wallet.send("creditwallet", fields, giveUp.signal);
  let answered = false;
  const over = sent.then(
    () => {
      answered = true;
    },
    () => undefined,
  );
  await vi.waitFor(seen, { timeout: 10_000 });
  expect(answered).toBe(false);
  giveUp.abort();
  await over;
  expect(answered).toBe(false);
}

const lastVerdict = async () => (await wallet.calls()).at(-1)?.verdict;

describe("no answer", () => {
  it("timeout-before", async () => {
    await unanswered(markedCredit("timeout-before"), async () => expect(await lastVerdict()).toBe("not run"));
    expect(await credits()).toBe(0);
  });

  it("timeout-after", async () => {
    await unanswered(markedCredit("timeout-after"), async () => expect(await lastVerdict()).toBe("success"));
    expect(await credits()).toBe(1);
  });

  it("timeout-late", async () => {
    await unanswered(markedCredit("timeout-late"), async () => expect(await credits()).toBe(1));
  });

  it.each([
    ["reset-before", 0],
    ["reset-after", 1],
  ] as const)("%s", async (fault, effects) => {
    await expect(credit(fault)).rejects.toThrow();
    expect(await credits()).toBe(effects);
  });

  it("ends with close()", async () => {
    const other = temporaryFolder();
    const hanging = await start(other.path);
    const client = new Wallet(hanging.url);
    const idle = connect(Number(new URL(hanging.url).port), "127.0.0.1");
    const cut = new Promise((resolve) => idle.once("close", resolve));
    const call = client.send("checkcustomer", { email: "a.sandbox.timeout-after@example.com" });
    const slow = client.send("checkcustomer", { email: "a.sandbox.slow@example.com" });
    const ends = Promise.all([expect(call).rejects.toThrow(), expect(slow).rejects.toThrow()]);
    await vi.waitFor(async () => expect(await client.calls()).toHaveLength(2));
    await hanging.close();
    await ends;
    await cut;
    other.remove();
  });
});

describe("a spoiled answer", () => {
  it.each([
    ["http-500-before", 500, 0],
    ["http-500-after", 500, 1],
    ["http-502", 502, 0],
    ["http-429", 429, 0],
    ["garbage", 200, 1],
  ] as const)("%s", async (fault, status, effects) => {
    const response = await credit(fault);
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toMatch(/^text\/html/);
    expect(await response.text()).toMatch(/^<html>/);
    expect(await credits()).toBe(effects);
  });

  it("redirect, and who follows it is seen", async () => {
    const response = await credit("redirect");
    expect(response.status).toBe(307);
    const target = new URL(response.headers.get("location") ?? "", response.url);
    expect(await lastVerdict()).toBe("not run");
    await fetch(target, { method: "POST" });
    expect(await lastVerdict()).toBe("followed a redirect");
    expect(await credits()).toBe(0);
  });

  it("truncated", async () => {
    const response = await credit("truncated");
    expect(Number(response.headers.get("content-length"))).toBeGreaterThan(100);
    await expect(response.text()).rejects.toThrow();
    expect(await credits()).toBe(1);
  });

  it("slow", async () => {
    expect(await (await credit("slow")).json()).toMatchObject({ error: null, hash: expect.any(String) });
    expect(await credits()).toBe(1);
  });

  it.each(["wrong-hash", "no-hash"] as const)("%s", async (fault) => {
    const { hash, ...reply } = (await (await credit(fault)).json()) as Reply & { data: object; page: null };
    expect(reply).toEqual({ data: { transaction_id: expect.any(Number) }, error: null, page: null });
    if (fault === "no-hash") expect(hash).toBeNull();
    else expect(hash).toMatch(/^[0-9A-F]{128}$/);
    expect(hash).not.toBe(replyHash({ ...reply, data: { ...reply.data } }, "c0ffee5a17"));
    expect(await credits()).toBe(1);
  });

  it.each([
    ["null-null", 0],
    ["null-null-after", 1],
    ["empty-error", 0],
  ] as const)("%s", async (fault, effects) => {
    expect(await (await credit(fault)).json()).toEqual({ data: null, error: null, page: null, hash: null });
    expect(await credits()).toBe(effects);
  });
});

describe("a refusal that the wallet would not have given", () => {
  it.each([
    ["unknown-code", "SOMETHING-NEW Something new happened"],
    ["invalid-input", "INVALID-INPUT-DATA The request could not be processed"],
    ["unauthorized", "UNAUTHORIZED Unauthorized"],
    ["hash-mismatch", "HASH-MISMATCH Hash Mismatch"],
    ["invalid-params-selected", "INVALID-PARAMS The selected customer id is invalid."],
    ["invalid-params-taken", "INVALID-PARAMS The merchant transaction id has already been taken."],
    ["invalid-params-required", "INVALID-PARAMS The mpin field is required."],
    ["invalid-input-data", "INVALID-INPUT-DATA Invalid input Data"],
    ["not-enough-balance", "INVALID-INPUT-DATA Not enough balance in the account"],
    ["insufficient-fund", "INSUFFICIENT-FUND Insufficient Fund"],
    ["invalid-otp", "INVALID-OTP Invalid OTP"],
    ["invalid-mpin", "INVALID-MPIN Invalid MPIN"],
    ["transaction-limit", "TRANSACTION-LIMIT Daily Transaction Limit Reached"],
    ["monthly-limit", "MONTHLY-TRANSACTION-LIMIT-EXCEEDED Monthly Transaction Limit exceeded"],
    ["already-reversed", "TRANSACTION-ALREADY-REVERSED This Transaction is already reversed"],
    ["no-pg-transaction", "NO-PG-TRANSACTION-RECORD-FOUND Pg transaction record not found."],
    ["no-sub-merchant", "NO-SUB-MERCHANT-RECORD Sub merchant details not found."],
    ["transaction-not-found", "INVALID-PARAMS The selected merchant transaction id is invalid."],
  ] as const)("%s", async (fault, refusal) => {
    expect(await wallet.refusal("creditwallet", markedCredit(fault))).toBe(refusal);
    expect(await credits()).toBe(0);
  });

  it.each(["unknown-code-after", "invalid-input-after"] as const)("%s", async (fault) => {
    expect(await wallet.refusal("creditwallet", markedCredit(fault))).toMatch(
      /^(SOMETHING-NEW|INVALID-INPUT-DATA) /,
    );
    expect(await credits()).toBe(1);
  });
});

it("a request that is sent twice has its effect once, and the second answer", async () => {
  expect(await wallet.refusal("creditwallet", markedCredit("sent-twice"))).toBe(
    "INVALID-PARAMS The merchant transaction id has already been taken.",
  );
  expect(await credits()).toBe(1);
});

describe("an id that is kept in another form", () => {
  const forms = {
    "id-cut": (id: string) => id.slice(0, 50),
    "id-cut-short": (id: string) => id.slice(0, 15),
    "id-lower": (id: string) => id.toLowerCase(),
    "id-stripped": (id: string) => id.replaceAll(".", "").replaceAll("-", ""),
    "id-prefixed": (id: string) => `MERCHANT7_${id}`,
    "id-suffixed": (id: string) => `${id}-01`,
    "id-hashed": (id: string) => createHash("sha256").update(id).digest("hex").slice(0, 32),
  } as const satisfies Partial<Record<FaultName, (id: string) => string>>;
  const cases = Object.entries(forms) as [keyof typeof forms, (id: string) => string][];

  const notThere = "INVALID-PARAMS The selected merchant transaction id is invalid.";
  const longId = (mark: string) => `${freshId()}.A-b_${"Zy.9-".repeat(8)}.sandbox.${mark}`;
  const page = () => ({ customer_id: customer, page_number: "0", page_size: "10" });
  const listed = async () =>
    ((await wallet.data("fetchtransactions", page())) as { merchant_transaction_id: string }[]).map(
      (row) => row.merchant_transaction_id,
    );

  it.each(cases)("%s: it is shown so, found so, and not taken", async (fault, keeps) => {
    const id = longId(fault);
    expect(keeps(id)).not.toBe(id);
    const first = await wallet.credit(customer, "10", id);
    expect(await listed()).toEqual([keeps(id)]);
    expect(await wallet.refusal("fetchbymerchantransactionid", { merchant_transaction_id: id })).toBe(
      notThere,
    );
    const kept = { merchant_transaction_id: keeps(id) };
    expect(await wallet.data("fetchbymerchantransactionid", kept)).toMatchObject({
      ...kept,
      transaction_id: first,
    });
    // Nothing protects a second one; the first is what the kept id finds.
    await wallet.credit(customer, "10", id);
    expect(await wallet.data("fetchbymerchantransactionid", kept)).toMatchObject({ transaction_id: first });
    expect((await wallet.effects()).map((effect) => effect.merchantTransactionId).slice(-2)).toEqual([
      id,
      id,
    ]);
  });

  it.each(cases)("%s: its debit is not found to be reversed, but by the transaction's id", async (fault) => {
    await wallet.credit(customer, "10", freshId());
    const id = longId(fault);
    const transaction = await wallet.debit(customer, "2", id);
    expect(await wallet.refusal("debitreversal", { merchant_transaction_id: id })).toBe(notThere);
    await wallet.data("debitreversal", { transaction_id: String(transaction) });
    expect(await wallet.balance(customer)).toBe("10.0");
  });

  it.each(cases)("%s: a reversal is answered as it was made, and kept so", async (fault, keeps) => {
    await wallet.credit(customer, "10", freshId());
    const id = `${freshId()}.A-b${"x".repeat(40)}`;
    await wallet.debit(customer, "2", id);
    const reversal = { merchant_transaction_id: id, description: `sandbox.${fault}` };
    expect(await wallet.data("debitreversal", reversal)).toMatchObject({
      merchant_transaction_id: `${id}_REVERSAL`,
    });
    expect((await listed()).slice(0, 2)).toEqual([keeps(`${id}_REVERSAL`), id]);
    expect((await wallet.effects()).at(-1)?.merchantTransactionId).toBe(`${id}_REVERSAL`);
    expect(await wallet.refusal("debitreversal", { merchant_transaction_id: id })).toMatch(
      /^TRANSACTION-ALREADY/,
    );
  });

  it("another fault may stand beside it, in the same id or armed, and a reserved customer meets it", async () => {
    const lost = longId("id-lower.sandbox.reset-after");
    await expect(wallet.send("creditwallet", crediting(customer, "1", lost))).rejects.toThrow();
    expect((await wallet.calls()).at(-1)?.fault).toBe("id-lower reset-after");
    const once = `X-${freshId()}.sandbox.once.http-500-before.sandbox.once.id-lower`;
    expect((await wallet.send("creditwallet", crediting(customer, "1", once))).status).toBe(500);
    await wallet.credit(customer, "1", once);
    await wallet.control("POST", "faults", { fault: "id-hashed", path: "creditwallet" });
    const refused = `X-${freshId()}.sandbox.http-500-after`;
    expect((await wallet.send("creditwallet", crediting(customer, "1", refused))).status).toBe(500);
    expect(await listed()).toEqual([forms["id-hashed"](refused), once, forms["id-lower"](lost)]);

    const reserved = reservedCustomerId("id-prefixed", "change");
    const debit = freshId();
    await wallet.debit(reserved, "1", debit, { mpin: reservedMpin });
    expect(
      await wallet.data("fetchbymerchantransactionid", { merchant_transaction_id: `MERCHANT7_${debit}` }),
    ).toMatchObject({ amount: "1.0" });
  });

  it("stays so over a restart", async () => {
    const own = temporaryFolder();
    const before = await start(own.path);
    const client = new Wallet(before.url);
    const id = longId("id-stripped");
    const of = await client.register();
    const transaction = await client.credit(of, "1", id);
    await before.close();
    const after = await start(own.path);
    const again = new Wallet(after.url);
    const kept = { merchant_transaction_id: forms["id-stripped"](id) };
    expect(await again.data("fetchbymerchantransactionid", kept)).toMatchObject({
      ...kept,
      transaction_id: transaction,
    });
    expect((await again.effects()).at(-1)?.merchantTransactionId).toBe(id);
    await after.close();
    own.remove();
  });
});

describe("ways of asking", () => {
  it.each(
    faultNames,
  )("every fault has a description, a customer and mobile numbers of its own: %s", async (fault) => {
    expect(faults[fault]).toMatch(/\w/);
    for (const side of ["change", "read"] as const) {
      const other = side === "change" ? "read" : "change";
      const changes = { customer_id: reservedCustomerId(fault, side), city: "Chennai" };
      const reads = { mobile_number: reservedMobile(fault, side) };
      const honest = side === "change" ? ["fetchcustomerdetail", reads] : ["updatecustomer", changes];
      expect((await wallet.call(...(honest as [string, typeof changes]))).error).toBeNull();
      expect((await wallet.calls()).at(-1)).toMatchObject({ fault: null, verdict: "success" });
      expect(reservedMobile(fault, side, 7)).not.toBe(reservedMobile(fault, other, 7));
    }
  });

  it("reserved customers spoil changes, or reads, and have money and an MPIN", async () => {
    const changes = reservedCustomerId("http-502", "change");
    const reads = reservedCustomerId("http-502", "read");
    expect((await wallet.send("customerstatus", { customer_id: changes, customer_active: "n" })).status).toBe(
      502,
    );
    expect((await wallet.send("customerstatus", { customer_id: changes })).status).toBe(200);
    expect((await wallet.send("fetchbalance", { customer_id: reads })).status).toBe(502);
    expect((await wallet.send("fetchbytransactionid", { transaction_id: reads })).status).toBe(502);
    await wallet.debit(reads, "100000", freshId(), { mpin: reservedMpin });
  });

  it("reserved mobile numbers can be registered", async () => {
    const reads = reservedMobile("http-502", "read", 1);
    expect(await wallet.register(reads)).toMatch(/^\d{9}$/);
    expect((await wallet.send("fetchcustomerdetail", { mobile_number: reads })).status).toBe(502);
    const changes = reservedMobile("no-hash", "change", 1);
    expect(
      (await wallet.call("registrationotp", { mobile_number: changes, email: "a@example.com" })).hash,
    ).toBeNull();
    expect((await wallet.call("registercustomer", registering(changes))).hash).toBeNull();
    expect((await wallet.call("fetchbalance", { mobile_number: changes })).hash).toMatch(/^\w{128}$/);
  });

  it("a mark fits every kind of text, and an ordinary text is none", async () => {
    for (const fields of [
      { email: "asha.sandbox.http-502@example.com" },
      { email: "sandbox.http-502.asha@example.com" },
    ]) {
      expect((await wallet.send("checkcustomer", fields)).status).toBe(502);
    }
    const described = crediting(customer, "1", freshId(), { description: "tea (sandbox.http-502)" });
    expect((await wallet.send("creditwallet", described)).status).toBe(502);
    for (const email of ["asha@sandbox.example.com", "sandbox.slowly@example.com", "http-502@example.com"]) {
      expect((await wallet.send("checkcustomer", { email })).status).toBe(200);
    }
    expect((await wallet.calls()).slice(-3)).toMatchObject([
      { fault: null },
      { fault: null },
      { fault: null },
    ]);
  });

  it("reads the longer of two names", async () => {
    const marked = { email: "a.sandbox.invalid-input-data@example.com" };
    expect(await wallet.refusal("checkcustomer", marked)).toBe("INVALID-INPUT-DATA Invalid input Data");
  });

  it("a marked id stays honest to its inquiry and its reversal, which have marks of their own", async () => {
    await wallet.credit(customer, "10", freshId());
    const id = `${freshId()}.sandbox.garbage.sandbox.inquiry.http-502`;
    expect(await (await wallet.send("debitwallet", debiting(customer, "1", id))).text()).toMatch(/^<html>/);
    const named = { merchant_transaction_id: id };
    expect((await wallet.send("fetchbymerchantransactionid", named)).status).toBe(502);
    const described = { ...named, description: "sandbox.http-502" };
    expect((await wallet.send("debitreversal", described)).status).toBe(502);
    expect(await wallet.data("debitreversal", named)).toMatchObject({
      merchant_transaction_id: `${id}_REVERSAL`,
    });
    const plain = { merchant_transaction_id: `${freshId()}.sandbox.garbage` };
    await wallet.send("debitwallet", debiting(customer, "1", plain.merchant_transaction_id));
    expect(await wallet.data("fetchbymerchantransactionid", plain)).toMatchObject({ amount: "1.0" });
  });

  it("once means the first such call", async () => {
    const id = `${freshId()}.sandbox.once.http-500-before`;
    expect((await wallet.send("creditwallet", crediting(customer, "1", id))).status).toBe(500);
    await wallet.credit(customer, "1", id);
  });

  it("armed faults wait for their path and fields, and count", async () => {
    const armed = { path: "creditwallet", fault: "http-502", times: 2, match: { amount: "7" } };
    await wallet.control("POST", "faults", armed);
    const statusOf = async (amount: string) =>
      (await wallet.send("creditwallet", crediting(customer, amount, freshId()))).status;
    expect(await statusOf("8")).toBe(200);
    expect(await statusOf("7")).toBe(502);
    expect(await wallet.control("GET", "faults")).toEqual({ faults, armed: [{ ...armed, times: 1 }] });
    expect(await statusOf("7")).toBe(502);
    expect(await statusOf("7")).toBe(200);
    await wallet.control("POST", "faults", { fault: "http-429" });
    await wallet.control("DELETE", "faults");
    expect(await statusOf("8")).toBe(200);
    await wallet.control("POST", "faults", { fault: "http-429" });
    expect((await wallet.send("getsubmerchants")).status).toBe(429);
    expect(await statusOf("8")).toBe(200);
  });

  it.each([
    [{ fault: "no such" }, /^fault is not one of timeout-before, /],
    [{ fault: "slow", path: "nowhere" }, /^path is not one of /],
    [{ fault: "slow", times: 0 }, /^times /],
    [{ fault: "slow", match: { mpin: "1234" } }, /^match cannot look at mpin/],
    [{ fault: "slow", match: { amount: 1 } }, /^match.amount is not a string/],
    [[], /^the body is not an object/],
  ])("refuses %j", async (body, message) => {
    expect(await wallet.control("POST", "faults", body)).toEqual({ message: expect.stringMatching(message) });
  });
});
