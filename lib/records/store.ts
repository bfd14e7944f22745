import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { type Attributes, L, N, type RecordItem, readRecord, S } from "./record.ts";
import { isFinal, isSettled, type State, sources } from "./states.ts";

/** What is written when an attempt begins. */
export interface Claim
  extends Pick<
    RecordItem,
    | "id"
    | "provider"
    | "account"
    | "operation"
    | "namespace"
    | "identity"
    | "caller"
    | "request"
    | "inquiry"
    | "customer"
    | "amount"
    | "owner"
    | "host"
  > {
  readonly now: number;
  readonly leaseMs: number;
  /** Whether a stored `request` is this one; needed where it was made under an older key. */
  readonly isSameRequest: (stored: string) => boolean;
}

/** `won`: the attempt is ours to send. `held`: the identity has a record that allows no new attempt of this request now. */
export type Claimed = { readonly kind: "won" | "held"; readonly record: RecordItem };

/** What the owner of an attempt learned of it. */
export interface Settlement {
  readonly id: string;
  readonly owner: string;
  readonly attempt: number;
  readonly to: Exclude<State, "dispatched" | "needs_attention">;
  readonly now: number;
  readonly result?: string | undefined;
  readonly failure?: string | undefined;
  /** Final records are forgotten after this long; undefined for money, which never is. */
  readonly expireAfterMs: number | undefined;
}

/** `written`: acknowledged, or seen to be there. `superseded`: somebody with better evidence settled it; the record says how. */
export type Settled = { readonly kind: "written" | "superseded"; readonly record: RecordItem };

export interface Records {
  /** One conditional write. Throws what the SDK throws when it is not known to have been written; then nothing may be sent. */
  claim(claim: Claim): Promise<Claimed>;
  /** One conditional write. Throws when it is not known to have been written; then the caller is told nothing final. */
  settle(settlement: Settlement): Promise<Settled>;
  /** Consistent. */
  get(id: string): Promise<RecordItem | undefined>;
}

const shards = 64;
/** Entries of history kept: enough for a person to follow, few enough for the item to stay within 1 KB. */
const historyLimit = 12;
const historyKept = 6;

const claimable = sources("claim", "dispatched");

