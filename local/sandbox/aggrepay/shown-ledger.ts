/** What GET /sandbox/ledger shows. */
import type { Effect, Ledger } from "./ledger.ts";
import type { Json } from "./signature.ts";

/** `merchantTransactionId` and the money are null for effects that move none. */
function ledgerLine(effect: Effect): Record<string, Json> {
  const { seq, at, kind } = effect;
  const money = "amountPaise" in effect ? effect : undefined;
  return {
    seq,
    at,
    kind,
    merchantTransactionId: money?.merchantTransactionId ?? null,
    transactionId: money?.transactionId ?? null,
    amountPaise: money?.amountPaise ?? null,
    from: money?.from ?? null,
    to: money?.to ?? null,
    customerId: "customerId" in effect ? effect.customerId : null,
  };
}

export const shownLedger = (ledger: Ledger) => ({
  effects: ledger.effects.map(ledgerLine),
  customers: ledger.customers.map(({ customerId, active, balance }) => ({
    customerId,
    active,
    balancePaise: String(balance),
  })),
});
