/** What the sandbox can be told to do wrong, and the ways of telling it. */
import type { Fields } from "./signature.ts";

/** What becomes of the call's effect: applied before the answer, never applied, or applied `lateMs` later. */
type Effect = "applied" | "none" | "late";

/** How the answer is spoiled. `error` gives a refusal that the wallet itself would not have given. */
export type Answer =
  | { readonly kind: "never" | "reset" | "slow" | "redirect" | "garbage" | "truncated" }
  | { readonly kind: "wrong-hash" | "no-hash" | "all-null" }
  | { readonly kind: "http"; readonly status: number; readonly text: string }
  | { readonly kind: "error"; readonly code: string; readonly message: string };

interface Fault {
  readonly description: string;
  readonly effect: Effect;
  readonly answer: Answer;
}

/** `slow` answers, and `timeout-late` applies, this long after the call came in. */
export const slowMs = 1_000;
export const lateMs = 2_000;

const refusal = (code: string, message: string, effect: Effect = "none"): Fault => ({
  description: `${effect === "applied" ? "the effect is applied, yet the answer is" : "answers"} ${code} "${message}"`,
  effect,
  answer: { kind: "error", code, message },
});

const spoiled = (
  effect: Effect,
  kind: Exclude<Answer["kind"], "http" | "error">,
  description: string,
): Fault => ({
  description,
  effect,
  answer: { kind },
});

const http = (effect: Effect, status: number, text: string, description: string): Fault => ({
  description,
  effect,
  answer: { kind: "http", status, text },
});

