import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { quantile } from "../bench/figures.ts";
import { verdictKinds } from "./judge.ts";
import type { Outcome } from "./run.ts";
import type { Target } from "./targets.ts";

const failureShape = v.strictObject({
  target: v.string(),
  id: v.string(),
  kind: v.picklist(verdictKinds),
  why: v.string(),
  /** Of each target and kind the first few alone are kept. The command prints all. */
  story: v.optional(v.array(v.string())),
});

const countsShape = v.strictObject({
  name: v.string(),
  title: v.string(),
  identities: v.number(),
  /** Debits of which somebody was told finally. */
  told: v.number(),
  movedTwice: v.number(),
  /** Of those that moved twice, whose ids the provider keeps as they were sent. */
  movedTwiceUnaltered: v.number(),
  untrue: v.number(),
  lost: v.number(),
  /** Of the lost, those that had moved. */
  lostAndMoved: v.number(),
  waits: v.number(),
  /** Of those that wait, whose ids the provider keeps as they were sent. */
  waitsUnaltered: v.number(),
  /** Milliseconds from the first request to the first final answer, of those that met trouble. */
  p50: v.number(),
  p99: v.number(),
});

const resultsShape = v.strictObject({
  date: v.string(),
  seed: v.string(),
  machine: v.string(),
  seconds: v.number(),
  versions: v.record(v.string(), v.string()),
  /** How many identities met each kind of trouble. */
  troubles: v.record(v.string(), v.number()),
  targets: v.array(countsShape),
  failures: v.array(failureShape),
});

export type Counts = v.InferOutput<typeof countsShape>;
export type Failure = v.InferOutput<typeof failureShape>;
export type ToldFailure = Failure & { story: string[] };
export type Results = v.InferOutput<typeof resultsShape>;

export const resultsFile = join(import.meta.dirname, "results.json");

export const readResults = (): Results =>
  v.parse(resultsShape, JSON.parse(readFileSync(resultsFile, "utf8")));
export const writeResults = (results: Results): void =>
  writeFileSync(resultsFile, `${JSON.stringify(results, undefined, 1)}\n`);

const isWaiting = ({ facts }: Outcome): boolean => facts.recorded === "waits for a person";

export function countsOf({ name, title }: Target, outcomes: readonly Outcome[]): Counts {
  const having = (isMeant: (outcome: Outcome) => boolean) => outcomes.filter(isMeant).length;
  const isJudged = (kind: Failure["kind"]) => (outcome: Outcome) =>
    outcome.verdicts.some((each) => each.kind === kind);
  const knownMs = outcomes.filter(({ isTroubled }) => isTroubled).flatMap((each) => each.knownMs ?? []);
  return {
    ...{ name, title, identities: outcomes.length },
    told: having(({ facts }) => facts.told.some(({ kind }) => kind !== "not known")),
    movedTwice: having(isJudged("moved twice")),
    movedTwiceUnaltered: having((outcome) => isJudged("moved twice")(outcome) && !outcome.isAltered),
    untrue: having(isJudged("untrue")),
    lost: having(isJudged("lost")),
    lostAndMoved: having((outcome) => isJudged("lost")(outcome) && outcome.facts.moved.length > 0),
    waits: having(isWaiting),
    waitsUnaltered: having((outcome) => isWaiting(outcome) && !outcome.isAltered),
    p50: Math.round(quantile(knownMs, 0.5)),
    p99: Math.round(quantile(knownMs, 0.99)),
  };
}

export const failuresOf = ({ name }: Target, outcomes: readonly Outcome[]): readonly ToldFailure[] =>
  outcomes.flatMap(({ facts, verdicts, story }) =>
    verdicts.map(({ kind, why }) => ({ target: name, id: facts.id, kind, why, story: [...story] })),
  );

/** All of them; with a story the first few of each target and kind. */
export function briefly(failures: readonly ToldFailure[]): Failure[] {
  const seen = new Map<string, number>();
  return failures.map(({ story, ...failure }) => {
    const key = `${failure.target} ${failure.kind}`;
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return count > storiesKept && failure.target !== "gateway" ? failure : { ...failure, story };
  });
}

const storiesKept = 3;

/** The table that is printed and that docs/proof.md has. */
export const rowsOf = (counts: readonly Counts[]): readonly (readonly string[])[] => {
  const row = (what: string, of: (each: Counts) => string | number) => [
    what,
    ...counts.map((each) => String(of(each))),
  ];
  return [
    row("", ({ title }) => title),
    row("debits that somebody wants once", ({ identities }) => identities),
    row("somebody was told finally", ({ told }) => told),
    row("moved twice", ({ movedTwice }) => movedTwice),
    row("untrue answers", ({ untrue }) => untrue),
    row("lost (of them, moved)", ({ lost, lostAndMoved }) => `${lost} (${lostAndMoved})`),
    row("wait for a person", ({ waits }) => waits),
    row("until known, under trouble, p50", ({ p50 }) => `${p50} ms`),
    row("until known, under trouble, p99", ({ p99 }) => `${p99} ms`),
  ];
};
