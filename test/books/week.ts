import { readConfig } from "../../lib/config.ts";
import { lookAtBooks } from "../../lib/operation/books.ts";
import { dateBefore, spanOf } from "../../lib/operation/books-day.ts";
import type { Difference } from "../../lib/operation/books-judge.ts";
import type { Report } from "../../lib/operation/books-report.ts";
import { books } from "../../lib/providers/aggrepay/books.ts";
import type { BookRecords, KeptDay } from "../../lib/records/books.ts";
import { recordId } from "../../lib/records/identity.ts";
import type { RecordItem } from "../../lib/records/record.ts";
import type { Runtime } from "../../lib/runtime.ts";
import { secretsFrom } from "../../lib/secrets/secrets.ts";
import type { Random } from "../soak/random.ts";
import { noConnections } from "../support/no-connections.ts";
import { blurredFields, drawHabits, type Habits, Lists, type Row } from "./provider.ts";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** What is done to a day's books that must be found: each names who must be told of. */
export type Injection = (typeof injections)[number];
export const injections = [
  "a movement outside the gateway",
  "a movement made twice",
  "a person said that it succeeded, and nothing moved",
  "a person said that it was not executed, and money moved",
  "a person named another transaction",
  "a lost movement",
  "an altered id",
  "an altered id of a record in doubt",
  "another amount",
] as const;

export interface Injected {
  readonly what: Injection;
  readonly date: string;
  readonly customerId: string;
  /** One of these must be told. */
  readonly recordId: string | undefined;
  readonly transactionId: string | undefined;
  isFound: boolean;
}

export interface Week {
  readonly movements: number;
  readonly records: number;
  readonly days: number;
  readonly calls: number;
  readonly habits: Habits;
  readonly injected: readonly Injected[];
  /** Differences that nobody injected. */
  readonly falseAlarms: readonly (Difference & { readonly date: string })[];
  readonly notProven: number;
  readonly open: number;
  /** Days that did not come to their end, or left somebody out. */
  readonly unfinished: readonly string[];
}

export interface WeekOptions {
  readonly random: Random;
  readonly movements: number;
  readonly days: number;
  /** How many of each kind are done to a week; 0 is honest traffic. */
  readonly injectEach: number;
}

/** A record's versions, each from a moment on. */
type Life = { readonly from: number; readonly item: RecordItem }[];

/** A week of one merchant's traffic, with the provider's list and our records as they come about, and the books of each day. */
export async function week({ random, movements, days, injectEach }: WeekOptions): Promise<Week> {
  const traffic = new Traffic(random, days);
  while (traffic.movements < movements) traffic.change();
  const injected = traffic.inject(injectEach);
  return { ...(await traffic.audited(injected)), habits: traffic.habits };
}

class Traffic {
  movements = 0;
  now = 0;
  readonly habits: Habits;
  readonly #random: Random;
  readonly #days: number;
  readonly #start: number;
  readonly #lists: Lists;
  readonly #lives = new Map<string, Life>();
  readonly #byOperation = new Map<string, string[]>();
  readonly #customers: readonly string[];
  readonly #debits: { readonly item: RecordItem; readonly row: Row; readonly at: number }[] = [];
  #count = 0;

  constructor(random: Random, days: number) {
    this.#random = random;
    this.#days = days;
    this.habits = drawHabits(random);
    const { from } = spanOf("2026-11-02", this.habits.utcOffset);
    this.#start = from;
    this.#lists = new Lists(salt, this.habits, () => this.now);
    this.#customers = Array.from({ length: random.between(40, 400) }, (_, at) => String(991_000_000 + at));
  }

