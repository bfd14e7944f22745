import type { Random } from "./random.ts";
import type { Effect } from "./wallet.ts";

/** One movement of money that a caller wants, once. */
export interface Operation {
  readonly route: "credit-wallet" | "debit-wallet" | "wallet-to-wallet" | "debit-reversal";
  /** The last part of the provider's path. */
  readonly path: string;
  readonly id: string;
  /** The identity under which the wallet keeps it. */
  readonly ledgerId: string;
  readonly body: Readonly<Record<string, string | number>>;
  /** Of a reversal: which one of its debit. */
  readonly number?: number;
  /** What the ledger has to show if it was done. */
  readonly effect: Pick<Effect, "kind" | "amountPaise" | "from" | "to">;
  /** Whose list of transactions an inquiry reads. */
  readonly customerId: string;
}

export interface Customer {
  readonly customerId: string;
  readonly mpin: string;
}

/** Few of them, so that customers meet each other and their lists hold the same amounts more than once. */
const roundAmounts = ["10.00", "25.00", "100.00"];

const amountOf = (random: Random): string =>
  random.chance(0.05)
    ? random.pick(roundAmounts)
    : `${random.between(1, 180)}.${String(random.below(100)).padStart(2, "0")}`;

const paiseOf = (amount: string): string => String(BigInt(amount.replace(".", "")));

export function credit(id: string, customerId: string, amount: string): Operation {
  return {
    route: "credit-wallet",
    path: "creditwallet",
    id,
    ledgerId: id,
    customerId,
    body: { toCustomerId: customerId, amount, pgTransactionId: `PG-${id}`, merchantTransactionId: id },
    effect: { kind: "credit", amountPaise: paiseOf(amount), from: "merchant", to: customerId },
  };
}

/** A credit, a debit or a transfer; now and then one that the wallet has to refuse. */
export function someOperation(id: string, customers: readonly Customer[], random: Random): Operation {
  const { customerId, mpin } = random.pick(customers);
  const amount = amountOf(random);
  const paise = paiseOf(amount);
  const wrongMpin = random.chance(0.01);
  const tooMuch = random.chance(0.01);
  const kind = random.weighted({ credit: 30, debit: 50, transfer: 20 });
  if (kind === "credit") return credit(id, customerId, amount);
  const spends = {
    id,
    ledgerId: id,
    customerId,
    body: {
      fromCustomerId: customerId,
      amount: tooMuch ? "9000000.00" : amount,
      mpin: wrongMpin ? "0000" : mpin,
      merchantTransactionId: id,
    },
  };
  if (kind === "debit")
    return {
      ...spends,
      route: "debit-wallet",
      path: "debitwallet",
      effect: { kind: "debit", amountPaise: paise, from: customerId, to: "merchant" },
    };
  const { customerId: to } = random.pick(customers.filter((other) => other.customerId !== customerId));
  return {
    ...spends,
    route: "wallet-to-wallet",
    path: "wallettowallet",
    body: { ...spends.body, toCustomerId: to },
    effect: { kind: "transfer", amountPaise: paise, from: customerId, to },
  };
}

export const reversalOf = ({ id, customerId, effect }: Operation, number: number): Operation => ({
  number,
  route: "debit-reversal",
  path: "debitreversal",
  id,
  ledgerId: `${id}_REVERSAL`,
  customerId,
  body: { merchantTransactionId: id, ...(number > 1 && { reversal: number }) },
  effect: { kind: "reversal", amountPaise: effect.amountPaise, from: effect.to, to: effect.from },
});
