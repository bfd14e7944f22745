import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import type { FunctionDefinition } from "../../lib/operation/definition.ts";
import { facts } from "../../lib/providers/aggrepay/facts.ts";
import { idsKeptRange, reversalSuffix } from "../../lib/providers/aggrepay/ids.ts";
import {
  type Finding,
  failed,
  found,
  get,
  ok,
  post,
  problemOf,
  type Result,
  routeIn,
  shown,
  warning,
} from "./finding.ts";
import type { Gateway, Reply } from "./gateway.ts";
import { longestId } from "./longest-id.ts";

export interface IdsKeptOptions {
  readonly functions: readonly FunctionDefinition[];
  readonly customerId: string;
  readonly mpin: string;
  /** Asks the person at the terminal; an empty answer where nobody is there. */
  readonly ask: (question: string) => Promise<string>;
  /** A provider's list may come after its reply. */
  readonly pauseMs?: number;
}

/** Where AggrePay moves real money. */
export const liveHost = new URL(facts.hosts.prod ?? "").host;

const amount = "1.00";
const listTries = 5;

/**
 * How many characters of an id AggrePay keeps byte for byte: debits a test customer under the longest id that there can be,
 * reverses the debit, and reads both ids back, in the customer's list and by asking for them.
 */
export async function* idsKept(gateway: Gateway, options: IdsKeptOptions): AsyncGenerator<Finding> {
  const { functions, customerId, mpin, pauseMs = 2_000 } = options;
  const send = (name: string, input: object) =>
    gateway.send({ ...post(routeIn(functions, name).path, input), asksProvider: true });
  const step = { send, customerId, pauseMs };

  let mayGoOn = false;
  for await (const finding of found("is a test customer", () => isTestCustomer(gateway, options))) {
    mayGoOn = finding.verdict === "ok";
    yield finding;
  }
  if (!mayGoOn) return;

  const id = longestId();
  let debit: Moved | undefined;
  yield* found(`debits ${amount} under an id of ${id.length} characters`, async () => {
    const reply = await send("aggrepay/debit-wallet", {
      ...{ fromCustomerId: customerId, amount, mpin, merchantTransactionId: id },
      description: "smoke: how ids are kept",
    });
    debit = movedBy(reply);
    return debit ? ok(`transaction ${debit.transactionId}`) : failed(refused(reply));
  });
  if (!debit) {
    // No answer is no refusal: it may have been debited.
    yield { check: "aggrepayIdsKept", ...failed(`not measured; ${lookAfter(customerId)}`) };
    return;
  }
  const { transactionId } = debit;

  let keptOfDebit: Kept = { why: "it was not read back" };
  yield* found("keeps the debit's id", async () => {
    keptOfDebit = await readBack(step, transactionId, id);
    return findingOf(keptOfDebit);
  });

  let reversal: Moved | undefined;
  yield* found("reverses the debit", async () => {
    const reply = await send("aggrepay/debit-reversal", {
      merchantTransactionId: id,
      description: "smoke: how ids are kept",
    });
    reversal = movedBy(reply);
    if (reversal) return ok(`transaction ${reversal.transactionId}`);
    return failed(`${refused(reply)} Transaction ${transactionId} stands; ${lookAfter(customerId)}`);
  });

  let keptOfReversal: Kept | undefined;
  if (reversal) {
    const { transactionId: ofReversal } = reversal;
    yield* found("keeps the reversal's id", async () => {
      keptOfReversal = await readBack(step, ofReversal, `${id}${reversalSuffix}`);
      return findingOf(keptOfReversal);
    });
  }
  yield { check: "aggrepayIdsKept", ...advice(keptOfDebit, keptOfReversal) };
}

const lookAfter = (customerId: string): string =>
  `see what became of it: GET /v1/records?customerId=${encodeURIComponent(customerId)}`;

const rowsOfCustomer = v.object({ result: v.array(v.object({ id: v.string() })) });
const recordWithHost = v.object({ record: v.object({ host: v.string() }) });

/**
 * Nothing from outside says which of the provider's systems a gateway is deployed for, but a record says where it was sent.
 * A person has to say the customer's id a second time, whatever the records say.
 */
async function isTestCustomer(
  gateway: Gateway,
  { functions, customerId, ask }: IdsKeptOptions,
): Promise<Result> {
  const query = `customerId=${encodeURIComponent(customerId)}&limit=1`;
  const listed = await gateway.send(get(`${routeIn(functions, "records/list").path}?${query}`));
  const rows = v.safeParse(rowsOfCustomer, listed.body);
  if (listed.status !== 200 || !rows.success) return failed(shown(listed));
  const [latest] = rows.output.result;
  const host = latest && (await hostOf(gateway, functions, latest.id));
  if (host === liveHost)
    return failed(`no: its latest record was sent to ${liveHost}, where money is real. Nothing was debited`);
  const answer = await ask(
    `${amount} is about to be debited from customer ${customerId} of AggrePay's test system${host ? ` (${host})` : ""}, and reversed.\nType the customer's id again to go on: `,
  );
  if (answer.trim() !== customerId)
    return failed("the customer's id was not typed again. Nothing was debited");
  return ok(host ? `its latest record was sent to ${host}` : "it has no record yet; you have said so");
}

