import { type Config, sendMarginMs, settleMarginMs } from "../config.ts";
import type { Books, Listed, RecordName } from "../providers/books.ts";
import type { Ask } from "../providers/inquiry.ts";
import type { Provider } from "../providers/provider.ts";
import type { BookRecords, KeptDay } from "../records/books.ts";
import { recordId } from "../records/identity.ts";
import type { RecordItem } from "../records/record.ts";
import { reversalsOf } from "../records/reversals.ts";
import type { Records } from "../records/store.ts";
import type { Runtime } from "../runtime.ts";
import { iso } from "../time.ts";
import {
  byImportance,
  type CustomerOfDay,
  customersOf,
  type DayOfCustomers,
  dateBefore,
  partiesOf,
  spanOf,
} from "./books-day.ts";
import { clockToleranceMs, judged, type OwnRecord, type Span, Tally, type Verdict } from "./books-judge.ts";
import { ended, newReport, type Report, stateOf, withFound, withVerdict } from "./books-report.ts";
import { breakerOf } from "./breaker.ts";
import type { Held } from "./change-spec.ts";
import { asking } from "./resolve.ts";

const minute = 60_000;
const hour = 60 * minute;
/** A day is looked at when its doubt has had time to settle, and the provider's list time to be whole. */
const settlesMs = 2 * hour;
/** Yesterday, and the days before it that runs have not come to the end of. */
const daysBack = 3;
/** What a first look found is told where a second one, so much later, finds it too. */
const againMs = 30 * minute;
/** Customers that wait for a second look; those beyond are judged by their first. */
const againLimit = 1_000;
const askedAtOnce = 16;
const leastMs = sendMarginMs + settleMarginMs;

export interface BooksWorld {
  readonly world: Runtime;
  readonly records: Pick<Records, "get" | "anchor">;
  readonly store: BookRecords;
  readonly remainingMs: () => number;
  /** Calls of a day, second looks not counted. */
  readonly callsADay: number;
}

/** Books of a provider that has no list: each record of the day is compared with what the provider shows of it. */
export interface RecordBooks<Call, Reply> {
  readonly provider: Provider<Call, Reply>;
  /** The operations whose records are compared, as records name them. */
  readonly operations: readonly string[];
  /** The zone of the provider's day. */
  readonly utcOffset: (config: Pick<Config, "option">) => string;
  readonly verdictOn: (record: RecordItem, tools: RecordTools<Call, Reply>) => Promise<Verdict>;
}

export interface RecordTools<Call, Reply> {
  readonly held: Held;
  readonly ask: Ask<Call, Reply>;
}

/** A day as a run leaves it. */
export interface LookedAt {
  readonly provider: string;
  readonly date: string;
  readonly report: Report;
  /** This run came to its end. */
  readonly isEnded: boolean;
  /** It is older than yesterday, and not at its end. */
  readonly isBehind: boolean;
}

/**
 * One run over a provider's books: yesterday first, then older days that are not at their end; each goes on where the run before
 * stopped. Nothing is settled by it.
 * @param date That day alone, or `today`, from its beginning, and judged by the first look: for a person who asks now.
 */
export async function lookAtBooks<Call, Reply>(
  books: Books<Call, Reply> | RecordBooks<Call, Reply>,
  around: BooksWorld,
  date?: string,
): Promise<readonly LookedAt[]> {
  const { clock, config } = around.world;
  const utcOffset = books.utcOffset(config);
  if (date !== undefined) {
    const day = date === "today" ? dateBefore(clock.now(), 0, utcOffset) : date;
    return [await lookAt(books, around, day, { isFresh: true })];
  }
  const looked: LookedAt[] = [];
  for (let days = 1; days <= daysBack; days += 1) {
    const each = dateBefore(clock.now() - settlesMs, days, utcOffset);
    if (around.remainingMs() < leastMs) break;
    const kept = await around.store.day(books.provider.name, each);
    if (kept && isWhole(kept, spanOf(each, utcOffset))) continue;
    const seen = await lookAt(books, around, each, { kept });
    looked.push({ ...seen, isBehind: days > 1 && !seen.isEnded });
  }
  return looked;
}

