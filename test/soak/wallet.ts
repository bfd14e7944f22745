import { setTimeout as sleep } from "node:timers/promises";
import { type FaultName, type Sandbox, startAggrepaySandbox } from "../../local/sandbox/aggrepay.ts";
import { sandboxSecrets } from "../../local/sandbox/index.ts";
import type { Random } from "./random.ts";

/** One applied effect that moved money, as the sandbox's ledger shows it. */
export interface Effect {
  readonly kind: "credit" | "debit" | "transfer" | "reversal";
  readonly merchantTransactionId: string;
  readonly transactionId: number;
  readonly amountPaise: string;
  readonly from: string;
  readonly to: string;
}

interface Call {
  readonly number: number;
  readonly at: number;
  readonly path: string;
  readonly shown: Readonly<Record<string, string>>;
  readonly fault: string | null;
  readonly verdict: string;
}

/** What the wallet received of one identity on the path that moves its money. */
export interface Sends {
  count: number;
  /** Those that came when the money had moved already: each would have moved it again, had the wallet let it. */
  again: number;
}

/** The provider: it outlives every kill of the gateway, and sees what the gateway sends. */
export interface Wallet {
  readonly url: string;
  arm(fault: FaultName, path: string, match: Readonly<Record<string, string>>, times?: number): Promise<void>;
  disarm(): Promise<void>;
  effects(): Promise<readonly Effect[]>;
  /** Calls by path, faults that were met by name, and the sends of each identity by `path id`. */
  readonly seen: {
    readonly calls: Map<string, number>;
    readonly faults: Map<string, number>;
    readonly sends: Map<string, Sends>;
    missed: number;
  };
  /** Reads what has come in; all of it, where `settled` says that nothing comes any more. */
  look(settled?: boolean): Promise<void>;
  close(): Promise<void>;
}

export const moneyPaths = ["creditwallet", "debitwallet", "wallettowallet", "debitreversal"] as const;

/** What the wallet itself answers, fault or not, to money that has moved already: every other input here is right. */
const doneBefore = ["INVALID-PARAMS", "TRANSACTION-ALREADY-REVERSED"];

/** A fault may have its effect this much later than its call. */
const lateMs = 4_000;

export async function startWallet(dataDir: string): Promise<Wallet> {
  const sandbox: Sandbox = await startAggrepaySandbox({ dataDir, secrets: () => [sandboxSecrets.aggrepay] });
  const seen: Wallet["seen"] = { calls: new Map(), faults: new Map(), sends: new Map(), missed: 0 };
  let last = 0;

  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${sandbox.url}/sandbox/${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return response.json();
  };

  const take = ({ number, path, shown, fault, verdict }: Call) => {
    seen.missed += number - last - 1;
    last = number;
    add(seen.calls, path);
    if (fault !== null) add(seen.faults, `${isMoney(path) ? "" : "inquiry "}${fault}`);
    if (!isMoney(path)) return;
    const key = `${path} ${shown.merchant_transaction_id}`;
    const sends = seen.sends.get(key) ?? { count: 0, again: 0 };
    sends.count += 1;
    if (doneBefore.includes(verdict)) sends.again += 1;
    seen.sends.set(key, sends);
  };

  return {
    url: sandbox.url,
    seen,
    async arm(fault, path, match, times = 1) {
      await ask("POST", "faults", { fault, path, match, times });
    },
    async disarm() {
      await ask("DELETE", "faults");
    },
    async effects() {
      const { effects } = (await ask("GET", "ledger")) as { effects: readonly Effect[] };
      return effects.filter(({ merchantTransactionId }) => merchantTransactionId !== null);
    },
    async look(settled = false) {
      if (settled) await sleep(lateMs);
      const until = Date.now() - lateMs;
      const { calls } = (await ask("GET", "calls")) as { calls: readonly Call[] };
      for (const call of calls) if (call.number > last && (settled || call.at < until)) take(call);
    },
    close: () => sandbox.close(),
  };
}

const isMoney = (path: string): boolean => (moneyPaths as readonly string[]).includes(path);

export const add = (counts: Map<string, number>, key: string, by = 1): void => {
  counts.set(key, (counts.get(key) ?? 0) + by);
};

/** How a call that moves money is spoiled, each as often as its weight says. */
const spoiledChange: Partial<Record<FaultName, number>> = {
  "timeout-before": 6,
  "timeout-after": 10,
  "timeout-late": 5,
  "reset-before": 6,
  "reset-after": 8,
  "http-500-before": 5,
  "http-500-after": 7,
  "http-502": 2,
  "http-429": 4,
  redirect: 2,
  garbage: 4,
  truncated: 4,
  "wrong-hash": 5,
  "no-hash": 5,
  "null-null": 2,
  "null-null-after": 3,
  slow: 6,
  "unknown-code": 4,
  "unknown-code-after": 4,
  "invalid-input": 3,
  "invalid-input-after": 3,
  unauthorized: 1,
  "hash-mismatch": 1,
  "insufficient-fund": 1,
  "invalid-mpin": 1,
};

/** An inquiry that is spoiled must only make doubt last: none of these says anything of the money. */
const spoiledInquiry: Partial<Record<FaultName, number>> = {
  "timeout-before": 3,
  "reset-before": 3,
  "http-500-before": 3,
  "http-429": 1,
  garbage: 2,
  truncated: 2,
  "wrong-hash": 3,
  "no-hash": 3,
  "null-null": 2,
  "unknown-code": 2,
};

export const changeFault = (random: Random): FaultName =>
  random.weighted(spoiledChange as Record<FaultName, number>);
/** What a reversal is refused with, so that it is asked for again under its next number. */
export const refusal = (random: Random): FaultName =>
  random.weighted({ "transaction-limit": 3, "monthly-limit": 1, "insufficient-fund": 2 } as Record<
    FaultName,
    number
  >);
export const inquiryFault = (random: Random): FaultName =>
  random.weighted(spoiledInquiry as Record<FaultName, number>);