async function hostOf(
  gateway: Gateway,
  functions: readonly FunctionDefinition[],
  id: string,
): Promise<string | undefined> {
  const reply = await gateway.send(get(routeIn(functions, "records/get").path.replace("{id}", id)));
  const parsed = v.safeParse(recordWithHost, reply.body);
  return parsed.success ? parsed.output.record.host : undefined;
}

const moved = v.object({ result: v.object({ transactionId: v.string() }) });
type Moved = v.InferOutput<typeof moved>["result"];

function movedBy({ status, body }: Reply): Moved | undefined {
  const parsed = v.safeParse(moved, body);
  return status === 200 && parsed.success ? parsed.output.result : undefined;
}

/** What a debit or reversal was answered, with the field that is wrong and the record that may be in doubt. */
function refused(reply: Reply): string {
  const { errors = [], record } = problemOf(reply) ?? {};
  const details = errors.map(({ detail }) => detail).join("; ");
  const isCapped = details.includes("is known to keep");
  return [
    shown(reply),
    details && `(${details}${isCapped ? ": deploy with aggrepayIdsKept none to measure it anew" : ""})`,
    record && `Record ${record.id}.`,
  ]
    .filter(Boolean)
    .join(" ");
}

/** How many of an id's characters are kept, or why that cannot be said. */
type Kept = { readonly sent: string; readonly kept: string } | { readonly why: string };

interface Step {
  readonly send: (name: string, input: object) => Promise<Reply>;
  readonly customerId: string;
  readonly pauseMs: number;
}

/** What the list shows must be the id or its beginning, and must find the same transaction when it is asked for. */
async function readBack(step: Step, transactionId: string, sent: string): Promise<Kept> {
  const listed = await listedId(step, transactionId);
  if (listed === undefined) return { why: `the customer's list does not show transaction ${transactionId}` };
  if (listed === null || listed === "")
    return { why: "the customer's list shows the transaction without an id" };
  if (!sent.startsWith(listed)) return { why: `in another form: sent ${sent}, shown ${listed}` };
  const reply = await step.send("aggrepay/fetch-by-merchant-transaction-id", {
    merchantTransactionId: listed,
  });
  const one = v.safeParse(asked, reply.body);
  if (reply.status !== 200 || !one.success)
    return { why: `it is listed as ${listed}, and not found by that id: ${shown(reply)}` };
  const { result } = one.output;
  if (result.transactionId !== transactionId || result.merchantTransactionId !== listed)
    return { why: `it is listed as ${listed}, and that id finds transaction ${result.transactionId}` };
  return { sent, kept: listed };
}

const row = v.object({
  transactionId: v.nullable(v.string()),
  merchantTransactionId: v.nullable(v.string()),
});
const asked = v.object({ result: row });
const statement = v.object({
  result: v.array(row),
  page: v.object({ totalPages: v.nullable(v.number()) }),
});

/** The id under which the customer's list shows the transaction; undefined where it shows none such. */
async function listedId({ send, customerId, pauseMs }: Step, transactionId: string) {
  for (let tries = 1; ; tries += 1) {
    let pages = 1;
    for (let pageNumber = 0; pageNumber < pages; pageNumber += 1) {
      const input = { customerId, pageNumber, pageSize: 100 };
      const { body } = await send("aggrepay/fetch-transactions", input);
      const parsed = v.safeParse(statement, body);
      if (!parsed.success) break;
      const { result, page } = parsed.output;
      const listed = result.find((each) => each.transactionId === transactionId);
      if (listed) return listed.merchantTransactionId;
      pages = page.totalPages ?? 1;
    }
    if (tries === listTries) return undefined;
    await sleep(pauseMs);
  }
}

function findingOf(kept: Kept): Omit<Finding, "check"> {
  if ("why" in kept) return failed(kept.why);
  const { length } = kept.kept;
  return length === kept.sent.length
    ? ok(`all ${length} characters, listed and found byte for byte`)
    : warning(`the first ${length} of ${kept.sent.length} characters, listed and found byte for byte`);
}

/** The value to deploy with. What is known of the reversal's id can only lower what the debit's shows, or raise it past 64. */
function advice(debit: Kept, reversal: Kept | undefined): Omit<Finding, "check"> {
  if ("why" in debit) return failed("stays none: the debit's id is not shown to be kept");
  const isCut = debit.kept.length < debit.sent.length;
  const isSeen = reversal !== undefined && "kept" in reversal;
  const length =
    isSeen && !(isCut && reversal.kept.length > debit.kept.length) ? reversal.kept.length : debit.kept.length;
  if (length < idsKeptRange.least)
    return failed(
      `stays none: ${length} characters are kept, and ${idsKeptRange.least} is the least that it may be set to`,
    );
  if (isSeen || isCut) return ok(`set it to ${length}`);
  return warning(`may be set to ${length}, which leaves the ids of reversals unproven`);
}
