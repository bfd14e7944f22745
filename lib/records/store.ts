import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { readAnchor } from "./anchor.ts";
import { type Bind, binding, type Check, checking } from "./binding.ts";
import {
  type Claim,
  type Claimed,
  ClaimUnknown,
  claimedRecord,
  claiming,
  isClaimable,
  type Withdrawal,
  withdrawing,
} from "./claim.ts";
import { outOfConflict } from "./conflict.ts";
import {
  type Conclusion,
  concluding,
  type Doubting,
  doubting,
  type Postponement,
  postponing,
  type Turn,
  takingTurn,
} from "./doubt.ts";
import { type Decision, deciding, decidingFlag, isDecidedSo } from "./person.ts";
import { type Place, readPlace } from "./place.ts";
import { type Proposal, proposing } from "./proposal.ts";
import { type Attributes, N, type RecordItem, readRecord, S } from "./record.ts";
import { disagreementWith, flagging, type Settled, type Settlement, settling } from "./settle.ts";
import { type Kept, keeping, type Stray, telling } from "./stray.ts";
import { type Part, transact, writeTogether } from "./transaction.ts";
import { expressionsOf, type Write } from "./write.ts";

export type {
  Bind,
  Check,
  Claim,
  Claimed,
  Conclusion,
  Decision,
  Kept,
  Settled,
  Settlement,
  Stray,
  Turn,
  Withdrawal,
};
export { ClaimUnknown };

export interface Records {
  /**
   * One conditional write for a first attempt, two for a later one. Throws `ClaimUnknown` when it is not known to have been
   * written; then nothing may be sent, and the claim is withdrawn.
   */
  claim(claim: Claim, tries?: Tries): Promise<Claimed>;
  /**
   * A claim and what must be written or hold with it, in one transaction: of exactly the record that was seen, or of none.
   * `refused` where anything was no longer as it was seen: all is looked at again, or nothing is begun. Throws as `claim`.
   */
  claimBeside(beside: Beside, tries?: Tries): Promise<Claimed | Refused>;
  /** Writes off a claim of unknown outcome, whether it was written, comes later or never comes. */
  withdraw(withdrawal: Withdrawal, tries?: Tries): Promise<void>;
  /** One conditional write. Throws when it is not known to have been written; then the caller is told nothing final. */
  settle(settlement: Settlement, tries?: Tries): Promise<Settled>;
  /** One conditional write. False when the record is no longer as it was seen, or has a binding: look again. */
  bind(bind: Bind): Promise<boolean>;
  /** One conditional write. Gives the record as it is then, which another writer may have written. */
  check(check: Check): Promise<RecordItem>;
  /**
   * One transaction of the stray and its counters. The same notification again writes nothing; one beyond a bound is not
   * kept, and says so once in a minute.
   */
  keep(stray: Stray): Promise<Kept>;
  /** Doubts what a record says of its last attempt. Gives the record as it is then, which another writer may have written. */
  doubt(doubting: Doubting): Promise<RecordItem>;
  /** Takes the turn to look into a record's doubt. Gives the record as it is now; undefined where another resolver has the turn. */
  takeTurn(turn: Turn, now: number, leaseMs: number): Promise<RecordItem | undefined>;
  /** Writes what a turn came to. Gives the record as it is then, which another writer may have written. */
  conclude(conclusion: Conclusion): Promise<RecordItem>;
  postpone(turn: Turn, postponement: Postponement): Promise<RecordItem>;
  /**
   * A shard's rows of the index of the unfinished, the longest due first; those of one millisecond in an order of its own. May be
   * behind: look at each record itself.
   */
  unfinished(shard: number, span: Span, limit: number): Promise<readonly Due[]>;
  /** How many of them there are; no more than one page of the index is counted, some ten thousand. */
  countUnfinished(shard: number, span: Span): Promise<number>;
  /** A customer's records, newest first: what the index projects, and the cursor of the next page. */
  ofCustomer(customer: string, limit: number, cursor: string | undefined): Promise<CustomerPage>;
  /** One conditional write. The record as it stands then, and whether it holds exactly this proposal. */
  propose(
    seen: RecordItem,
    proposal: Proposal,
  ): Promise<{ readonly written: boolean; readonly record: RecordItem }>;
  /** The record as it stands then, and whether it holds this decision. */
  decide(decision: Decision): Promise<{ readonly written: boolean; readonly record: RecordItem }>;
  /** Consistent, as the two that follow. */
  get(id: string): Promise<RecordItem | undefined>;
  place(id: string): Promise<Place | undefined>;
  /** The number of a debit's reversal that was claimed last; undefined where none after number 1 was. */
  anchor(id: string): Promise<number | undefined>;
}

