import type { Saying } from "../../lib/operation/decision.ts";
import { Problem, type RecordView } from "../../lib/problem.ts";
import type { Resolution } from "../../lib/records/person.ts";
import type { Proposal } from "../../lib/records/proposal.ts";
import { forAPerson } from "../../lib/records/write.ts";
import type { Run } from "./points.ts";
import { before, type Effect } from "./provider.ts";
import type { Item } from "./store.ts";
import { effectOf, type Said, type Told, type Version, type World } from "./world.ts";

/**
 * From RECORD's table of states, written down a second time: `claim` alone makes `dispatched` of what was there, and `withdraw`
 * alone makes `not_sent` of what a claim could have been made of.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  "": ["dispatched", "not_sent"],
  not_sent: ["dispatched", "in_doubt"],
  not_executed: ["dispatched", "succeeded", "not_sent", "in_doubt"],
  dispatched: ["succeeded", "declined", "not_sent", "not_executed", "in_doubt", "needs_attention"],
  in_doubt: ["succeeded", "declined", "not_executed", "needs_attention"],
  needs_attention: ["succeeded", "declined", "not_executed"],
  succeeded: [],
  declined: [],
};
const noEffect = ["not_sent", "not_executed", "declined"];

/** Everything that must hold of a world when it has come to rest; what does not, in words. */
export async function violations(world: World): Promise<readonly string[]> {
  const found: string[] = [];
  for (const id of world.ids) {
    const versions = world.versions.filter(({ item }) => item.pk?.S === id);
    const last = versions.at(-1);
    if (!last || last.item.namespace?.S === "notification") continue;
    found.push(...(await ofRecord(id, versions, last.item, world)));
  }
  for (const told of world.told)
    found.push(...ofAnswer(told, world).map((what) => `${told.run.name}: ${what}`));
  for (const said of world.said)
    found.push(...ofPerson(said, world).map((what) => `${said.run.name}: ${what}`));
  const names = new Set(world.provider.effects.map(({ of }) => of));
  for (const of of names) {
    const count = world.effects(of).length;
    if (count > 1 + againIn(of, world)) found.push(`${count} effects of ${of}`);
  }
  const paid = world.provider.effects.filter(({ path, sent }) => path === "creditwallet" && sent !== before);
  for (const payment of new Set(paid.map(({ fields }) => fields.pg_transaction_id))) {
    const credits = paid.filter(({ fields }) => fields.pg_transaction_id === payment);
    const again = credits.reduce((sum, { of }) => sum + againIn(of, world), 0);
    if (credits.length > 1 + again) found.push(`${credits.length} credits of the payment ${payment}`);
  }
  return found;
}

/** How often a person said that nothing had happened, and it had: each time it was made again on that word. */
function againIn(of: string, world: World): number {
  const records = [...world.subjects.values()]
    .flat()
    .flatMap((each) => (effectOf(each, world) === of ? [each.record] : []));
  const lies = world.versions.filter(
    ({ write, item }) =>
      write === "decide" &&
      records.includes(item.pk?.S ?? "") &&
      item.state?.S === "not_executed" &&
      isLie(item, world),
  );
  return lies.length;
}

/** Whether what a person said last was said to deceive. */
function isLie({ resolution }: Item, world: World): boolean {
  if (resolution?.S === undefined) return false;
  const { reason } = JSON.parse(resolution.S) as Resolution;
  return world.said.some(({ saying, isHonest }) => !isHonest && saying.reason === reason);
}

/** All that persons said of a record, as it keeps it. */
function decisionsIn({ resolution }: Item): readonly Resolution[] {
  if (resolution?.S === undefined) return [];
  const { earlier = [], ...latest } = JSON.parse(resolution.S) as Resolution;
  return [latest, ...earlier];
}

