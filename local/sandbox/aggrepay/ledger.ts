/** The wallet's truth: what every applied effect, in order, has made of customers and their money. */
import { createHmac, randomBytes } from "node:crypto";
import { type Journal, openJournal } from "../common/journal.ts";
import { faultNames, reservedCustomerId, reservedMobile, type Side } from "./faults.ts";
import { indiaDay, indiaMonth } from "./time.ts";

/** Kept so that a search of the data folder for an MPIN finds real leaks only; four digits protect nothing. */
export interface SealedMpin {
  readonly key: string;
  readonly digest: string;
}

const digestOf = (mpin: string, key: string): string => createHmac("sha256", key).update(mpin).digest("hex");

export function sealMpin(mpin: string): SealedMpin {
  const key = randomBytes(16).toString("hex");
  return { key, digest: digestOf(mpin, key) };
}

export const mpinIs = (mpin: string, sealed: SealedMpin): boolean =>
  digestOf(mpin, sealed.key) === sealed.digest;

/** The fields of section 14 that updatecustomer may set. */
export const profileFields = [
  "first_name",
  "last_name",
  "email_address",
  "date_of_birth",
  "address_line_1",
  "address_line_2",
  "city",
  "pincode",
  "description",
] as const;

export type Profile = Readonly<Partial<Record<(typeof profileFields)[number], string>>>;

interface Money {
  /** As it was sent, and, where the wallet keeps another form of it, that. */
  readonly merchantTransactionId: string;
  readonly keptId?: string;
  readonly transactionId: number;
  /** Integer paise in decimal, as JSON has no bigint. */
  readonly amountPaise: string;
  readonly from: string;
  readonly to: string;
}

export type Change =
  | { readonly kind: "registration-otp"; readonly mobile: string; readonly email: string }
  | {
      readonly kind: "register";
      readonly customerId: string;
      readonly mobile: string;
      readonly profile: Profile;
      readonly mpin: SealedMpin;
    }
  | ({ readonly kind: "credit"; readonly pgTransactionId: string } & Money)
  | ({ readonly kind: "debit" | "transfer" } & Money)
  | ({ readonly kind: "reversal"; readonly reverses: string } & Money)
  | { readonly kind: "update"; readonly customerId: string; readonly profile: Profile }
  | { readonly kind: "status"; readonly customerId: string; readonly active: boolean }
  | { readonly kind: "customer-otp"; readonly customerId: string }
  | { readonly kind: "forgot-mpin" | "change-mpin"; readonly customerId: string; readonly mpin: SealedMpin }
  | { readonly kind: "sub-merchant"; readonly subMerchantId: number; readonly name: string }
  | { readonly kind: "reset" };

export type MoneyChange = Extract<Change, Money>;

/** One applied effect, as the journal keeps it. `at` is in milliseconds since 1970. */
export type Effect = { readonly seq: number; readonly at: number } & Change;

export interface Customer {
  readonly customerId: string;
  readonly mobile: string;
  readonly profile: Profile;
  readonly mpin: SealedMpin;
  readonly active: boolean;
  readonly balance: bigint;
}

/** A transaction as one of its parties sees it. */
export interface Row {
  readonly effect: MoneyChange & { readonly at: number };
  readonly amount: bigint;
  readonly payment: "DEBIT" | "CREDIT";
  readonly balance: bigint;
}

/** The form of a transaction's merchant id that the wallet shows, and finds it by. */
export const keptIdOf = ({ merchantTransactionId, keptId }: MoneyChange): string =>
  keptId ?? merchantTransactionId;

/** The counterpart of a customer where money enters or leaves the wallet. */
export const merchant = "merchant";

const customerParty = (party: string): boolean => /^\d+$/.test(party);

/**
 * Ids look drawn by lot, as in the samples, yet the same run gives the same ids. The step shares no factor
 * with the range, so none comes twice. A customer's id is never a transaction's, or a mix-up could pass
 * unseen; the reserved ids from 990000000 up are out of reach.
 */
const idFrom = (first: number, count: number): number => first + ((count * 387_420_489) % 400_000_000);

const reservedBalance = 100_000_00n;
/** The MPIN of every reserved customer. */
export const reservedMpin = "1234";

