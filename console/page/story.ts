import { eventOf } from "../../lib/records/event.ts";
import type { Detail, State } from "./shapes.ts";

/** A moment of a record's life. */
export interface Moment {
  readonly at: string;
  readonly title: string;
  readonly detail?: string | undefined;
  readonly tone: State | "asked" | "said" | "next";
  /** What the event bus is told of it. */
  readonly event?: string;
}

export interface Learned {
  readonly at: string;
  readonly learned: string;
}

const proofs: Readonly<Record<string, string>> = {
  reply: "The provider's reply to the attempt says so.",
  inquiry: "An inquiry showed it.",
  notification: "The provider's notification says so.",
  person: "A person said so.",
};

/**
 * A record's life, oldest first. `seen` is each inquiry that the page has seen: the record keeps the latest alone.
 * `waiting` is the last entry: what happens next, where anything does.
 */
export function storyOf(record: Detail, seen: readonly Learned[], now: number): readonly Moment[] {
  const told = [...inquiries(record, seen), ...people(record), ...states(record)].toSorted(
    (a, b) => Date.parse(a.at) - Date.parse(b.at),
  );
  const next = nextOf(record, now);
  return next ? [...told, next] : told;
}

function states(record: Detail): readonly Moment[] {
  let attempt = Math.max(
    0,
    record.attempt - record.history.filter(({ state }) => state === "dispatched").length,
  );
  return record.history.flatMap(({ state, at }, index): Moment[] => {
    const isLast = index === record.history.length - 1;
    if (state === "dispatched") attempt += 1;
    const isKnown = isLast || (state === "dispatched" && attempt === record.attempt);
    const moment = { at, tone: state, ...titleOf(state, attempt), ...(isKnown && detailOf(record, state)) };
    const event = eventOf(state);
    const told = event === undefined ? moment : { ...moment, event };
    return state === "dispatched" ? [claimed(record, at, attempt), told] : [told];
  });
}

const claimed = ({ identity }: Detail, at: string, attempt: number): Moment => ({
  at,
  tone: "dispatched",
  title: attempt > 1 ? "Claimed again" : "Claimed",
  detail: `One conditional write took the identity ${identity}: no other request can send it now.`,
});

function titleOf(state: State, attempt: number): { readonly title: string } {
  switch (state) {
    case "dispatched":
      return { title: attempt > 1 ? `Sent, attempt ${attempt}` : "Sent" };
    case "succeeded":
      return { title: "Succeeded" };
    case "declined":
      return { title: "Declined" };
    case "not_sent":
      return { title: "Not sent" };
    case "not_executed":
      return { title: "Not executed" };
    case "in_doubt":
      return { title: "In doubt" };
    case "needs_attention":
      return { title: "Needs attention" };
  }
}

function detailOf(record: Detail, state: State): { readonly detail?: string } {
  if (state === "succeeded") return record.provedBy === null ? {} : { detail: proofs[record.provedBy] ?? "" };
  if (state === "dispatched") return { detail: `To ${record.host}` };
  if (record.failure === null) return {};
  const { provider, detail } = record.failure;
  return { detail: provider ? `${detail} (${provider.code}: ${provider.message})` : detail };
}

function inquiries({ lastInquiry }: Detail, seen: readonly Learned[]): readonly Moment[] {
  const all = lastInquiry && !seen.some(({ at }) => at === lastInquiry.at) ? [...seen, lastInquiry] : seen;
  return all.map(({ at, learned }) => ({
    at,
    tone: "asked",
    title: "The provider was asked",
    detail: learned,
  }));
}

function people({ proposal, resolution }: Detail): readonly Moment[] {
  const proposed: Moment[] = proposal
    ? [
        {
          at: proposal.at,
          tone: "said",
          title: `Proposed: ${proposal.outcome}`,
          detail: `${proposal.by}: ${proposal.reason}`,
        },
      ]
    : [];
  const withdrawn: Moment[] = proposal?.withdrawn
    ? [
        {
          at: proposal.withdrawn.at,
          tone: "said",
          title: "The proposal was withdrawn",
          detail: `${proposal.withdrawn.by}: ${proposal.withdrawn.reason}`,
        },
      ]
    : [];
  const settled: Moment[] = resolution
    ? [
        {
          at: resolution.at,
          tone: "said",
          title: "Decided by hand",
          detail: `${resolution.by}: ${resolution.reason}`,
        },
      ]
    : [];
  return [...proposed, ...withdrawn, ...settled];
}

function nextOf(record: Detail, now: number): Moment | undefined {
  const { state, leaseEndsAt, nextInquiryAt, waits } = record;
  if (state === "dispatched" && leaseEndsAt !== null) {
    const isOver = Date.parse(leaseEndsAt) < now;
    const title = isOver ? "The lease is over: it is asked about next" : "The lease runs";
    return {
      at: leaseEndsAt,
      tone: "next",
      title,
      detail: "Until then the function that sent it may still write.",
    };
  }
  const isAsked = state === "in_doubt" || (state === "needs_attention" && waits === "provider");
  if (!isAsked) return undefined;
  return {
    at: nextInquiryAt ?? new Date(now).toISOString(),
    tone: "next",
    title: nextInquiryAt ? "The provider is asked next" : "The provider is asked again",
    detail: "At the caller's next repeat, or by the reconciler when the pause is over, whichever is first.",
  };
}
