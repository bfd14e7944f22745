import { setTimeout as sleep } from "node:timers/promises";
import { eventOf } from "../bench/peers/event.ts";
import { pooled } from "../lib/pooled.ts";
import { type FaultName, faults } from "../local/sandbox/aggrepay.ts";
import type { CallLine } from "../test/sandbox/running.ts";
import { type Random, randomOf } from "../test/soak/random.ts";
import type { Member } from "./fleet.ts";
import { type Facts, judge, type Recorded, type Told, type Verdict } from "./judge.ts";
import type { Identity, Plan } from "./plan.ts";
import { awayMs, frozenMs, openRig, type Rig, type Times, times, type Workshop } from "./rig.ts";
import type { Answer, Target } from "./targets.ts";

export interface Outcome {
  readonly facts: Facts;
  readonly verdicts: readonly Verdict[];
  /** From the first request to the first final answer, of a caller that repeats. */
  readonly knownMs: number | undefined;
  /** Whether anything was planned for it but one request and its answer. */
  readonly isTroubled: boolean;
  /** Whether the provider keeps its id in another form. */
  readonly isAltered: boolean;
  readonly story: readonly string[];
}

/** One target through the whole plan, `callers` identities at a time, and what the judge says of each. */
export async function run(
  plan: Plan,
  target: Target,
  workshop: Workshop,
  callers: number,
  given: Times = times,
): Promise<readonly Outcome[]> {
  const rig = await openRig(plan, target, workshop, given);
  try {
    const { fleet, customers } = rig;
    await fleet.warm(callers, (place) =>
      eventOf(debitOf(customers[0], "1.00", `warm-up-${place}`), "warm-up"),
    );
    await workshop.ready?.();
    const places = plan.identities.map((identity, place) => ({ identity, place }));
    const asked = await pooled(places, callers, ({ identity, place }) => {
      if (plan.rotations.includes(place)) rig.rotate();
      return carriedOut(rig, identity);
    });
    await rig.settled();
    const { effects, calls, items } = await rig.look();
    for (const call of calls) tellCall(rig, call);
    const debits = Map.groupBy(
      effects.filter(({ kind }) => kind === "debit"),
      ({ merchantTransactionId }) => merchantTransactionId,
    );
    return asked.map((each) => {
      const { id } = each.identity;
      const moved = (debits.get(id) ?? []).map(({ transactionId }) => String(transactionId));
      return outcomeOf(rig, each, moved, target.recordedOf(items, id));
    });
  } finally {
    await rig.close();
  }
}

function outcomeOf(
  { story }: Rig,
  { identity, told, toldOther, knownMs }: Asked,
  moved: readonly string[],
  recorded: Recorded,
): Outcome {
  const { id, trouble, caller } = identity;
  const facts = { id, moved, told, toldOther, recorded };
  return {
    ...{ facts, verdicts: judge(facts), knownMs, story: [...story.of(id), endOf(facts)] },
    isTroubled: trouble.kind !== "none" || caller.isUnheard || caller.copies > 1,
    isAltered: trouble.kind === "altered id",
  };
}

/** The sandbox's own log: independent of the front, and of whoever called. */
function tellCall({ story }: Rig, { at, path, shown, fault, verdict, effect }: CallLine): void {
  const what = path === "debitwallet" ? "a debit of it" : `a question about it (${path})`;
  const did = effect === null ? verdict : `${verdict}, movement ${effect} of the ledger`;
  const met = fault === null ? "" : `; ${fault}: ${spoiltBy(fault)}`;
  story.tell(shown.merchant_transaction_id ?? "", `the provider receives ${what}: ${did}${met}`, at);
}

const spoiltBy = (names: string): string =>
  names
    .split(" ")
    .map((name) => faults[name as FaultName])
    .join("; ");

interface Asked {
  readonly identity: Identity;
  readonly told: readonly Told[];
  readonly toldOther: readonly Told[];
  readonly knownMs: number | undefined;
}

async function carriedOut(rig: Rig, identity: Identity): Promise<Asked> {
  const { trouble, caller, id } = identity;
  if (trouble.kind === "provider") await rig.arm(trouble.fault, id, trouble.times);
  if (trouble.kind === "altered id") {
    await rig.arm(trouble.form, id, 10);
    if (trouble.besides === "reply lost") await rig.arm("reset-after", id, 1);
  }
  const began = performance.now();
  let knownMs: number | undefined;
  const copies = await Promise.all(
    Array.from({ length: caller.copies }, async (_, copy) => {
      const told = await ask(rig, identity, `caller ${copy + 1}`, copy === 0);
      if (told.kind !== "not known") knownMs ??= performance.now() - began;
      return told;
    }),
  );
  const isKnown = copies.some(({ kind }) => kind !== "not known");
  const again = isKnown && caller.asksAgain ? [await ask(rig, identity, "the caller, later", false)] : [];
  const other =
    isKnown && caller.asksForOther
      ? [await ask(rig, { ...identity, amount: `9${identity.amount}` }, "the caller, by mistake", false)]
      : [];
  return {
    ...{ identity, told: [...copies, ...again], toldOther: other },
    knownMs: caller.isPatient ? knownMs : undefined,
  };
}