function reservedCustomers(): Customer[] {
  const sides: readonly Side[] = ["change", "read"];
  return sides.flatMap((side) =>
    faultNames.map((fault) => ({
      customerId: reservedCustomerId(fault, side),
      mobile: reservedMobile(fault, side),
      profile: {
        first_name: "Reserved",
        last_name: `${side} ${fault}`,
        email_address: "reserved@example.com",
      },
      mpin: sealMpin(reservedMpin),
      active: true,
      balance: reservedBalance,
    })),
  );
}

export class Ledger {
  readonly #journal: Journal;
  readonly #clock: () => number;
  #seq = 0;
  // Ids are not given twice, not even after a reset: records elsewhere may still name the old ones.
  #customerCount = 0;
  #transactionCount = 0;
  #effects: Effect[] = [];
  #customers = new Map<string, Customer>();
  #idByMobile = new Map<string, string>();
  #rows = new Map<string, Row[]>();
  #byMerchantId = new Map<string, Row>();
  #byTransactionId = new Map<number, Row>();
  #reversed = new Set<string>();
  #registrationOtps = new Map<string, string>();
  #customerOtps = new Set<string>();
  #subMerchants = new Map<number, string>();
  #totals = new Map<string, bigint>();
  #keeps = (id: string): string => id;

  constructor(file: string, clock: () => number) {
    this.#clock = clock;
    this.#clear();
    this.#journal = openJournal(file, (line) => this.#apply(line as Effect));
  }

  close(): void {
    this.#journal.close();
  }

  now(): number {
    return this.#clock();
  }

  /** While this runs, transactions are committed with the form of their merchant ids that `keeps` makes. */
  keepingIds<Result>(keeps: (id: string) => string, run: () => Result): Result {
    const before = this.#keeps;
    this.#keeps = keeps;
    try {
      return run();
    } finally {
      this.#keeps = before;
    }
  }

  /** Applies one change: in the journal first, then in memory. It has happened once this returns. */
  commit(change: Change): Effect {
    const effect: Effect = { seq: this.#seq + 1, at: this.#clock(), ...change, ...this.#keptId(change) };
    this.#refuseOverdraft(change);
    this.#journal.append(effect);
    this.#apply(effect);
    return effect;
  }

  get seq(): number {
    return this.#seq;
  }

  /** Every effect since the last reset. */
  get effects(): readonly Effect[] {
    return this.#effects;
  }

  get customers(): readonly Customer[] {
    return [...this.#customers.values()];
  }

  get subMerchants(): ReadonlyMap<number, string> {
    return this.#subMerchants;
  }

  nextCustomerId(): string {
    return String(idFrom(100_000_000, this.#customerCount + 1));
  }

  nextTransactionId(): number {
    return idFrom(500_000_000, this.#transactionCount + 1);
  }

  customer(customerId: string): Customer | undefined {
    return this.#customers.get(customerId);
  }

  customerByMobile(mobile: string): Customer | undefined {
    return this.#customers.get(this.#idByMobile.get(mobile) ?? "");
  }

  /** The e-mail address to which the unused registration OTP of this number belongs. */
  registrationOtp(mobile: string): string | undefined {
    return this.#registrationOtps.get(mobile);
  }

  hasCustomerOtp(customerId: string): boolean {
    return this.#customerOtps.has(customerId);
  }

  /** The rows of a customer, oldest first. */
  rows(customerId: string): readonly Row[] {
    return this.#rows.get(customerId) ?? [];
  }

  /** By the id as it is kept: the payer's row of a transfer; the only customer's row of everything else. */
  byMerchantId(keptId: string): Row | undefined {
    return this.#byMerchantId.get(keptId);
  }

  byTransactionId(transactionId: number): Row | undefined {
    return this.#byTransactionId.get(transactionId);
  }

  isReversed(merchantTransactionId: string): boolean {
    return this.#reversed.has(merchantTransactionId);
  }

  /** What a customer has moved in one direction during one day or month of `indiaTime`, reversals left out. */
  total(customerId: string, payment: Row["payment"], period: string): bigint {
    return this.#totals.get(`${customerId} ${payment} ${period}`) ?? 0n;
  }

  #keptId(change: Change): { readonly keptId?: string } {
    if (!("merchantTransactionId" in change)) return {};
    const keptId = this.#keeps(change.merchantTransactionId);
    return keptId === change.merchantTransactionId ? {} : { keptId };
  }

  #clear(): void {
    this.#effects = [];
    this.#customers = new Map(reservedCustomers().map((customer) => [customer.customerId, customer]));
    this.#idByMobile = new Map(this.customers.map(({ mobile, customerId }) => [mobile, customerId]));
    this.#rows = new Map();
    this.#byMerchantId = new Map();
    this.#byTransactionId = new Map();
    this.#reversed = new Set();
    this.#registrationOtps = new Map();
    this.#customerOtps = new Set();
    this.#subMerchants = new Map();
    this.#totals = new Map();
  }

  #refuseOverdraft(change: Change): void {
    if (!("amountPaise" in change) || !customerParty(change.from)) return;
    if (this.#existing(change.from).balance < BigInt(change.amountPaise)) {
      throw new Error(`${change.kind} ${change.merchantTransactionId} would overdraw ${change.from}`);
    }
  }

  #existing(customerId: string): Customer {
    const customer = this.#customers.get(customerId);
    if (customer === undefined) throw new Error(`no customer ${customerId}`);
    return customer;
  }

  #set(customerId: string, change: Partial<Customer>): void {
    this.#customers.set(customerId, { ...this.#existing(customerId), ...change });
  }

