/** What came in, for tests to look at: names of fields, and the few values that are nobody's secret. */
import type { FaultName } from "./faults.ts";
import type { Fields } from "./signature.ts";

export interface ReceivedCall {
  readonly number: number;
  readonly at: number;
  readonly path: string;
  readonly fields: readonly string[];
  /** Sent, though the document does not name them. */
  readonly undocumented: readonly string[];
  readonly shown: Readonly<Record<string, string>>;
  /** Whether api key and hash were right, whatever was answered. */
  readonly signed: boolean;
  readonly fault: FaultName | null;
  /** "success", the provider's error code, "HTTP 4xx", or "not run" where a fault came first. */
  verdict: string;
  /** The ledger's number of the effect that the call had. */
  effect: number | null;
}

const shownFields = [
  "customer_id",
  "from_customer_id",
  "to_customer_id",
  "to_sub_merchant_id",
  "amount",
  "merchant_transaction_id",
  "transaction_id",
  "pg_transaction_id",
  "customer_active",
  "page_number",
  "page_size",
];

const kept = 10_000;

export class CallLog {
  #number = 0;
  #calls: ReceivedCall[] = [];

  /** How many calls came in since the last reset; the latest ten thousand of them are kept. */
  get total(): number {
    return this.#number;
  }

  get calls(): readonly ReceivedCall[] {
    return this.#calls;
  }

  add(
    call: Pick<ReceivedCall, "at" | "path" | "verdict"> & Partial<ReceivedCall>,
    fields?: Fields,
  ): ReceivedCall {
    this.#number += 1;
    const entry: ReceivedCall = {
      number: this.#number,
      fields: [...(fields?.keys() ?? [])],
      undocumented: [],
      shown: Object.fromEntries([...(fields ?? [])].filter(([name]) => shownFields.includes(name))),
      signed: false,
      fault: null,
      effect: null,
      ...call,
    };
    this.#calls.push(entry);
    if (this.#calls.length > kept) this.#calls.shift();
    return entry;
  }

  clear(): void {
    this.#number = 0;
    this.#calls = [];
  }
}
