import type { SecretName } from "../secrets/names.ts";

export { type SecretName, secretIdVariable } from "../secrets/names.ts";

/** What the stack, the local host and the tests need to know of a function; every file under functions/ exports one. */
export interface FunctionDefinition {
  /** `aggrepay/debit-wallet`: the function's file is `functions/<name>.ts`, which exports `handler`. */
  readonly name: string;
  /** What calls it: a route of the API, the clock, or messages of a queue. */
  readonly route?: Route;
  /** More routes that lead to it, for the same callers. */
  readonly alsoAt?: readonly Route[];
  /** `isAlone`: one run at a time does all of it; else what is unfinished is shared out among workers. */
  readonly schedule?: { readonly everyMinutes: number; readonly isAlone?: true };
  readonly takesFrom?: QueueName;
  /** It says itself when a message that failed comes again. */
  readonly postpones?: true;
  /** The queue that it puts messages into. */
  readonly putsInto?: QueueName;
  readonly access: Access;
  /** One line for people: API documentation, function description, dashboard. */
  readonly summary: string;
  /** The environment variables that configure it, beside those that every function has. */
  readonly variables: readonly string[];
  /** The secrets that the function may read, and no others. */
  readonly secrets: readonly SecretName[];
  /** The DynamoDB actions that the function uses on the records table; empty for a read, which has no table at all. */
  readonly tableActions: readonly TableAction[];
  /** What the keys of all items begin with that it may touch, each with one of these; left out, it may touch every item. */
  readonly keysBeginWith?: readonly string[];
  /** What the keys of all items begin with that it may write, where it may read every item. */
  readonly writesKeysOf?: readonly string[];
  /** The indexes that it queries, where they are others than what is unfinished and, but for the clock, a customer's records. */
  readonly queries?: readonly IndexName[];
  /** It is deployed only where this variable is `on`, or a URL. */
  readonly onlyWith?: SwitchVariable;
  /** What it needs besides, where a variable is `on`. */
  readonly besides?: { readonly where: SwitchVariable } & Pick<
    FunctionDefinition,
    "variables" | "secrets" | "tableActions"
  >;
  /** No two versions of it may serve side by side. */
  readonly takesOverAtOnce?: true;
}

/**
 * What its callers may do; policies and scopes are given in these words. `look`: see what is there. `reveal`: be
 * given a secret of a user's. `change`, `move-money`: at the provider, under a record. `settle`: say by hand what became of a
 * record. `open`: it is reached by everybody, and the function itself checks the caller. `clock`, `queue`: it has no callers.
 */
export type Access = "look" | "reveal" | "change" | "move-money" | "settle" | "open" | "clock" | "queue";

export type QueueName = "notifications" | "merchant-events";

/** What a deployment may switch on that has functions of its own. */
export type SwitchVariable = "NICEPAY_USER_DETAIL" | "MERCHANT_WEBHOOK_URL" | "BOOKS";

/** The indexes of the records table. */
export type IndexName = "unfinished" | "customer-records" | "operation-records";

/** All routes that lead to a function. */
export const routesOf = ({ route, alsoAt = [] }: Pick<FunctionDefinition, "route" | "alsoAt">) =>
  route ? [route, ...alsoAt] : [];

export interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
}

/** `ConditionCheckItem`: a part of a transaction that only has a condition. */
export type TableAction = "UpdateItem" | "GetItem" | "Query" | "ConditionCheckItem";