/** A fault's number, its place in this list, is part of the reserved ids: new faults go to the end. */
const table = {
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
  "wrong-hash": spoiled("applied", "wrong-hash", "the effect is applied, and the reply's hash is wrong"),
  "no-hash": spoiled("applied", "no-hash", "the effect is applied, and the reply's hash is null"),
  "null-null": spoiled("none", "all-null", "no effect, and data, error, page and hash are all null"),
  "null-null-after": spoiled(
    "applied",
    "all-null",
    "the effect is applied, and data, error, page and hash are all null",
  ),
  slow: spoiled("applied", "slow", "the effect is applied, and the answer comes after one second"),
  "unknown-code": refusal("SOMETHING-NEW", "Something new happened"),
  "unknown-code-after": refusal("SOMETHING-NEW", "Something new happened", "applied"),
  "invalid-input": refusal("INVALID-INPUT-DATA", "The request could not be processed"),
  "invalid-input-after": refusal("INVALID-INPUT-DATA", "The request could not be processed", "applied"),
  unauthorized: refusal("UNAUTHORIZED", "Unauthorized"),
  "hash-mismatch": refusal("HASH-MISMATCH", "Hash Mismatch"),
  "invalid-params-selected": refusal("INVALID-PARAMS", "The selected customer id is invalid."),
  "invalid-params-taken": refusal("INVALID-PARAMS", "The merchant transaction id has already been taken."),
  "invalid-params-required": refusal("INVALID-PARAMS", "The mpin field is required."),
  "invalid-input-data": refusal("INVALID-INPUT-DATA", "Invalid input Data"),
  "not-enough-balance": refusal("INVALID-INPUT-DATA", "Not enough balance in the account"),
  "insufficient-fund": refusal("INSUFFICIENT-FUND", "Insufficient Fund"),
  "invalid-otp": refusal("INVALID-OTP", "Invalid OTP"),
  "invalid-mpin": refusal("INVALID-MPIN", "Invalid MPIN"),
  "transaction-limit": refusal("TRANSACTION-LIMIT", "Daily Transaction Limit Reached"),
  "monthly-limit": refusal("MONTHLY-TRANSACTION-LIMIT-EXCEEDED", "Monthly Transaction Limit exceeded"),
  "already-reversed": refusal("TRANSACTION-ALREADY-REVERSED", "This Transaction is already reversed"),
  "no-pg-transaction": refusal("NO-PG-TRANSACTION-RECORD-FOUND", "Pg transaction record not found."),
  "no-sub-merchant": refusal("NO-SUB-MERCHANT-RECORD", "Sub merchant details not found."),
  "empty-error": spoiled("none", "all-null", "no effect, and the all-null reply of a failed updatecustomer"),
  "transaction-not-found": refusal("INVALID-PARAMS", "The selected merchant transaction id is invalid."),
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof table;

export const faultNames = Object.keys(table) as FaultName[];

/** Every fault and what it does. */
export const faults = Object.fromEntries(
  faultNames.map((name) => [name, table[name].description]),
) as Readonly<Record<FaultName, string>>;

export const isFaultName = (name: unknown): name is FaultName =>
  typeof name === "string" && Object.hasOwn(table, name);

export const faultOf = (name: FaultName): Fault => table[name];

/** Whether a reserved number spoils the calls that change something, or those that only look. */
export type Side = "change" | "read";

const numberOf = (fault: FaultName): string => String(faultNames.indexOf(fault) + 1).padStart(2, "0");

/** The customer, always registered, whose calls of that side meet the fault. */
export const reservedCustomerId = (fault: FaultName, side: Side): string =>
  `99${side === "change" ? 0 : 1}0000${numberOf(fault)}`;

/** The mobile numbers whose calls of that side meet the fault; the first is the reserved customer's own. */
export const reservedMobile = (fault: FaultName, side: Side, line = 0): string =>
  `+919${side === "change" ? 0 : 1}000${numberOf(fault)}${String(line).padStart(3, "0")}`;

const reserved = {
  change: /^(?:9900000(\d\d)|(?:\+?91)?90000(\d\d)\d{3})$/,
  read: /^(?:9910000(\d\d)|(?:\+?91)?91000(\d\d)\d{3})$/,
};

const numberFields = [
  "customer_id",
  "from_customer_id",
  "to_customer_id",
  "mobile_number",
  "from_mobile_number",
  "to_mobile_number",
  "transaction_id",
];

/** Values that are never shown, searched for markers or matched. */
export const secretFields: ReadonlySet<string> = new Set([
  "api_key",
  "hash",
  "mpin",
  "old_mpin",
  "new_mpin",
  "otp",
]);

/**
 * `sandbox.<fault>` in any text field; `sandbox.once.<fault>` for the first such call only. A marked
 * merchant_transaction_id spoils the call that brings it into the world: the inquiry and the reversal that
 * name it later stay honest, or a doubt could never be settled. `sandbox.inquiry.<fault>` is for the inquiry.
 */
const marker = new RegExp(
  // Longest first, or "invalid-input-data" would be read as "invalid-input".
  `sandbox\\.(inquiry\\.)?(once\\.)?(${[...faultNames].sort((a, b) => b.length - a.length).join("|")})(?![A-Za-z0-9])`,
  "g",
);

export interface Armed {
  readonly fault: FaultName;
  readonly path?: string;
  readonly match: Readonly<Record<string, string>>;
  times: number;
}

export interface Call {
  readonly path: string;
  readonly fields: Fields;
  readonly changes: boolean;
}

/** The faults that were armed through the control endpoint, and those already spent of `sandbox.once.`. */
export class FaultPlan {
  #armed: Armed[] = [];
  readonly #spent = new Set<string>();

  get armed(): readonly Armed[] {
    return this.#armed;
  }

  arm(fault: Armed): void {
    this.#armed.push(fault);
  }

  disarm(): void {
    this.#armed = [];
    this.#spent.clear();
  }

  /** The fault that this call meets: an armed one first, then a marker, then a reserved number. */
  take(call: Call): FaultName | undefined {
    return this.#takeArmed(call) ?? this.#takeMarker(call) ?? takeReserved(call);
  }

  #takeArmed({ path, fields }: Call): FaultName | undefined {
    const hit = this.#armed.find(
      (armed) =>
        (armed.path === undefined || armed.path === path) &&
        Object.entries(armed.match).every(([name, value]) => fields.get(name) === value),
    );
    if (hit === undefined) return undefined;
    hit.times -= 1;
    if (hit.times === 0) this.#armed = this.#armed.filter((armed) => armed !== hit);
    return hit.fault;
  }

  #takeMarker(call: Call): FaultName | undefined {
    const marks = marksOf(call);
    const due = marks.find(({ once, key }) => !once || !this.#spent.has(key));
    // All of them: one id may be marked in two fields, as the pg_transaction_id that was made from it.
    if (due !== undefined) for (const { once, key } of marks) if (once) this.#spent.add(key);
    return due?.fault;
  }
}

interface Mark {
  readonly fault: FaultName;
  readonly once: boolean;
  readonly key: string;
}

function marksOf({ path, fields }: Call): Mark[] {
  const marks: Mark[] = [];
  for (const [name, value] of fields) {
    if (secretFields.has(name) || (path === "debitreversal" && name === "merchant_transaction_id")) continue;
    for (const [, inquiry, once, fault] of value.matchAll(marker)) {
      if (!isFaultName(fault) || (inquiry !== undefined) !== (path === "fetchbymerchantransactionid"))
        continue;
      marks.push({ fault, once: once !== undefined, key: `${path} ${name} ${value}` });
    }
  }
  return marks;
}

function takeReserved({ fields, changes }: Call): FaultName | undefined {
  const range = changes ? reserved.change : reserved.read;
  for (const name of numberFields) {
    const [, byId, byMobile] = range.exec(fields.get(name) ?? "") ?? [];
    const fault = faultNames[Number(byId ?? byMobile ?? 0) - 1];
    if (fault !== undefined) return fault;
  }
  return undefined;
}