  #next(): number {
    this.#count += 1;
    return this.#count;
  }

  /** One request of a caller, with whatever becomes of it. */
  change(): void {
    const random = this.#random;
    const operation = random.pick([
      "credit-wallet",
      "debit-wallet",
      "debit-wallet",
      "wallet-to-wallet",
      "debit-reversal",
    ] as const);
    // Some come in the last second of the provider's day, and in its first.
    const whole = this.#start + random.between(0, this.#days - 1) * day;
    const at = random.chance(0.02)
      ? whole + day - random.between(1, 2 * second)
      : whole + random.between(0, day - 1);
    if (operation === "debit-reversal") this.#reversal(at);
    else this.#money(operation, at);
  }

  #money(operation: "credit-wallet" | "debit-wallet" | "wallet-to-wallet", at: number): void {
    const random = this.#random;
    const [customerId = "", other = ""] = [random.pick(this.#customers), random.pick(this.#customers)];
    if (operation === "wallet-to-wallet" && other === customerId) return;
    const id = `order-${this.#next()}`;
    const amount = `${random.between(1, 5_000)}.${String(random.between(0, 99)).padStart(2, "0")}`;
    const effect =
      operation === "credit-wallet"
        ? { toCustomerId: customerId, amount }
        : operation === "debit-wallet"
          ? { fromCustomerId: customerId, amount }
          : { fromCustomerId: customerId, toCustomerId: other, amount };
    const item = this.#item({ operation, namespace: "money", id, customerId, amount, at, effect });
    const took = this.#outcome(item, at, (moved, transactionId) => {
      const shownId = operation === "wallet-to-wallet" && !this.habits.transfersHaveIds ? null : id;
      const row = this.#row(
        customerId,
        transactionId,
        shownId,
        operation === "credit-wallet" ? "CREDIT" : "DEBIT",
        amount,
        moved,
      );
      if (operation === "wallet-to-wallet") this.#row(other, transactionId, shownId, "CREDIT", amount, moved);
      return row;
    });
    if (took && operation === "debit-wallet" && took.isSettled)
      this.#debits.push({ item, row: took.row, at: took.at });
  }

  #reversal(wanted: number): void {
    const found = this.#debits.findIndex(({ at }) => at < wanted);
    const [debit] = found < 0 ? [] : this.#debits.splice(found, 1);
    if (!debit) return;
    const { identity: id, amount = "", customer = "" } = debit.item;
    const customerId = customer.split("#").at(-1) ?? "";
    const item = this.#item({
      ...{
        operation: "debit-reversal",
        namespace: "reversal",
        id,
        customerId,
        amount,
        at: wanted,
        effect: {},
      },
    });
    const shownId = {
      suffix: `${id}_REVERSAL`,
      "lower suffix": `${id}_reversal`,
      "debit's id": id,
    }[this.habits.reversals];
    this.#outcome(item, wanted, (moved, transactionId) => {
      if (this.habits.hidesReversedDebits) Object.assign(debit.row, { hiddenFrom: moved });
      return this.#row(customerId, transactionId, shownId, "CREDIT", amount, moved);
    });
  }

  #keeps(item: RecordItem, at: number): Life {
    const life: Life = [{ from: at, item }];
    this.#lives.set(item.id, life);
    const ids = this.#byOperation.get(item.operation) ?? [];
    this.#byOperation.set(item.operation, ids);
    ids.push(item.id);
    return life;
  }

  /** What comes in while a list is read, and moves the rows of its pages on. */
  #meanwhile(customerId: string): void {
    const [id, at] = [`order-${this.#next()}`, this.now - second];
    const transactionId = String(500_000_000 + this.#next());
    const effect = { fromCustomerId: customerId, amount: "1.00" };
    const item = this.#item({
      ...{ operation: "debit-wallet", namespace: "money", id, customerId, amount: "1.00", at, effect },
    });
    this.#row(customerId, transactionId, id, "DEBIT", "1.00", at);
    const result = JSON.stringify({ transactionId });
    this.#keeps(item, at).push({
      from: at,
      item: { ...item, state: "succeeded", provedBy: "reply", result },
    });
  }

  /** What became of an attempt: mostly a reply, and now and then everything else that honest traffic knows. */
  #outcome(item: RecordItem, at: number, moves: (at: number, transactionId: string) => Row) {
    const random = this.#random;
    const life = this.#keeps(item, at);
    const transactionId = () => String(500_000_000 + this.#next());
    const succeeded = (from: number, by: RecordItem["provedBy"], id: string | undefined, base = item) =>
      life.push({
        from,
        item: {
          ...base,
          state: "succeeded",
          provedBy: by,
          result: id && JSON.stringify({ transactionId: id }),
        },
      });
    const ends = (from: number, state: RecordItem["state"]) => life.push({ from, item: { ...item, state } });
    const doubts = () => ends(at + 20 * second, "in_doubt");
    const kind = random.between(1, 1_000);
    if (kind <= 930) {
      const id = transactionId();
      const row = moves(at + random.between(20, 1_500), id);
      succeeded(at + 2 * second, "reply", id);
      return { row, at, isSettled: true };
    }
    if (kind <= 955) ends(at + second, random.pick(["declined", "not_sent", "not_executed"]));
    else if (kind <= 965) {
      // In doubt, and an inquiry finds it.
      const [id, settled] = [transactionId(), at + random.between(20, 90 * 60) * second];
      moves(at + random.between(20, 19_000), id);
      doubts();
      succeeded(settled, "inquiry", id);
    } else if (kind <= 972) {
      // In doubt, shown not to have happened, and asked for again, perhaps on another day.
      const again = at + random.between(20 * 60, 30 * 3600) * second;
      const id = transactionId();
      doubts();
      ends(again - 60 * second, "not_executed");
      if (again < this.#start + this.#days * day) {
        const attempt = { ...item, attempt: 2, dispatchedAt: again };
        life.push({ from: again, item: attempt });
        moves(again + 500, id);
        succeeded(again + second, "reply", id, attempt);
      }
    } else if (kind <= 985) {
      // In doubt over midnight and for days, with an effect or without; a person settles it in the end, rightly.
      const settled = at + random.between(3, 60) * hour;
      const id = random.chance(0.6) ? transactionId() : undefined;
      if (id) moves(at + random.between(20, 19_000), id);
      doubts();
      ends(at + 25 * hour < settled ? at + 25 * hour : settled - minute, "needs_attention");
      if (id) succeeded(settled, "person", random.chance(0.5) ? id : undefined);
      else ends(settled, random.pick(["declined", "not_executed"]));
    } else if (kind <= 995) {
      // The list shows it late: after minutes mostly, and sometimes not before the first look.
      const id = transactionId();
      const row = moves(at + 900, id);
      row.visibleAt = at + random.between(1, 120) * minute;
      const midnight = this.#start + (Math.floor((at - this.#start) / day) + 1) * day;
      if (random.chance(0.2)) row.visibleAt = midnight + 2 * hour + random.between(1, 20) * minute;
      succeeded(at + second, "reply", id);
    } else {
      // Killed after it was sent: it stays dispatched until somebody asks.
      const id = transactionId();
      moves(at + 700, id);
      succeeded(at + random.between(40, 50 * 60) * second, "inquiry", id);
    }
    return undefined;
  }

  #item(given: {
    readonly operation: string;
    readonly namespace: "money" | "reversal";
    readonly id: string;
    readonly customerId: string;
    readonly amount: string;
    readonly at: number;
    readonly effect: object;
  }): RecordItem {
    const { operation, namespace, id, customerId, amount, at, effect } = given;
    return {
      ...{ id: recordId("aggrepay", "main", { namespace, id }), provider: "aggrepay", account: "main" },
      ...{ operation, namespace, identity: id, number: 1, caller: "test", facts: undefined, amount },
      ...{ request: JSON.stringify([operation, effect]), customer: `aggrepay#main#${customerId}` },
      ...{
        state: "dispatched",
        attempt: 1,
        owner: "test",
        leaseEnds: at + 33 * second,
        host: "wallet.example",
      },
      ...{ createdAt: at, dispatchedAt: at, stateSince: at, result: undefined, provedBy: undefined },
      ...{ failure: undefined, resolver: undefined, resolverLease: undefined, inquiries: 0 },
      ...{ lastInquiry: undefined, due: undefined, waits: undefined, askAt: undefined, tXid: undefined },
      ...{
        tags: undefined,
        binding: undefined,
        flagged: undefined,
        resolution: undefined,
        proposal: undefined,
        history: [],
      },
    };
  }

  #row(
    customerId: string,
    transactionId: string,
    id: string | null,
    kind: Row["kind"],
    amount: string,
    at: number,
  ): Row {
    this.movements += 1;
    const random = this.#random;
    const row: Row = {
      ...{ customerId, transactionId, id, kind, amount, at, visibleAt: at },
      ...(random.chance(this.habits.blurs) && { blurred: random.pick(blurredFields) }),
    };
    this.#lists.add(row);
    return row;
  }

  /** Does to the week what must be found, each to a record of its own that was whole and honest until then. */
  inject(each: number): Injected[] {
    const random = this.#random;
    const whole = [...this.#lives.values()].filter((life) => {
      const last = life.at(-1)?.item;
      return (
        life.length === 2 &&
        last?.provedBy === "reply" &&
        ["debit-wallet", "credit-wallet"].includes(last.operation)
      );
    });
    const reversed = new Set(
      [...this.#lives.values()]
        .map(([first]) => first?.item)
        .filter((item) => item?.namespace === "reversal")
        .map((item) => item?.identity),
    );
    const free = whole.filter((life) => {
      const item = life[0]?.item;
      const rows = this.#rowsOf(item);
      return (
        item !== undefined &&
        !reversed.has(item.identity) &&
        rows.length === 1 &&
        rows[0]?.blurred === undefined
      );
    });
    const used = new Set<number>();
    const pickLife = (): Life => {
      let at = random.between(0, free.length - 1);
      while (used.has(at)) at = (at + 1) % free.length;
      used.add(at);
      return free[at] ?? [];
    };
    return injections.flatMap((what) =>
      Array.from({ length: Math.min(each, Math.floor(free.length / injections.length / 2)) }, () =>
        this.#done(what, pickLife()),
      ),
    );
  }

  #rowsOf(item: RecordItem | undefined): readonly Row[] {
    const customerId = item?.customer?.split("#").at(-1) ?? "";
    return (this.#lists.rows.get(customerId) ?? []).filter(({ id }) => id === item?.identity);
  }

  #done(what: Injection, life: Life): Injected {
    const random = this.#random;
    const last = life.at(-1);
    const [row] = this.#rowsOf(last?.item);
    if (!last || !row) throw new Error("nothing to inject into");
    const { item, from } = last;
    const lists = this.#lists;
    const drop = () => {
      const rows = lists.rows.get(row.customerId) ?? [];
      rows.splice(rows.indexOf(row), 1);
    };
    const replace = (more: Partial<RecordItem>) => life.splice(-1, 1, { from, item: { ...item, ...more } });
    const other = () => String(900_000_000 + this.#next());
    let told = {
      recordId: item.id as string | undefined,
      transactionId: row.transactionId as string | undefined,
    };
    switch (what) {
      case "a movement outside the gateway": {
        const transactionId = other();
        const id = random.pick([null, `till-${transactionId}`]);
        lists.add({ ...row, transactionId, id, amount: "77.77", kind: random.pick(["CREDIT", "DEBIT"]) });
        told = { recordId: undefined, transactionId };
        break;
      }
      case "a movement made twice": {
        const transactionId = other();
        lists.add({ ...row, transactionId, at: row.at + 200, visibleAt: row.at + 200 });
        told = { recordId: item.id, transactionId };
        break;
      }
      case "a person said that it succeeded, and nothing moved":
        drop();
        replace({
          provedBy: "person",
          result: random.pick([undefined, JSON.stringify({ transactionId: other() })]),
        });
        break;
      case "a person said that it was not executed, and money moved":
        replace({
          provedBy: undefined,
          result: undefined,
          resolution: "{}",
          state: random.pick(["declined", "not_executed"]),
        });
        break;
      case "a person named another transaction":
        replace({ provedBy: "person", result: JSON.stringify({ transactionId: other() }) });
        break;
      case "a lost movement":
        drop();
        break;
      case "an altered id":
        row.id = random.pick([row.id?.toUpperCase(), `M-${row.id}`, row.id?.slice(0, -1)]) ?? null;
        if (this.#lives.has(recordId("aggrepay", "main", { namespace: "money", id: row.id ?? "" })))
          row.id = `M-${item.identity}`;
        break;
      case "an altered id of a record in doubt":
        row.id = `M-${item.identity}`;
        replace({ provedBy: undefined, result: undefined, state: "needs_attention" });
        told = { recordId: undefined, transactionId: row.transactionId };
        break;
      case "another amount":
        row.amount = `${Number.parseInt(row.amount, 10) + 1}.00`;
        break;
    }
    const date = dateBefore(item.dispatchedAt, 0, this.habits.utcOffset);
    return { what, date, customerId: row.customerId, ...told, isFound: false };
  }

  /**
   * The books of each day, and of the one after the last, whose first minutes are those of attempts before midnight. Looked at as
   * the clock does: from two hours after the day's end, every quarter of an hour.
   */
  async audited(injected: Injected[]): Promise<Omit<Week, "habits">> {
    const found: (Difference & { readonly date: string })[] = [];
    const kept = new Map<string, KeptDay>();
    const around = {
      world: this.#world(),
      records: this.#records(),
      store: this.#store(kept),
      callsADay: 1_000_000,
    };
    const random = this.#random;
    this.#lists.meanwhile = (customerId) => {
      if (random.chance(0.05)) this.#meanwhile(customerId);
    };
    for (let end = this.#start + day; end <= this.#start + (this.#days + 1) * day; end += day) {
      this.now = end + 2 * hour + 3 * minute;
      for (let run = 0; run < 8; run += 1) {
        await lookAtBooks(books, { ...around, remainingMs: () => 800_000 });
        this.now += 15 * minute;
      }
    }
    const reports = [...kept.values()].map((each) => ({
      ...each,
      report: JSON.parse(each.report) as Report,
    }));
    const ofWeek = reports.filter(({ date }) => Date.parse(date) >= Date.parse("2026-11-02"));
    for (const { date, report } of ofWeek)
      for (const difference of report.differences.shown) {
        const cause = injected.find(
          (each) =>
            each.customerId === difference.customerId &&
            ((each.recordId !== undefined && each.recordId === difference.recordId) ||
              (each.transactionId !== undefined &&
                difference.movement?.startsWith(`transaction ${each.transactionId},`) === true)),
        );
        if (!cause) found.push({ ...difference, date });
        else if (cause.date <= date) cause.isFound = true;
      }
    const sum = (of: (report: Report) => number) =>
      ofWeek.reduce((total, { report }) => total + of(report), 0);
    return {
      ...{
        movements: this.movements,
        records: this.#lives.size,
        days: ofWeek.length,
        injected,
        falseAlarms: found,
      },
      calls: this.#lists.calls,
      notProven: sum(({ records }) => records.notProven),
      open: sum(({ records }) => records.open),
      unfinished: ofWeek
        .filter(
          ({ report: { endedAt, customers } }) => endedAt === null || customers.lookedAt < customers.found,
        )
        .map(({ date }) => date),
    };
  }

  #latest(id: string): RecordItem | undefined {
    return this.#lives.get(id)?.findLast(({ from }) => from <= this.now)?.item;
  }

  #records() {
    return { get: async (id: string) => this.#latest(id), anchor: async () => undefined };
  }

  #store(kept: Map<string, KeptDay>): BookRecords {
    return {
      dispatched: async (operation, from, to) => ({
        rows: (this.#byOperation.get(operation) ?? []).flatMap((id) => {
          const item = this.#latest(id);
          return item && item.dispatchedAt >= from && item.dispatchedAt < to ? [item] : [];
        }),
        next: undefined,
      }),
      day: async (_provider, date) => kept.get(date),
      keep: async (each) => {
        if ((kept.get(each.date)?.writes ?? 0) !== each.writes)
          throw new Error("somebody has written this day");
        kept.set(each.date, { ...each, writes: each.writes + 1 });
      },
    };
  }

  #world(): Runtime {
    const clock = { now: () => this.now, monotonic: () => this.now };
    const secrets = { send: async () => ({ SecretString: JSON.stringify({ apiKey: "api-key-1", salt }) }) };
    return {
      config: readConfig({
        PROVIDER_TIMEOUT_MS: "20000",
        FUNCTION_TIMEOUT_MS: "28000",
        LEASE_MS: "33000",
        QUIET_PERIOD_MS: "900000",
        AGGREPAY_BASE_URL: "https://wallet.example",
        AGGREPAY_ACCOUNT: "main",
        AGGREPAY_UTC_OFFSET: this.habits.utcOffset,
      }),
      clock,
      secrets: secretsFrom(secrets as never, (name) => name, clock),
      send: (request) => this.#lists.send(request),
      connections: noConnections,
      uniqueId: () => "unique",
    };
  }
}

const salt = "salt-number-1";
