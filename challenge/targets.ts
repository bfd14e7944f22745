import { createHash } from "node:crypto";
import { join } from "node:path";
import { buildPeers } from "../bench/peers/build.ts";
import { functions } from "../functions/index.ts";
import { bundle } from "../infra/bundle.ts";
import type { LambdaFunction } from "../local/assembly.ts";
import type { Item } from "../test/support/dynamodb.ts";
import type { Recorded, Told } from "./judge.ts";

/** What a caller received. */
export interface Answer {
  readonly status: number;
  readonly body: {
    readonly code?: string;
    readonly retry?: string;
    readonly transactionId?: string;
    readonly result?: { readonly transactionId?: string };
    readonly record?: { readonly state?: string };
  };
  readonly retryAfterMs: number | undefined;
}

/** One of those that are compared, as its documentation tells people to use it. */
export interface Target {
  readonly name: string;
  readonly title: string;
  /** Variables of its function besides those that all have. */
  readonly environment: Readonly<Record<string, string>>;
  /** What its documentation tells a caller to make of an answer; undefined: repeat. */
  finalOf(answer: Answer): Told | undefined;
  /** What a caller knows all the same that stops after this answer, to the only request that there was for its identity. */
  surelyOf(answer: Answer): Told | undefined;
  /** What its own table says of a debit when everything has ended. */
  recordedOf(items: readonly Item[], id: string): Recorded;
  /** Whether a function runs by a schedule. */
  readonly reconciles: boolean;
}

export type Code = Pick<LambdaFunction, "entry" | "layers">;

const yes = (transactionId = ""): Told => ({ kind: "yes", transactionId });

const gateway: Target = {
  name: "gateway",
  title: "this gateway",
  environment: {},
  reconciles: true,
  finalOf({ status, body }) {
    if (status === 200) return yes(body.result?.transactionId);
    if (body.retry === undefined || body.retry === "same-identity") return undefined;
    return { kind: "no", code: body.code ?? "" };
  },
  surelyOf: ({ body: { code } }) => (code === "not-sent" ? { kind: "no", code } : undefined),
  recordedOf(items, id) {
    const record = items.find(({ identity, namespace }) => identity?.S === id && namespace?.S === "money");
    const state = record?.state?.S;
    if (state === undefined) return "nothing";
    if (state === "needs_attention" || record?.flagged !== undefined) return "waits for a person";
    if (state === "succeeded") return "moved";
    return state === "dispatched" || state === "in_doubt" ? "open" : "not moved";
  },
};

/** With no problem documents of their own: as API Gateway's callers are told, 409 and 5xx are repeated and other 4xx are final. */
const rival = (
  name: string,
  title: string,
  keyOf: (id: string) => string,
  recordedIn: (item: Item) => Recorded,
  environment = {},
): Target => ({
  ...{ name, title, environment, reconciles: false },
  finalOf({ status, body }) {
    if (status === 200) return yes(body.transactionId);
    return status >= 400 && status < 500 && status !== 409 && status !== 429
      ? { kind: "no", code: body.code ?? "" }
      : undefined;
  },
  surelyOf: () => undefined,
  recordedOf(items, id) {
    const key = keyOf(id);
    const found = items.find(({ pk }) => pk?.S === key);
    return found === undefined ? "nothing" : recordedIn(found);
  },
});

const byHand = rival(
  "by-hand",
  "the SDK by hand",
  (id) => id,
  ({ state, status }) => {
    if (state?.S !== "done") return "open";
    return status?.N === "200" ? "moved" : "not moved";
  },
);

/** Powertools' own key: the function's name, and the hash of what the JMESPath finds. */
const powertoolsKey = (id: string): string =>
  `debit-wallet#${createHash("md5").update(JSON.stringify(id)).digest("base64")}`;
const powertoolsRecord = ({ status, data }: Item): Recorded => {
  if (status?.S !== "COMPLETED") return "open";
  return data?.M?.statusCode?.N === "200" ? "moved" : "not moved";
};

const powertools = rival("powertools", "middy + Powertools", powertoolsKey, powertoolsRecord);
const powertoolsAsking = rival(
  "powertools-asking",
  "the same, asking where an id is taken",
  powertoolsKey,
  powertoolsRecord,
  { ASKS_WHERE_TAKEN: "yes" },
);

/** In the order in which tables show them. */
export const targets: readonly Target[] = [byHand, powertools, powertoolsAsking, gateway];

export interface Built {
  /** The function that debits. */
  readonly debit: Readonly<Record<string, Code>>;
  readonly reconcile: Code;
}

/** The bundles: ours as they are deployed, the rivals' as such functions are usually built. */
export async function built(folder: string): Promise<Built> {
  const names = ["aggrepay/debit-wallet", "reconcile"];
  const own = functions.filter(({ name }) => names.includes(name));
  const [ours] = await Promise.all([
    bundle(own, { outdir: join(folder, "gateway") }),
    buildPeers(join(import.meta.dirname, "rivals"), ["by-hand", "powertools"], folder),
  ]);
  const ourCode = (name: string): Code => {
    const found = ours.functions.get(name);
    if (found === undefined) throw new Error(`${name} was not built`);
    return { entry: join(found.folder, "index.mjs"), layers: [ours.layer.folder] };
  };
  const theirs = (name: string): Code => ({ entry: join(folder, name, "index.mjs"), layers: [] });
  return {
    debit: {
      [gateway.name]: ourCode("aggrepay/debit-wallet"),
      [byHand.name]: theirs("by-hand"),
      [powertools.name]: theirs("powertools"),
      [powertoolsAsking.name]: theirs("powertools"),
    },
    reconcile: ourCode("reconcile"),
  };
}
