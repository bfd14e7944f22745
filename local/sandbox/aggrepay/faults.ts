/** What the AggrePay sandbox can be told to do wrong, and the ways of telling it. */
import {
  type Call,
  descriptionsOf,
  type Effect,
  type Fault,
  type Mark,
  markerReader,
  namesOf,
  slowFault,
  type WireAnswer,
  wireFaults,
} from "../common/faults.ts";
import { type IdForm, idForms } from "./kept-ids.ts";
import type { Fields } from "./signature.ts";

export { lateMs } from "../common/faults.ts";

/** `error` gives a refusal that the wallet itself would not have given. */
export type Answer =
  | WireAnswer
  | { readonly kind: OwnKind }
  | { readonly kind: "error"; readonly code: string; readonly message: string };

/** `second`: the honest answer to the same request when it comes again. */
type OwnKind = "honest" | "second" | "wrong-hash" | "no-hash" | "all-null";

const refusal = (code: string, message: string, effect: Effect = "none"): Fault<Answer> => ({
  description: `${effect === "applied" ? "the effect is applied, yet the answer is" : "answers"} ${code} "${message}"`,
  effect,
  answer: { kind: "error", code, message },
});

const spoiled = (effect: Effect, kind: OwnKind, description: string): Fault<Answer> => ({
  description,
  effect,
  answer: { kind },
});

const keptIn = ({ description }: IdForm): Fault<Answer> =>
  spoiled(
    "applied",
    "honest",
    `the effect is applied, and its merchant transaction id is kept ${description}`,
  );

/** A fault's number, its place in this list, is part of the reserved ids: new faults go to the end. */
const table = {
  ...wireFaults,
  "wrong-hash": spoiled("applied", "wrong-hash", "the effect is applied, and the reply's hash is wrong"),
  "no-hash": spoiled("applied", "no-hash", "the effect is applied, and the reply's hash is null"),
  "null-null": spoiled("none", "all-null", "no effect, and data, error, page and hash are all null"),
  "null-null-after": spoiled(
    "applied",
    "all-null",
    "the effect is applied, and data, error, page and hash are all null",
  ),
  slow: slowFault,
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
  "id-cut": keptIn(idForms["id-cut"]),
  "id-lower": keptIn(idForms["id-lower"]),
  "id-stripped": keptIn(idForms["id-stripped"]),
  "id-prefixed": keptIn(idForms["id-prefixed"]),
  "id-suffixed": keptIn(idForms["id-suffixed"]),
  "id-hashed": keptIn(idForms["id-hashed"]),
  "id-cut-short": keptIn(idForms["id-cut-short"]),
  "sent-twice": spoiled(
    "applied",
    "second",
    "a proxy sends the request twice: the effect is applied, and the answer is the second one's",
  ),
} as const satisfies Record<string, Fault<Answer>>;

export type FaultName = keyof typeof table;

export const faultNames = namesOf(table);

/** Every fault and what it does. */
export const faults = descriptionsOf(table);

/** These say how an id is kept, and leave the answer as it is: a call may meet one of them and another fault. */
export const isIdForm = (name: FaultName): name is keyof typeof idForms => name in idForms;

export const faultOf = (name: FaultName): Fault<Answer> => table[name];

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

const markersIn = markerReader(faultNames, ["inquiry"]);

/**
 * `sandbox.<fault>` in any text field; `sandbox.once.<fault>` for the first such call only. A marked
 * merchant_transaction_id spoils the call that brings it into the world: the inquiry and the reversal that
 * name it later stay honest, or a doubt could never be settled. `sandbox.inquiry.<fault>` is for the inquiry.
 */
export function marksOf({ path, fields }: Call): readonly Mark<FaultName>[] {
  const inquiry = path === "fetchbymerchantransactionid";
  const marks: Mark<FaultName>[] = [];
  for (const [name, value] of fields) {
    if (secretFields.has(name) || (path === "debitreversal" && name === "merchant_transaction_id")) continue;
    for (const { fault, once, stage } of markersIn(value)) {
      if ((stage === "inquiry") === inquiry)
        marks.push({ fault, once, key: `${path} ${name} ${value} ${fault}` });
    }
  }
  return marks;
}

/** The fault of a reserved number, for calls that have no other. */
export function reservedFault(fields: Fields, changes: boolean): FaultName | undefined {
  const range = changes ? reserved.change : reserved.read;
  for (const name of numberFields) {
    const [, byId, byMobile] = range.exec(fields.get(name) ?? "") ?? [];
    const fault = faultNames[Number(byId ?? byMobile ?? 0) - 1];
    if (fault !== undefined) return fault;
  }
  return undefined;
}
