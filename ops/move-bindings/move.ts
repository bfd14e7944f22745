import {
  type AttributeValue,
  type DynamoDBClient,
  paginateScan,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { bindingForms } from "../../lib/operation/account-binding.ts";
import { decide } from "../../lib/operation/decision.ts";
import { hashedFacts } from "../../lib/operation/kept.ts";
import { Problem } from "../../lib/problem.ts";
import { bindingKeys, recordId } from "../../lib/records/identity.ts";
import { recordsIn } from "../../lib/records/store.ts";
import type { KeyRing } from "../../lib/secrets/key-ring.ts";
import { seal, unseal } from "../../lib/secrets/seal.ts";
import type { Clock } from "../../lib/time.ts";

type Item = Readonly<Record<string, AttributeValue>>;

/** The table and the keys of one deployment. */
export interface Deployment {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly sealing: KeyRing;
  readonly fingerprints: KeyRing;
  readonly clock: Clock;
}

export interface Tally {
  /** Records of registrations, bindings and strays that stand under their new key now, or would. */
  readonly moved: number;
  /** Notifications that came before their registration was moved, and are bound now. */
  readonly bound: number;
  /** Ids of what stays as it is, each with the reason. */
  readonly left: readonly string[];
}

/**
 * Moves what versions before December 2026 wrote of bindings to the keys of today: `binding.` and the hash. Tokens are sealed
 * and facts hashed for the new key. Each item is moved whole, in one transaction, so that this may end at any point and be run
 * again. `writes: false` counts and writes nothing.
 */
export async function moveBindings(
  deployment: Deployment,
  { writes }: { readonly writes: boolean },
): Promise<Tally> {
  const left: string[] = [];
  let moved = 0;
  for await (const item of itemsOf(deployment, "NOT begins_with(#pk, :prefix)")) {
    const why = writes ? await move(item, deployment) : undefined;
    if (why === undefined) moved += 1;
    else left.push(`${item.pk?.S}: ${why}`);
  }
  const bound = writes ? await bindEarly(deployment, left) : 0;
  return { moved, bound, left };
}

async function* itemsOf({ client, table }: Deployment, condition: string): AsyncGenerator<Item> {
  const input = {
    TableName: table,
    ConsistentRead: true,
    FilterExpression: `#namespace IN (:binding, :notification) AND ${condition}`,
    ExpressionAttributeNames: { "#pk": "pk", "#namespace": "namespace" },
    ExpressionAttributeValues: {
      ":binding": { S: "binding" },
      ":notification": { S: "notification" },
      ":prefix": { S: bindingKeys },
    },
  };
  for await (const { Items: items = [] } of paginateScan({ client }, input)) yield* items;
}

/** Undefined where it was moved; else why not. An item is never written over. */
async function move(item: Item, deployment: Deployment): Promise<string | undefined> {
  const { client, table: TableName } = deployment;
  try {
    const Put = {
      TableName,
      Item: { ...movedOf(item, deployment) },
      ConditionExpression: "attribute_not_exists(#pk)",
      ExpressionAttributeNames: { "#pk": "pk" },
    };
    const Delete = { TableName, Key: { pk: item.pk ?? { S: "" } }, ...asItWasRead(item) };
    await client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put }, { Delete }] }));
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error.message;
    if (error instanceof TransactionCanceledException)
      return "it has changed meanwhile, or there is a record under its new key";
    throw error;
  }
}

/** Every write of a record changes one of these. */
const changing = ["state", "attempt", "owner", "history", "binding", "flagged", "resolver", "resolution"];

function asItWasRead(item: Item) {
  const there = changing.filter((name) => item[name] !== undefined);
  const clause = (name: string) =>
    there.includes(name) ? `#${name} = :${name}` : `attribute_not_exists(#${name})`;
  return {
    ConditionExpression: changing.map(clause).join(" AND "),
    ExpressionAttributeNames: Object.fromEntries(changing.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(
      there.map((name) => [`:${name}`, item[name]] as [string, AttributeValue]),
    ),
  };
}

/** The item under its new key. What its latest write told was told long ago. */
function movedOf(item: Item, deployment: Deployment): Item {
  const { event: _told, facts, ...kept } = item;
  const of = registrationOf(item);
  const id = bindingKeys + item.pk?.S;
  const known = facts?.S === undefined ? undefined : factsOf(item, JSON.parse(facts.S), of.now, deployment);
  return {
    ...kept,
    pk: { S: id },
    ...(known && { facts: { S: JSON.stringify(known) } }),
    ...(item.binding?.M && { binding: { M: resealed(item, item.binding.M, of, deployment) } }),
  };
}

/** The keys of the registration that an item is, or belongs to: before, and now. */
function registrationOf({ provider, account, identity }: Item) {
  const of = { namespace: "binding", id: identity?.S ?? "" } as const;
  const now = recordId(provider?.S ?? "", account?.S ?? "", of);
  return { before: now.slice(bindingKeys.length), now };
}

function resealed(
  { namespace }: Item,
  binding: Item,
  { before, now }: { readonly before: string; readonly now: string },
  { sealing }: Deployment,
): Record<string, AttributeValue> {
  try {
    const token = unseal(sealing, binding.userToken?.S ?? "", before);
    return { ...binding, userToken: { S: seal(sealing, token, now) } };
  } catch (error) {
    // A stray of a version before that one had its token sealed for itself: it opens nowhere, then as now.
    if (error instanceof Problem && namespace?.S === "notification") return { ...binding };
    throw error;
  }
}

type OldFacts = Readonly<Record<string, unknown>>;

/** Phone and key as hashes, in the form that a registration or a stray keeps them in. */
function factsOf(item: Item, facts: OldFacts, registration: string, { fingerprints }: Deployment): object {
  const { billingPhone, clientUserKey, mitraCd, unsure } = facts;
  if (typeof billingPhone !== "string" || typeof clientUserKey !== "string") return { mitraCd };
  const forms = hashedFacts(fingerprints, registration, bindingForms({ billingPhone, clientUserKey }));
  if (item.namespace?.S === "binding")
    return { mitraCd, clientUserKeyLength: String(clientUserKey.length), ...forms };
  return { mitraCd, keyLength: clientUserKey.length, forms, unsure };
}

/** What the webhook says of a notification whose registration it does not find. */
const tooEarly = "A notification is kept that binds nothing: no registration has this referenceNo.";

/** Binds what was notified between the deployment and this, under every condition of a binding. */
async function bindEarly(deployment: Deployment, left: string[]): Promise<number> {
  const { client, table, clock } = deployment;
  const records = recordsIn(table, client);
  const by = "npm run move-bindings";
  const asked = { caller: by, person: by, note: () => undefined, secondPerson: "on" } as const;
  let bound = 0;
  for await (const { pk, namespace, state, failure, identity, provider, account } of itemsOf(
    deployment,
    "begins_with(#pk, :prefix)",
  )) {
    const isEarly = failure?.S !== undefined && JSON.parse(failure.S).detail === tooEarly;
    if (namespace?.S !== "notification" || state?.S !== "needs_attention" || !isEarly) continue;
    const { now } = registrationOf({ provider, account, identity } as Item);
    if (!(await records.get(now))) continue;
    const reason = "Its registration has been moved to its new key.";
    const saying = { id: pk?.S ?? "", outcome: "succeeded", reason, attempt: 0 } as const;
    try {
      await decide(saying, asked, clock, records);
      bound += 1;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const [fault] = error.details.errors ?? [];
      left.push(`${pk?.S}: ${fault?.detail ?? error.message}`);
    }
  }
  return bound;
}
