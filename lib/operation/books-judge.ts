import type { Kind, Listed, Movement, Party, RecordName } from "../providers/books.ts";
import { transactionIdOf } from "../records/parts.ts";
import type { RecordItem } from "../records/record.ts";

/** Where the provider's list and our records do not agree. */
export interface Difference {
  /** `movement-without-record`: no record of ours explains a movement. `record-without-movement`: the other way round. */
  readonly kind: "movement-without-record" | "record-without-movement" | "differs";
  /** Of `differs`: `amount`, `customer`, `id`, `kind`, `state`, `status`, `time`, `transactionId`. */
  readonly fields?: readonly string[];
  /** In whose list. */
  readonly customerId: string;
  readonly recordId?: string;
  /** `aggrepay/debit-wallet` */
  readonly operation?: string;
  readonly identity?: string;
  /** Of the record. */
  readonly state?: string;
  /** In rupees, with 2 places: of the movement, else of the record. */
  readonly amount?: string;
  /** The movement's own words. */
  readonly movement?: string;
  readonly says: string;
}

/** A record of the day, as one party's list must show it. */
export interface OwnRecord {
  readonly record: RecordItem;
  readonly kind: Kind;
}

/** What is compared: a customer's list, and what we hold. */
export interface Compared {
  readonly customerId: string;
  readonly listed: Listed;
  /** Records whose latest attempt was made that day, of which this customer is a party. */
  readonly own: readonly OwnRecord[];
  /** From this moment up to, and without, that one: milliseconds since 1970. */
  readonly day: Span;
  readonly partiesOf: (record: RecordItem) => readonly Party[];
  readonly namedBy: (movement: Movement) => readonly RecordName[];
  /** Records of that name, of a reversal those of all its numbers. */
  readonly find: (name: RecordName) => Promise<readonly RecordItem[]>;
  /** Records of the day before of which this customer is a party: they are read only where something is left to explain. */
  readonly earlier: () => Promise<readonly OwnRecord[]>;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Verdict {
  /** Movements of the day, and how many of them a record explains. */
  readonly shown: number;
  readonly explained: number;
  /** Sides of records that the provider bears out. */
  readonly borneOut: number;
  /** What moved by them. */
  readonly moved: readonly { readonly kind: Kind; readonly amount: string }[];
  /** Records whose outcome is not known yet, or waits for a person: no difference, whatever the list shows. */
  readonly open: number;
  /** Of these, those whose movement the list shows. */
  readonly openShown: number;
  /** Records that had no effect, and of which nothing is shown. */
  readonly withoutEffect: number;
  /** Whether a record was in doubt or settled by hand: a list that is behind could not contradict it yet. */
  readonly wasInDoubt: boolean;
  /** Why a record or a movement could be neither borne out nor called a difference, a sentence for each. */
  readonly notProven: readonly string[];
  readonly differences: readonly Difference[];
}

/** The provider's clock may be behind ours by this much. */
export const clockToleranceMs = 5 * 60_000;

/**
 * Compares one customer's list with our records, both ways. A row that cannot be read, or a list that is not whole, makes "not
 * proven" and never a difference; a difference is only what both sides show plainly.
 */
export async function judged(compared: Compared): Promise<Verdict> {
  const { day, own, listed } = compared;
  const matches: Match[] = [];
  const since = listed.movements.filter(({ at }) => at === undefined || at >= day.from - clockToleranceMs);
  for (const movement of distinct(since)) matches.push(await matchOf(movement, compared));
  await explainedEarlier(matches, compared);
  const isOwn = (id: string) => own.some(({ record }) => record.id === id);
  const ofTheDay = matches.filter(
    ({ movement: { at }, record }) => at === undefined || isIn(at, day) || (record && isOwn(record.id)),
  );
  const verdict = new Tally(compared.customerId);
  for (const match of ofTheDay) judgeMovement(match, matches, compared, verdict);
  for (const each of own) await judgeRecord(each, matches, compared, verdict);
  return verdict;
}

/**
 * How a movement and a record belong together. `same`: one transaction. `unnamed`: the record names no transaction, as where a
 * person settled it without. `open`: its outcome is not known yet. `other`: the record names another transaction. `without
 * effect`: the record says that nothing moved.
 */
interface Match {
  readonly movement: Movement;
  record?: RecordItem;
  as?: "same" | "unnamed" | "open" | "other" | "without effect";
  /** Whether the movement's id is the record's own. */
  isNamed?: boolean;
}

/** A page that shifts while it is read shows a row twice. */
function distinct(movements: readonly Movement[]): readonly Movement[] {
  const seen = new Set<string>();
  return movements.filter((movement) => {
    const { transactionId, kind } = movement;
    const key = transactionId === undefined ? movement.shown : `${transactionId} ${kind}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

const isIn = (moment: number, { from, to }: Span): boolean => moment >= from && moment < to;

async function matchOf(movement: Movement, compared: Compared): Promise<Match> {
  const { own, customerId, partiesOf, day } = compared;
  const names = compared.namedBy(movement);
  const isNamed = ({ namespace, identity }: RecordItem) =>
    names.some((name) => name.namespace === namespace && name.id === identity);
  const mine = own.map(({ record }) => record);
  const same = mine.find((record) => isTransaction(record, movement));
  if (same) return { movement, record: same, as: "same", isNamed: isNamed(same) };
  // A movement of another day is looked at for the sake of this day's records alone.
  const isOfTheDay = movement.at === undefined || isIn(movement.at, day);
  const isOfKind = (record: RecordItem) =>
    (movement.kind === undefined && isOfTheDay) ||
    partiesOf(record).some((party) => party.customerId === customerId && party.kind === movement.kind);
  const found = isOfTheDay ? (await Promise.all(names.map(compared.find))).flat() : mine.filter(isNamed);
  // A reversal may be shown under its debit's id: of what the id names, the record that moves money this way.
  const ofKind = found.filter(isOfKind);
  const named = ofKind.length > 0 || !isOfTheDay ? ofKind : found;
  const order = ["same", "open", "unnamed", "without effect", "other"] as const;
  for (const as of order) {
    const record = named.find((each) =>
      as === "same" ? isTransaction(each, movement) : standing(each) === as,
    );
    // Where the transaction cannot be read, the id says whose it is.
    const isUnread = as === "other" && movement.transactionId === undefined;
    if (record) return { movement, record, as: isUnread ? "same" : as, isNamed: true };
  }
  return { movement };
}

/** What a record says that is not of the movement's transaction. */
function standing(record: RecordItem): NonNullable<Match["as"]> {
  if (isOpen(record)) return "open";
  if (record.state !== "succeeded") return "without effect";
  return transactionIdOf(record) === undefined ? "unnamed" : "other";
}

/** Its outcome is not known, or a person has to look at it. */
export const isOpen = ({ state, flagged }: RecordItem): boolean =>
  flagged !== undefined || state === "dispatched" || state === "in_doubt" || state === "needs_attention";

const isSuccess = (record: RecordItem): boolean => record.state === "succeeded" && !isOpen(record);

const isTransaction = (record: RecordItem, { transactionId }: Movement): boolean =>
  transactionId !== undefined && isSuccess(record) && transactionIdOf(record) === transactionId;

/**
 * A movement without an id of ours is looked for among the records of the day before, whose effect may come after midnight. One
 * that is left may be that of a record which is open, or names no transaction: of the same kind and amount, and one movement for
 * each such record.
 */
async function explainedEarlier(matches: readonly Match[], compared: Compared): Promise<void> {
  const left = matches.filter(
    ({ as, movement: { at } }) => as === undefined && at !== undefined && isIn(at, compared.day),
  );
  if (left.length === 0) return;
  const candidates = [...compared.own, ...(await compared.earlier())];
  for (const match of left) {
    const found = candidates.find(({ record }) => isTransaction(record, match.movement));
    if (found) Object.assign(match, { record: found.record, as: "same", isNamed: false });
  }
  const taken = new Set(matches.map(({ record }) => record?.id));
  for (const match of left.filter(({ as, movement }) => as === undefined && movement.id == null)) {
    const found = candidates.find(
      ({ record, kind }) =>
        !taken.has(record.id) &&
        ["open", "unnamed"].includes(standing(record)) &&
        agrees(match.movement.kind, kind) &&
        agrees(match.movement.amount, record.amount),
    );
    if (!found) continue;
    taken.add(found.record.id);
    Object.assign(match, { record: found.record, as: standing(found.record), isNamed: false });
  }
}

/** Of two texts, one of which may not be known. */
const agrees = (one: string | undefined, other: string | undefined): boolean =>
  one === undefined || other === undefined || one === other;

/** What is wrong with a movement, and the fields in which it and its record differ; `says` alone where no record explains it. */
interface Wrong {
  readonly says: string;
  readonly fields?: readonly string[];
}

function judgeMovement(match: Match, all: readonly Match[], compared: Compared, verdict: Tally): void {
  const { movement, record } = match;
  verdict.shown += 1;
  const found = record === undefined ? unmatched(movement) : wrongIn(match, record, all, compared);
  if (found === "explained") verdict.explained += 1;
  else if (found === "not proven")
    verdict.notProven.push(`A movement cannot be read whole: ${movement.shown}.`);
  else verdict.differs(found.fields ? "differs" : "movement-without-record", { ...found, movement, record });
}

function unmatched({ transactionId, id, at, happened }: Movement): Wrong | "explained" | "not proven" {
  if (happened === false) return "explained";
  // Without its time a row may be of another day; without both ids, or its status, it may be what a record of ours says.
  const isWhole =
    at !== undefined && id !== undefined && transactionId !== undefined && happened !== undefined;
  return isWhole ? { says: "No record of ours explains this movement." } : "not proven";
}

function wrongIn(
  match: Match,
  record: RecordItem,
  all: readonly Match[],
  compared: Compared,
): Wrong | "explained" | "not proven" {
  const { as, movement } = match;
  const ofRecord = all.filter((each) => each.record?.id === record.id);
  switch (as) {
    case "open":
      return ofRecord[0] === match ? "explained" : secondMovement;
    case "without effect":
      return movement.happened === false
        ? "explained"
        : { says: "The list shows a movement that the record says had no effect.", fields: ["state"] };
    case "other":
      // A reversal may stand under its debit's id.
      if (movement.kind === undefined) return "not proven";
      return ofRecord.some((each) => each.as === "same")
        ? secondMovement
        : {
            says: "The list has another transaction under this id than the record names.",
            fields: ["transactionId"],
          };
    case "unnamed":
      if (ofRecord.find((each) => each.as === as) !== match) return secondMovement;
  }
  const fields = differing(match, record, compared);
  return fields.length === 0
    ? "explained"
    : { says: `The movement and the record differ in ${fields.join(" and ")}.`, fields };
}

const secondMovement: Wrong = { says: "A second movement stands under the id of this record." };

function differing({ movement, isNamed }: Match, record: RecordItem, compared: Compared): readonly string[] {
  const { id, amount, kind, at, happened } = movement;
  const party = compared.partiesOf(record).find(({ customerId }) => customerId === compared.customerId);
  const fields = {
    id: !isNamed && id != null,
    customer: party === undefined && compared.partiesOf(record).length > 0,
    kind: party !== undefined && !agrees(kind, party.kind),
    amount: !agrees(amount, record.amount),
    status: happened === false,
    // The transaction that a reply names is the reply's own, whatever clock wrote its time; a person may name an older one.
    time: record.provedBy === "person" && at !== undefined && at < record.createdAt - clockToleranceMs,
  };
  return Object.entries(fields).flatMap(([name, isOther]) => (isOther ? [name] : []));
}

async function judgeRecord(
  { record, kind }: OwnRecord,
  matches: readonly Match[],
  compared: Compared,
  verdict: Tally,
): Promise<void> {
  const mine = matches.filter((match) => match.record?.id === record.id);
  verdict.wasInDoubt ||=
    record.resolution !== undefined || record.history.some((entry) => entry.startsWith("in_doubt"));
  if (isOpen(record)) {
    verdict.open += 1;
    if (mine.length > 0) verdict.openShown += 1;
    return;
  }
  const { gap, movements } = compared.listed;
  const isUnseen = mine.length === 0 && gap !== undefined;
  if (!isSuccess(record)) {
    if (isUnseen) verdict.notProven.push(`Record ${record.id}: ${gap}`);
    else if (mine.length === 0) verdict.withoutEffect += 1;
    return;
  }
  if (mine.some(({ as }) => as === "same" || as === "unnamed")) {
    verdict.borneOut += 1;
    verdict.moved.push({ kind, amount: record.amount ?? mine[0]?.movement.amount ?? "0.00" });
    return;
  }
  // Told already, with the movement.
  if (mine.length > 0) return;
  if (isUnseen) {
    verdict.notProven.push(`Record ${record.id}: ${gap}`);
    return;
  }
  if (movements.some((movement) => mayBe(movement, record, kind))) {
    verdict.notProven.push(`Record ${record.id}: a movement that cannot be read whole could be its own.`);
    return;
  }
  if (await isUndone(record, compared)) {
    verdict.notProven.push(`Record ${record.id}: it was reversed, and the list no longer shows it.`);
    return;
  }
  const says = "The record succeeded, and the customer's list shows no such movement.";
  verdict.differs("record-without-movement", { says, record });
}

/** Whether a row of which a part cannot be read could be the record's movement. */
function mayBe({ transactionId, kind, amount, id }: Movement, record: RecordItem, own: Kind): boolean {
  const isWhole =
    transactionId !== undefined && kind !== undefined && amount !== undefined && id !== undefined;
  if (isWhole) return false;
  return agrees(transactionId, transactionIdOf(record)) && agrees(kind, own) && agrees(amount, record.amount);
}

/** A debit that was reversed may no longer be shown, whether or not the list shows its reversal. */
async function isUndone({ namespace, identity }: RecordItem, { find }: Compared): Promise<boolean> {
  if (namespace !== "money") return false;
  const reversals = await find({ namespace: "reversal", id: identity });
  return reversals.some((reversal) => isSuccess(reversal) || isOpen(reversal));
}

/** A verdict as it comes about: on a customer's list, or on the one record whose id stands in its place. */
export class Tally implements Verdict {
  shown = 0;
  explained = 0;
  borneOut = 0;
  moved: { readonly kind: Kind; readonly amount: string }[] = [];
  open = 0;
  openShown = 0;
  withoutEffect = 0;
  wasInDoubt = false;
  notProven: string[] = [];
  differences: Difference[] = [];
  readonly #customerId: string;

  constructor(customerId: string) {
    this.#customerId = customerId;
  }

  differs(
    kind: Difference["kind"],
    { says, fields, movement, record }: Wrong & { movement?: Movement; record?: RecordItem | undefined },
  ): void {
    const amount = movement?.amount ?? record?.amount;
    this.differences.push({
      kind,
      ...(fields && { fields }),
      customerId: this.#customerId,
      ...(record && {
        recordId: record.id,
        operation: `${record.provider}/${record.operation}`,
        identity: record.identity,
        state: record.state,
      }),
      ...(amount !== undefined && { amount }),
      ...(movement && { movement: movement.shown }),
      says,
    });
  }
}