/** At its end, and of the whole day: one that was looked at by hand may have been of a day that went on. */
function isWhole({ report }: KeptDay, { to }: Span): boolean {
  const { endedAt, startedAt } = JSON.parse(report) as Report;
  return endedAt !== null && Date.parse(startedAt) >= to;
}

interface How {
  readonly kept?: KeptDay | undefined;
  readonly isFresh?: boolean;
}

async function lookAt<Call, Reply>(
  books: Books<Call, Reply> | RecordBooks<Call, Reply>,
  around: BooksWorld,
  date: string,
  { kept: seen, isFresh = false }: How,
): Promise<LookedAt> {
  const { world, store, records } = around;
  const { clock, config } = world;
  const { name } = books.provider;
  const kept = seen ?? (await store.day(name, date));
  const account = config.account(name);
  const day = spanOf(date, books.utcOffset(config));
  const old = kept && (JSON.parse(kept.report) as Report);
  const goesOn = old !== undefined && !isFresh && old.endedAt === null;
  const found = await customersOf(books, { provider: name, account }, day, { store, records });
  const begun = withFound(goesOn ? old : newReport(iso(clock.now())), found);
  const { report, left } = await looksAt(books, around, { day, ...found, begun, isFresh });
  const isEnded = left !== undefined;
  const after = isEnded ? ended(report, iso(clock.now()), left) : report;
  const state = stateOf(after);
  await store.keep(
    {
      ...{ provider: name, account, date, state, report: JSON.stringify(after) },
      writes: kept?.writes ?? 0,
      createdAt: kept?.createdAt ?? clock.now(),
    },
    state === "looking" ? undefined : events[state],
  );
  return { provider: name, date, report: after, isEnded, isBehind: false };
}

const events = { agrees: "books.agree", differs: "books.differ", incomplete: "books.incomplete" } as const;

/** `left`: the customers that nobody looks at any more; undefined where a later run goes on. */
interface Progressed {
  readonly report: Report;
  readonly left: readonly CustomerOfDay[] | undefined;
}

/** What a run looks at: those customers, from where the report of earlier runs ends, or all anew. */
interface Extent extends Pick<DayOfCustomers, "customers"> {
  readonly day: Span;
  readonly begun: Report;
  readonly isFresh: boolean;
}

async function looksAt<Call, Reply>(
  books: Books<Call, Reply> | RecordBooks<Call, Reply>,
  around: BooksWorld,
  { day, customers, begun, isFresh }: Extent,
): Promise<Progressed> {
  const { clock } = around.world;
  const { place } = begun.progress;
  const todo = place
    ? customers.filter((customer) => byImportance(customer, { ...place, sum: BigInt(place.sum) }) > 0)
    : customers;
  const line = asker(books, around, day);
  const byId = new Map(customers.map((customer) => [customer.customerId, customer]));
  let report = begun;
  const again = new Map(begun.progress.again.map(({ customerId, at }) => [customerId, at]));

  const first = await inOrder(todo, {
    mayGoOn: () => line.mayAsk() && begun.calls + line.calls() < around.callsADay,
    async act(customer) {
      const verdict = await line.look(customer);
      if (!isFresh && isSuspect(verdict) && again.size < againLimit)
        again.set(customer.customerId, clock.now());
      else report = withVerdict(report, verdict);
    },
  });
  const isDue = (customerId: string) => (again.get(customerId) ?? 0) + againMs <= clock.now();
  const due = [...again.keys()].filter(isDue).flatMap((id) => byId.get(id) ?? []);
  await inOrder(due, {
    mayGoOn: line.mayAsk,
    async act(customer) {
      const verdict = await line.look(customer);
      // A provider that answers nothing proves nothing: the look is made again in a later run.
      if (!line.mayAsk() && verdict.differences.length === 0 && verdict.notProven.length > 0) return;
      report = withVerdict(report, verdict);
      again.delete(customer.customerId);
    },
  });
  // Whose records have all gone on to a later day has nothing to be looked at twice.
  for (const customerId of again.keys()) if (!byId.has(customerId)) again.delete(customerId);
  const last = todo[first - 1];
  const calls = begun.calls + line.calls();
  const progress = {
    place: last ? { sum: String(last.sum), newest: last.newest, customerId: last.customerId } : place,
    again: [...again].map(([customerId, at]) => ({ customerId, at })),
  };
  const isDone = first === todo.length || calls >= around.callsADay || isFresh;
  return {
    report: { ...report, calls, progress },
    left: isDone && again.size === 0 ? todo.slice(first) : undefined,
  };
}

