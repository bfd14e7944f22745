/** What came in, for tests to look at: names of fields, and the few values that are nobody's secret. */
import type { Fields } from "./faults.ts";

export interface ReceivedCall {
  readonly number: number;
  readonly at: number;
  readonly path: string;
  readonly fields: readonly string[];
  /** The names of the headers, where the provider has headers of its own. */
  readonly headers?: readonly string[];
  /** Sent, though the document does not name them. */
  readonly undocumented: readonly string[];
  readonly shown: Readonly<Record<string, string>>;
  /** Whether the credentials were right, whatever was answered. */
  readonly signed: boolean;
  readonly fault: string | null;
  /** "success", the provider's error code, "HTTP 4xx", or "not run" where a fault came first. */
  verdict: string;
  /** The ledger's number of the effect that the call had. */
  effect: number | null;
}

const kept = 10_000;

export class CallLog {
  readonly #shownFields: readonly string[];
  #number = 0;
  #calls: ReceivedCall[] = [];

  constructor(shownFields: readonly string[]) {
    this.#shownFields = shownFields;
  }

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
      shown: Object.fromEntries([...(fields ?? [])].filter(([name]) => this.#shownFields.includes(name))),
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
