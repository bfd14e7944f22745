import { expect, test } from "vitest";
import { audit } from "./audit.ts";

test("honest traffic differs in nothing, and whatever is injected is told the next day", async () => {
  const { falseAlarms, besides, unfinished, found } = await audit({
    ...{ movements: 1_500, days: 7, merchants: 6, seed: 1 },
  });
  expect(falseAlarms).toEqual([]);
  expect(besides).toEqual([]);
  expect(unfinished).toBe(0);
  expect(found.filter(({ injected }) => injected === 0)).toEqual([]);
  expect(found.filter((each) => each.found !== each.injected)).toEqual([]);
});
