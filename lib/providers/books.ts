import type { Config } from "../config.ts";
import type { Ask, Facts } from "./inquiry.ts";
import type { Provider } from "./provider.ts";

/** The providers that show what records can be compared with: AggrePay a customer's list, NICEPAY whose a user token is. */
export const bookedProviders = ["aggrepay", "nicepay"] as const;
export type BookedProvider = (typeof bookedProviders)[number];

export type Kind = "credit" | "debit";

/** A record of ours, as far as it says where its movement must stand. */
export interface Booked {
  readonly operation: string;
  /** Under whom it is listed; undefined where it is not. */
  readonly customerId: string | undefined;
  /** The effect that it keeps in the clear. */
  readonly effect: Facts;
}

/** Whose list a record's movement stands in, and as which kind. */
export interface Party {
  readonly customerId: string;
  readonly kind: Kind;
}

/**
 * One movement as a customer's list shows it, each part undefined where it cannot be read: rows are judged one by one. `shown`
 * is for people: the row's own words, each cut.
 */
export interface Movement {
  readonly transactionId: string | undefined;
  /** The id that we gave it; null where the list shows none. */
  readonly id: string | null | undefined;
  readonly kind: Kind | undefined;
  /** With 2 places, without a sign. */
  readonly amount: string | undefined;
  /** Milliseconds since 1970. */
  readonly at: number | undefined;
  /** Whether its status says that it took place. */
  readonly happened: boolean | undefined;
  readonly shown: string;
}

/** What was read of a customer's list; `gap` says why rows may be missing from it, or are not the customer's. */
export interface Listed {
  readonly movements: readonly Movement[];
  readonly gap?: string | undefined;
}

export interface RecordName {
  readonly namespace: "money" | "reversal";
  readonly id: string;
}

/** Which records of ours a provider's lists must agree with, and how. */
export interface Booking {
  /** The operations whose records have a movement, as records name them: `debit-wallet`. */
  readonly operations: readonly string[];
  /** Of these, the ones whose movement stands in the list of another customer too, whom the record alone names. */
  readonly withPayee: readonly string[];
  readonly partiesOf: (record: Booked) => readonly Party[];
  /** The records that the id of a movement can name; an id that names one of them is that record's own. */
  readonly namedBy: (movement: Movement) => readonly RecordName[];
}

/** How a provider's list of a customer's movements is read, and what it is compared with. */
export interface Books<Call, Reply> extends Booking {
  readonly provider: Provider<Call, Reply>;
  /** The variables that it is read by, beside the provider's own. */
  readonly variables: readonly string[];
  /** The zone of the provider's day. */
  readonly utcOffset: (config: Pick<Config, "option">) => string;
  /** The customer's movements since that moment (milliseconds since 1970). */
  readonly movementsOf: (customerId: string, since: number, ask: Ask<Call, Reply>) => Promise<Listed>;
}
