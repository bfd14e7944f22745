import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { RecordItem } from "../../lib/records/record.ts";
import type { Claim } from "../../lib/records/store.ts";
import { again, attemptOf, claimOf, newOwner, noon, reached, settlementOf } from "../records/claims.ts";
import { type BusEvent, type Pipe, streamOf, through } from "../support/pipe.ts";
import { startedRecords } from "../support/records.ts";
import { synthesized } from "./synthesized.ts";

const template = synthesized();
const [pipe] = Object.values(template.findResources("AWS::Pipes::Pipe")).map(
  ({ Properties }): Pipe => Properties,
);
if (!pipe) throw new Error("the stack has no pipe");

const { table, records } = startedRecords();

/** What the bus hears of a record, in order. */
async function heardOf(id: string): Promise<readonly BusEvent[]> {
  const all = through(pipe as Pipe, await streamOf(table.url, table.name));
  return all.filter(({ detail }) => detail.recordId === id);
}

const typesOf = async (id: string) => (await heardOf(id)).map(({ detailType }) => detailType);

const binding = { userToken: "sealed", boundAt: noon + 250, tXid: "TX1" };
const registration = () =>
  claimOf({ provider: "nicepay", operation: "register-account-binding", namespace: "binding" });

async function bound(claim: Claim): Promise<void> {
  const seen = (await records.get(claim.id)) as RecordItem;
  expect(await records.bind({ seen, binding, result: "{}", now: noon + 250 })).toBe(true);
}

async function decided(id: string, to: "succeeded" | "declined" | "not_executed"): Promise<void> {
  const record = (await records.get(id)) as RecordItem;
  const decision = {
    record,
    attempt: record.attempt,
    to,
    by: "arn:aws:sts::123456789012:assumed-role/ops",
    reason: "Shown in the portal",
    result: "{}",
    failure: undefined,
    now: noon + 900,
  };
  expect((await records.decide(decision)).written).toBe(true);
}

describe("the bus hears of a record", () => {
  test.each([
    ["succeeded", ["record.succeeded"]],
    ["declined", ["record.declined"]],
    ["not_executed", ["record.not-executed"]],
    ["in_doubt", ["record.in-doubt"]],
    ["not_sent", []],
  ] as const)("that its owner settles as %s: %j", async (to, heard) => {
    const claim = claimOf();
    await attemptOf(records, claim, to);
    expect(await typesOf(claim.id)).toEqual(heard);
  });

  test("nothing while it is dispatched", async () => {
    const claim = claimOf();
    await records.claim(claim);
    expect(await typesOf(claim.id)).toEqual([]);
  });

  test("once that it is in doubt, however often it is asked about, and then its end", async () => {
    const claim = claimOf();
    const seen = await attemptOf(records, claim, "in_doubt");
    const turn = { record: seen, resolver: newOwner() };
    const first = (await records.takeTurn(turn, noon + 300, claim.leaseMs)) as RecordItem;
    const postponed = await records.postpone({ ...turn, record: first }, { due: noon + 400 });
    const next = { record: postponed, resolver: newOwner() };
    const second = (await records.takeTurn(next, noon + 500, claim.leaseMs)) as RecordItem;
    await records.conclude({ ...next, record: second, to: "succeeded", now: noon + 600, result: "{}" });
    expect(await typesOf(claim.id)).toEqual(["record.in-doubt", "record.succeeded"]);
  });

  test("that waits for a person, and what the person says", async () => {
    const claim = claimOf();
    await reached(records, claim, "needs_attention");
    await decided(claim.id, "declined");
    expect(await typesOf(claim.id)).toEqual(["record.in-doubt", "record.needs-attention", "record.declined"]);
  });

  test("of each attempt", async () => {
    const claim = claimOf();
    await attemptOf(records, claim, "not_executed");
    const next = again(claim);
    await records.claim(next);
    await records.settle(settlementOf(next, 2, "succeeded"));
    const heard = await heardOf(claim.id);
    expect(heard.map(({ detailType, detail }) => [detailType, detail.attempt])).toEqual([
      ["record.not-executed", "1"],
      ["record.succeeded", "2"],
    ]);
  });

  test("of an account that is bound, before or after its registration is settled", async () => {
    const [before, after] = [registration(), registration()];
    await records.claim(before);
    await bound(before);
    await attemptOf(records, after, "succeeded");
    await bound(after);
    expect(await typesOf(before.id)).toEqual(["account.bound"]);
    expect(await typesOf(after.id)).toEqual(["record.succeeded", "account.bound"]);
  });

  test("of a binding that disagrees with its registration: that a person is needed, and that it stands after all", async () => {
    const claim = registration();
    await records.claim(claim);
    await bound(claim);
    const refused = settlementOf(claim, 1, "declined", { binding: { tXid: undefined } });
    expect((await records.settle(refused)).record.flagged).toBeDefined();
    await decided(claim.id, "succeeded");
    expect(await typesOf(claim.id)).toEqual(["account.bound", "record.needs-attention", "account.bound"]);
  });

  test("of a notification that fits nothing", async () => {
    const id = randomBytes(32).toString("base64url");
    await records.keep({
      id,
      provider: "nicepay",
      account: "main",
      operation: "account-binding-webhook",
      namespace: "notification",
      identity: "R-1",
      request: "f1.x",
      facts: "{}",
      binding,
      failure: '{"code":"outcome-unknown","detail":"Stray."}',
      now: noon,
      bounds: [],
    });
    expect(await typesOf(id)).toEqual(["record.needs-attention"]);
  });

  test("names and numbers of ours, and nothing of a person or of money", async () => {
    const planted = "planted-7391";
    const claim = claimOf({
      identity: `${planted}"@shop.example`,
      caller: `arn:aws:sts::1:assumed-role/${planted}`,
      customer: `aggrepay#main#${planted}`,
      amount: "7391.73",
      facts: `{"mobileNumber":"${planted}"}`,
      request: `["debit-wallet",{"fromCustomerId":"${planted}"}]`,
    });
    await attemptOf(records, claim, "succeeded", { result: `{"transactionId":"${planted}"}` });
    const [event, ...more] = await heardOf(claim.id);
    expect(more).toEqual([]);
    expect(event).toEqual({
      source: "wallet-gateway",
      detailType: "record.succeeded",
      detail: {
        recordId: claim.id,
        provider: "aggrepay",
        account: "main",
        operation: "debit-wallet",
        namespace: "money",
        state: "succeeded",
        attempt: "1",
        createdAt: String(noon),
        sequence: expect.stringMatching(/^\d+$/),
      },
    });
    expect(JSON.stringify(event)).not.toMatch(/planted|7391/);
  });
});