async function ofRecord(
  id: string,
  versions: readonly Version[],
  last: Item,
  world: World,
): Promise<readonly string[]> {
  const found: string[] = [];
  const [subject] = world.subjects.get(id) ?? [];
  const began = versions[0]?.seq ?? 0;
  // All numbers of a reversal have effects of one name: what was sent before a later number was claimed is not its own.
  const isOwn = ({ sent }: Effect) => subject?.name !== "laterReversal" || sent > began;
  const effects = subject ? world.effects(effectOf(subject, world)).filter(isOwn) : [];
  const named = `${last.operation?.S} ${last.identity?.S}`;
  const owners = new Set<string>();
  let before = "";
  let result: string | undefined;
  let token: string | undefined;
  /** A person's word that is not the truth, while nobody has written another state. */
  let isUntrue = false;
  let isFlagDecided = false;
  for (const [at, { seq, write, item }] of versions.entries()) {
    const state = item.state?.S ?? "";
    const isClaim = write.startsWith("claim");
    const isRepeat = state === before && !(isClaim && state === "dispatched");
    const owner = item.owner?.S ?? "";
    if (isClaim && owners.has(owner)) found.push(`${named}: one claim held twice`);
    if (isClaim) owners.add(owner);
    if (!isRepeat && !allowed[before]?.includes(state))
      found.push(`${named}: ${before} became ${state} by ${write}`);
    const isUnclaimed = before === "" || before === "not_executed";
    if (isUnclaimed && state === "not_sent" && write !== "withdraw")
      found.push(`${named}: ${before} became not_sent by ${write}`);
    if (before === "not_executed" && state === "succeeded" && write !== "settle")
      found.push(`${named}: not_executed became succeeded by ${write}`);
    if ((before === "not_executed" || before === "not_sent") && state === "in_doubt" && write !== "doubt")
      found.push(`${named}: ${before} became in_doubt by ${write}`);
    if (write === "decide" || write === "decideFlag")
      found.push(...ofDecision(item, versions[at - 1]?.item).map((what) => `${named}: ${what}`));
    if (write === "decide")
      found.push(...ofSecond(item, versions[at - 1]?.item, world).map((what) => `${named}: ${what}`));
    if (item.proposal !== undefined && state !== "needs_attention")
      found.push(`${named}: ${state} by ${write}, and a proposal stands`);
    if (write === "decideFlag") isFlagDecided = true;
    if (write === "decide") isUntrue = isLie(item, world);
    else if (!isRepeat) isUntrue = false;
    if (state === "dispatched" && !isClaim && before !== "dispatched")
      found.push(`${named}: ${write} made it dispatched`);
    // What was sent before a state was written is what the state speaks of.
    const sent = effects.filter((effect) => effect.sent < seq);
    const mostEffects = 1 + (subject ? againIn(effectOf(subject, world), world) : 0);
    const isDenied =
      subject !== undefined &&
      state !== "declined" &&
      write !== "conclude" &&
      world.provider.denied.has(effectOf(subject, world));
    if (!isUntrue && !isDenied && mostEffects === 1 && noEffect.includes(state) && sent.length > 0)
      found.push(`${named}: ${state} by ${write}, and it happened`);
    const applied = sent.filter((effect) => effect.applied < seq).length;
    if (!isUntrue && state === "succeeded" && (applied < 1 || applied > mostEffects))
      found.push(`${named}: succeeded by ${write}, and ${sent.length} effects`);
    // The registration's late reply adds what it alone knows.
    const isMerged = item.binding !== undefined || (write === "settle" && item.tXid !== undefined);
    if (state === "succeeded" && result !== undefined && before === "succeeded" && !isMerged)
      if (item.result?.S !== result) found.push(`${named}: its result changed`);
    if (token !== undefined && item.binding?.M?.userToken?.S !== token)
      found.push(`${named}: its binding changed`);
    const [tXid, bound] = [item.tXid?.S, item.binding?.M?.tXid?.S];
    if (tXid !== undefined && bound !== undefined && tXid !== bound && !item.flagged)
      found.push(`${named}: its binding is of another tXid, and is served`);
    const isForever = item.namespace?.S !== "idempotency-key" || !["succeeded", "declined"].includes(state);
    if (item.flagged && !isFlagDecided && item.expires)
      found.push(`${named}: it expires, and waits for a person`);
    if (isForever && item.expires) found.push(`${named}: it expires, and is ${item.namespace?.S} ${state}`);
    const isOpen =
      ["dispatched", "in_doubt", "needs_attention"].includes(state) ||
      (item.flagged !== undefined && !isFlagDecided);
    if (isOpen !== (item.shard !== undefined && item.due !== undefined))
      found.push(`${named}: ${state} by ${write} is ${isOpen ? "not " : ""}in the index`);
    before = state;
    result = item.result?.S;
    token = item.binding?.M?.userToken?.S;
  }
  if (["dispatched", "in_doubt"].includes(before))
    found.push(`${named}: it was never settled nor given to a person`);
  const waits = before === "needs_attention" || (last.flagged !== undefined && !isFlagDecided);
  // A person's list begins after every time that a reconciler looks for.
  const isForAPerson = Number(last.due?.N) >= forAPerson(0);
  if (waits && !(isForAPerson && (await world.isListed(last)))) found.push(`${named}: it is listed nowhere`);
  const kept = decisionsIn(last).map(({ reason }) => reason);
  for (const { write, item } of versions.filter(({ write }) => write.startsWith("decide")))
    if (!kept.includes(decisionsIn(item)[0]?.reason ?? ""))
      found.push(`${named}: who settled it by hand, and why, was lost after ${write}`);
  return found;
}

/** A person's word is written over nothing but what waits for it, and is of that attempt. */
function ofDecision(item: Item, before: Item | undefined): readonly string[] {
  const [said] = decisionsIn(item);
  const waits =
    before?.state?.S === "needs_attention" || (before?.flagged !== undefined && before.due !== undefined);
  return [
    ...(waits ? [] : [`a person's word was written over ${before?.state?.S}`]),
    ...(String(said?.attempt) === item.attempt?.N
      ? []
      : [`a person's word on attempt ${said?.attempt} was written on attempt ${item.attempt?.N}`]),
  ];
}

