import { pooled } from "../pooled.ts";
import { isInDoubt } from "../records/doubt.ts";
import type { RecordItem } from "../records/record.ts";
import type { Due, Records, Span } from "../records/store.ts";
import { forAPerson, forPeople, shards, strayFrom, unlistedRecords } from "../records/write.ts";
import type { Answer } from "./handler.ts";
import type { ByState, Filters } from "./list-query.ts";
import { detailOf } from "./record-view.ts";

/** Keys that one request reads of a shard of what waits for a person, and the records that it then reads at most. */
const waitingPerShard = 32;
const mostWaitingRead = 300;
/** The same of what is dispatched or in doubt, which is sorted by age and so must be read whole. */
const unfinishedPerShard = 128;
const mostUnfinishedRead = 1_000;
const readAtOnce = 32;

/** A record's place in a list: a time, then its id. */
interface Place {
  readonly at: number;
  readonly id: string;
}
const order = ({ at, id }: Place): string => `${at}`.padStart(15, "0") + id;
const inOrder = (one: Place, other: Place): number => (order(one) < order(other) ? -1 : 1);
const cursorOf = (place: Place | undefined): string | null => (place ? `${place.at}.${place.id}` : null);
function placeOf(cursor: string): Place {
  const dot = cursor.indexOf(".");
  return { at: Number(cursor.slice(0, dot)), id: cursor.slice(dot + 1) };
}

const everyShard = <T>(read: (shard: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: shards }, (_, shard) => read(shard)));

/**
 * Records that wait for a person, the longest first, strays behind all else. A record's place never moves, and the cursor is
 * the last place that was looked at: pages join without a gap, however few records of one pass the filters.
 */
export async function waitingForAPerson(
  { only, limit, cursor }: ByState,
  records: Records,
  now: number,
): Promise<Answer> {
  const after = cursor === undefined ? undefined : placeOf(cursor);
  const from = Math.max(after?.at ?? 0, only.since ?? 0);
  const lists = await everyShard((shard) => waitingIn(shard, from, after, records));
  const [horizon] = lists.flatMap(({ until }) => until ?? []).sort(inOrder);
  const inReach = lists
    .flatMap(({ rows }) => rows)
    .filter((row) => !(horizon && isAfter(row, horizon)) && mayPass(row, only))
    .sort(inOrder);

  const found: RecordItem[] = [];
  const atOnce = Object.values(only).every((filter) => filter === undefined) ? limit : readAtOnce;
  let looked = 0;
  while (found.length < limit && looked < Math.min(inReach.length, mostWaitingRead)) {
    const read = await Promise.all(inReach.slice(looked, looked + atOnce).map(({ id }) => records.get(id)));
    for (const record of read) {
      if (found.length === limit) break;
      looked += 1;
      if (record && isWaiting(record) && passes(record, only)) found.push(record);
    }
  }
  const last = looked < inReach.length ? inReach[looked - 1] : horizon;
  return answerOf(found, last, now);
}

/** A shard's rows behind a place, and the place up to which these are all; undefined where they are to the end. */
interface Reached {
  readonly rows: readonly Place[];
  readonly until: Place | undefined;
}

/** At least one row, where there is any: as many pages are read as one millisecond has. */
async function waitingIn(
  shard: number,
  from: number,
  after: Place | undefined,
  records: Records,
): Promise<Reached> {
  const rows: Place[] = [];
  let span: Span = { ...forPeople, from: forAPerson(from) };
  while (true) {
    const page = await records.unfinished(shard, span, waitingPerShard);
    rows.push(...page.map(toPlace).filter((row) => isAfter(row, after)));
    const last = page.at(-1);
    if (last === undefined || page.length < waitingPerShard) return { rows, until: undefined };
    // Of the last millisecond there may be more, in any order.
    const until = beforeMoment(toPlace(last).at);
    const whole = rows.filter((row) => !isAfter(row, until));
    if (whole.length > 0) return { rows: whole, until };
    span = { ...span, after: last };
  }
}

/**
 * Attempts that are under way, or in doubt, the oldest first: `dispatched` past its lease is in doubt. Where more than a
 * thousand are unfinished, those that are looked into next are read, and `complete` is false.
 */
export async function unfinished(
  { state, only, limit, cursor }: ByState,
  records: Records,
  now: number,
): Promise<Answer> {
  const lists = await everyShard((shard) => records.unfinished(shard, unlistedRecords, unfinishedPerShard));
  const rows = lists.flat().sort((one, other) => one.due - other.due);
  const complete =
    rows.length <= mostUnfinishedRead && lists.every(({ length }) => length < unfinishedPerShard);
  const read = await pooled(rows.slice(0, mostUnfinishedRead), readAtOnce, ({ id }) => records.get(id));
  const after = cursor === undefined ? undefined : placeOf(cursor);
  const { since = 0 } = only;
  const found = read
    .filter((record) => record !== undefined)
    .filter((record) => isIn(state, record, now) && passes(record, only) && record.dispatchedAt >= since)
    .map((record) => ({ record, at: record.dispatchedAt, id: record.id }))
    .filter((row) => isAfter(row, after))
    .sort(inOrder);
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  return answerOf(
    page.map(({ record }) => record),
    last,
    now,
    { complete },
  );
}

const answerOf = (
  found: readonly RecordItem[],
  last: Place | undefined,
  now: number,
  more: object = {},
): Answer => ({
  body: { result: found.map((record) => detailOf(record, now)), page: { cursor: cursorOf(last), ...more } },
});

const toPlace = ({ id, due }: Due): Place => ({ at: due - forAPerson(0), id });
/** Behind every id of the millisecond before; a cursor may name it. */
const beforeMoment = (at: number): Place => ({ at: at - 1, id: "z".repeat(43) });
const isAfter = (row: Place, place: Place | undefined): boolean =>
  place === undefined || order(row) > order(place);

/** What the place alone says: strays are all of one namespace, and stand by a time of their own. */
function mayPass({ at }: Place, { namespace, since = 0 }: Filters): boolean {
  const isStray = at >= strayFrom;
  if (isStray && namespace !== undefined && namespace !== "notification") return false;
  return at - (isStray ? strayFrom : 0) >= since;
}

function passes(record: RecordItem, { namespace, operation, waits }: Filters): boolean {
  const { provider, operation: name } = record;
  return (
    (namespace === undefined || namespace === record.namespace) &&
    (operation === undefined || operation === `${provider}/${name}`) &&
    (waits === undefined || waits === (record.waits ?? "person"))
  );
}

const isWaiting = ({ state, flagged }: RecordItem): boolean =>
  state === "needs_attention" || flagged !== undefined;

const isIn = (state: ByState["state"], record: RecordItem, now: number): boolean =>
  state === "in_doubt" ? isInDoubt(record, now) : record.state === state && !isInDoubt(record, now);
