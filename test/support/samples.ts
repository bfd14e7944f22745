import * as v from "valibot";
import { expect } from "vitest";
import {
  type CalledOperation,
  callOf as callOfParsed,
  type Sampled,
  sampled,
} from "../../contract/registry.ts";
import { codesOf } from "./contract.ts";

export { sampled };

/** The call that the operation makes of a caller's input. */
export const callOf = (each: Pick<Sampled, "operation">, input: unknown) =>
  callOfParsed(each, v.parse(each.operation.input, input));

interface ObjectSchema {
  readonly entries?: Readonly<Record<string, { readonly type: string }>>;
  readonly pipe?: readonly ObjectSchema[];
}

/** The names of an operation's fields, and of those that must be given. */
export function fieldsOf({
  input,
}: Pick<CalledOperation, "input">): Record<"all" | "required", readonly string[]> {
  const schema = input as ObjectSchema;
  const entries = Object.entries(schema.entries ?? schema.pipe?.[0]?.entries ?? {});
  const required = entries.filter(([, { type }]) => !type.includes("optional"));
  const names = (of: typeof entries) => of.map(([name]) => name).toSorted();
  return { all: names(entries), required: names(required) };
}

/**
 * Every answer that a test is given must be what the contract declares, whatever else the test looks at: a success what the
 * operation's sample declares, a problem one of those that the operation may have, under a status of that problem.
 */
export function expectDeclared(operation: string, { status, body }: { status: number; body: unknown }): void {
  const sample = sampled.find((each) => each.operation.name === operation)?.sample;
  if (!sample) return;
  const { result, page, code } = body as {
    readonly result: unknown;
    readonly page?: unknown;
    readonly code?: string;
  };
  if (code !== undefined)
    expect(codesOf(`/v1/${operation}`, status), `${operation} declares ${code} with ${status}`).toContain(
      code,
    );
  if (status !== 200) return;
  expect(v.safeParse(sample.result, result).issues, `the result of ${operation}`).toBeUndefined();
  if (sample.page) expect(v.safeParse(sample.page, page).issues, `the page of ${operation}`).toBeUndefined();
}