/** Repeats as the target's documentation tells, until it knows or its patience ends. */
async function ask(rig: Rig, identity: Identity, who: string, isFirst: boolean): Promise<Told> {
  const { target, story, times: given, plan } = rig;
  const { id, amount, caller } = identity;
  const random = randomOf(plan.seed, `${id} ${who}`);
  const until = performance.now() + given.patience;
  for (let attempt = 1; ; attempt += 1) {
    story.tell(id, `${who} asks for ${amount}`);
    const answer = await sent(rig, identity, isFirst && attempt === 1);
    const isHeard = !(caller.isUnheard && isFirst && attempt === 1);
    story.tell(id, `${who} ${isHeard ? "is answered" : "does not hear the answer"} ${shortOf(answer)}`);
    const told = isHeard ? target.finalOf(answer) : undefined;
    if (told !== undefined) return told;
    if (!caller.isPatient || performance.now() > until) {
      story.tell(id, `${who} asks no more`);
      const isOnly = isHeard && attempt === 1 && caller.copies === 1;
      return (isOnly ? target.surelyOf(answer) : undefined) ?? { kind: "not known" };
    }
    await sleep(pauseAfter(answer, attempt, random, given));
  }
}

/** After `Retry-After`; without one after 0.2, 0.4, 0.8 s and so on. Cut to what a run can wait, and spread. */
function pauseAfter({ retryAfterMs }: Answer, attempt: number, random: Random, given: Times): number {
  const wanted = retryAfterMs ?? 200 * 2 ** Math.min(attempt - 1, 10);
  return Math.min(wanted, given.longestPause) * (0.5 + random.next() / 2);
}

const shortOf = ({ status, body }: Answer): string => {
  const { code, result, record } = body;
  const transactionId = body.transactionId ?? result?.transactionId;
  return [status, code, transactionId && `transaction ${transactionId}`, record?.state && `(${record.state})`]
    .filter((part) => part !== undefined)
    .join(" ");
};

const debitOf = (fromCustomerId: string | undefined, amount: string, merchantTransactionId: string) => ({
  ...{ fromCustomerId, amount, mpin: "1234", merchantTransactionId },
});

/** One request through what API Gateway does: a function that dies or throws is a 500 without a code. */
async function sent(rig: Rig, identity: Identity, isFirst: boolean): Promise<Answer> {
  const { fleet, customers, story } = rig;
  const { id, amount, customer, trouble } = identity;
  const prepare = async (member: Member): Promise<void> => {
    const { pid = 0 } = member.process;
    if (trouble.kind === "frozen") {
      process.kill(pid, "SIGSTOP");
      await sleep(frozenMs / 2);
      rig.forget(pid);
      await sleep(frozenMs / 2);
      process.kill(pid, "SIGCONT");
      story.tell(
        id,
        `its process was frozen for ${frozenMs / 1000} s, and the provider forgot its connections`,
      );
    }
    if (trouble.kind === "store" && trouble.at === "the claim") {
      story.tell(id, `DynamoDB ${trouble.how} for ${awayMs / 1000} s, from the request on`);
      void member.store.away(trouble.how, awayMs);
    }
  };
  const outcome = await fleet.invoke(
    eventOf(debitOf(customers[customer], amount, id), id),
    isFirst ? prepare : undefined,
  );
  if (outcome.kind === "failed") {
    const isLate = outcome.error.errorType === "Sandbox.Timedout";
    return { status: isLate ? 503 : 500, body: {}, retryAfterMs: undefined };
  }
  const { statusCode, headers, body } = JSON.parse(outcome.payload);
  const seconds = headers?.["retry-after"];
  return {
    ...{ status: Number(statusCode), body: JSON.parse(body) },
    retryAfterMs: seconds === undefined ? undefined : Number(seconds) * 1000,
  };
}

const endOf = ({ moved, recorded }: Facts): string =>
  `in the end the ledger has ${moved.length} of it (${moved.join(", ") || "none"}); its record: ${recorded}`;