  #apply(effect: Effect): void {
    // A gap or a repeat means that two sandboxes have written one journal.
    if (effect.seq !== this.#seq + 1) throw new Error(`effect ${effect.seq} follows effect ${this.#seq}`);
    this.#seq = effect.seq;
    if (effect.kind === "reset") {
      this.#clear();
      return;
    }
    this.#effects.push(effect);
    switch (effect.kind) {
      case "registration-otp":
        this.#registrationOtps.set(effect.mobile, effect.email);
        return;
      case "register":
        this.#register(effect);
        return;
      case "credit":
      case "debit":
      case "transfer":
      case "reversal":
        this.#move(effect);
        return;
      case "update":
        this.#set(effect.customerId, {
          profile: { ...this.#existing(effect.customerId).profile, ...effect.profile },
        });
        return;
      case "status":
        this.#set(effect.customerId, { active: effect.active });
        return;
      case "customer-otp":
        this.#customerOtps.add(effect.customerId);
        return;
      case "forgot-mpin":
        this.#customerOtps.delete(effect.customerId);
        this.#set(effect.customerId, { mpin: effect.mpin });
        return;
      case "change-mpin":
        this.#set(effect.customerId, { mpin: effect.mpin });
        return;
      case "sub-merchant":
        this.#subMerchants.set(effect.subMerchantId, effect.name);
        return;
      default:
        throw new Error(`unknown effect ${JSON.stringify(effect satisfies never)}`);
    }
  }

  #register(effect: Extract<Effect, { kind: "register" }>): void {
    const { customerId, mobile, profile, mpin } = effect;
    this.#customerCount += 1;
    this.#registrationOtps.delete(mobile);
    this.#idByMobile.set(mobile, customerId);
    this.#customers.set(customerId, { customerId, mobile, profile, mpin, active: true, balance: 0n });
  }

  #move(effect: MoneyChange & { readonly at: number }): void {
    this.#transactionCount += 1;
    const rows: Row[] = [];
    if (customerParty(effect.from)) rows.push(this.#post(effect, effect.from, "DEBIT"));
    if (customerParty(effect.to)) rows.push(this.#post(effect, effect.to, "CREDIT"));
    const [first] = rows;
    if (first === undefined) throw new Error(`transaction ${effect.transactionId} has no customer`);
    const keptId = keptIdOf(effect);
    if (!this.#byMerchantId.has(keptId)) this.#byMerchantId.set(keptId, first);
    this.#byTransactionId.set(effect.transactionId, first);
    if (effect.kind === "reversal") this.#reversed.add(effect.reverses);
  }

  #post(effect: MoneyChange & { readonly at: number }, customerId: string, payment: Row["payment"]): Row {
    const amount = BigInt(effect.amountPaise);
    const balance = this.#existing(customerId).balance + (payment === "CREDIT" ? amount : -amount);
    this.#set(customerId, { balance });
    const row: Row = { effect, amount, payment, balance };
    const rows = this.#rows.get(customerId);
    if (rows === undefined) this.#rows.set(customerId, [row]);
    else rows.push(row);
    if (effect.kind !== "reversal") {
      for (const period of [indiaDay(effect.at), indiaMonth(effect.at)]) {
        const key = `${customerId} ${payment} ${period}`;
        this.#totals.set(key, (this.#totals.get(key) ?? 0n) + amount);
      }
    }
    return row;
  }
}
