import { type Config, wrong } from "../config.ts";
import { Problem } from "../problem.ts";
import { openProposal, type Proposal, proposalOf, type WithoutEffect } from "../records/proposal.ts";
import type { RecordItem } from "../records/record.ts";
import type { Decision, Records } from "../records/store.ts";
import { iso } from "../time.ts";
import type { Request } from "./handler.ts";
import { detailOf } from "./record-view.ts";

/**
 * Whether it needs a second person to say that money did not move. `on`: another caller, which is an IAM role or user without its
 * session, or a token's issuer and subject. `session`: another session of the same role will do; only for roles whose
 * sessions name people and are not chosen by them. `off`: no.
 */
export type SecondPerson = (typeof settings)[number];
const settings = ["on", "session", "off"] as const;

/**
 * `SECOND_PERSON`; on unless set.
 * @throws Problem `misconfigured` for any other word.
 */
export function secondPersonIn(config: Pick<Config, "option">): SecondPerson {
  const value = config.option("SECOND_PERSON") ?? "on";
  const found = settings.find((each) => each === value);
  if (found === undefined) throw wrong("SECOND_PERSON", "must be on, session or off");
  return found;
}

/** Who decides, and by which rule. */
export type Decider = Pick<Request<never>, "caller" | "person">;

/**
 * That money did not move lets it move again: `not_executed` under the same identity; `declined` under the reversal's next number,
 * under another id for the same payment, or by a caller who takes a new id. Said of money that did move, it moves twice. A flagged
 * record is final, and nothing is carried out again of it.
 */
export const needsSecondPerson = (
  { namespace, flagged }: RecordItem,
  outcome: Decision["to"],
  setting: SecondPerson,
): outcome is WithoutEffect =>
  setting !== "off" &&
  outcome !== "succeeded" &&
  (namespace === "money" || namespace === "reversal") &&
  flagged === undefined;

export const isSamePerson = (proposal: Proposal, decider: Decider, setting: SecondPerson): boolean =>
  setting === "session" ? proposal.by === decider.person : proposal.caller === decider.caller;

interface Word {
  readonly reason: string;
  readonly now: number;
}

/**
 * Writes a proposal on a record that waits and has no open one.
 * @throws Problem `in-progress` where another caller was quicker: the same request again carries that proposal out.
 */
export async function propose(
  seen: RecordItem,
  { caller, person }: Decider,
  { outcome, reason, now }: Word & { readonly outcome: WithoutEffect },
  records: Records,
): Promise<RecordItem> {
  const { attempt } = seen;
  const proposal = { by: person, caller, reason, at: iso(now), attempt, outcome };
  const { written, record } = await records.propose(seen, proposal);
  if (written) return record;
  throw changed(record, now);
}

/**
 * Takes an open proposal back, whichever person made it. A repeat by the same person is answered as the first time.
 * @throws Problem `already-done` where none is open, `in-progress` where the record changed meanwhile.
 */
export async function withdraw(
  seen: RecordItem,
  { person }: Decider,
  { reason, now }: Word,
  records: Records,
): Promise<RecordItem> {
  const open = openProposal(seen, now);
  if (!open) {
    const { withdrawn } = proposalOf(seen) ?? {};
    if (withdrawn?.by === person && withdrawn.reason === reason) return seen;
    throw new Problem("already-done", "No proposal is open on this record.", { record: detailOf(seen, now) });
  }
  const withdrawn = { by: person, reason, at: iso(now) };
  const { written, record } = await records.propose(seen, { ...open, withdrawn });
  if (written) return record;
  throw changed(record, now);
}

/** The record waits still, and is not as it was seen. */
export const changed = (record: RecordItem, now: number): Problem =>
  new Problem(
    "in-progress",
    "The record changed a moment ago: read it again, then send this again if it still applies.",
    {
      record: detailOf(record, now),
    },
  );

/** @throws Problem `already-done` where the proposal is the decider's own. */
export function refuseOwn(seen: RecordItem, proposal: Proposal, now: number): never {
  throw new Problem(
    "already-done",
    `You proposed this at ${proposal.at}: another person must say the same to carry it out. To take it back, send the outcome withdraw.`,
    { record: detailOf(seen, now) },
  );
}

/** @throws Problem `already-done` where something else is proposed than is said now. */
export function refuseOther(seen: RecordItem, proposal: Proposal, now: number): never {
  throw new Problem(
    "already-done",
    `${proposal.outcome} was proposed at ${proposal.at}: say the same to carry it out, or send the outcome withdraw first.`,
    { record: detailOf(seen, now) },
  );
}
