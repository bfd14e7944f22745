import { randomBytes } from "node:crypto";
import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import type { RecordItem } from "../../lib/records/record.ts";
import type { State } from "../../lib/records/states.ts";
import type { Claim, Records, Settlement } from "../../lib/records/store.ts";
import type { Item, TestTable } from "../support/dynamodb.ts";

/** A fixed time, so that what is written can be compared to the byte. */
export const noon = Date.UTC(2025, 5, 1, 12);
export const leaseMs = 33_000;

let count = 0;

/** A claim whose every try has one owner token, so that a test can settle by it. */
export interface TestClaim extends Claim {
  readonly owner: string;
}

/** A debit's claim that nobody has made yet, but for what is given. */
export function claimOf(more: Partial<TestClaim> = {}): TestClaim {
  count += 1;
  const owner = more.owner ?? newOwner();
  const request = more.request ?? `["debit-wallet",{"amount":"5.00","fromCustomerId":"${count}"}]`;
  return {
    id: randomBytes(32).toString("base64url"),
    provider: "aggrepay",
    account: "main",
    operation: "debit-wallet",
    namespace: "money",
    identity: `order-${count}`,
    caller: "arn:aws:sts::123456789012:assumed-role/shop",
    request,
    isSameRequest: (stored) => stored === request,
    facts: undefined,
    customer: `aggrepay#main#${count}`,
    amount: "5.00",
    owner,
    newOwner: () => owner,
    host: "testwallet.aggrepaypayments.com",
    now: noon,
    leaseMs,
    ...more,
  };
}

export const newOwner = (): string => randomBytes(16).toString("base64url");

/** The next attempt of the same request by somebody else. */
export function again(claim: TestClaim, more: Partial<TestClaim> = {}): TestClaim {
  const owner = newOwner();
  return { ...claim, owner, newOwner: () => owner, now: claim.now + 60_000, ...more };
}

type Outcome = Settlement["to"];

export function settlementOf(
  claim: TestClaim,
  attempt: number,
  to: Outcome,
  more: Partial<Settlement> = {},
): Settlement {
  const failure = JSON.stringify({ code: "outcome-unknown", detail: `It became ${to}.` });
  return {
    id: claim.id,
    owner: claim.owner,
    attempt,
    to,
    now: claim.now + 250,
    ...(to === "succeeded" ? { result: '{"transactionId":"7"}' } : { failure }),
    expireAfterMs: undefined,
    ...more,
  };
}

/** Claims and settles; gives the record. */
export async function attemptOf(
  records: Records,
  claim: TestClaim,
  to: Outcome,
  more: Partial<Settlement> = {},
): Promise<RecordItem> {
  const { kind, record } = await records.claim(claim);
  if (kind !== "won") throw new Error(`the claim was held by a record that is ${record.state}`);
  return (await records.settle(settlementOf(claim, record.attempt, to, more))).record;
}

/** Writes attributes over an item, as a hand that is not the store's. */
export async function overwrite({ client, name: table }: TestTable, id: string, values: Item): Promise<void> {
  const names = Object.keys(values);
  await client.send(
    new UpdateItemCommand({
      TableName: table,
      Key: { pk: { S: id } },
      UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(", ")}`,
      ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: Object.fromEntries(
        names.map((name) => [`:${name}`, values[name] ?? { NULL: true }]),
      ),
    }),
  );
}

/** Brings a claim's first attempt to a state: by the owner, or where the owner may not write it, by a resolver. */
export async function reached(records: Records, claim: TestClaim, state: State): Promise<RecordItem> {
  if (state === "dispatched") return (await records.claim(claim)).record;
  if (state !== "needs_attention") return attemptOf(records, claim, state);
  const seen = await attemptOf(records, claim, "in_doubt");
  const turn = { record: seen, resolver: newOwner() };
  const record = await records.takeTurn(turn, claim.now + 300, claim.leaseMs);
  if (!record) throw new Error("the turn was not to be had");
  return records.conclude({
    ...turn,
    record,
    to: "needs_attention",
    now: claim.now + 350,
    failure: JSON.stringify({ code: "outcome-unknown", detail: "A person is needed." }),
  });
}

export const outcomes: readonly Outcome[] = ["succeeded", "declined", "not_sent", "not_executed", "in_doubt"];
export const everyState: readonly State[] = ["dispatched", ...outcomes, "needs_attention"];
