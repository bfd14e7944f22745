import type { Due, Span } from "../records/store.ts";

export type ReadPage = (span: Span, limit: number) => Promise<readonly Due[]>;

/** The oldest of all shards are few, so that a run always gets beyond them. */
const firstPage = 25;
const pageSize = 100;

/**
 * A shard's rows, a page at a time: the first page, which are the oldest; then from a place that is another in each run on
 * to the end; then what is between. So what is read in the time of a run is not always the same, and no row waits for ever
 * behind others that cannot be settled.
 * @param at Where to go on behind the first page, from 0 (right behind it) to 1 (at the last row).
 */
export async function* pagesOf(read: ReadPage, span: Span, at: number): AsyncGenerator<readonly Due[]> {
  const first = await read(span, firstPage);
  yield first;
  const last = first.at(-1);
  if (last === undefined || first.length < firstPage) return;
  // The span may end long after its last row.
  const [end = last] = await read({ ...span, isBackward: true }, 1);
  const place = last.due + Math.floor((end.due - last.due) * at);
  if (place > last.due) yield* following(read, { from: place, to: span.to });
  yield* following(read, { from: last.due, to: place > last.due ? place - 1 : span.to, after: last });
}

async function* following(read: ReadPage, span: Span): AsyncGenerator<readonly Due[]> {
  let rest = span;
  while (true) {
    const rows = await read(rest, pageSize);
    yield rows;
    const after = rows.at(-1);
    if (after === undefined || rows.length < pageSize) return;
    rest = { ...rest, from: after.due, after };
  }
}

/** A place for each run, a minute apart: over some runs they are spread evenly. */
export const placeAt = (now: number): number => (Math.floor(now / 60_000) * goldenRatio) % 1;
const goldenRatio = 0.6180339887498949;
