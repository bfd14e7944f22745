import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { promisedTable } from "./promises.ts";
import type { Part } from "./scale.ts";

const partShape = v.strictObject({
  title: v.string(),
  rows: v.array(v.array(v.string())),
  /** When, and on which machine. */
  measured: v.string(),
});

/** What each part came to when it was last kept. */
const resultsShape = v.record(v.string(), partShape);

export type Results = v.InferOutput<typeof resultsShape>;

const file = join(import.meta.dirname, "results.json");
const plots = join(import.meta.dirname, "../docs/performance");
/** Parts that have a picture beside their table. */
const plotted: readonly string[] = ["distance", "idle", "cold", "memory"];
const documentFile = join(import.meta.dirname, "../docs/performance.md");

export const readResults = (): Results => v.parse(resultsShape, JSON.parse(readFileSync(file, "utf8")));
export const readDocument = (): string => readFileSync(documentFile, "utf8");

/** Where and when a part was measured. Others at work on the machine show in its load: processes that want a processor. */
export function measuredNow(loadBefore: number): string {
  const { model = "?" } = cpus()[0] ?? {};
  const loads = [loadBefore, loadavg()[0] ?? 0].map((load) => load.toFixed(1)).join(" to ");
  const day = new Date().toISOString().slice(0, 10);
  return `${day}, ${cpus().length} x ${model.trim()}, Node ${process.version}, load ${loads}`;
}

/** Keeps what was measured of a part, and writes it into docs/performance.md. */
export async function keep(name: string, { title, rows, measured }: Kept): Promise<void> {
  const results = v.parse(resultsShape, { ...readResults(), [name]: { title, rows, measured } });
  writeFileSync(file, `${JSON.stringify(results, undefined, 1)}\n`);
  if (plotted.includes(name)) await draw(name, title, rows);
  writeFileSync(documentFile, updated(readDocument(), results));
}

type Kept = Part & { readonly measured: string };

/** The library that draws is large, and only this needs it. */
async function draw(name: string, title: string, rows: Part["rows"]): Promise<void> {
  const { plotOf } = await import("./plots.ts");
  writeFileSync(join(plots, `${name}.svg`), plotOf(title, rows));
}

const block = (name: string) => new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- end of ${name} -->)`);

/** The document with each table as it was last measured, and with what was promised beside what was measured. */
export function updated(document: string, results: Results): string {
  let text = document;
  for (const [name, { title, rows, measured }] of Object.entries(results)) {
    if (!block(name).test(text)) throw new Error(`docs/performance.md has no place for the part "${name}"`);
    const picture = plotted.includes(name) ? `![${title}](performance/${name}.svg)\n\n` : "";
    const content = `${picture}${markdown(rows)}\n\n${measured}.\n`;
    text = text.replace(block(name), (_, start: string, end: string) => `${start}${content}${end}`);
  }
  return text.replace(
    block("promised"),
    (_, start: string, end: string) => `${start}${markdown(promisedTable(results))}\n${end}`,
  );
}

function markdown([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]) => `| ${row.map((cell) => cell.trim()).join(" | ")} |`;
  const rule = head.map((_, column) => (column === 0 ? "---" : "---:"));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}
