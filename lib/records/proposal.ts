import { attemptIs, type Clause, isStill, stateIn } from "./clauses.ts";
import { proposalIn } from "./parts.ts";
import { type RecordItem, S } from "./record.ts";
import type { Write } from "./write.ts";

/** What a person can say of money that did not move. */
export type WithoutEffect = "declined" | "not_executed";

/** What one person proposes and another one must decide, as its record keeps it. Times are ISO 8601. */
export interface Proposal {
  /** With the name of the session. */
  readonly by: string;
  readonly caller: string;
  readonly reason: string;
  readonly at: string;
  readonly attempt: number;
  readonly outcome: WithoutEffect;
  /** A proposal that is withdrawn stays, so that a late copy of its write finds it and does not bring it back. */
  readonly withdrawn?: { readonly by: string; readonly reason: string; readonly at: string };
}

/** How long a proposal may be carried out. */
export const proposalLastsMs = 24 * 3_600_000;

/** The latest proposal on a record that waits, whatever became of it. */
export const proposalOf = (record: Pick<RecordItem, "proposal">) => proposalIn<Proposal>(record);

export const lapsesAt = ({ at }: Proposal): number => Date.parse(at) + proposalLastsMs;

/** The proposal that another person may carry out: of the record's attempt, not withdrawn and not lapsed. */
export function openProposal(record: RecordItem, now: number): Proposal | undefined {
  const proposal = proposalOf(record);
  const isOpen =
    record.state === "needs_attention" &&
    proposal?.attempt === record.attempt &&
    proposal.withdrawn === undefined &&
    now < lapsesAt(proposal);
  return isOpen ? proposal : undefined;
}

/**
 * Writes a proposal, or that it is withdrawn: only while the record waits, at the attempt that was seen, with exactly the
 * proposal that was seen. No proposal is ever written twice, so a late copy of this write never holds again.
 */
export function proposing(record: RecordItem, proposal: Proposal): Write {
  const { id, attempt, proposal: seen } = record;
  return {
    id,
    when: [attemptIs(attempt), stateIn(["needs_attention"]), proposalIs(seen)],
    set: { proposal: S(JSON.stringify(proposal)) },
    tells: undefined,
  };
}

/** As the record's text of it was seen; undefined: there was none. */
export const proposalIs = (seen: string | undefined): Clause =>
  isStill("proposal", seen === undefined ? undefined : S(seen));
