import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Measured } from "./measured.ts";
import { memoryTable } from "./memory.ts";
import { kinds, type Model, presets } from "./model.ts";
import { outageTable } from "./outage.ts";
import {
  billsTable,
  egressTable,
  idleTable,
  loadsTable,
  pricesTable,
  remediesTable,
  situationsTable,
  usualTable,
} from "./tables.ts";

/** Of a million requests: mostly reads, some of what goes wrong, and a doubt in a thousand that its repeat settles. */
export const presetMix: ReadonlyMap<string, number> = new Map([
  [kinds.reads, 600_000],
  [kinds.debits, 270_000],
  [kinds.credits, 100_000],
  [kinds.declines, 20_000],
  [kinds.repeats, 8_000],
  [kinds.doubts, 1_000],
  [kinds.settlements, 1_000],
]);

/** What prod accepts: `throttle` in infra/config.ts. */
export const stageRps = 500;

const modelAt = (measured: Measured, rps: number): Model => ({
  measured,
  parameters: { ...presets, rps, mix: presetMix },
});

/** The generated tables of docs/cost.md, by the name of their marker. */
export function documentTables(measured: Measured): ReadonlyMap<string, string> {
  const models = [1, 100, 10_000].map((rps) => modelAt(measured, rps));
  const one = modelAt(measured, 1);
  return new Map([
    ["bills", billsTable(models)],
    ["loads", loadsTable(models, stageRps)],
    ["remedies", remediesTable(one, stageRps)],
    ["idle", idleTable(one)],
    ["egress", egressTable(models)],
    ["situations", situationsTable(one)],
    ["memory", memoryTable(one)],
    ["outage", outageTable(one)],
    ["usual", usualTable(one)],
    ["prices", pricesTable()],
    [
      "measured",
      `Measured on ${measured.measuredOn}, ${measured.runs} runs of each situation: ${measured.machine}.`,
    ],
  ]);
}

const file = join(import.meta.dirname, "../../docs/cost.md");

const block = (name: string) => new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- end of ${name} -->)`);

export const readDocument = (): string => readFileSync(file, "utf8");

/** The document with each table as it is computed now. */
export function updated(document: string, measured: Measured): string {
  let text = document;
  for (const [name, content] of documentTables(measured)) {
    if (!block(name).test(text)) throw new Error(`docs/cost.md has no place for the table "${name}"`);
    text = text.replace(block(name), (_, start: string, end: string) => `${start}${content}\n${end}`);
  }
  return text;
}

export const updateDocument = (measured: Measured): void =>
  writeFileSync(file, updated(readDocument(), measured));
