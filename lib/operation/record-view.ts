import type { RecordView } from "../problem.ts";
import { isAskedOn, nextLook } from "../records/doubt.ts";
import { failureOf, resultOf } from "../records/parts.ts";
import { resolutionOf } from "../records/person.ts";
import { lapsesAt, proposalOf } from "../records/proposal.ts";
import type { RecordItem } from "../records/record.ts";
import { iso } from "../time.ts";
import { viewOf } from "./answer.ts";

/** A proposal is shown with the time until which another person may carry it out. */
function proposalShown(record: RecordItem): object | null {
  const proposal = proposalOf(record);
  return proposal ? { ...proposal, lapsesAt: iso(lapsesAt(proposal)) } : null;
}

const isoOrNull = (at: number | undefined): string | null => (at === undefined ? null : iso(at));

/** When it is looked into next, unless its caller repeats before; undefined where there is no further look. */
const nextInquiryOf = (record: RecordItem): number | undefined =>
  record.state === "dispatched" || record.state === "in_doubt" || isAskedOn(record)
    ? nextLook(record)
    : undefined;

/** All of a record that a person who looks into it may see: everything but what is sealed or only there to compare by. */
export function detailOf(record: RecordItem, now: number): RecordView & Readonly<Record<string, unknown>> {
  const { code, detail, provider } = failureOf(record);
  return {
    ...viewOf(record),
    ageSeconds: Math.max(0, Math.floor((now - record.dispatchedAt) / 1000)),
    caller: record.caller,
    customerId: record.customer?.split("#").at(-1) ?? null,
    amount: record.amount ?? null,
    host: record.host,
    leaseEndsAt: isoOrNull(record.leaseEnds || undefined),
    inquiries: record.inquiries,
    lastInquiry: record.lastInquiry ? { ...record.lastInquiry, at: iso(record.lastInquiry.at) } : null,
    nextInquiryAt: isoOrNull(nextInquiryOf(record)),
    provedBy: record.provedBy ?? null,
    waits: record.state === "needs_attention" ? (record.waits ?? "person") : null,
    result: resultOf(record),
    failure: code === undefined ? null : { code, detail, ...(provider && { provider }) },
    bound: record.binding !== undefined && record.namespace === "binding",
    flagged: record.flagged ?? null,
    resolution: resolutionOf(record) ?? null,
    proposal: proposalShown(record),
    history: record.history.map((entry) => {
      const [state = "", at = "0"] = entry.split(" ");
      return { state, at: iso(Number(at)) };
    }),
  };
}
