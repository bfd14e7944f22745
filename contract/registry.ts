import type * as v from "valibot";
import * as registry from "../functions/operations.ts";
import { ownSamples, samples } from "../functions/samples.ts";
import { readConfig } from "../lib/config.ts";
import type { InputSchema } from "../lib/operation/body.ts";
import type { FunctionDefinition } from "../lib/operation/definition.ts";
import type { AnySample, RouteSample } from "../lib/operation/sample.ts";
import type { Provider } from "../lib/providers/provider.ts";
import { Secret } from "../lib/secrets/secret.ts";

/** An operation that calls a provider, as far as its sample is compared with it, whatever its types. */
export interface CalledOperation extends FunctionDefinition {
  readonly provider: Pick<Provider<unknown, unknown>, "name" | "variables" | "sentOnce">;
  /** Document and section that it is built from. */
  readonly source: string;
  /** Of a change alone. */
  readonly effect?: "money" | "change";
  readonly identity?: "idempotency-key" | NaturalIdentity;
  readonly input: InputSchema<unknown> & v.GenericSchema;
  sameBy?(input: unknown): Readonly<Record<string, unknown>>;
  changes?(input: unknown): boolean;
  sends(input: unknown, circumstances: object): { readonly path: string };
  returns(reply: unknown, input: unknown, call: unknown): unknown;
  pages?(reply: unknown): unknown;
}

interface NaturalIdentity {
  readonly namespace: string;
  of(input: unknown): string;
  number?(input: unknown): number;
}

/** An operation with its sample, by its name in the registry. */
export interface Sampled {
  readonly id: string;
  readonly operation: CalledOperation;
  readonly sample: AnySample;
}

/** One that calls no provider, with a sample for each of its routes. */
export interface Own {
  readonly id: string;
  readonly definition: FunctionDefinition;
  readonly samples: readonly RouteSample[];
}

const definitions = registry as unknown as Readonly<Record<string, FunctionDefinition>>;
const definitionOf = (id: string): FunctionDefinition => {
  const found = definitions[id];
  if (found === undefined) throw new Error(`the registry has no ${id}`);
  return found;
};

export const sampled: readonly Sampled[] = Object.entries(samples).map(([id, sample]) => ({
  id,
  operation: definitionOf(id) as CalledOperation,
  sample,
}));

export const own: readonly Own[] = Object.entries(ownSamples).map(([id, each]) => ({
  id,
  definition: definitionOf(id),
  samples: each,
}));

/** All that can be in the way of what an operation sends. */
const circumstances = {
  config: readConfig({
    PROVIDER_TIMEOUT_MS: "1000",
    FUNCTION_TIMEOUT_MS: "8000",
    LEASE_MS: "9000",
    QUIET_PERIOD_MS: "1000",
  }),
  now: Date.parse("2026-11-29T10:00:00Z"),
  uniqueId: () => "UNIQUE-1",
  opened: { secret: new Secret("e0478456-6b50-460c-85e0-627a1e22d2e0"), agrees: () => true },
};

/** The call that the operation makes of an input that was parsed. */
export const callOf = ({ operation }: Pick<Sampled, "operation">, parsed: unknown) =>
  operation.sends(parsed, circumstances);

/** What a call holds under the provider's names, whatever the form that its provider takes it in. */
export function partsOf(call: object): Readonly<Record<string, unknown>> {
  const { fields, body, others, path: _, ...rest } = call as Readonly<Record<string, object | undefined>>;
  const parts = Object.entries(fields ?? body ?? { ...rest, ...others });
  // Wibmo's call names the mobile number apart, for the secret says in which form it is sent.
  if (rest.mobile !== undefined) parts.push(["customerMobile", rest.mobile]);
  return Object.fromEntries(
    parts.map(([name, value]) => [name, value instanceof Secret ? value.reveal() : value]),
  );
}