/** A claim and a second item that is written with it, which may hold the claim's owner token. */
export interface Beside {
  readonly claim: Claim;
  readonly seen: RecordItem | undefined;
  readonly part: (owner: string) => Part;
}

/** `byPart`: the condition of the second item refused it; otherwise the record's own condition, or a write at the same moment. */
export interface Refused {
  readonly kind: "refused";
  readonly byPart: boolean;
}

/** How long one try of a write may take, and all of them, in milliseconds. Left out, it is what the client presets. */
export interface Tries {
  readonly eachMs: number;
  readonly allMs: number;
}

/** A row of the index of the unfinished: a record, and its place in its shard, when it is next looked into (milliseconds since 1970). */
export interface Due {
  readonly id: string;
  readonly due: number;
}

/** A part of a shard: from one place to another, both included, and behind the row that was read last. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly after?: Due | undefined;
  /** From its end to its start. */
  readonly isBackward?: boolean;
}

export interface CustomerPage {
  readonly rows: readonly CustomerRow[];
  readonly cursor: string | undefined;
}

export interface CustomerRow {
  readonly id: string;
  readonly operation: string;
  readonly state: string;
  readonly amount: string | undefined;
  readonly createdAt: number;
}

export function recordsIn(table: string, client: DynamoDBClient): Records {
  const access = accessTo(table, client);
  return {
    ...claimsIn(access),
    ...settlementsIn(access),
    ...turnsIn(access),
    ...listsIn(access),
    ...decisionsIn(access),
    ...looksIn(access),
  };
}

/** One item read or written. */
interface Access {
  readonly table: string;
  readonly client: DynamoDBClient;
  /** The record as it was written. Throws what the SDK throws. */
  readonly update: (write: Write, tries?: Tries) => Promise<RecordItem>;
  /** The record as it was written, or as it refused the write. */
  readonly seenOrWritten: (write: Write) => Promise<RecordItem>;
  readonly read: (id: string) => Promise<Attributes | undefined>;
}