test("a pipe with few rights reads the stream, and what it cannot deliver waits in a queue", () => {
  const id = (type: string) => Object.keys(template.findResources(type))[0] ?? "";
  const arn = (type: string, name = "Arn") => ({ "Fn::GetAtt": [id(type), name] });
  expect(pipe).toMatchObject({
    Source: arn("AWS::DynamoDB::Table", "StreamArn"),
    Target: arn("AWS::Events::EventBus"),
    SourceParameters: {
      DynamoDBStreamParameters: {
        DeadLetterConfig: {
          Arn: { "Fn::GetAtt": [expect.stringMatching(/^UndeliveredEvents/) as string, "Arn"] },
        },
        OnPartialBatchItemFailure: "AUTOMATIC_BISECT",
        MaximumRetryAttempts: -1,
        MaximumRecordAgeInSeconds: 43_200,
      },
    },
  });
  const [role] = Object.entries(template.findResources("AWS::IAM::Role")).filter(([key]) =>
    key.startsWith("EventsRole"),
  );
  expect(role?.[1].Properties.Policies[0].PolicyDocument.Statement).toEqual([
    {
      Effect: "Allow",
      Action: [
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
      ],
      Resource: arn("AWS::DynamoDB::Table", "StreamArn"),
    },
    {
      Effect: "Allow",
      Action: "kms:Decrypt",
      Resource: arn("AWS::KMS::Key"),
      Condition: {
        StringEquals: {
          "kms:ViaService": { "Fn::Join": ["", ["dynamodb.", { Ref: "AWS::Region" }, ".amazonaws.com"]] },
        },
      },
    },
    { Effect: "Allow", Action: "events:PutEvents", Resource: arn("AWS::Events::EventBus") },
    {
      Effect: "Allow",
      Action: "sqs:SendMessage",
      Resource: { "Fn::GetAtt": [expect.stringMatching(/^UndeliveredEvents/) as string, "Arn"] },
    },
  ]);
});
