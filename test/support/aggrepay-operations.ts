import type { AggrepaySample } from "../../functions/aggrepay/common.sample.ts";
import { aggrepayErrors } from "../../functions/aggrepay/common.sample.ts";
import type { Asked } from "../../lib/operation/sample.ts";
import { type Reply, refusal, type Value } from "./peer.ts";
import { callOf, sampled } from "./samples.ts";

export type Sample = Asked<Readonly<Record<string, string>>>;

/** An operation of AggrePay's by its sample, and what a test needs besides. */
export interface OperationCase extends Pick<AggrepaySample, "full" | "least" | "other" | "answer"> {
  readonly route: string;
  /** The last part of the provider's path. */
  readonly path: string;
  /** What makes a repeat: nothing, the caller's Idempotency-Key, or the merchantTransactionId. */
  readonly identity: "none" | "key" | "natural";
  /** `data` of the reply to what was sent. */
  readonly data: (sends: Sample["sends"]) => Value;
  readonly page?: Value;
  /** Replies to what the gateway asks before it sends. */
  readonly before?: Readonly<Record<string, Reply>>;
}

const refused = ({ code, message }: { readonly code: string; readonly message: string }) =>
  refusal(code, message);
export const notRegistered = refused(aggrepayErrors.notRegistered);
export const noSubMerchants = refused(aggrepayErrors.noSubMerchants);

const identityOf = (identity: "idempotency-key" | object | undefined): OperationCase["identity"] => {
  if (identity === undefined) return "none";
  return identity === "idempotency-key" ? "key" : "natural";
};

export const operations: readonly OperationCase[] = sampled
  .filter(({ operation }) => operation.provider.name === "aggrepay")
  .map((each) => {
    const { full, least, other, answer, reply, before = {} } = each.sample as AggrepaySample;
    const { page } = reply({});
    return {
      route: each.operation.name.slice("aggrepay/".length),
      path: callOf(each, full("id").input).path,
      identity: identityOf(each.operation.identity),
      ...{ full, least, answer, ...(other && { other }) },
      data: (sends) => reply(sends).data as Value,
      ...(page && { page }),
      before: Object.fromEntries(Object.entries(before).map(([path, error]) => [path, refused(error)])),
    };
  });

export const reads = operations.filter(({ identity }) => identity === "none");
export const changes = operations.filter(({ identity }) => identity !== "none");
export const keyed = operations.filter(({ identity }) => identity === "key");

export function operationOf(route: string): OperationCase {
  const found = operations.find((operation) => operation.route === route);
  if (found === undefined) throw new Error(`there is no operation ${route}`);
  return found;
}
