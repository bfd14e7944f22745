/** What every sandbox can be told to do wrong, and the ways of telling it. */

/** A call's fields as text: what markers are looked for in, and what armed faults are matched with. */
export type Fields = ReadonlyMap<string, string>;

/** What becomes of the call's effect: applied before the answer, never applied, or applied `lateMs` later. */
export type Effect = "applied" | "none" | "late";

/** How an answer is spoiled on its way, whatever its content. */
export type WireAnswer =
  | { readonly kind: "never" | "reset" | "slow" | "redirect" | "garbage" | "truncated" }
  | { readonly kind: "http"; readonly status: number; readonly text: string };

export interface Fault<Answer = WireAnswer> {
  readonly description: string;
  readonly effect: Effect;
  readonly answer: Answer;
}

/** `slow` answers, and `timeout-late` applies, this long after the call came in. */
export const slowMs = 1_000;
export const lateMs = 2_000;

const spoiled = (effect: Effect, kind: Exclude<WireAnswer["kind"], "http">, description: string): Fault => ({
  description,
  effect,
  answer: { kind },
});

export const http = (effect: Effect, status: number, text: string, description: string): Fault => ({
  description,
  effect,
  answer: { kind: "http", status, text },
});

/** The order counts: AggrePay's reserved numbers are made of it. */
export const wireFaults = {
  "timeout-before": spoiled("none", "never", "no effect, and never an answer"),
  "timeout-after": spoiled("applied", "never", "the effect is applied, and never an answer"),
  "timeout-late": spoiled("late", "never", "never an answer; the effect is applied two seconds later"),
  "reset-before": spoiled("none", "reset", "no effect, and the connection is cut"),
  "reset-after": spoiled("applied", "reset", "the effect is applied, and the connection is cut"),
  "http-500-before": http("none", 500, "Internal Server Error", "no effect, and HTTP 500 with an HTML page"),
  "http-500-after": http(
    "applied",
    500,
    "Internal Server Error",
    "the effect is applied, and HTTP 500 with an HTML page",
  ),
  "http-502": http("none", 502, "Bad Gateway", "no effect, and HTTP 502 with an HTML page"),
  "http-429": http("none", 429, "Too Many Requests", "no effect, and HTTP 429 with Retry-After: 1"),
  redirect: spoiled("none", "redirect", "no effect, and HTTP 307 to an address that counts who follows"),
  garbage: spoiled("applied", "garbage", "the effect is applied, and HTTP 200 that is not JSON"),
  truncated: spoiled("applied", "truncated", "the effect is applied, and half of the reply"),
} as const;

export const slowFault: Fault = spoiled(
  "applied",
  "slow",
  "the effect is applied, and the answer comes after one second",
);

export const namesOf = <Name extends string>(table: Readonly<Record<Name, unknown>>): readonly Name[] =>
  Object.keys(table) as Name[];

/** Every fault and what it does. */
export const descriptionsOf = <Name extends string>(
  table: Readonly<Record<Name, { readonly description: string }>>,
): Readonly<Record<Name, string>> =>
  Object.fromEntries(namesOf(table).map((name) => [name, table[name].description])) as Record<Name, string>;

export interface Marker<Name extends string> {
  readonly fault: Name;
  /** The first such call only. */
  readonly once: boolean;
  /** Which of several calls that carry the same text is meant. */
  readonly stage: string | undefined;
}

/** Finds `sandbox.<fault>`, `sandbox.once.<fault>` and `sandbox.<stage>.<fault>` anywhere in a text. */
export function markerReader<Name extends string>(
  names: readonly Name[],
  stages: readonly string[] = [],
): (text: string) => readonly Marker<Name>[] {
  // Longest first, or "invalid-input-data" would be read as "invalid-input".
  const fault = [...names].sort((a, b) => b.length - a.length).join("|");
  const stage = stages.length === 0 ? "()" : `(?:(${stages.join("|")})\\.)?`;
  const marker = new RegExp(`sandbox\\.${stage}(once\\.)?(${fault})(?![A-Za-z0-9])`, "g");
  return (text) =>
    [...text.matchAll(marker)].map(([, at, once, name]) => ({
      fault: name as Name,
      once: once !== undefined,
      stage: at || undefined,
    }));
}

export interface Armed<Name extends string> {
  readonly fault: Name;
  readonly path?: string;
  readonly match: Readonly<Record<string, string>>;
  times: number;
}

export interface Call {
  readonly path: string;
  readonly fields: Fields;
}

/** A marker as one call carries it; the key says which `sandbox.once.` of which call it is. */
export interface Mark<Name extends string> {
  readonly fault: Name;
  readonly once: boolean;
  readonly key: string;
}

/** The faults that were armed through the control endpoint, and those already spent of `sandbox.once.`. */
export class FaultPlan<Name extends string> {
  readonly #marksOf: (call: Call) => readonly Mark<Name>[];
  #armed: Armed<Name>[] = [];
  readonly #spent = new Set<string>();

  constructor(marksOf: (call: Call) => readonly Mark<Name>[]) {
    this.#marksOf = marksOf;
  }

  get armed(): readonly Armed<Name>[] {
    return this.#armed;
  }

  arm(fault: Armed<Name>): void {
    this.#armed.push(fault);
  }

  disarm(): void {
    this.#armed = [];
    this.#spent.clear();
  }

  /** The fault, one of those that are meant, that this call meets: an armed one first, then a marker. */
  take(call: Call, isMeant: (fault: Name) => boolean = () => true): Name | undefined {
    return this.#takeArmed(call, isMeant) ?? this.#takeMarker(call, isMeant);
  }

  #takeArmed({ path, fields }: Call, isMeant: (fault: Name) => boolean): Name | undefined {
    const hit = this.#armed.find(
      (armed) =>
        isMeant(armed.fault) &&
        (armed.path === undefined || armed.path === path) &&
        Object.entries(armed.match).every(([name, value]) => fields.get(name) === value),
    );
    if (hit === undefined) return undefined;
    hit.times -= 1;
    if (hit.times === 0) this.#armed = this.#armed.filter((armed) => armed !== hit);
    return hit.fault;
  }

  #takeMarker(call: Call, isMeant: (fault: Name) => boolean): Name | undefined {
    const marks = this.#marksOf(call).filter(({ fault }) => isMeant(fault));
    const due = marks.find(({ once, key }) => !once || !this.#spent.has(key));
    // All of them: one id may be marked in two fields, as the pg_transaction_id that was made from it.
    if (due !== undefined) for (const { once, key } of marks) if (once) this.#spent.add(key);
    return due?.fault;
  }
}
