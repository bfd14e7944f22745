import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { partsOf } from "../contract/registry.ts";
import { callOf, fieldsOf, sampled } from "./support/samples.ts";

const cases = sampled.map((each) => ({ ...each, name: each.operation.name }));

describe.each(cases)("the sample of $name", (each) => {
  const { operation, sample } = each;
  const { full, least } = sample;

  test("has every field of the operation, and no field that may be left out", () => {
    const { all, required } = fieldsOf(operation);
    expect([...Object.keys(full("id").input), ...(sample.later ?? [])].toSorted()).toEqual(all);
    const given = Object.keys(least("id").input);
    expect(required.filter((name) => !given.includes(name))).toEqual([]);
    // Of an operation that may also only look, the least is the least change.
    const isChange = (input: unknown) => operation.changes?.(v.parse(operation.input, input)) ?? true;
    for (const name of given.filter((field) => !required.includes(field))) {
      const { [name]: _, ...without } = least("id").input;
      expect(v.is(operation.input, without) && isChange(without), `${name} could be left out`).toBe(false);
    }
  });

  test.each(["full", "least"] as const)("%s: is sent as it says", (which) => {
    const { input, sends } = sample[which]("id");
    expect(partsOf(callOf(each, input))).toMatchObject(sends);
  });

  test("answers what it declares", () => {
    for (const { sends } of [full("id"), least("id")]) {
      const { result, page } = sample.answer(sends as never);
      expect(v.safeParse(sample.result, result).issues).toBeUndefined();
      expect(page === undefined).toBe(sample.page === undefined);
      if (sample.page) expect(v.safeParse(sample.page, page).issues).toBeUndefined();
    }
  });

  test("has another request for the same identity, where it has one", () => {
    const natural = typeof operation.identity === "object" ? operation.identity : undefined;
    // What has no other field than its identity is always the same request.
    const isItsIdentity = natural !== undefined && fieldsOf(operation).all.length === 1;
    expect(sample.other === undefined).toBe(operation.identity === undefined || isItsIdentity);
    if (!sample.other) return;
    const [first, other] = [full("id").input, sample.other("id")];
    expect(other).not.toEqual(first);
    const idOf = (input: unknown) => natural?.of(v.parse(operation.input, input));
    expect(idOf(other)).toBe(idOf(first));
  });
});
