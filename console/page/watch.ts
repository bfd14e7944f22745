import { useEffect, useState } from "preact/hooks";
import { gateway, unfinished } from "./api.ts";
import { turnMs } from "./hooks.ts";
import type { Detail } from "./shapes.ts";
import { sentAt } from "./words.tsx";

/** A record that left the list of doubt while the page was open. */
export interface Cleared {
  readonly id: string;
  readonly provider: string;
  readonly state: string;
  /** From its attempt to its end. */
  readonly seconds: number;
}

export interface Lists {
  readonly needs_attention: readonly Detail[];
  readonly in_doubt: readonly Detail[];
  readonly dispatched: readonly Detail[];
}

/** What is unfinished now, and what has been seen of it since the page was opened. */
export interface Watched {
  readonly lists: Lists | undefined;
  readonly error: Error | undefined;
  /** False where more is unfinished than was read. */
  readonly complete: boolean;
  /** How much was in doubt at each reading, the latest last. */
  readonly series: readonly { readonly at: number; readonly open: number }[];
  readonly cleared: readonly Cleared[];
  /** Each inquiry of each record that the page has seen, by the record's id. */
  readonly inquiries: ReadonlyMap<string, readonly { readonly at: string; readonly learned: string }[]>;
}

const keptReadings = 240;
const mostAskedFor = 20;

let watched: Watched = {
  lists: undefined,
  error: undefined,
  complete: true,
  series: [],
  cleared: [],
  inquiries: new Map(),
};
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setTimeout> | undefined;
let isReading = false;

const tell = (change: Partial<Watched>) => {
  watched = { ...watched, ...change };
  for (const listener of listeners) listener();
};

/** Keeps what an inquiry learned: a record itself tells the latest alone. */
export function noteInquiry({ id, lastInquiry }: Detail): void {
  if (lastInquiry === null) return;
  const seen = watched.inquiries.get(id) ?? [];
  if (seen.some(({ at }) => at === lastInquiry.at)) return;
  watched = { ...watched, inquiries: new Map(watched.inquiries).set(id, [...seen, lastInquiry]) };
}

async function read(): Promise<void> {
  if (isReading || document.hidden) return;
  isReading = true;
  try {
    // One after another: three at a time would be three processes of the function.
    const needs = await unfinished("needs_attention");
    const doubt = await unfinished("in_doubt");
    const under = await unfinished("dispatched");
    for (const record of [...needs.result, ...doubt.result]) noteInquiry(record);
    const before = watched.lists;
    const lists = { needs_attention: needs.result, in_doubt: doubt.result, dispatched: under.result };
    const series = [...watched.series, { at: Date.now(), open: doubt.result.length }].slice(-keptReadings);
    const complete = [needs, doubt, under].every(({ page }) => page?.complete !== false);
    tell({ lists, series, complete, error: undefined });
    if (before !== undefined) await askForCleared(before, lists);
  } catch (error) {
    tell({ error: error as Error });
  } finally {
    isReading = false;
  }
}

/** What became of records that are in no list any more. */
async function askForCleared(before: Lists, now: Lists): Promise<void> {
  const still = new Set([...now.in_doubt, ...now.dispatched].map(({ id }) => id));
  const gone = before.in_doubt.filter(({ id }) => !still.has(id)).slice(0, mostAskedFor);
  const found = await Promise.all(
    gone.map(async ({ id }) => {
      const { record } = await gateway<{ readonly record: Detail }>(`/v1/records/${encodeURIComponent(id)}`);
      const seconds = (Date.parse(record.updatedAt) - Date.parse(sentAt(record))) / 1000;
      return { id, provider: record.operation.split("/")[0] ?? "", state: record.state, seconds };
    }),
  );
  if (found.length > 0) tell({ cleared: [...watched.cleared, ...found] });
}

function turn(): void {
  timer = setTimeout(() => void read().then(turn), turnMs());
}

/** Reads now, as after a decision. */
export const readNow = (): Promise<void> => read();

/** What is watched, from when the first view asks for it until the page is closed. */
export function useWatched(): Watched {
  const [, setCount] = useState(0);
  useEffect(() => {
    const changed = () => setCount((n) => n + 1);
    listeners.add(changed);
    if (timer === undefined) {
      turn();
      void read();
    }
    return () => {
      listeners.delete(changed);
    };
  }, []);
  return watched;
}
