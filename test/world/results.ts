import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type Round, unreachedBy } from "./crew.ts";

/** What `--json` writes, and docs/proof.md shows. */
export interface Results {
  readonly date: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly seeds: { readonly from: number; readonly to: number };
  readonly histories: number;
  readonly perSecond: number;
  readonly findings: readonly string[];
  readonly each: readonly { readonly mend: string; readonly seed: number | null }[];
  /** Up to which seed was looked for those. */
  readonly eachSeeds?: number;
  /** Changes of state that may be written, and that no seed reached. */
  readonly unreached: readonly string[];
}

/** What many seeds came to. */
export function resultsOf({ ran, seconds, failed, reached }: Round, seed: number): Omit<Results, "each"> {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    readonly version: string;
  };
  return {
    date: new Date().toISOString().slice(0, 10),
    versions: { gateway: version, node: process.versions.node },
    seeds: { from: seed, to: seed + ran - 1 },
    histories: ran,
    perSecond: Math.round(ran / seconds),
    findings: failed ? failed.found.map((what) => `seed ${failed.seed}: ${what}`) : [],
    unreached: unreachedBy(reached),
  };
}

const readResults = (file: string): Partial<Results> =>
  existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Partial<Results>) : {};

/** What was missed by which seed, as far as the file has it. */
export const missedIn = (file: string): readonly (readonly [mend: string, seed: number])[] =>
  (readResults(file).each ?? []).flatMap(({ mend, seed }) => (seed === null ? [] : [[mend, seed] as const]));

/** Writes a part of the results; what the file has of the rest stays. */
export function writeResults(file: string, part: Partial<Results>): void {
  const before = existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as Partial<Results>)
    : { each: [] };
  writeFileSync(file, `${JSON.stringify({ ...before, ...part }, undefined, 2)}\n`);
}
