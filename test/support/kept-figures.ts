import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as v from "valibot";

const figuresShape = v.strictObject({
  date: v.string(),
  /** What repeats it. */
  command: v.string(),
  node: v.string(),
  rows: v.array(v.tuple([v.string(), v.string()])),
  /** What was wrong, in sentences. */
  found: v.array(v.string()),
});

/** What one run of a command counted: docs/proof.md shows the latest that was kept. */
export type Figures = v.InferOutput<typeof figuresShape>;

export function keepFigures(
  file: string,
  command: string,
  rows: readonly (readonly [string, string | number])[],
  found: readonly string[],
): void {
  const figures: Figures = {
    ...{ date: new Date().toISOString().slice(0, 10), command, node: process.version },
    rows: rows.map(([name, value]) => [name, String(value)]),
    found: [...found],
  };
  writeFileSync(file, `${JSON.stringify(figures, undefined, 1)}\n`);
}

export const readFigures = (file: string): Figures | undefined =>
  existsSync(file) ? v.parse(figuresShape, JSON.parse(readFileSync(file, "utf8"))) : undefined;
