/** What was registered, who has logged in and what the merchant has answered, kept in a journal. */
import { createHash } from "node:crypto";
import { type Journal, openJournal } from "../common/journal.ts";
import { jakartaHours, localTime } from "../common/time.ts";

export interface Registration {
  readonly referenceNo: string;
  readonly tXid: string;
  readonly iMid: string;
  readonly mitraCd: string;
  readonly billingNm: string;
  readonly billingPhone: string;
  readonly billingEmail: string;
  readonly dbProcessUrl: string;
  readonly callBackUrl: string;
  readonly clientUserKey: string;
}

export type Format = "json" | "form";

type Change =
  | ({ readonly kind: "register" } & Registration)
  /** The user has logged in, and the merchant is to be notified. */
  | { readonly kind: "login"; readonly referenceNo: string; readonly as: Format }
  /** One try to notify: the status of the answer, null where there was none. */
  | { readonly kind: "notify"; readonly referenceNo: string; readonly status: number | null }
  /** The merchant has had the user's token revoked. */
  | { readonly kind: "revoke"; readonly referenceNo: string }
  | { readonly kind: "reset" };

export type Entry = { readonly seq: number; readonly at: number } & Change;

export interface Binding {
  readonly registration: Registration;
  /** How to notify, once the user has logged in. */
  readonly as: Format | undefined;
  /** The answers since the last login. */
  readonly answers: readonly (number | null)[];
  readonly isRevoked: boolean;
}

export const isNotified = ({ answers }: Binding): boolean => answers.includes(200);

const hexOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** What opens the login page of a registration: the `tk` of its redirectUrlHttp. */
export const loginKey = ({ tXid }: Registration): string => hexOf(`login ${tXid}`).slice(0, 32);

/** The user's payment token, in the form of the document's sample: always the same for one registration. */
export const userTokenOf = ({ tXid }: Registration): string =>
  hexOf(`user ${tXid}`).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");

export class Bindings {
  readonly #journal: Journal;
  readonly #clock: () => number;
  #seq = 0;
  #entries: Entry[] = [];
  #bindings = new Map<string, Binding>();
  #byLoginKey = new Map<string, string>();

  constructor(file: string, clock: () => number) {
    this.#clock = clock;
    this.#journal = openJournal(file, (line) => this.#apply(line as Entry));
  }

  close(): void {
    this.#journal.close();
  }

  /** Applies one change: in the journal first, then in memory. It has happened once this returns. */
  commit(change: Change): Entry {
    const entry: Entry = { seq: this.#seq + 1, at: this.#clock(), ...change };
    this.#journal.append(entry);
    this.#apply(entry);
    return entry;
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  get bindings(): readonly Binding[] {
    return [...this.#bindings.values()];
  }

  binding(referenceNo: string): Binding | undefined {
    return this.#bindings.get(referenceNo);
  }

  /** The account of a token that its user has been given, revoked or not. */
  byUserToken(userToken: string): Binding | undefined {
    return this.bindings.find(
      ({ registration, as }) => as !== undefined && userTokenOf(registration) === userToken,
    );
  }

  byLoginKey(key: string): Binding | undefined {
    return this.binding(this.#byLoginKey.get(key) ?? "");
  }

  /** "IONPAYTEST06201607291027025291": merchant, pay method, time of day, four digits; none comes twice. */
  nextTxid(iMid: string, at: number): string {
    return `${iMid}06${localTime(at, jakartaHours)}${String((this.#seq + 1) % 10_000).padStart(4, "0")}`;
  }

  #apply(entry: Entry): void {
    // A gap or a repeat means that two sandboxes have written one journal.
    if (entry.seq !== this.#seq + 1) throw new Error(`entry ${entry.seq} follows entry ${this.#seq}`);
    this.#seq = entry.seq;
    if (entry.kind === "reset") {
      this.#entries = [];
      this.#bindings = new Map();
      this.#byLoginKey = new Map();
      return;
    }
    this.#entries.push(entry);
    switch (entry.kind) {
      case "register": {
        const { seq: _, at: __, kind: ___, ...registration } = entry;
        this.#bindings.set(entry.referenceNo, {
          registration,
          as: undefined,
          answers: [],
          isRevoked: false,
        });
        this.#byLoginKey.set(loginKey(registration), entry.referenceNo);
        return;
      }
      case "login":
        this.#change(entry.referenceNo, () => ({ as: entry.as, answers: [] }));
        return;
      case "notify":
        this.#change(entry.referenceNo, ({ answers }) => ({ answers: [...answers, entry.status] }));
        return;
      case "revoke":
        this.#change(entry.referenceNo, () => ({ isRevoked: true }));
        return;
      default:
        throw new Error(`unknown entry ${JSON.stringify(entry satisfies never)}`);
    }
  }

  /** Nothing where a reset came first: a try that was under way then has nobody to be told. */
  #change(referenceNo: string, change: (binding: Binding) => Partial<Binding>): void {
    const binding = this.#bindings.get(referenceNo);
    if (binding !== undefined) this.#bindings.set(referenceNo, { ...binding, ...change(binding) });
  }
}
