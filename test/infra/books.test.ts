import { expect, test } from "vitest";
import { readConfig } from "../../infra/config.ts";
import { bookUnits } from "../../lib/operation/books-counts.ts";
import { findingsIn, production, synthesized } from "./synthesized.ts";

const template = synthesized({ stage: "prod", books: "on", booksCallsADay: "500" });
const only = (type: string, of: (properties: Readonly<Record<string, unknown>>) => boolean) => {
  const found = Object.values(template.findResources(type)).filter(({ Properties }) => of(Properties));
  expect(found).toHaveLength(1);
  return found[0]?.Properties;
};

test("a day's records have an index, which holds nothing that changes when they are settled", () => {
  const { AttributeDefinitions, GlobalSecondaryIndexes } = only("AWS::DynamoDB::Table", () => true);
  expect(AttributeDefinitions).toEqual(
    expect.arrayContaining([
      { AttributeName: "operation", AttributeType: "S" },
      { AttributeName: "dispatchedAt", AttributeType: "N" },
    ]),
  );
  expect(GlobalSecondaryIndexes).toContainEqual({
    IndexName: "operation-records",
    KeySchema: [
      { AttributeName: "operation", KeyType: "HASH" },
      { AttributeName: "dispatchedAt", KeyType: "RANGE" },
    ],
    Projection: {
      ProjectionType: "INCLUDE",
      NonKeyAttributes: ["provider", "account", "customer", "amount"],
    },
  });
});

test("it may read every record and its own index, and write its own days alone", () => {
  const { Policies } = only("AWS::IAM::Role", ({ Description }) => Description === "WalletGateway: books");
  const statements: readonly Statement[] = Policies[0].PolicyDocument.Statement;
  const ofTable = statements.filter(({ Action }) => String(Action).startsWith("dynamodb:"));
  expect(ofTable.map(({ Action, Condition }) => [Action, Condition])).toEqual([
    ["dynamodb:GetItem", undefined],
    [
      "dynamodb:UpdateItem",
      {
        "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["books.*"] },
        Null: { "dynamodb:LeadingKeys": "false" },
      },
    ],
    ["dynamodb:Query", undefined],
  ]);
  expect(JSON.stringify(ofTable[2]?.Resource)).toContain("/index/operation-records");
});

interface Statement {
  readonly Action: unknown;
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

test("who looks at what was found may read days alone", () => {
  const { Policies } = only(
    "AWS::IAM::Role",
    ({ Description }) => Description === "WalletGateway: records/books",
  );
  const statements: readonly Statement[] = Policies[0].PolicyDocument.Statement;
  expect(statements.filter(({ Action }) => String(Action).startsWith("dynamodb:"))).toMatchObject([
    {
      Action: "dynamodb:GetItem",
      Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["books.*"] } },
    },
  ]);
});

test("one run at a time does all of it, with calls as many as were chosen and concurrency of nobody's", () => {
  const { Targets } = only(
    "AWS::Events::Rule",
    ({ ScheduleExpression }) => ScheduleExpression === "rate(15 minutes)",
  );
  expect(Targets).toHaveLength(1);
  expect(Targets[0]).not.toHaveProperty("Input");
  const lambda = only(
    "AWS::Lambda::Function",
    ({ Description }) => Description === "Compares the providers' own books with yesterday's records",
  );
  expect(lambda).toMatchObject({ Timeout: 895, MemorySize: 1769 });
  expect(lambda).not.toHaveProperty("ReservedConcurrentExecutions");
  expect(lambda.Environment.Variables).toMatchObject({ BOOKS_CALLS_A_DAY: "500", AGGREPAY_ACCOUNT: "main" });
});

test("only where it asks about user tokens may it read what opens and signs for them", () => {
  const isBooks = ({ Description }: Readonly<Record<string, unknown>>) =>
    Description === "Compares the providers' own books with yesterday's records";
  const namesIn = (stack: ReturnType<typeof synthesized>) => {
    const [found] = Object.values(stack.findResources("AWS::Lambda::Function")).filter(({ Properties }) =>
      isBooks(Properties),
    );
    return Object.keys(found?.Properties.Environment.Variables).filter((name) => /NICEPAY|SECRET/.test(name));
  };
  const asking = synthesized({ stage: "prod", books: "on", nicepayUserDetail: "on" });
  expect(namesIn(template)).toEqual(["AGGREPAY_SECRET_ID"]);
  expect(namesIn(asking)).toEqual(
    expect.arrayContaining(["NICEPAY_USER_DETAIL", "NICEPAY_SECRET_ID", "GATEWAY_SECRET_ID"]),
  );
});

test("what it counts rings", () => {
  const watched = Object.values(template.findResources("AWS::CloudWatch::Alarm")).flatMap(
    ({ Properties: { MetricName, Dimensions } }) =>
      String(MetricName).startsWith("Books") ? [[MetricName, Dimensions]] : [],
  );
  expect(watched).toEqual(Object.keys(bookUnits).map((name) => [name, undefined]));
});

test("the packs of rules find nothing that nobody has explained", () => {
  expect(findingsIn({ ...production, stage: "prod", books: "on" }).unexplained).toEqual([]);
});

test("a throttle above what a partition of the index takes is refused, and only with books", () => {
  const chosen = (more: Readonly<Record<string, string>>) => () =>
    readConfig((name) => ({ throttleRate: "1001", throttleBurst: "2000", ...more })[name]);
  expect(chosen({ books: "on" })).toThrow("throttleRate 1001 must be at most 1000 with books on");
  expect(chosen({})).not.toThrow();
});
