import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { State } from "./states.ts";

/**
 * A record: at once the idempotency record and the transaction record of one identity. It holds no MPIN, OTP, token or key:
 * only what a repeat is compared by and what an inquiry needs. Times are milliseconds since 1970.
 */
export interface RecordItem {
  /** The item's key, and the record's name for callers. */
  readonly id: string;
  readonly provider: string;
  readonly account: string;
  /** `debit-wallet`. */
  readonly operation: string;
  readonly namespace: string;
  readonly identity: string;
  /** Of a reversal: which of those asked for one after another. Of anything else, 1. */
  readonly number: number;
  /** The role, user or token subject that made the latest attempt, without its session. */
  readonly caller: string;
  /** What a repeat must equal: the effect of a change of money in the clear, a keyed fingerprint of anything else. */
  readonly request: string;
  /** Beside a keyed fingerprint: by what the fields of another request are named that differ (`SameRequest`). */
  readonly tags: string | undefined;
  /** What an inquiry asks with, or a notification must agree with, as JSON. */
  readonly facts: string | undefined;
  /** Key of the customer's index: `<provider>#<account>#<customer id>`; the payer of a transfer. */
  readonly customer: string | undefined;
  /** With 2 places. */
  readonly amount: string | undefined;

  readonly state: State;
  readonly attempt: number;
  /** Random, new for each attempt: only the function that made the attempt knows it. */
  readonly owner: string;
  /** 0 once the attempt's outcome is known. */
  readonly leaseEnds: number;
  /** The provider's host that the attempt was sent to. */
  readonly host: string;
  readonly createdAt: number;
  readonly dispatchedAt: number;
  /** When the state was last written. */
  readonly stateSince: number;
  /** The answer's `result`, as JSON, of a record that succeeded. */
  readonly result: string | undefined;
  /** How it is known that it succeeded; undefined for any other record, and for one from before this was kept. */
  readonly provedBy: Proof | undefined;
  /** Why it did not succeed, as JSON (`Failure`). */
  readonly failure: string | undefined;
  /** Who is looking into its doubt, until when, and how often somebody has. */
  readonly resolver: string | undefined;
  readonly resolverLease: number | undefined;
  readonly inquiries: number;
  /** What the latest inquiry that settled nothing learned. */
  readonly lastInquiry: LastInquiry | undefined;
  /** When it is next looked into; of what is listed for a person, its place in that list. */
  readonly due: number | undefined;
  /** Of `needs_attention`: what it waits for. Undefined, as in records of older versions, is a person. */
  readonly waits: Waits | undefined;
  /** When the provider is next asked about a record that is listed and waits for the provider. */
  readonly askAt: number | undefined;
  /** The provider's id of an account binding, from the reply to its registration. */
  readonly tXid: string | undefined;
  /** What the notification of an account binding brought. */
  readonly binding: KeptBinding | undefined;
  /** Why a final record is not served: the provider's late reply contradicts a binding that came before it, or a person. */
  readonly flagged: string | undefined;
  /** Who settled it by hand, why and when, as JSON. */
  readonly resolution: string | undefined;
  /** What one person proposes and another one must decide, as JSON (`Proposal`); gone once the record is settled. */
  readonly proposal: string | undefined;
  /** `<state> <time>` of each change of state, oldest first, bounded. */
  readonly history: readonly string[];
}

/** `provider`: listed by age alone, and still asked about. `person`: no answer of the provider can settle it. */
export type Waits = "provider" | "person";

/** `reply`: the provider's answer to the attempt itself. `inquiry`, `notification`: evidence from later. `person`: a decision by hand. */
export type Proof = "reply" | "inquiry" | "notification" | "person";

export interface LastInquiry {
  readonly at: number;
  /** One sentence, without a secret. */
  readonly learned: string;
}

export interface Binding {
  /** The user's payment token, sealed for this record. */
  readonly userToken: string;
  readonly boundAt: number;
  /** As the notification gave it. */
  readonly tXid: string | undefined;
}

interface KeptBinding extends Binding {
  /** When the provider was asked whose token it is, and had an answer; undefined until then, and where it is not asked. */
  readonly checkedAt: number | undefined;
}

/** Attribute values of DynamoDB, written out: the document client costs more at start than these lines. */
export const S = (value: string): AttributeValue => ({ S: value });
export const N = (value: number): AttributeValue => ({ N: String(value) });
export const M = (values: Attributes): AttributeValue => ({ M: values });
export const L = (values: readonly string[]): AttributeValue => ({ L: values.map(S) });

export type Attributes = Readonly<Record<string, AttributeValue>>;

export function readRecord(item: Attributes): RecordItem {
  const history = (item.history?.L ?? []).map((entry) => entry.S ?? "");
  return {
    id: text(item, "pk"),
    provider: text(item, "provider"),
    account: text(item, "account"),
    operation: text(item, "operation"),
    namespace: text(item, "namespace"),
    identity: text(item, "identity"),
    number: item.number === undefined ? 1 : number(item, "number"),
    caller: text(item, "caller"),
    request: text(item, "request"),
    tags: item.tags?.S,
    facts: item.facts?.S,
    customer: item.customer?.S,
    amount: item.amount?.S,
    state: text(item, "state") as State,
    attempt: number(item, "attempt"),
    owner: text(item, "owner"),
    leaseEnds: item.leaseEnds === undefined ? 0 : number(item, "leaseEnds"),
    host: text(item, "host"),
    createdAt: number(item, "createdAt"),
    dispatchedAt: number(item, "dispatchedAt"),
    stateSince: Number(history.at(-1)?.split(" ")[1]),
    result: item.result?.S,
    provedBy: item.provedBy?.S as Proof | undefined,
    failure: item.failure?.S,
    resolver: item.resolver?.S,
    resolverLease: item.resolverLease?.N === undefined ? undefined : number(item, "resolverLease"),
    inquiries: item.inquiries?.N === undefined ? 0 : number(item, "inquiries"),
    lastInquiry: lastInquiryIn(item.lastInquiry?.S),
    due: item.due?.N === undefined ? undefined : number(item, "due"),
    waits: item.waits?.S as Waits | undefined,
    askAt: item.askAt?.N === undefined ? undefined : number(item, "askAt"),
    tXid: item.tXid?.S,
    binding: item.binding?.M && readBinding(item.binding.M),
    flagged: item.flagged?.S,
    resolution: item.resolution?.S,
    proposal: item.proposal?.S,
    history,
  };
}

/** Kept as `<time> <sentence>`. */
function lastInquiryIn(kept: string | undefined): LastInquiry | undefined {
  if (kept === undefined) return undefined;
  const space = kept.indexOf(" ");
  return { at: Number(kept.slice(0, space)), learned: kept.slice(space + 1) };
}

const readBinding = (item: Attributes): KeptBinding => ({
  userToken: text(item, "userToken"),
  boundAt: number(item, "boundAt"),
  tXid: item.tXid?.S,
  checkedAt: item.checkedAt?.N === undefined ? undefined : number(item, "checkedAt"),
});

function text(item: Attributes, name: string): string {
  const value = item[name]?.S;
  if (value === undefined) throw new Error(`a record has no text "${name}"`);
  return value;
}

function number(item: Attributes, name: string): number {
  const value = Number(item[name]?.N);
  if (!Number.isSafeInteger(value)) throw new Error(`a record has no whole number "${name}"`);
  return value;
}