function accessTo(table: string, client: DynamoDBClient): Access {
  const update = async (write: Write, tries?: Tries): Promise<RecordItem> => {
    const command = new UpdateItemCommand({
      TableName: table,
      Key: { pk: S(write.id) },
      ...expressionsOf(write),
      ReturnValues: "ALL_NEW",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
    const options = optionsOf(tries);
    const { Attributes: attributes } = await outOfConflict(() => client.send(command, options));
    if (!attributes) throw new Error("DynamoDB returned no item");
    return readRecord(attributes);
  };
  return {
    table,
    client,
    update,
    async seenOrWritten(write) {
      try {
        return await update(write);
      } catch (error) {
        return refusedBy(error);
      }
    },
    async read(id) {
      const command = new GetItemCommand({ TableName: table, Key: { pk: S(id) }, ConsistentRead: true });
      return (await client.send(command)).Item;
    },
  };
}

function claimsIn({ table, client, update }: Access): Pick<Records, "claim" | "claimBeside" | "withdraw"> {
  return {
    async claim(claim, tries) {
      const attempt = async (seen: RecordItem | undefined): Promise<Claimed> => {
        const owner = claim.newOwner();
        try {
          return { kind: "won", record: await update(claiming(claim, owner, seen), tries) };
        } catch (error) {
          const record = refusalIn(error);
          if (!record) throw new ClaimUnknown(owner, seen, error);
          // The SDK repeats a write whose answer was lost: the claim may be ours already.
          const isOurs = record.owner === owner && record.state === "dispatched";
          return { kind: isOurs ? "won" : "held", record };
        }
      };
      const first = await attempt(undefined);
      const { kind, record } = first;
      const mayClaimAgain = kind === "held" && isClaimable(record);
      if (!mayClaimAgain || !(await claim.isSameRequest(record.request))) return first;
      return attempt(record);
    },

    async claimBeside({ claim, seen, part }, tries) {
      const owner = claim.newOwner();
      const write = claiming(claim, owner, seen);
      const sending = { token: owner, options: optionsOf(tries) };
      const refusals = await transact(client, table, [write, part(owner)], sending).catch(
        (error: unknown) => {
          throw new ClaimUnknown(owner, seen, error);
        },
      );
      if (!refusals) return { kind: "won", record: claimedRecord(write, seen) };
      const [own, other] = refusals;
      const refused: Refused = { kind: "refused", byPart: other?.isRefused === true };
      if (!own?.isRefused || !own.item) return refused;
      const record = readRecord(own.item);
      if (record.owner === owner && record.state === "dispatched") return { kind: "won", record };
      return isClaimable(record) ? refused : { kind: "held", record };
    },

    async withdraw(withdrawal, tries) {
      try {
        await update(withdrawing(withdrawal), tries);
      } catch (error) {
        // Another attempt was begun, or this one is no longer dispatched.
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}

function settlementsIn({
  table,
  client,
  update,
  seenOrWritten,
}: Access): Pick<Records, "settle" | "bind" | "check" | "keep"> {
  return {
    async settle(settlement, tries) {
      try {
        return { kind: "written", record: await update(settling(settlement), tries) };
      } catch (error) {
        const record = refusedBy(error);
        const disagreement = disagreementWith(record, settlement);
        if (disagreement)
          return {
            kind: "superseded",
            record: await seenOrWritten(flagging(settlement, record, disagreement)),
          };
        // The SDK repeats a write whose answer was lost; what it then meets may be our own.
        const ours = record.owner === settlement.owner && record.attempt === settlement.attempt;
        return { kind: ours && record.state === settlement.to ? "written" : "superseded", record };
      }
    },

    async bind(bind) {
      try {
        await update(binding(bind));
        return true;
      } catch (error) {
        refusedBy(error);
        return false;
      }
    },

    check: (check) => seenOrWritten(checking(check)),

    async keep(stray) {
      const [isThere, ...isReached] = await writeTogether(client, table, keeping(stray));
      const bound = stray.bounds[isReached.indexOf(true)];
      if (isThere || !bound) return "kept";
      const [isTold] = await writeTogether(client, table, [telling(bound, stray.now)]);
      return isTold ? "dropped silently" : "dropped";
    },
  };
}

function turnsIn({
  update,
  seenOrWritten,
}: Access): Pick<Records, "doubt" | "takeTurn" | "conclude" | "postpone"> {
  return {
    doubt: (record) => seenOrWritten(doubting(record)),

    async takeTurn(turn, now, leaseMs) {
      try {
        return await update(takingTurn(turn, now, leaseMs));
      } catch (error) {
        const record = refusedBy(error);
        // The SDK repeats a write whose answer was lost: the turn may be ours already.
        return record.resolver === turn.resolver ? record : undefined;
      }
    },

    conclude: (conclusion) => seenOrWritten(concluding(conclusion)),
    postpone: (turn, postponement) => seenOrWritten(postponing(turn, postponement)),
  };
}

function listsIn({ table, client }: Access): Pick<Records, "unfinished" | "countUnfinished" | "ofCustomer"> {
  const queryOf = (shard: number, { from, to }: Span) => ({
    TableName: table,
    IndexName: "unfinished",
    KeyConditionExpression: "#shard = :shard AND #due BETWEEN :first AND :last",
    ExpressionAttributeNames: { "#shard": "shard", "#due": "due" },
    ExpressionAttributeValues: { ":shard": N(shard), ":first": N(from), ":last": N(to) },
  });
  return {
    async unfinished(shard, span, limit) {
      const { after, isBackward } = span;
      const { Items: items } = await client.send(
        new QueryCommand({
          ...queryOf(shard, span),
          Limit: limit,
          ...(isBackward && { ScanIndexForward: false }),
          ...(after && { ExclusiveStartKey: { pk: S(after.id), shard: N(shard), due: N(after.due) } }),
        }),
      );
      return (items ?? []).map((item) => ({ id: item.pk?.S ?? "", due: Number(item.due?.N ?? 0) }));
    },

    async countUnfinished(shard, span) {
      const { Count: count } = await client.send(
        new QueryCommand({ ...queryOf(shard, span), Select: "COUNT" }),
      );
      if (count === undefined) throw new Error("DynamoDB returned no count");
      return count;
    },

    async ofCustomer(customer, limit, cursor) {
      const command = new QueryCommand({
        TableName: table,
        IndexName: "customer-records",
        KeyConditionExpression: "#customer = :customer",
        ExpressionAttributeNames: { "#customer": "customer" },
        ExpressionAttributeValues: { ":customer": S(customer) },
        ScanIndexForward: false,
        Limit: limit,
        ...(cursor !== undefined && { ExclusiveStartKey: startKey(customer, cursor) }),
      });
      const { Items: items, LastEvaluatedKey: last } = await client.send(command);
      return {
        rows: (items ?? []).map((item) => ({
          id: item.pk?.S ?? "",
          operation: item.operation?.S ?? "",
          state: item.state?.S ?? "",
          amount: item.amount?.S,
          createdAt: Number(item.createdAt?.N ?? 0),
        })),
        cursor: last && `${last.createdAt?.N}.${last.pk?.S}`,
      };
    },
  };
}

function decisionsIn({ update, seenOrWritten }: Access): Pick<Records, "propose" | "decide"> {
  return {
    async propose(seen, proposal) {
      const write = proposing(seen, proposal);
      const record = await seenOrWritten(write);
      // The SDK repeats a write whose answer was lost; what it then meets may be our own.
      return { written: record.proposal === JSON.stringify(proposal), record };
    },

    async decide(decision) {
      const write = decision.record.flagged === undefined ? deciding(decision) : decidingFlag(decision);
      try {
        return { written: true, record: await update(write) };
      } catch (error) {
        // The SDK repeats a write whose answer was lost, and so does a person.
        const record = refusedBy(error);
        return { written: isDecidedSo(record, decision), record };
      }
    },
  };
}

function looksIn({ read }: Access): Pick<Records, "get" | "place" | "anchor"> {
  return {
    async get(id) {
      const item = await read(id);
      return item && readRecord(item);
    },

    async place(id) {
      const item = await read(id);
      return item && readPlace(item);
    },

    async anchor(id) {
      const item = await read(id);
      return item && readAnchor(item);
    },
  };
}

/** In each call the SDK's own repeats included. */
const optionsOf = (tries: Tries | undefined) =>
  tries && { requestTimeout: tries.eachMs, abortSignal: AbortSignal.timeout(tries.allMs) };

/** A page's end as its cursor writes it, `<createdAt>.<id>`. */
function startKey(customer: string, cursor: string) {
  const at = cursor.indexOf(".");
  return {
    customer: S(customer),
    createdAt: { N: cursor.slice(0, at) },
    pk: S(cursor.slice(at + 1)),
  };
}

/** The item that refused a conditional write; undefined for any other error, and for a refusal by an item that is not there. */
const refusalIn = (error: unknown): RecordItem | undefined =>
  error instanceof ConditionalCheckFailedException && error.Item ? readRecord(error.Item) : undefined;

/** As `refusalIn`; what it does not find is thrown on. */
function refusedBy(error: unknown): RecordItem {
  const record = refusalIn(error);
  if (!record) throw error;
  return record;
}
