import type { Sent, WireRequest } from "../../lib/transport.ts";
import type { Json } from "../../local/sandbox/aggrepay/signature.ts";
import { phpJson, replyHash } from "../../local/sandbox/aggrepay/signature.ts";
import type { Random } from "../soak/random.ts";

/** A movement in the provider's own ledger, in one customer's list. */
export interface Row {
  readonly customerId: string;
  transactionId: string;
  id: string | null;
  readonly kind: "CREDIT" | "DEBIT";
  amount: string;
  readonly at: number;
  /** From when on the list shows it. */
  visibleAt: number;
  /** Until when, as where a debit is hidden once it is reversed. */
  readonly hiddenFrom?: number;
  /** A field of it that nobody can read. */
  readonly blurred?: string;
}

/** What a provider does that its document does not say; each is drawn for a whole merchant. */
export interface Habits {
  readonly isOldestFirst: boolean;
  readonly mostInAPage: number;
  /** Minutes from UTC of its clock, and how it writes a time. */
  readonly utcOffset: string;
  readonly time: "plain" | "zoned" | "utc";
  readonly idsAreNumbers: boolean;
  readonly amounts: "plain" | "grouped" | "number" | "signed";
  readonly words: "upper" | "lower";
  readonly transfersHaveIds: boolean;
  readonly reversals: "suffix" | "lower suffix" | "debit's id";
  readonly hidesReversedDebits: boolean;
  readonly blurs: number;
  readonly customerIdShown: boolean;
}

export const drawHabits = (random: Random): Habits => ({
  isOldestFirst: random.chance(0.3),
  mostInAPage: random.pick([100, 100, 25, 10]),
  utcOffset: random.pick(["+05:30", "+05:30", "+07:00", "-03:30"]),
  time: random.pick(["plain", "zoned", "utc"]),
  idsAreNumbers: random.chance(0.3),
  amounts: random.pick(["plain", "grouped", "number", "signed"]),
  words: random.pick(["upper", "lower"]),
  transfersHaveIds: random.chance(0.4),
  reversals: random.pick(["suffix", "lower suffix", "debit's id"]),
  hidesReversedDebits: random.chance(0.2),
  blurs: random.pick([0, 0, 0.001, 0.01]),
  customerIdShown: random.chance(0.3),
});

export const blurredFields = [
  "amount",
  "payment_type",
  "time",
  "transaction_id",
  "merchant_transaction_id",
  "transaction_status",
];

/** The wallet's list of a customer's transactions, over its own wire; written without our reading of it. */
export class Lists {
  readonly rows = new Map<string, Row[]>();
  calls = 0;
  readonly #salt: string;
  readonly #habits: Habits;
  readonly #now: () => number;
  /** What happens between one page and the next. */
  meanwhile: ((customerId: string) => void) | undefined;

  constructor(salt: string, habits: Habits, now: () => number) {
    this.#salt = salt;
    this.#habits = habits;
    this.#now = now;
  }

  add(row: Row): void {
    const rows = this.rows.get(row.customerId) ?? [];
    this.rows.set(row.customerId, rows);
    rows.push(row);
  }

  async send({ url, body }: WireRequest): Promise<Sent> {
    this.calls += 1;
    if (url.pathname !== "/api/v1/fetchtransactions") throw new Error(`${url.pathname} is not asked for`);
    const fields = new URLSearchParams(String(body));
    const reply = this.#page(
      fields.get("customer_id") ?? "",
      Number(fields.get("page_number")),
      Math.min(Number(fields.get("page_size")), this.#habits.mostInAPage),
    );
    this.meanwhile?.(fields.get("customer_id") ?? "");
    const whole = { ...(reply as Record<string, Json>), hash: replyHash(reply, this.#salt) };
    return { kind: "reply", reply: { status: 200, body: Buffer.from(phpJson(whole)) } };
  }

  #page(customerId: string, number: number, size: number): Json {
    const now = this.#now();
    const shown = (this.rows.get(customerId) ?? [])
      .filter(({ visibleAt, hiddenFrom = Number.POSITIVE_INFINITY }) => visibleAt <= now && now < hiddenFrom)
      .toSorted((one, other) => (this.#habits.isOldestFirst ? one.at - other.at : other.at - one.at));
    const page = shown.slice(number * size, (number + 1) * size);
    return {
      data: page.length === 0 ? null : page.map((row) => this.#shown(row)),
      error: null,
      page: {
        page_size: size,
        page_number: number,
        total_pages: Math.ceil(shown.length / size),
        total_elements: shown.length,
      },
    };
  }

  #shown(row: Row): Json {
    const { words, idsAreNumbers, customerIdShown } = this.#habits;
    const worded = (text: string) => (words === "upper" ? text : text.toLowerCase());
    const shown: Record<string, Json> = {
      amount: this.#amount(row),
      balance: 0,
      transaction_type: "C2M",
      payment_type: worded(row.kind),
      time: this.#time(row.at),
      transaction_id: idsAreNumbers ? Number(row.transactionId) : row.transactionId,
      merchant_transaction_id: row.id,
      transaction_status: worded("PAYMENT_SUCCESS"),
      ...(customerIdShown && { customer_id: row.customerId }),
    };
    if (row.blurred !== undefined) shown[row.blurred] = { value: "?" };
    return shown;
  }

  #amount({ amount, kind }: Row): Json {
    switch (this.#habits.amounts) {
      case "plain":
        return amount;
      case "number":
        return Number(amount);
      case "signed":
        return kind === "DEBIT" ? `-${amount}` : amount;
      case "grouped":
        return amount.replace(/\B(?=(?:\d{3})+\.)/g, ",");
    }
  }

  #time(at: number): string {
    const { time, utcOffset } = this.#habits;
    const [hours = 0, minutes = 0] = [utcOffset.slice(1, 3), utcOffset.slice(4)].map(Number);
    const offset = (utcOffset.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
    if (time === "utc") return new Date(at).toISOString().replace(/\.\d+/, "");
    const local = new Date(at + offset).toISOString().slice(0, 19).replace("T", " ");
    return time === "zoned" ? `${local} ${utcOffset}` : local;
  }
}
