import { expect, test } from "vitest";
import { newCredentials } from "../../local/iam/credentials.ts";
import { identityPolicy, resourcePolicy } from "../../local/iam/policy.ts";
import { checkDynamoDb, checkSecretsManager } from "../../local/iam/stores.ts";
import { isObject, type Json, type JsonObject } from "../../local/json.ts";
import { received } from "./signing.ts";

/** What each call to a store needs; the calls that the gateway itself makes are in permissions.test.ts. */

const table = (name: string) => `arn:aws:dynamodb:ap-south-1:000000000000:table/${name}`;
const secret = "arn:aws:secretsmanager:ap-south-1:000000000000:secret:S-000000";
const key = "arn:aws:kms:ap-south-1:000000000000:key/K";
const account = "000000000000";

type Rights = readonly (readonly [action: string, resource: string, condition?: JsonObject])[];

/** Whether a condition names its operators; one that does not is of StringEquals. */
const isNamed = (condition: Json): boolean => isObject(condition) && "Null" in condition;

function rightsOf(allowed: Rights, reports: string[] = []) {
  const statements = allowed.map(([Action, Resource, condition]) => ({
    ...{ Effect: "Allow", Action, Resource },
    ...(condition && { Condition: isNamed(condition) ? condition : { StringEquals: condition } }),
  }));
  const identity = {
    ...newCredentials(),
    functionName: "Some",
    arn: `arn:aws:iam::${account}:role/SomeRole`,
    sessionArn: `arn:aws:sts::${account}:assumed-role/SomeRole/Some`,
    account,
    policies: [identityPolicy({ Statement: statements }, "role SomeRole")],
    trusts: [],
  };
  const root = { AWS: `arn:aws:iam::${account}:root` };
  const ofKey = { Effect: "Allow", Principal: root, Action: "kms:*", Resource: "*" };
  const kms = { arn: key, policy: resourcePolicy({ Statement: [ofKey] }, "key K") };
  return {
    identity,
    rights: {
      identities: [identity],
      application: {
        secrets: [{ name: "ours/s", arn: secret, key: "s" }],
        secretPolicies: new Map(),
        keys: new Map([
          [table("Sealed"), kms],
          [secret, kms],
        ]),
      },
      report: (name: string, sentence: string) => reports.push(`${name}: ${sentence}`),
    },
  };
}

/** The action and resource that are refused, or nothing. */
async function refused(allowed: Rights, target: string, input: object | string) {
  const reports: string[] = [];
  const { identity, rights } = rightsOf(allowed, reports);
  const body = typeof input === "string" ? input : JSON.stringify(input);
  const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": target };
  const service = target.startsWith("DynamoDB") ? "dynamodb" : "secretsmanager";
  const check = service === "dynamodb" ? checkDynamoDb(rights) : checkSecretsManager(rights);
  const draft = { method: "POST", headers, body };
  const refusal = check(await received("http://127.0.0.1:8000/", draft, { credentials: identity, service }));
  // Whoever is refused something is told, and so is whoever runs the host.
  expect(reports).toHaveLength(refusal === undefined ? 0 : 1);
  if (refusal !== undefined) expect(refusal.type).toBe("AccessDeniedException");
  const [, action, resource] = /perform: (\S+) on resource: (\S+)/.exec(reports[0] ?? "") ?? [];
  return action === undefined ? undefined : [action, resource];
}

const held = {
  "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["binding.*"] },
  Null: { "dynamodb:LeadingKeys": "false" },
};
const update = (pk: string, TableName = "A") => ({ TableName, Key: { pk: { S: pk } } });

test.each<[string, object, boolean]>([
  ["UpdateItem", update("binding.x"), true],
  ["GetItem", update("binding."), true],
  ["UpdateItem", update("x"), false],
  ["UpdateItem", update("Binding.x"), false],
  ["UpdateItem", update("xbinding.x"), false],
  ["UpdateItem", { TableName: "A" }, false],
  ["UpdateItem", { TableName: "A", Key: { pk: { N: "1" } } }, false],
  ["UpdateItem", { TableName: "A", Key: { pk: { S: "binding.x" }, sk: { S: "money" } } }, false],
  ["PutItem", { TableName: "A", Item: { pk: { S: "binding.x" } } }, false],
  ["Scan", { TableName: "A" }, false],
  ["Query", { TableName: "A", KeyConditionExpression: "pk = :x" }, false],
  [
    "BatchWriteItem",
    { RequestItems: { A: [{ DeleteRequest: { Key: { pk: { S: "binding.x" } } } }] } },
    false,
  ],
  [
    "TransactWriteItems",
    { TransactItems: [{ Update: update("binding.x") }, { Update: update("binding.y") }] },
    true,
  ],
  [
    "TransactWriteItems",
    { TransactItems: [{ Update: update("binding.x") }, { Update: update("x") }] },
    false,
  ],
  ["TransactWriteItems", { TransactItems: [{ ConditionCheck: update("x") }] }, false],
])("%s of %j by a role that is held to some keys: %s", async (operation, input, isAllowed) => {
  const rights: Rights = [["dynamodb:*", table("A"), held]];
  expect((await refused(rights, dynamo(operation), input)) === undefined).toBe(isAllowed);
});

test.each([
  ["Some", true],
  ["Other", false],
])("a function's credentials name the function: %s", async (name, isAllowed) => {
  const arn = `arn:aws:lambda:ap-south-1:${account}:function:${name}`;
  const rights: Rights = [["dynamodb:*", table("A"), { "lambda:SourceFunctionArn": arn }]];
  expect((await refused(rights, dynamo("GetItem"), update("x"))) === undefined).toBe(isAllowed);
});