const isSuspect = ({ differences, notProven, wasInDoubt }: Verdict): boolean =>
  wasInDoubt || differences.length + notProven.length > 0;

interface Steps<Item> {
  readonly mayGoOn: () => boolean;
  readonly act: (item: Item) => Promise<void>;
}

/** Some at a time, in their order. How many, counted from the first, have all been seen to. */
async function inOrder<Item>(items: readonly Item[], { mayGoOn, act }: Steps<Item>): Promise<number> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length && mayGoOn()) {
      const item = items[next] as Item;
      next += 1;
      await act(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(askedAtOnce, items.length) }, work));
  return next;
}

/** Asks for customers' lists, counts the calls, and stops where the provider does not answer. */
function asker<Call, Reply>(
  books: Books<Call, Reply> | RecordBooks<Call, Reply>,
  around: BooksWorld,
  day: Span,
) {
  const { world, remainingMs } = around;
  const { config } = world;
  const breaker = breakerOf();
  const send = breaker.watching(world.send);
  let calls = 0;
  const counting: Runtime = {
    ...world,
    send: (request, timing) => {
      calls += 1;
      return send(request, timing);
    },
  };
  const budget = { remainingMs: () => Math.min(remainingMs(), config.functionTimeoutMs) };
  const ask = asking(books.provider, counting, budget, { replyLimitMs: config.inquiryTimeoutMs });
  const look = "movementsOf" in books ? listing(books, ask, around, day) : one(books, ask, around, day);
  return {
    calls: () => calls,
    mayAsk: () => !breaker.isOpen() && remainingMs() >= leastMs,
    look,
  };
}

type Look = (of: CustomerOfDay) => Promise<Verdict>;

/** Looks at a customer's list, and at the records that must stand in it. */
function listing<Call, Reply>(
  books: Books<Call, Reply>,
  ask: Ask<Call, Reply>,
  { records, world }: BooksWorld,
  day: Span,
): Look {
  const { name } = books.provider;
  const account = world.config.account(name);
  const parties = (record: RecordItem) => partiesOf(books, record);

  const read = async (ids: readonly string[], customerId: string): Promise<readonly OwnRecord[]> => {
    const found = await Promise.all(ids.map((id) => records.get(id)));
    return found.flatMap((record) =>
      record
        ? parties(record)
            .filter((party) => party.customerId === customerId)
            .map(({ kind }) => ({ record, kind }))
        : [],
    );
  };

  async function find({ namespace, id }: RecordName): Promise<readonly RecordItem[]> {
    if (namespace === "reversal") return reversalsOf(records, { provider: name, account, id });
    const record = await records.get(recordId(name, account, { namespace, id }));
    return record ? [record] : [];
  }

  return async ({ customerId, own, earlier }) => {
    const listed: Listed = await books.movementsOf(customerId, day.from - clockToleranceMs, ask);
    // Read after the list: what a record says then is of what the list could show.
    const mine = (await read(own, customerId)).filter(({ record }) => record.dispatchedAt < day.to);
    return judged({
      ...{ customerId, listed, own: mine, day, partiesOf: parties, namedBy: books.namedBy, find },
      earlier: () => read(earlier, customerId),
    });
  };
}

/** Looks at one record, where the provider has no list. A later attempt is looked at with its own day. */
function one<Call, Reply>(
  { verdictOn }: RecordBooks<Call, Reply>,
  ask: Ask<Call, Reply>,
  { records, world: { config, secrets } }: BooksWorld,
  { to }: Span,
): Look {
  return async ({ customerId, own: [id = ""] }) => {
    const record = await records.get(id);
    return record !== undefined && record.dispatchedAt < to
      ? verdictOn(record, { held: { config, secrets, records }, ask })
      : new Tally(customerId);
  };
}
