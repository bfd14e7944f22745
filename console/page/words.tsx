import { here } from "./api.ts";
import type { Detail, State } from "./shapes.ts";

/** What each state says, for people; the mark is read by nobody who cannot see colours apart. */
export const states: Readonly<Record<State, { readonly title: string; readonly says: string }>> = {
  dispatched: { title: "Under way", says: "An attempt is under way. Past its lease it is read as doubt." },
  succeeded: { title: "Succeeded", says: "The provider did it. Final." },
  declined: {
    title: "Declined",
    says: "The provider refused it. Final; a mended request takes a new identity.",
  },
  not_sent: { title: "Not sent", says: "No byte reached the provider. The same request may be repeated." },
  not_executed: {
    title: "Not executed",
    says: "The provider did not act. The same request may be repeated, as a new attempt.",
  },
  in_doubt: { title: "In doubt", says: "The provider may have acted. It is asked, never guessed." },
  needs_attention: { title: "Needs attention", says: "Asking could not settle it. A person decides." },
};

/** One sign for each state, so that colour alone says nothing. */
const marks: Readonly<Record<State, string>> = {
  dispatched: "M3 8h8M8 5l3 3-3 3",
  succeeded: "M3.5 8.5l3 3 6-7",
  declined: "M4.5 4.5l7 7M11.5 4.5l-7 7",
  not_sent: "M4 8h8",
  not_executed: "M8 3.5a4.5 4.5 0 1 0 .01 0M5 11l6-6",
  in_doubt: "M6 6.2a2 2 0 1 1 2.6 1.9c-.4.2-.6.5-.6 1.1M8 11.6v.1",
  needs_attention: "M8 3.5v5.4M8 11.9v.1",
};

export const Badge = ({ state }: { readonly state: State }) => (
  <span class={`badge ${state}`}>
    <svg viewBox="0 0 16 16" aria-hidden="true">
      <path d={marks[state]} />
    </svg>
    {states[state].title}
  </span>
);

export const operationTitle = (operation: string): string =>
  operation.split("/").at(-1)?.replaceAll("-", " ") ?? "";
export const providerOf = (operation: string): string => operation.split("/")[0] ?? "";

/** The provider's name as people write it; the gateway's own operations have none. */
export const providerTitle = (operation: string): string => {
  const name = providerOf(operation);
  return here().titles[name] ?? name;
};

/** `12 s`, `4 min`, `3 h`, `2 d`: the largest unit that is whole. */
export function span(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 90) return `${s} s`;
  if (s < 5400) return `${Math.round(s / 60)} min`;
  if (s < 129_600) return `${Math.round(s / 3600)} h`;
  return `${Math.round(s / 86_400)} d`;
}

const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

export const timeOfDay = (iso: string): string => clock.format(new Date(iso));
export const date = (iso: string): string => day.format(new Date(iso));

export const Time = ({ at }: { readonly at: string }) => (
  <time dateTime={at} title={at}>
    {timeOfDay(at)}
  </time>
);

/** An id's beginning; the whole is in the title and on the record's own page. */
export const short = (id: string, length = 10): string =>
  id.length > length ? `${id.slice(0, length)}…` : id;

/** When its latest attempt was sent; of what was never attempted, when it began. */
export const sentAt = ({ history, createdAt }: Detail): string =>
  history.findLast(({ state }) => state === "dispatched")?.at ?? createdAt;