/** That money did not move is said by two: what one proposed, as it stood when another carried it out. */
function ofSecond(
  { resolution, namespace, state }: Item,
  before: Item | undefined,
  world: World,
): readonly string[] {
  const isOfMoney = namespace?.S === "money" || namespace?.S === "reversal";
  const isWithoutEffect = state?.S === "not_executed" || state?.S === "declined";
  if (world.config.option("SECOND_PERSON") === "off" || !isOfMoney || !isWithoutEffect) return [];
  const { by, proposed } = JSON.parse(resolution?.S ?? "{}") as Resolution;
  const open = before?.proposal?.S === undefined ? undefined : (JSON.parse(before.proposal.S) as Proposal);
  if (proposed === undefined || open === undefined) return ["one person alone said that money did not move"];
  return [
    ...(proposed.by === by ? [`${by} carried out what ${by} proposed`] : []),
    ...(open.withdrawn || open.by !== proposed.by || open.at !== proposed.at
      ? ["what was carried out was not proposed any more"]
      : []),
  ];
}

/** Whether a person's word came to be in the table: as a decision, a proposal, or that one is withdrawn. */
function isKept({ write, item }: Version, { outcome, reason }: Saying): boolean {
  if (write === "propose") {
    const proposal = JSON.parse(item.proposal?.S ?? "{}") as Proposal;
    return (outcome === "withdraw" ? proposal.withdrawn?.reason : proposal.reason) === reason;
  }
  return write.startsWith("decide") && decisionsIn(item)[0]?.reason === reason;
}

/** A person is told whether it is his word that is in force. */
function ofPerson({ run, saying }: Said, world: World): readonly string[] {
  const isWritten = world.versions.some((version) => isKept(version, saying));
  const { ending } = run;
  if (ending?.kind === "returned") return isWritten ? [] : ["told that it was settled so, and it was not"];
  if (ending?.kind !== "threw") return [];
  const { error } = ending;
  if (!(error instanceof Problem)) return [`an error that nobody expected: ${String(error)}`];
  // It may have been written, and that is what is said.
  if (error.code === "not-sent") return [];
  const repeats = world.said.filter(({ saying: other }) => other.reason === saying.reason).length > 1;
  return isWritten && !repeats ? [`told ${error.code}, and it was settled so`] : [];
}

/** A caller was told the truth: it was so then, and nothing contradicts it later. */
function ofAnswer({ seq, run, subject }: Told, world: World): readonly string[] {
  const effects = world.effects(effectOf(subject, world));
  const final = world.latest(subject.record)?.item.state?.S;
  const { ending } = run;
  if (ending?.kind === "returned") {
    const applied = effects.filter((effect) => effect.applied < seq).length;
    const isTrue = applied >= 1 && applied <= 1 + againIn(effectOf(subject, world), world);
    const latest = world.latest(subject.record)?.item;
    const found = isTrue || (latest && isLie(latest, world)) ? [] : [`200, and ${applied} effects`];
    const { amount } = effects[0]?.fields ?? {};
    if (amount !== undefined && amount !== subject.input.amount) found.push("200 for another amount");
    const { account_number: account } = effects[0]?.fields ?? {};
    if (account !== undefined && account !== subject.input.accountNumber)
      found.push("200 for another bank account");
    return final === "succeeded" ? found : [...found, `200, and its record is ${final}`];
  }
  if (ending?.kind !== "threw") return [];
  const { error } = ending;
  if (!(error instanceof Problem)) return [`an error that nobody expected: ${String(error)}`];
  const told: RecordView | undefined = error.details.record;
  if (told) {
    // What is told of an attempt may come late; that the attempt had no effect is looked at where it was written.
    const isWritten = world.versions.some(
      ({ item }) =>
        item.pk?.S === told.id && item.state?.S === told.state && item.attempt?.N === String(told.attempt),
    );
    if (noEffect.includes(told.state) && !isWritten)
      return [`told that it is ${told.state}, which it never was`];
    if (told.state === "declined" && final !== "declined")
      return [`told that it is declined, and it is ${final}`];
    return [];
  }
  const others = (world.subjects.get(subject.record) ?? []).some(
    ({ sameness }) => sameness !== subject.sameness,
  );
  switch (error.code) {
    case "outcome-unknown":
    case "in-progress":
      return [];
    case "identity-reused":
      return others ? [] : ["told that its identity belongs to another request"];
    case "already-done":
      if (againIn(effectOf(subject, world), world) > 0) return [];
      return final === "succeeded" ? ["told that somebody else has done it, and its own record did"] : [];
    default:
      return sentAnything(run) ? [`told ${error.code} without a record, and it had sent something`] : [];
  }
}

const looks = ["fetchcustomerdetail", "getsubmerchants", "fetchbymerchantransactionid", "fetchtransactions"];
/** Whether it sent a change. */
export const sentAnything = ({ points }: Run<unknown>): boolean =>
  points.some((point) => point.startsWith("send ") && !looks.includes(point.slice(5)));
