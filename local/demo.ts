/**
 * `npm run demo`: a customer's life, a doubt and its end, and a call of each other provider, told to the gateway that
 * `npm start` runs. Every run takes new numbers and ids, so it can be run again and again. `URL` names another gateway.
 */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { samples } from "../functions/samples.ts";
import { openGateway, type Reply } from "../ops/smoke/gateway.ts";
import { CannotStart } from "./cannot-start.ts";
import { curlOf } from "./curl.ts";
import { ownPrincipal } from "./iam/principals.ts";
import { local } from "./intrinsics.ts";
import { sandboxOtp } from "./sandbox/aggrepay.ts";

const { url, curl, help } = options();
const base = (url ?? process.env.URL ?? "http://127.0.0.1:3000").replace(/\/$/, "");
const run = `demo-${Date.now().toString(36)}-${randomInt(36 ** 3).toString(36)}`;

const usage = `Usage: npm run demo -- [--url http://127.0.0.1:3000] [--curl]

Plays a customer's life, a doubt and its end, and a call of each provider. --curl prints each call as curl. URL in the
environment names the gateway, too. With AUTH=iam the calls are signed.`;

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
  /** What follows `/v1/`. */
  readonly route: string;
  /** Left out for a GET. */
  readonly input?: Readonly<Record<string, string | number>>;
  /** 200 unless the step shows a refusal. */
  readonly status?: number;
  /** For what has no identity of its own at the provider. */
  readonly idempotencyKey?: string;
  readonly show: readonly string[];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const line = (label: string, text: string): void => console.log(`   ${label.padEnd(21)} ${text}`);

/** With AUTH=iam calls are signed by the local host's own principal. */
const identity = () =>
  process.env.AUTH === "iam" ? { region: local.region, credentials: ownPrincipal(process.env) } : undefined;

const requestOf = ({ route, input, idempotencyKey }: Step) => ({
  method: input === undefined ? ("GET" as const) : ("POST" as const),
  path: `/v1/${route}`,
  ...(input !== undefined && { body: JSON.stringify(input), contentType: "application/json" }),
  ...(idempotencyKey !== undefined && { headers: { "idempotency-key": idempotencyKey } }),
  asksProvider: true,
});

async function send(step: Step): Promise<Answer> {
  const gateway = await openGateway(new URL(base), identity(), { ownMs: 35_000, providerMs: 35_000 });
  let reply: Reply;
  try {
    reply = await gateway.send({ ...requestOf(step), signed: true });
  } catch (cause) {
    throw new Unexpected(`No gateway answers at ${base}. Start it with "npm start", or set URL.`, { cause });
  }
  const { status, headers, body } = reply;
  const address = `${base}/v1/${step.route}`;
  if (status === 403 && process.env.AUTH !== "iam")
    throw new Unexpected(`${address} answered 403. If it was started with AUTH=iam: AUTH=iam npm run demo.`);
  if (body === undefined)
    throw new Unexpected(`${address} answered ${status} without JSON. Is that the gateway?`);
  return {
    status,
    replayed: headers["idempotency-replayed"] === "true",
    body: isRecord(body) ? body : {},
  };
}

let count = 0;

/** Runs one step, prints it, and insists on its status. MPIN and OTP are in the input only, which is not printed. */
async function take(step: Step): Promise<Answer> {
  count += 1;
  console.log(`\n${count}. ${step.title}`);
  line("request", `${step.input ? "POST" : "GET"} /v1/${step.route}`);
  if (curl) console.log(`   ${curlOf(new URL(base), requestOf(step))}`);
  const answer = await send(step);
  const { status, body } = answer;
  line("status", `${status}${answer.replayed ? "  Idempotency-Replayed: true" : ""}`);
  const { code, detail, retry } = body;
  if (status !== 200) line("code", `${code}  (retry: ${retry})`);
  if (status !== (step.status ?? 200)) {
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
function paise(amount: Field): bigint {
  const [, rupees, rest = ""] = /^(\d+)(?:\.(\d{1,2}))?0*$/.exec(String(amount)) ?? [];
  if (rupees === undefined) throw new Unexpected(`${amount} is not an amount.`);
  return BigInt(rupees + rest.padEnd(2, "0"));
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
    route: "aggrepay/registration-otp",
    input: { email: `${name}.${run}@example.com`, mobileNumber },
    idempotencyKey: `${run}-${name}-otp`,
    show: ["customerExists", "otpSent"],
  });
  const registered = await take({
    title: `${firstName} registers with it`,
    route: "aggrepay/register-customer",
    input: { mobileNumber, otp: sandboxOtp, firstName, lastName, dateOfBirth: "1990-01-31", mpin },
    idempotencyKey: `${run}-${name}-register`,
    show: ["customerId"],
  });
  return { customerId: String(fieldOf(registered, "customerId")), mpin };
}

