import type { Results } from "./document.ts";

/** A figure in a part's table: its row, the row beneath that one where it is of a row's own parts, and its column. */
interface Place {
  readonly part: string;
  readonly row: string;
  readonly under?: string;
  readonly column: string;
}

/** What is to be reached, and where the figure stands: none may be above its limit. */
interface Reached extends Place {
  readonly limit: number;
}

interface Promised {
  readonly what: string;
  readonly figures: readonly Reached[];
  readonly unit?: string;
}

const back = (row: string, rest: Omit<Reached, "part" | "row">): Reached => ({
  part: "distance",
  row: `debit-wallet: ${row}`,
  ...rest,
});
const near = "TLS, 10 ms; store 3 ms";
const far = "TLS, 40 ms; store 3 ms";
const plain = "http, no distance";
const [ofUsual, ofFloor] = [{ column: "ours/usual" }, { column: "ours/floor" }];
const cold = (operation: string) => ({ part: "cold", row: `${operation}: from import to the first answer` });
const frozen = (row: string, under?: string): Reached => ({
  ...{ part: "freeze", row, column: "ours", limit: 0 },
  ...(under !== undefined && { under }),
});
const losses = ["the peer forgets", "the peer closes", "the peer half closes"];

/** In the order in which they are shown. */
const promises: readonly Promised[] = [
  {
    what: "Back to back, debit, of usual at 10 and 40 ms",
    figures: [near, far].map((row) => back(row, { ...ofUsual, limit: 1.05 })),
  },
  {
    what: "The same, CPU of usual at 10 ms",
    figures: [back(near, { ...ofUsual, under: "CPU", limit: 0.8 })],
  },
  {
    what: "p99 of usual, debit at 10 and 40 ms",
    figures: [near, far].map((row) => back(row, { ...ofUsual, under: "p99", limit: 1 })),
  },
  { what: "Provider at no distance, http: of floor", figures: [back(plain, { ...ofFloor, limit: 1.1 })] },
  { what: "The same, CPU of floor", figures: [back(plain, { ...ofFloor, under: "CPU", limit: 1 })] },
  {
    what: "After 5.5 s without a request, debit at 40 ms, of usual",
    figures: [{ part: "idle", row: "after 5.5 s", ...ofUsual, limit: 2.1 }],
  },
  {
    what: "From import to the first answer, debit, of usual and of floor",
    figures: [
      { ...cold("debit-wallet"), ...ofUsual, limit: 0.45 },
      { ...cold("debit-wallet"), ...ofFloor, limit: 0.7 },
    ],
  },
  { what: "The same, read, of usual", figures: [{ ...cold("fetch-balance"), ...ofUsual, limit: 0.42 }] },
  {
    what: "Freezes in which the peer forgot, closed and half closed the connection: debits in doubt",
    figures: losses.map((row) => frozen(row)),
  },
  { what: "The same: debits written twice", figures: losses.map((row) => frozen(row, "written twice")) },
  {
    what: "A debit with 1,000,000 records in the table, of one with 1,000",
    figures: [{ part: "records", row: "debit-wallet", column: "1,000,000 / 1,000", limit: 1.1 }],
  },
  {
    what: "Bundles with the layer, debit and read; the layer",
    unit: "kB",
    figures: [
      { part: "sizes", row: "debit-wallet", column: "ours", limit: 228 },
      { part: "sizes", row: "fetch-balance", column: "ours", limit: 168 },
      { part: "packages", row: "the signing layer", column: "debit-wallet", limit: 13 },
    ],
  },
  {
    what: "A statement of 100 rows, of JSON.parse",
    figures: [
      {
        part: "signing",
        row: "check of a statement of 100 rows, next to JSON.parse",
        column: "ratio",
        limit: 3,
      },
    ],
  },
  {
    what: "A signed request, of its hash and form alone",
    figures: [
      {
        part: "signing",
        row: "signed request of a debit, next to its hash and form alone",
        column: "ratio",
        limit: 1.3,
      },
    ],
  },
];

/** The table of what was promised, next to what was measured; what is missed is in bold. */
export function promisedTable(results: Results): readonly (readonly string[])[] {
  const listed = (cells: readonly string[]) => cells.join(", ");
  const rows = promises.map(({ what, figures, unit }) => {
    const limits = figures.map(({ limit }) => String(limit));
    const shown = new Set(limits).size === 1 ? limits.slice(0, 1) : limits;
    const after = unit === undefined ? "" : ` ${unit}`;
    return [what, listed(shown) + after, listed(figures.map((figure) => measured(results, figure)))];
  });
  return [["", "Promised, at most", "Measured"], ...rows];
}

function measured(results: Results, { limit, ...place }: Reached): string {
  const cell = cellAt(results, place);
  if (cell === undefined) return "not yet";
  // `67.4 kB`, `0 of 67`: a figure is compared as it is shown.
  return Number.parseFloat(cell) > limit ? `**${cell}**` : cell;
}

/** Undefined where the part was not measured. A place that its table does not have is an error. */
function cellAt(results: Results, { part, row, under, column }: Place): string | undefined {
  const table = results[part];
  if (table === undefined) return undefined;
  const [head = [], ...rows] = table.rows;
  const at = rows.findIndex(([name]) => name === row);
  const below =
    under === undefined ? at : rows.findIndex(([name], each) => each > at && name?.trim() === under);
  const cell = rows[below]?.[head.indexOf(column)];
  if (at < 0 || cell === undefined)
    throw new Error(`the part "${part}" has no ${[row, under, column].filter(Boolean).join(", ")}`);
  return cell;
}
