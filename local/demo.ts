/**
 * `npm run demo`: a customer's life, told to the gateway that `npm start` runs. Every run takes new numbers
 * and ids, so it can be run again and again. `URL` names another gateway.
 */
import { randomInt } from "node:crypto";
import { sandboxOtp } from "./sandbox/aggrepay.ts";

const base = (process.env.URL ?? "http://127.0.0.1:3000").replace(/\/$/, "");
const run = `demo-${Date.now().toString(36)}-${randomInt(36 ** 3).toString(36)}`;

/** A sentence for the reader instead of a stack. */
class Unexpected extends Error {}

type Field = string | number | boolean | null;

interface Answer {
  readonly status: number;
  readonly replayed: boolean;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Step {
  readonly title: string;
  readonly route: string;
  readonly input: Readonly<Record<string, string | number>>;
  /** For what has no identity of its own at the provider. */
  readonly idempotencyKey?: string;
  readonly show: readonly string[];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const line = (label: string, text: string): void => console.log(`   ${label.padEnd(21)} ${text}`);

async function post(step: Step): Promise<Answer> {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (step.idempotencyKey !== undefined) headers["idempotency-key"] = step.idempotencyKey;
  const address = `${base}/v1/aggrepay/${step.route}`;
  let response: Response;
  let text: string;
  try {
    response = await fetch(address, { method: "POST", headers, body: JSON.stringify(step.input) });
    text = await response.text();
  } catch (cause) {
    throw new Unexpected(`No gateway answers at ${base}. Start it with "npm start", or set URL.`, { cause });
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw new Unexpected(`${address} answered ${response.status} without JSON. Is that the gateway?`, {
      cause,
    });
  }
  return {
    status: response.status,
    replayed: response.headers.get("idempotency-replayed") === "true",
    body: isRecord(body) ? body : {},
  };
}

let count = 0;

/** Runs one step, prints it, and insists on 200. MPIN and OTP are in the input only, which is not printed. */
async function take(step: Step): Promise<Answer> {
  count += 1;
  console.log(`\n${count}. ${step.title}`);
  line("request", `POST /v1/aggrepay/${step.route}`);
  const answer = await post(step);
  const { status, body } = answer;
  line("status", `${status}${answer.replayed ? "  Idempotency-Replayed: true" : ""}`);
  if (status !== 200) {
    const { code, detail, retry } = body;
    line("code", String(code));
    throw new Unexpected(`"${step.title}" was refused: ${status} ${code}: ${detail} (retry: ${retry})`);
  }
  for (const name of step.show) line(name, String(fieldOf(answer, name)));
  return answer;
}

function fieldOf({ body }: Answer, name: string): Field {
  const value = isRecord(body.result) ? body.result[name] : undefined;
  if (value === null || ["string", "number", "boolean"].includes(typeof value)) return value as Field;
  throw new Unexpected(`The answer has no ${name}: ${JSON.stringify(body)}`);
}

function expect(holds: boolean, sentence: string): void {
  if (!holds) throw new Unexpected(sentence);
}

/** "420.5" and "420.50" are one amount: both are 42050 paise. */
function paise(amount: Field): number {
  const [, rupees, rest = ""] = /^(\d+)(?:\.(\d{1,2}))?0*$/.exec(String(amount)) ?? [];
  if (rupees === undefined) throw new Unexpected(`${amount} is not an amount.`);
  return Number(rupees + rest.padEnd(2, "0"));
}

interface Customer {
  readonly customerId: string;
  readonly mpin: string;
}

async function register(firstName: string, lastName: string): Promise<Customer> {
  const mobileNumber = `+917${String(randomInt(1_000_000_000)).padStart(9, "0")}`;
  const mpin = String(randomInt(1_000, 10_000));
  const name = firstName.toLowerCase();
  await take({
    title: `${firstName} asks for an OTP`,
    route: "registration-otp",
    input: { email: `${name}.${run}@example.com`, mobileNumber },
    idempotencyKey: `${run}-${name}-otp`,
    show: ["customerExists", "otpSent"],
  });
  const registered = await take({
    title: `${firstName} registers with it`,
    route: "register-customer",
    input: { mobileNumber, otp: sandboxOtp, firstName, lastName, dateOfBirth: "1990-01-31", mpin },
    idempotencyKey: `${run}-${name}-register`,
    show: ["customerId"],
  });
  return { customerId: String(fieldOf(registered, "customerId")), mpin };
}

async function expectBalance(name: string, { customerId }: Customer, amount: string): Promise<void> {
  const answer = await take({
    title: `${name}'s balance`,
    route: "fetch-balance",
    input: { customerId },
    show: ["balance"],
  });
  const balance = fieldOf(answer, "balance");
  expect(paise(balance) === paise(amount), `${name} should have ${amount}, and has ${balance}.`);
}

/** The same request twice: the second is answered from the record, and no second debit happens. */
async function debitTwice({ customerId, mpin }: Customer, merchantTransactionId: string): Promise<void> {
  const step: Step = {
    title: "Asha pays 120.50 to the merchant",
    route: "debit-wallet",
    input: { fromCustomerId: customerId, amount: "120.50", mpin, merchantTransactionId, description: "Tea" },
    show: ["transactionId"],
  };
  const first = await take(step);
  const again = await take({ ...step, title: "The same request again: nothing is paid twice" });
  expect(again.replayed, "The repeated debit was not answered as a replay.");
  expect(
    fieldOf(again, "transactionId") === fieldOf(first, "transactionId"),
    "The repeated debit has another transaction id.",
  );
}

async function statement({ customerId }: Customer): Promise<void> {
  const { body } = await take({
    title: "Asha's statement, newest first",
    route: "fetch-transactions",
    input: { customerId, pageNumber: 0, pageSize: 10 },
    show: [],
  });
  const rows = Array.isArray(body.result) ? body.result.filter(isRecord) : [];
  for (const row of rows) {
    const cells = [
      String(row.time).padEnd(26),
      String(row.paymentType).padEnd(7),
      String(row.amount).padStart(8),
      String(row.balance).padStart(8),
      `  ${row.merchantTransactionId ?? "-"}`,
    ];
    console.log(`   ${cells.join(" ")}`);
  }
  expect(rows.length === 4, `The statement should have 4 rows, and has ${rows.length}.`);
}

async function life(): Promise<void> {
  console.log(`Gateway ${base}, run ${run}`);
  const asha = await register("Asha", "Rao");
  const ravi = await register("Ravi", "Iyer");
  await take({
    title: "500.00 from the payment gateway enters Asha's wallet",
    route: "credit-wallet",
    input: {
      toCustomerId: asha.customerId,
      amount: "500.00",
      merchantTransactionId: `${run}-credit`,
      pgTransactionId: `${run}-pg`,
    },
    show: ["transactionId"],
  });
  await debitTwice(asha, `${run}-debit`);
  await expectBalance("Asha", asha, "379.50");
  await take({
    title: "Asha sends 79.50 to Ravi",
    route: "wallet-to-wallet",
    input: {
      fromCustomerId: asha.customerId,
      toCustomerId: ravi.customerId,
      amount: "79.50",
      mpin: asha.mpin,
      merchantTransactionId: `${run}-transfer`,
    },
    show: ["transactionId"],
  });
  await take({
    title: "The merchant gives the 120.50 back",
    route: "debit-reversal",
    input: { merchantTransactionId: `${run}-debit`, description: "Returned" },
    show: ["merchantTransactionId", "transactionId"],
  });
  await expectBalance("Asha", asha, "420.50");
  await expectBalance("Ravi", ravi, "79.50");
  await statement(asha);
  console.log(`\nAll ${count} steps went as expected.`);
}

try {
  await life();
} catch (error) {
  if (!(error instanceof Unexpected)) throw error;
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}
