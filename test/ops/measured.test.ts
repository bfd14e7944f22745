import { beforeAll, describe, expect, test } from "vitest";
import { functions } from "../../functions/index.ts";
import { measure } from "../../ops/cost/measure.ts";
import { type Measured, readMeasured, type Situation } from "../../ops/cost/measured.ts";

/** What must not differ by machine or moment: times and lengths of random values may. */
const counted = ({
  of,
  calls,
  writeUnits,
  readHalfUnits,
  streamRecords,
  events,
  providerCalls,
}: Situation) => ({ of, calls, writeUnits, readHalfUnits, streamRecords, events, providerCalls });

const kept = readMeasured();
let now: Measured;

beforeAll(async () => {
  now = await measure(1);
});

describe("ops/cost/measured.json is what is counted now (npm run cost -- --measure)", () => {
  test.each(Object.keys(kept.situations))("%s", (name) => {
    const [before, after] = [kept, now].map(({ situations }) => situations[name]);
    expect(after && counted(after)).toEqual(before && counted(before));
  });

  test("has every situation, the secrets of a cold start, and the access log", () => {
    expect(Object.keys(now.situations)).toEqual(Object.keys(kept.situations));
    const secrets = ({ coldStarts }: Measured) =>
      Object.entries(coldStarts).map(([name, { secretCalls }]) => [name, secretCalls]);
    expect(secrets(now)).toEqual(secrets(kept));
    expect(now.accessLogBytes).toBe(kept.accessLogBytes);
  });
});

test("times and lengths were measured at all", () => {
  for (const { of, ownMicros, logBytes, responseBytes, providerCalls, providerBytes } of Object.values(
    now.situations,
  )) {
    expect(ownMicros).toBeGreaterThan(0);
    if (providerCalls > 0) expect(providerBytes).toBeGreaterThan(0);
    if (functions.some(({ name, route }) => name === of && route)) {
      expect(logBytes).toBeGreaterThan(0);
      expect(responseBytes).toBeGreaterThan(0);
    }
  }
});
