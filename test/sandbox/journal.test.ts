import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Sandbox } from "../../local/sandbox/aggrepay.ts";
import { crediting, registering, start, temporaryFolder, Wallet } from "./running.ts";

let folder: ReturnType<typeof temporaryFolder>;
let journal: string;
const running: Sandbox[] = [];

async function opened(): Promise<Wallet> {
  const sandbox = await start(folder.path);
  running.push(sandbox);
  return new Wallet(sandbox.url);
}

const closeAll = () => Promise.all(running.splice(0).map((sandbox) => sandbox.close()));

async function reopened(): Promise<Wallet> {
  await closeAll();
  return opened();
}

beforeEach(() => {
  folder = temporaryFolder();
  journal = join(folder.path, "aggrepay-sandbox.jsonl");
});

afterEach(async () => {
  await closeAll();
  folder.remove();
});

it("keeps customers, OTPs, money, limits and sub merchants over a restart", async () => {
  const before = await opened();
  const mobile = "+919811111111";
  const [customer, mobileWithOtp] = [await before.register(mobile), "+919822222222"];
  await before.data("registrationotp", { mobile_number: mobileWithOtp, email: "ravi@example.com" });
  await before.data("customerotp", { customer_id: customer });
  await before.credit(customer, "10000000", "c-1");
  const debit = await before.debit(customer, "0.10", "d-1");
  await before.data("debitreversal", { merchant_transaction_id: "d-1" });
  await before.data("changempin", { customer_id: customer, old_mpin: "1234", new_mpin: "2468" });
  await before.data("updatecustomer", { customer_id: customer, city: "Chennai" });
  const page = { customer_id: customer, page_number: "0", page_size: "10" };
  const statement = await before.data("fetchtransactions", page);
  const ledger = await before.control("GET", "ledger");

  const after = await reopened();
  expect(await after.control("GET", "ledger")).toEqual(ledger);
  expect(await after.data("fetchtransactions", page)).toEqual(statement);
  expect(await after.refusal("creditwallet", crediting(customer, "1", "c-2"))).toMatch(/^TRANSACTION-LIMIT /);
  expect(await after.refusal("creditwallet", crediting(customer, "1", "c-1"))).toMatch(/already been taken/);
  expect(await after.refusal("debitreversal", { merchant_transaction_id: "d-1" })).toMatch(
    /already reversed/,
  );
  expect(await after.data("fetchcustomerdetail", { mobile_number: mobile })).toMatchObject({
    city: "Chennai",
  });
  expect(await after.debit(customer, "0.20", "d-2", { mpin: "2468" })).not.toBe(debit);
  const forgot = { customer_id: customer, otp: "123456", new_mpin: "1357" };
  expect(await after.data("forgotmpin", forgot)).toEqual({ mpin_updated: "true" });
  expect(await after.data("registercustomer", registering(mobileWithOtp))).not.toEqual({
    customer_id: customer,
  });
});

it("shows no MPIN in the journal", async () => {
  const wallet = await opened();
  await wallet.register("+919833333333", { mpin: "80808080" });
  expect(readFileSync(journal, "utf8")).not.toContain("80808080");
});

it("keeps what was applied before a kill -9, answered or not", async () => {
  const host = spawn(process.execPath, [fileURLToPath(new URL("host.ts", import.meta.url)), folder.path]);
  const [address] = (await once(host.stdout, "data")) as [Buffer];
  const killed = new Wallet(String(address).trim());
  const customer = await killed.register();
  await killed.credit(customer, "10", "k-1");
  const unanswered = killed.send("creditwallet", crediting(customer, "5", "k-2.sandbox.timeout-after"));
  unanswered.catch(() => undefined);
  await vi.waitFor(async () => expect(await killed.effectsOf("credit")).toBe(2));
  host.kill("SIGKILL");
  await once(host, "exit");
  await expect(unanswered).rejects.toThrow();

  const wallet = await opened();
  expect(await wallet.balance(customer)).toBe("15.0");
  expect(await wallet.effectsOf("credit")).toBe(2);
});

it("cuts a torn last line, and goes on after it", async () => {
  const before = await opened();
  const customer = await before.register();
  await before.credit(customer, "10", "t-1");
  await closeAll();
  appendFileSync(journal, '{"seq":4,"at":1,"kind":"cre');
  const torn = await opened();
  expect(await torn.balance(customer)).toBe("10.0");
  await torn.credit(customer, "1", "t-2");
  expect(await (await reopened()).balance(customer)).toBe("11.0");
});

it("does not open a journal that is broken in the middle or was written by two", async () => {
  const wallet = await opened();
  await wallet.register();
  await closeAll();
  const whole = readFileSync(journal, "utf8");
  writeFileSync(journal, `not json\n${whole}`);
  await expect(opened()).rejects.toThrow(/line 1: /);
  writeFileSync(journal, whole + whole);
  await expect(opened()).rejects.toThrow(/line 3: effect 1 follows effect 2/);
});

it("forgets all on reset, also after a restart, and gives no id twice", async () => {
  const before = await opened();
  const mobile = before.freshMobile();
  const customer = await before.register(mobile);
  const credit = await before.credit(customer, "10", "r-1");
  await before.control("POST", "reset");
  expect(await before.calls()).toEqual([]);
  const isEmpty = async (wallet: Wallet) => {
    expect(await wallet.effects()).toEqual([]);
    expect(await wallet.refusal("fetchbalance", { customer_id: customer })).toMatch(/customer id is invalid/);
  };
  await isEmpty(before);
  const after = await reopened();
  await isEmpty(after);
  const again = await after.register(mobile);
  expect(again).not.toBe(customer);
  expect(await after.credit(again, "10", "r-1")).not.toBe(credit);
});
