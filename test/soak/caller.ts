import { type Answer, ask, post, type Told } from "./client.ts";
import { keyOf } from "./compare.ts";
import type { Fleet } from "./fleet.ts";
import { type Customer, type Operation, reversalOf, someOperation } from "./operations.ts";
import { type Random, randomOf } from "./random.ts";
import { add, changeFault, inquiryFault, refusal, type Wallet } from "./wallet.ts";

/** What all callers of a run share and write down. */
export interface Run {
  readonly seed: string;
  readonly fleet: Fleet;
  readonly wallet: Wallet;
  readonly customers: readonly Customer[];
  readonly operations: Operation[];
  readonly told: Map<string, Told[]>;
  /** Answers by status and code. */
  readonly answers: Map<string, number>;
  /** What no caller should ever see. */
  readonly surprises: string[];
}

const giveUpMs = 20_000;

/** One caller after another movement of money, until the time is over. */
export async function callUntil(run: Run, name: string, end: number): Promise<void> {
  for (let count = 0; performance.now() < end; count++) {
    const id = `${name}.${count}`;
    const random = randomOf(run.seed, id);
    const operation = someOperation(`S${run.seed}.${id}`, run.customers, random);
    // A wallet that keeps an id in another form reverses nothing under it.
    const isAltered = random.chance(0.01) && (await keepInAnotherForm(run.wallet, operation, random));
    const told = await carryOut(run, operation, random);
    const isDone = operation.route === "debit-wallet" && told.kind === "succeeded";
    const reverses = isDone && !isAltered && random.chance(0.3);
    if (reverses) await reverse(run, operation, random);
  }
}

/**
 * A debit's reversal, and after each refusal the next number; meanwhile numbers that were refused come again, late, and numbers
 * that nothing has led to come too early.
 */
async function reverse(run: Run, debit: Operation, random: Random): Promise<void> {
  const refused: Operation[] = [];
  for (let next: number | undefined = 1; next !== undefined; ) {
    const number: number = next;
    const current = reversalOf(debit, number);
    const [told]: readonly [Told, ...unknown[]] = await Promise.all([
      carryOut(run, current, random),
      ...refused.filter(() => random.chance(0.3)).map((late) => askLate(run, late, random)),
      ...(random.chance(0.2) ? [askTooEarly(run, reversalOf(debit, number + 2))] : []),
    ]);
    refused.push(current);
    next = told.kind === "refused" && told.state === "declined" ? told.nextReversal : undefined;
  }
}

/** Another answer to what is answered already. */
async function askLate(run: Run, operation: Operation, random: Random): Promise<void> {
  const told = await askFor(run, operation, random, performance.now() + giveUpMs);
  run.told.get(keyOf(operation))?.push(told);
  noteDifferences(run, operation);
}

/** A number whose turn has not come must never move money. */
async function askTooEarly(run: Run, operation: Operation): Promise<void> {
  const answer = await post(run.fleet, operation.route, operation.body);
  if (!answer || answer.status >= 500) return;
  add(run.answers, `${answer.status} ${answer.body.code ?? ""}`.trim());
  if (answer.body.code !== "invalid-request" || answer.body.record !== undefined)
    run.surprises.push(`${keyOf(operation)}: too early, it got ${answer.status} ${answer.body.code}`);
}

function noteDifferences(run: Run, operation: Operation): void {
  const all = run.told.get(keyOf(operation)) ?? [];
  const finals = new Set(all.filter(({ kind }) => kind !== "gave up").map((told) => JSON.stringify(told)));
  if (finals.size > 1) run.surprises.push(`${keyOf(operation)}: told differently: ${[...finals].join(" ")}`);
}

/** Asks, perhaps twice at once and perhaps of a wallet that fails, and then once more for what was said before. */
export async function carryOut(
  run: Run,
  operation: Operation,
  random: Random,
  spoiled = true,
): Promise<Told> {
  if (spoiled) await spoil(run.wallet, operation, random);
  run.operations.push(operation);
  const copies = random.chance(0.1) ? 2 : 1;
  const until = performance.now() + giveUpMs;
  const all = await Promise.all(Array.from({ length: copies }, () => askFor(run, operation, random, until)));
  const final = all.find(({ kind }) => kind !== "gave up") ?? { kind: "gave up" };
  if (final.kind !== "gave up" && random.chance(0.08)) all.push(await askFor(run, operation, random, until));
  run.told.set(keyOf(operation), all);
  noteDifferences(run, operation);
  if (final.kind !== "gave up" && operation.route !== "debit-reversal" && random.chance(0.03))
    await askForOther(run, operation);
  return final;
}

export async function askFor(run: Run, operation: Operation, random: Random, untilMs: number): Promise<Told> {
  const onAnswer = (answer: Answer | undefined) => {
    add(run.answers, answer ? `${answer.status} ${answer.body.code ?? ""}`.trim() : "none");
    if (answer && isSurprising(answer))
      run.surprises.push(`${keyOf(operation)}: ${answer.status} ${JSON.stringify(answer.body)}`);
  };
  return ask(() => post(run.fleet, operation.route, operation.body), random, { untilMs, onAnswer });
}

/** Every request here is right, so a refusal speaks of a record, or of the debit that is to be reversed. */
const isSurprising = ({ status, body }: Answer): boolean =>
  status >= 400 && status < 500 && body.record === undefined && body.code !== "in-progress";

/** The same identity for another amount must never move money. */
async function askForOther(run: Run, operation: Operation): Promise<void> {
  const amount = `${String(operation.body.amount).split(".")[0]}1.00`;
  const answer = await post(run.fleet, operation.route, { ...operation.body, amount });
  if (!answer || answer.status >= 500) return;
  add(run.answers, `${answer.status} ${answer.body.code ?? ""}`.trim());
  if (answer.body.code !== "identity-reused")
    run.surprises.push(`${keyOf(operation)}: another amount got ${answer.status} ${answer.body.code}`);
}

const idForms = ["id-cut", "id-lower", "id-stripped", "id-prefixed", "id-suffixed", "id-hashed"] as const;

/** Its reply may be lost besides. */
async function keepInAnotherForm(wallet: Wallet, { path, id }: Operation, random: Random): Promise<true> {
  await wallet.arm(random.pick(idForms), path, { merchant_transaction_id: id });
  if (random.chance(0.5)) await wallet.arm("timeout-after", path, { merchant_transaction_id: id });
  return true;
}

async function spoil(wallet: Wallet, { path, id, ledgerId, customerId, number }: Operation, random: Random) {
  const isUnder = { merchant_transaction_id: id };
  if (number !== undefined && random.chance(0.45)) await wallet.arm(refusal(random), path, isUnder);
  else if (random.chance(0.13))
    await wallet.arm(changeFault(random), path, isUnder, random.chance(0.15) ? 2 : 1);
  const inquiry = { merchant_transaction_id: ledgerId };
  if (random.chance(0.02)) await wallet.arm(inquiryFault(random), "fetchbymerchantransactionid", inquiry);
  if (random.chance(0.005))
    await wallet.arm(inquiryFault(random), "fetchtransactions", { customer_id: customerId });
}
