import * as v from "valibot";
import { expect } from "vitest";
import * as registry from "../../functions/operations.ts";
import { samples } from "../../functions/samples.ts";
import { readConfig } from "../../lib/config.ts";
import type { AnySample } from "../../lib/operation/sample.ts";
import { Secret } from "../../lib/secrets/secret.ts";

/** An operation that calls a provider, as far as its sample is compared with it, whatever its types. */
interface Called {
  readonly name: string;
  readonly provider: { readonly name: string };
  readonly identity?: "idempotency-key" | { of(input: unknown): string };
  readonly input: v.GenericSchema;
  changes?(input: unknown): boolean;
  sends(input: unknown, circumstances: object): { readonly path: string };
  returns(reply: unknown, input: unknown, call: unknown): unknown;
  pages?(reply: unknown): unknown;
}

export interface SampledOperation {
  readonly operation: Called;
  readonly sample: AnySample;
}

const called = registry as unknown as Readonly<Record<string, Called>>;

export const sampled: readonly SampledOperation[] = Object.entries(samples).map(([name, sample]) => {
  const operation = called[name];
  if (operation === undefined) throw new Error(`the registry has no ${name}`);
  return { operation, sample };
});

const config = readConfig({
  PROVIDER_TIMEOUT_MS: "1000",
  FUNCTION_TIMEOUT_MS: "8000",
  LEASE_MS: "9000",
  QUIET_PERIOD_MS: "1000",
});
const circumstances = {
  config,
  now: Date.parse("2026-11-29T10:00:00Z"),
  uniqueId: () => "UNIQUE-1",
  opened: { secret: new Secret("e0478456-6b50-460c-85e0-627a1e22d2e0"), agrees: () => true },
};

/** The call that the operation makes of a caller's input. */
export const callOf = ({ operation }: SampledOperation, input: unknown) =>
  operation.sends(v.parse(operation.input, input), circumstances);

interface ObjectSchema {
  readonly entries?: Readonly<Record<string, { readonly type: string }>>;
  readonly pipe?: readonly ObjectSchema[];
}

/** The names of an operation's fields, and of those that must be given. */
export function fieldsOf({ input }: Pick<Called, "input">): Record<"all" | "required", readonly string[]> {
  const schema = input as ObjectSchema;
  const entries = Object.entries(schema.entries ?? schema.pipe?.[0]?.entries ?? {});
  const required = entries.filter(([, { type }]) => !type.includes("optional"));
  const names = (of: typeof entries) => of.map(([name]) => name).toSorted();
  return { all: names(entries), required: names(required) };
}

/** Every success that a test is given must be what the operation's sample declares, whatever else the test looks at. */
export function expectDeclared(operation: string, { status, body }: { status: number; body: unknown }): void {
  const sample = sampled.find((each) => each.operation.name === operation)?.sample;
  if (status !== 200 || !sample) return;
  const { result, page } = body as { readonly result: unknown; readonly page?: unknown };
  expect(v.safeParse(sample.result, result).issues, `the result of ${operation}`).toBeUndefined();
  if (sample.page) expect(v.safeParse(sample.page, page).issues, `the page of ${operation}`).toBeUndefined();
}