async function expectBalance(name: string, { customerId }: Customer, amount: string): Promise<void> {
  const answer = await take({
    title: `${name}'s balance`,
    route: "aggrepay/fetch-balance",
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
    route: "aggrepay/debit-wallet",
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
    route: "aggrepay/fetch-transactions",
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

/** The provider acts and its answer is lost: nobody knows, until the repeat asks. */
async function doubt({ customerId, mpin }: Customer): Promise<void> {
  const step: Step = {
    title: "Asha pays 20.50, and the provider's answer is lost",
    route: "aggrepay/debit-wallet",
    input: {
      fromCustomerId: customerId,
      amount: "20.50",
      mpin,
      merchantTransactionId: `${run}.sandbox.reset-after`,
    },
    status: 504,
    show: [],
  };
  await take(step);
  await take({
    ...step,
    title: "The same request again asks the provider, and pays nothing twice",
    status: 200,
    show: ["transactionId"],
  });
}

async function otherProviders(): Promise<void> {
  const referenceNo = `${run}-binding`;
  const registered = await take({
    title: "NICEPAY: an account binding is registered",
    route: "nicepay/register-account-binding",
    input: leastOf("nicepayRegisterAccountBinding", referenceNo),
    show: ["tXid", "registeredAt"],
  });
  // The sandbox's page plays the user who logs in; it sends the notification before it answers.
  await fetch(String(fieldOf(registered, "redirectUrlHttp")));
  await take({
    title: "NICEPAY: the user has logged in, and the notification has come",
    route: `account-bindings/${referenceNo}`,
    show: ["bound", "boundAt"],
  });
  if (process.env.NICEPAY_USER_DETAIL === "on") await revoke(referenceNo);
  await take({
    title: "PayU: what became of a Load call",
    route: "payu/check-status",
    input: leastOf("payuCheckStatus", `${run}-load`),
    show: ["responseCode", "responseMessage"],
  });
  await take({
    title: "Wibmo: a customer's identifiers are encrypted",
    route: "wibmo/encrypt",
    input: leastOf("wibmoEncrypt", run),
    show: ["clientTxnId"],
  });
  await take({
    title: "DreamzWallet: a user's secret key",
    route: "dreamzwallet/get-secret-key",
    input: leastOf("dreamzwalletGetSecretKey", run),
    show: ["customerId"],
  });
}

/** The sample request with the required fields alone. */
const leastOf = (name: keyof typeof samples, id: string) =>
  samples[name].least(id).input as NonNullable<Step["input"]>;

/** Only where the gateway, too, was started with NICEPAY_USER_DETAIL=on. */
async function revoke(referenceNo: string): Promise<void> {
  await take({
    title: "NICEPAY: the user's token is revoked",
    route: "nicepay/deactivate-account-binding",
    input: { referenceNo },
    show: ["deactivated"],
  });
  await take({
    title: "NICEPAY: and is given no more",
    route: `account-bindings/${referenceNo}`,
    show: ["bound", "deactivatedAt"],
  });
}

async function life(): Promise<void> {
  console.log(`Gateway ${base}, run ${run}`);
  const asha = await register("Asha", "Rao");
  const ravi = await register("Ravi", "Iyer");
  await take({
    title: "500.00 from the payment gateway enters Asha's wallet",
    route: "aggrepay/credit-wallet",
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
    route: "aggrepay/wallet-to-wallet",
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
    route: "aggrepay/debit-reversal",
    input: { merchantTransactionId: `${run}-debit`, description: "Returned" },
    show: ["merchantTransactionId", "transactionId"],
  });
  await expectBalance("Asha", asha, "420.50");
  await expectBalance("Ravi", ravi, "79.50");
  await statement(asha);
  await doubt(asha);
  await otherProviders();
  console.log(`\nAll ${count} steps went as expected.`);
}

function options() {
  const known = {
    url: { type: "string" },
    curl: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  } as const;
  try {
    return parseArgs({ options: known }).values;
  } catch (error) {
    console.error(
      `${error instanceof Error ? error.message : error} npm run demo -- --help lists the options.`,
    );
    process.exit(2);
  }
}

try {
  if (help) console.log(usage);
  else await life();
} catch (error) {
  if (!(error instanceof Unexpected || error instanceof CannotStart)) throw error;
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}
