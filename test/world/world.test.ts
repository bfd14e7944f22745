import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mends, worldMends } from "../faults/mends.ts";
import { type Engine, startEngine } from "../faults/store.ts";
import { Crew } from "./crew.ts";
import { differences } from "./differential.ts";
import type { Choices } from "./tape.ts";

/** How many histories are played here; a fixed number, from the first seed on. */
const seeds = 20_000;

interface Regression {
  readonly seed: number;
  /** What was wrong in it once, or is wrong in it without something that keeps the product right. */
  readonly reason: string;
  readonly choices?: Choices;
}

const regressions = JSON.parse(
  readFileSync(new URL("./regressions.json", import.meta.url), "utf8"),
) as readonly Regression[];

/** Those that hold no story but with something taken out. */
const needed = regressions.flatMap((regression) => {
  const [, without] = /^goes wrong without: (.*)$/.exec(regression.reason) ?? [];
  return without === undefined ? [] : [{ ...regression, without }];
});

let crew: Crew;
beforeAll(() => {
  crew = new Crew(2, { without: undefined, steps: undefined });
});
afterAll(() => crew.leaves());

describe("a hostile world", () => {
  test(`finds nothing by its first ${seeds} seeds`, async () => {
    const { failed, ran } = await crew.plays(1, seeds);
    expect({ failed, ran }).toEqual({ failed: undefined, ran: seeds });
  }, 600_000);

  test.each(regressions)("finds no more by seed $seed: $reason", async ({ seed, choices }) => {
    expect((await crew.tells(seed, false, choices)).found).toEqual([]);
  });

  test.each(needed)("goes wrong by seed $seed without: $without", async ({ seed, choices, without }) => {
    const isMend = [...mends, ...worldMends].some(({ name }) => name === without);
    const lacking = isMend ? new Crew(1, { without, steps: undefined }) : crew;
    const { found } = await lacking.tells(seed, false, choices, isMend ? undefined : without);
    if (isMend) await lacking.leaves();
    expect(found).not.toEqual([]);
  }, 60_000);

  test("is the same again by the same seed, to the last byte", async () => {
    const [one, other] = [await crew.tells(11, false), await crew.tells(11, false)];
    expect(one.log.length).toBeGreaterThan(40);
    expect(other.log.join("\n")).toBe(one.log.join("\n"));
    // In a process that has played nothing else.
    const alone = new Crew(1, { without: undefined, steps: undefined });
    expect((await alone.tells(11, false)).log).toEqual(one.log);
    await alone.leaves();
  });

  test("misses what is taken out, and tells the smallest history of it", async () => {
    const without = "a row is explained by a record of ours alone";
    const lacking = new Crew(1, { without, steps: undefined });
    const { failed } = await lacking.plays(1, 200);
    const { log, choices } = await lacking.tells(failed?.seed ?? 0, true);
    await lacking.leaves();
    expect(failed?.found.join()).toMatch(/(not_executed|declined) by conclude, and it happened/);
    expect(choices.length).toBeLessThan(8);
    expect(log.at(-1)).toContain("WRONG");
  }, 60_000);
});

describe("the store in memory", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine();
  });
  afterAll(() => engine.stop());

  test("answers all commands of a hundred histories as the engine does", async () => {
    for (let seed = 1; seed <= 100; seed++) {
      const commands = await crew.sent(seed);
      expect(await differences(engine, `history-${seed}`, commands)).toEqual([]);
    }
  }, 60_000);
});