const dynamo = (operation: string) => `DynamoDB_20120810.${operation}`;
const a: Rights = [["dynamodb:*", table("A")]];

test.each<[string, object | string, readonly string[] | undefined]>([
  ["GetItem", { TableName: "A", Key: {} }, undefined],
  ["GetItem", { TableName: "B", Key: {} }, ["dynamodb:GetItem", table("B")]],
  ["GetItem", { TableName: table("A"), Key: {} }, undefined],
  ["Query", { TableName: "A", IndexName: "i" }, ["dynamodb:Query", `${table("A")}/index/i`]],
  ["BatchGetItem", { RequestItems: { A: {} } }, undefined],
  ["BatchGetItem", { RequestItems: { A: {}, B: {} } }, ["dynamodb:BatchGetItem", table("B")]],
  ["BatchWriteItem", { RequestItems: { B: [] } }, ["dynamodb:BatchWriteItem", table("B")]],
  ["TransactWriteItems", { TransactItems: [{ Put: { TableName: "A" } }] }, undefined],
  [
    "TransactWriteItems",
    { TransactItems: [{ Put: { TableName: "A" } }, { ConditionCheck: { TableName: "B" } }] },
    ["dynamodb:ConditionCheckItem", table("B")],
  ],
  ["TransactGetItems", { TransactItems: [{ Get: { TableName: "B" } }] }, ["dynamodb:GetItem", table("B")]],
  ["TransactWriteItems", { TransactItems: [{ Update: {} }] }, ["dynamodb:UpdateItem", "*"]],
  ["ListTables", {}, ["dynamodb:ListTables", "*"]],
  ["ExecuteStatement", { Statement: "SELECT * FROM A" }, ["dynamodb:ExecuteStatement", "*"]],
  ["GetItem", '{"TableName":"A"', ["dynamodb:GetItem", "*"]],
  ["GetItem", "[]", ["dynamodb:GetItem", "*"]],
])("who may use table A asks for %s %j", async (operation, input, outcome) => {
  expect(await refused(a, dynamo(operation), input)).toEqual(outcome);
});

const via = (service: string) => ({ "kms:ViaService": `${service}.ap-south-1.amazonaws.com` });
const sealed = (...actions: readonly string[]): Rights => [
  ["dynamodb:*", table("Sealed*")],
  ...actions.map((action) => [action, key, via("dynamodb")] as const),
];

test.each<[Rights, string, readonly string[] | undefined]>([
  [sealed("kms:Decrypt"), "GetItem", undefined],
  [sealed(), "GetItem", ["kms:Decrypt", key]],
  [sealed("kms:Decrypt", "kms:GenerateDataKey*"), "UpdateItem", ["kms:Encrypt", key]],
  [sealed("kms:Decrypt", "kms:Encrypt"), "UpdateItem", ["kms:GenerateDataKey", key]],
  [sealed("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*"), "UpdateItem", undefined],
  [sealed(), "DescribeTable", undefined],
  [[...sealed(), ["kms:*", key, via("secretsmanager")]], "GetItem", ["kms:Decrypt", key]],
  [
    [...sealed(), ["kms:*", "arn:aws:kms:ap-south-1:000000000000:key/Other"]],
    "GetItem",
    ["kms:Decrypt", key],
  ],
  [
    [...sealed(), ["kms:Decrypt", key, { "kms:EncryptionContext:aws:dynamodb:tableName": "Sealed" }]],
    "GetItem",
    undefined,
  ],
])("with %j, %s of a table under a key", async (allowed, operation, outcome) => {
  expect(await refused(allowed, dynamo(operation), { TableName: "Sealed", Key: {} })).toEqual(outcome);
});

const readable: Rights[number] = ["secretsmanager:GetSecretValue", secret];
const context = { "kms:EncryptionContext:SecretARN": secret, ...via("secretsmanager") };

test.each<[Rights, string, readonly string[] | undefined]>([
  [[readable, ["kms:Decrypt", key, context]], secret, undefined],
  [[readable, ["kms:Decrypt", key, context]], "ours/s", undefined],
  [[readable], secret, ["kms:Decrypt", key]],
  [[readable, ["kms:Decrypt", key, via("dynamodb")]], secret, ["kms:Decrypt", key]],
  [
    [readable, ["kms:Decrypt", key, { "kms:EncryptionContext:SecretARN": `${secret}2` }]],
    secret,
    ["kms:Decrypt", key],
  ],
  [[["kms:Decrypt", key, context]], secret, ["secretsmanager:GetSecretValue", secret]],
  [[readable], "unknown", ["secretsmanager:GetSecretValue", "unknown"]],
])("with %j, the value of secret %s", async (allowed, SecretId, outcome) => {
  expect(await refused(allowed, "secretsmanager.GetSecretValue", { SecretId })).toEqual(outcome);
});

test("Secrets Manager does not repeat what KMS said", async () => {
  const { identity, rights } = rightsOf([readable]);
  const headers = { "x-amz-target": "secretsmanager.GetSecretValue" };
  const draft = { method: "POST", headers, body: JSON.stringify({ SecretId: secret }) };
  const signing = { credentials: identity, service: "secretsmanager" };
  const request = await received("http://127.0.0.1:8000/", draft, signing);
  expect(checkSecretsManager(rights)(request)).toEqual({
    type: "AccessDeniedException",
    message: "Access to KMS is not allowed",
  });
});
