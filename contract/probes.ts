import * as v from "valibot";
import { Secret } from "../lib/secrets/secret.ts";
import { type CalledOperation, callOf, partsOf, type Sampled } from "./registry.ts";

/**
 * What is known of a field by changing it alone: under which name the provider is sent it, and whether it is a part of the
 * identity or of what a repeat must equal. So nothing of that is told twice.
 */
type Input = Readonly<Record<string, unknown>>;

/** The sample's fullest input as it is after validation, with a value for what only a later request has. */
function parsed({ operation, sample }: Sampled): Input {
  const input = v.parse(operation.input, sample.full("id").input) as Input;
  return { ...input, ...Object.fromEntries((sample.later ?? []).map((name) => [name, 2])) };
}

/** Another value of the same kind. */
function other(value: unknown): unknown {
  if (value instanceof Secret) return new Secret(`1${value.reveal()}`);
  if (typeof value === "boolean") return !value;
  // In front: what follows an amount's point is limited.
  return typeof value === "number" ? value + 1 : `1${value}`;
}

const changed = (input: Input, name: string): Input => ({ ...input, [name]: other(input[name]) });
const differ = (one: unknown, another: unknown): boolean => JSON.stringify(one) !== JSON.stringify(another);

/** The provider's own names of a field; empty for one that the provider is not sent. */
export function providerNames(each: Sampled, field: string): readonly string[] {
  const input = parsed(each);
  const [before, after] = [input, changed(input, field)].map((given) => partsOf(callOf(each, given)));
  return Object.keys({ ...before, ...after }).filter((name) => differ(before?.[name], after?.[name]));
}

/** What makes a repeat of an operation. */
export type Repeats =
  | { readonly by: "none" }
  /** The caller's `Idempotency-Key`; the whole input is compared. */
  | { readonly by: "idempotency-key"; readonly when?: string }
  /** Fields of the body. `compares`: the fields that a repeat must have alike; left out, all of them. */
  | {
      readonly by: "fields";
      readonly namespace: string;
      readonly fields: readonly string[];
      readonly compares?: readonly string[];
    };

/** What makes a repeat of this operation, read off the operation itself. */
export function repeatsOf(each: Sampled): Repeats {
  const { operation } = each;
  const { identity } = operation;
  if (identity === undefined) return { by: "none" };
  if (identity === "idempotency-key") return { by: "idempotency-key", ...conditionOf(each) };
  const fields = changing(each, (input) => [identity.of(input), identity.number?.(input)]);
  const same = (input: Input) => operation.sameBy?.(input);
  return {
    by: "fields",
    namespace: identity.namespace,
    fields,
    ...(operation.sameBy && { compares: changing(each, same) }),
  };
}

/** The fields whose change changes what is asked. */
function changing(each: Sampled, asked: (input: Input) => unknown): readonly string[] {
  const input = parsed(each);
  return Object.keys(input).filter((name) => differ(asked(input), asked(changed(input, name))));
}

/** The field without which the operation only looks, if there is one. */
function conditionOf(each: Sampled): { readonly when?: string } {
  const { changes } = each.operation as Pick<CalledOperation, "changes">;
  if (changes === undefined) return {};
  const input = parsed(each);
  const when = Object.keys(input).find((name) => !changes({ ...input, [name]: undefined }));
  return when === undefined ? {} : { when };
}