export function recordsIn(table: string, client: DynamoDBClient): Records {
  const update = async (write: Write): Promise<RecordItem> => {
    const command = new UpdateItemCommand({
      TableName: table,
      Key: { pk: S(write.id) },
      ConditionExpression: write.condition,
      UpdateExpression: write.update,
      ExpressionAttributeNames: attributeNames(write.condition + write.update),
      ExpressionAttributeValues: write.values,
      ReturnValues: "ALL_NEW",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
    const { Attributes: attributes } = await client.send(command);
    if (!attributes) throw new Error("DynamoDB returned no item");
    return readRecord(attributes);
  };

  return {
    async claim(claim) {
      const first = await attempt(claim, () => update(claimFirst(claim)));
      const { record } = first;
      const mayClaimAgain = claimable.includes(record.state) && claim.isSameRequest(record.request);
      if (first.kind === "won" || !mayClaimAgain) return first;
      // The same request after all, under an older key or with a full history: claimed on exactly the item that was seen.
      return attempt(claim, () => update(claimSeen(claim, record)));
    },

    async settle(settlement) {
      try {
        return { kind: "written", record: await update(settling(settlement)) };
      } catch (error) {
        const record = refusedBy(error);
        // The SDK repeats a write whose answer was lost; what it then meets may be our own.
        const ours = record.owner === settlement.owner && record.attempt === settlement.attempt;
        return { kind: ours && record.state === settlement.to ? "written" : "superseded", record };
      }
    },

    async get(id) {
      const command = new GetItemCommand({ TableName: table, Key: { pk: S(id) }, ConsistentRead: true });
      const { Item: item } = await client.send(command);
      return item && readRecord(item);
    },
  };
}

async function attempt(claim: Claim, write: () => Promise<RecordItem>): Promise<Claimed> {
  try {
    return { kind: "won", record: await write() };
  } catch (error) {
    const record = refusedBy(error);
    const ours =
      record.owner === claim.owner && record.state === "dispatched" && claim.now < record.leaseEnds;
    return { kind: ours ? "won" : "held", record };
  }
}

/** The item that refused a conditional write; any other error, and a refusal by an item that vanished, is thrown on. */
function refusedBy(error: unknown): RecordItem {
  if (error instanceof ConditionalCheckFailedException && error.Item) return readRecord(error.Item);
  throw error;
}

/** One conditional UpdateItem. Every attribute is written `#name` in the expressions, so DynamoDB's reserved words never matter. */
interface Write {
  readonly id: string;
  readonly condition: string;
  readonly update: string;
  readonly values: Record<string, AttributeValue>;
}

const attributeNames = (expression: string): Record<string, string> =>
  Object.fromEntries([...expression.matchAll(/#(\w+)/g)].map(([name, attribute = ""]) => [name, attribute]));

/** `:a, :b` and its values, for an IN condition. */
const listOf = (states: readonly State[]): string => states.map((state) => `:${state}`).join(", ");
const valuesOf = (states: readonly State[]): Attributes =>
  Object.fromEntries(states.map((state) => [`:${state}`, S(state)]));

/** No record yet, or one of the same request that is known to have had no effect. */
function claimFirst(claim: Claim): Write {
  const again = [
    `#state IN (${listOf(claimable)})`,
    "#request = :request",
    "attribute_not_exists(#binding)",
    "size(#history) < :historyLimit",
  ];
  return claiming(claim, {
    condition: `attribute_not_exists(#pk) OR (${again.join(" AND ")})`,
    attempt: "if_not_exists(#attempt, :zero) + :one",
    history: "if_not_exists(#history, :none)",
    values: {
      ...valuesOf(claimable),
      ":none": L([]),
      ":zero": N(0),
      ":one": N(1),
      ":historyLimit": N(historyLimit),
    },
  });
}

/** Exactly the record that was seen, whose request is the same by an older key or whose history is full. */
function claimSeen(claim: Claim, seen: RecordItem): Write {
  const same = ["#attempt = :seenAttempt", "#state = :seenState", "#request = :seenRequest"];
  return claiming(claim, {
    condition: [...same, "attribute_not_exists(#binding)"].join(" AND "),
    attempt: ":nextAttempt",
    history: ":kept",
    values: {
      ":seenAttempt": N(seen.attempt),
      ":seenState": S(seen.state),
      ":seenRequest": S(seen.request),
      ":nextAttempt": N(seen.attempt + 1),
      ":kept": L(seen.history.slice(-historyKept)),
    },
  });
}

interface ClaimForm {
  readonly condition: string;
  readonly attempt: string;
  readonly history: string;
  readonly values: Attributes;
}

function claiming(claim: Claim, form: ClaimForm): Write {
  const leaseEnds = claim.now + claim.leaseMs;
  const item: Attributes = {
    provider: S(claim.provider),
    account: S(claim.account),
    operation: S(claim.operation),
    namespace: S(claim.namespace),
    identity: S(claim.identity),
    caller: S(claim.caller),
    request: S(claim.request),
    host: S(claim.host),
    owner: S(claim.owner),
    state: S("dispatched"),
    leaseEnds: N(leaseEnds),
    dispatchedAt: N(claim.now),
    shard: N((Buffer.from(claim.id, "base64url")[0] ?? 0) % shards),
    due: N(leaseEnds),
    ...(claim.inquiry !== undefined && { inquiry: S(claim.inquiry) }),
    ...(claim.customer !== undefined && { customer: S(claim.customer) }),
    ...(claim.amount !== undefined && { amount: S(claim.amount) }),
  };
  const set = [
    ...Object.keys(item).map((name) => `#${name} = :${name}`),
    "#createdAt = if_not_exists(#createdAt, :dispatchedAt)",
    `#attempt = ${form.attempt}`,
    `#history = list_append(${form.history}, :entry)`,
  ];
  // What the attempt before this one left: its reason, and whoever was looking into it.
  const remove = ["#settledAt", "#failure", "#resolver", "#resolverLease"];
  return {
    id: claim.id,
    condition: form.condition,
    update: `SET ${set.join(", ")} REMOVE ${remove.join(", ")}`,
    values: {
      ...Object.fromEntries(Object.entries(item).map(([name, value]) => [`:${name}`, value])),
      ...form.values,
      ":entry": L([`dispatched ${claim.now}`]),
    },
  };
}

/** The owner's word on its own attempt: written over doubt, never over a truth, and by nobody whose attempt has passed. */
function settling(settlement: Settlement): Write {
  const { to, now, result, failure, expireAfterMs } = settlement;
  const from = sources("owner", to);
  const item: Record<string, AttributeValue> = {
    state: S(to),
    settledAt: N(now),
    ...(result !== undefined && { result: S(result) }),
    ...(failure !== undefined && { failure: S(failure) }),
    ...(isFinal(to) &&
      expireAfterMs !== undefined && { expires: N(Math.ceil((now + expireAfterMs) / 1000)) }),
    // What is unfinished stays in its index, due at once.
    ...(!isSettled(to) && { due: N(now) }),
  };
  const set = [
    ...Object.keys(item).map((name) => `#${name} = :${name}`),
    "#history = list_append(#history, :entry)",
  ];
  const remove = isSettled(to) ? " REMOVE #shard, #due" : "";
  return {
    id: settlement.id,
    condition: `#owner = :owner AND #attempt = :ownAttempt AND #state IN (${listOf(from)})`,
    update: `SET ${set.join(", ")}${remove}`,
    values: {
      ...Object.fromEntries(Object.entries(item).map(([name, value]) => [`:${name}`, value])),
      ...valuesOf(from),
      ":owner": S(settlement.owner),
      ":ownAttempt": N(settlement.attempt),
      ":entry": L([`${to} ${now}`]),
    },
  };
}
