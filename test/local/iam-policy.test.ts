import { describe, expect, test } from "vitest";
import type { Context } from "../../local/iam/condition.ts";
import { type Access, decide, decideForKey, identityPolicy, resourcePolicy } from "../../local/iam/policy.ts";
import type { Json, JsonObject } from "../../local/json.ts";

/** Policies are asked as the stores and the API ask them; each test is one rule of IAM's. */

const table = "arn:aws:dynamodb:ap-south-1:000000000000:table/Records";
const role = {
  arn: "arn:aws:iam::000000000000:role/Debit",
  sessionArn: "arn:aws:sts::000000000000:assumed-role/Debit/Debit",
  account: "000000000000",
};
/** Placeholders are written #{Name} here: the linter takes the real ones for template strings gone wrong. */
const placeholders = (text: string) => text.replaceAll("#{", "$" + "{");

const knows = (known: Readonly<Record<string, string | readonly string[]>>): Context =>
  new Map(Object.entries(known).map(([key, value]) => [key.toLowerCase(), [value].flat()]));

const access = (change: Partial<Access> = {}): Access => ({
  principal: role,
  action: "dynamodb:GetItem",
  resource: table,
  context: knows({}),
  ...change,
});

const allow = (more: JsonObject = {}): JsonObject => ({
  Effect: "Allow",
  Action: "dynamodb:GetItem",
  Resource: table,
  ...more,
});
const deny = (more: JsonObject = {}) => allow({ Effect: "Deny", ...more });
const policy = (...statements: readonly Json[]) =>
  identityPolicy({ Version: "2012-10-17", Statement: statements }, "role Debit");

describe("a role's policies", () => {
  test("allow what a statement allows, be it of the first policy or another", () => {
    expect(decide(access(), [policy(allow())])).toBe("allowed");
    expect(decide(access(), [policy(allow({ Action: "logs:PutLogEvents" })), policy(allow())])).toBe(
      "allowed",
    );
    expect(decide(access(), [identityPolicy({ Statement: allow() }, "role Debit")])).toBe("allowed");
  });

  test("allow nothing that no statement allows", () => {
    expect(decide(access(), [])).toBe("not allowed");
    expect(decide(access({ action: "dynamodb:PutItem" }), [policy(allow())])).toBe("not allowed");
    expect(decide(access({ resource: `${table}2` }), [policy(allow())])).toBe("not allowed");
  });

  test("deny explicitly, whatever allows it, in whichever order", () => {
    expect(decide(access(), [policy(allow(), deny())])).toBe("explicitly denied");
    expect(decide(access(), [policy(deny()), policy(allow())])).toBe("explicitly denied");
    expect(decide(access(), [policy(allow(), deny({ Action: "dynamodb:PutItem" }))])).toBe("allowed");
  });

  test.each<[Json, string, boolean]>([
    ["dynamodb:Get*", "dynamodb:GetItem", true],
    ["dynamodb:?etItem", "dynamodb:GetItem", true],
    ["dynamodb:?etItem", "dynamodb:etItem", false],
    ["dynamodb:*", "dynamodb:GetItem", true],
    ["*", "dynamodb:GetItem", true],
    ["DynamoDB:getitem", "dynamodb:GetItem", true],
    ["dynamodb:Get", "dynamodb:GetItem", false],
    ["dynamodb:GetItem", "dynamodb:GetItemX", false],
    ["dynamodb.GetItem:*", "dynamodb:GetItem", false],
    [["dynamodb:PutItem", "dynamodb:GetItem"], "dynamodb:GetItem", true],
    [[], "dynamodb:GetItem", false],
  ])("with the Action %j and %s: %s", (Action, action, covered) => {
    const decision = decide(access({ action }), [policy(allow({ Action }))]);
    expect(decision).toBe(covered ? "allowed" : "not allowed");
  });

  test.each<[Json, string, boolean]>([
    ["*", table, true],
    [`${table}/index/*`, `${table}/index/unfinished`, true],
    [`${table}/index/*`, table, false],
    [table, `${table}/index/unfinished`, false],
    ["arn:aws:dynamodb:*:000000000000:table/Rec?rds", table, true],
    ["arn:aws:dynamodb:ap-south-1:*:table/records", table, false],
    // A wildcard does not reach over a colon into the next part.
    ["arn:aws:*:000000000000:0:0:table/Records", table, false],
    // But the last part may have colons of its own.
    ["arn:aws:secretsmanager:a:1:secret:*-000000", "arn:aws:secretsmanager:a:1:secret:x-000000", true],
    // Dots and brackets are themselves.
    [
      "arn:aws:execute-api:a:1:local/$default/GET/v1/a.c",
      "arn:aws:execute-api:a:1:local/$default/GET/v1/abc",
      false,
    ],
    [["arn:aws:dynamodb:a:1:table/Other", table], table, true],
  ])("with the Resource %j and %s: %s", (Resource, resource, covered) => {
    const decision = decide(access({ resource }), [policy(allow({ Resource }))]);
    expect(decision).toBe(covered ? "allowed" : "not allowed");
  });

  test("with NotAction and NotResource speak of everything else", () => {
    const { Action: _, ...withoutAction } = allow({ NotAction: ["dynamodb:PutItem"] });
    expect(decide(access(), [policy(withoutAction)])).toBe("allowed");
    expect(decide(access({ action: "dynamodb:PutItem" }), [policy(withoutAction)])).toBe("not allowed");
    const { Resource: __, ...elsewhere } = deny({ NotResource: table });
    expect(decide(access(), [policy(allow(), elsewhere)])).toBe("allowed");
    const other = access({ resource: `${table}2` });
    expect(decide(other, [policy(allow({ Resource: "*" }), elsewhere)])).toBe("explicitly denied");
  });
});

describe("a condition", () => {
  const via = (service: string) => knows({ "kms:ViaService": service });
  const none = knows({});
  test.each<[string, JsonObject, Context, boolean]>([
    ["StringEquals", { "kms:ViaService": "a" }, via("a"), true],
    ["StringEquals", { "kms:ViaService": "a" }, via("A"), false],
    ["StringEquals", { "kms:ViaService": "a*" }, via("ab"), false],
    ["StringEquals", { "kms:ViaService": ["b", "a"] }, via("a"), true],
    ["StringEquals", { "kms:ViaService": "a" }, none, false],
    ["StringEquals", { "KMS:viaservice": "a" }, via("a"), true],
    ["StringEquals", { "kms:ViaService": "a", "kms:CallerAccount": "1" }, via("a"), false],
    ["StringEqualsIfExists", { "kms:ViaService": "a" }, none, true],
    ["StringEqualsIfExists", { "kms:ViaService": "a" }, via("b"), false],
    ["StringNotEquals", { "kms:ViaService": ["a", "b"] }, via("c"), true],
    ["StringNotEquals", { "kms:ViaService": ["a", "b"] }, via("b"), false],
    ["StringNotEquals", { "kms:ViaService": "a" }, none, true],
    ["StringEqualsIgnoreCase", { "kms:ViaService": "a" }, via("A"), true],
    ["StringNotEqualsIgnoreCase", { "kms:ViaService": "a" }, via("A"), false],
    ["StringLike", { "kms:ViaService": "secrets*.?.com" }, via("secretsmanager.x.com"), true],
    ["StringLike", { "kms:ViaService": "secrets*.?.com" }, via("secretsmanager.xy.com"), false],
    ["StringNotLike", { "kms:ViaService": "a*" }, via("ab"), false],
    [
      "ArnEquals",
      { "aws:PrincipalArn": `${role.arn.slice(0, -2)}*` },
      knows({ "aws:PrincipalArn": role.arn }),
      true,
    ],
    ["ArnLike", { "aws:PrincipalArn": role.arn }, knows({ "aws:PrincipalArn": `${role.arn}2` }), false],
    ["ArnNotEquals", { "aws:PrincipalArn": [role.arn] }, knows({ "aws:PrincipalArn": role.arn }), false],
    ["ArnNotLike", { "aws:PrincipalArn": [role.arn] }, knows({ "aws:PrincipalArn": `${role.arn}2` }), true],
    ["Bool", { "aws:SecureTransport": "false" }, knows({ "aws:SecureTransport": "true" }), false],
    ["Bool", { "aws:SecureTransport": true }, knows({ "aws:SecureTransport": "true" }), true],
    ["BoolIfExists", { "aws:SecureTransport": "true" }, none, true],
    ["Null", { "kms:ViaService": "true" }, none, true],
    ["Null", { "kms:ViaService": "true" }, via("a"), false],
    ["Null", { "kms:ViaService": false }, via("a"), true],
    [
      "ForAllValues:StringEquals",
      { "kms:ViaService": ["a", "b"] },
      knows({ "kms:ViaService": ["b", "a"] }),
      true,
    ],
    [
      "ForAllValues:StringEquals",
      { "kms:ViaService": ["a"] },
      knows({ "kms:ViaService": ["b", "a"] }),
      false,
    ],
    ["ForAllValues:StringEquals", { "kms:ViaService": ["a"] }, none, true],
    ["ForAnyValue:StringLike", { "kms:ViaService": ["a*"] }, knows({ "kms:ViaService": ["b", "ab"] }), true],
    ["ForAnyValue:StringLike", { "kms:ViaService": ["a*"] }, none, false],
    [
      "ForAnyValue:StringNotEquals",
      { "kms:ViaService": "a" },
      knows({ "kms:ViaService": ["a", "a"] }),
      false,
    ],
  ])("%s %j of %o: %s", (operator, keys, context, holds) => {
    const statement = allow({ Condition: { [operator]: keys } });
    expect(decide(access({ context }), [policy(statement)])).toBe(holds ? "allowed" : "not allowed");
  });

  test("of two operators must hold by both", () => {
    const Condition = {
      StringEquals: { "kms:ViaService": "a" },
      ArnEquals: { "aws:PrincipalArn": role.arn },
    };
    const half = access({ context: via("a") });
    expect(decide(half, [policy(allow({ Condition }))])).toBe("not allowed");
    const whole = access({ context: new Map([...via("a"), ...knows({ "aws:PrincipalArn": role.arn })]) });
    expect(decide(whole, [policy(allow({ Condition }))])).toBe("allowed");
  });
});

describe("what is not understood is never passed over", () => {
  test.each<[JsonObject, RegExp]>([
    [
      { Condition: { NumericLessThan: { "kms:ViaService": "1" } } },
      /operator NumericLessThan, which is not known/,
    ],
    [
      { Condition: { "ForSomeValues:StringEquals": { "kms:ViaService": "1" } } },
      /ForSomeValues:StringEquals/,
    ],
    [{ Condition: { StringEquals: { "dynamodb:Attributes": "1" } } }, /asks for dynamodb:Attributes/],
    [{ Condition: { StringEquals: "kms:ViaService" } }, /no keys under StringEquals/],
    [{ Condition: { StringEquals: { "kms:ViaService": null } } }, /compares with what is no text/],
    [{ Condition: { ArnEquals: { "aws:PrincipalArn": "Debit" } } }, /"Debit", which is no ARN/],
    [{ Condition: { StringEquals: { "aws:PrincipalArn": placeholders("#{aws:username}") } } }, /variable/],
    [{ Resource: placeholders("arn:aws:dynamodb:a:1:table/#{aws:username}") }, /variable/],
    [{ Resource: "arn:aws:dynamodb:*:table/Records" }, /which is no ARN/],
    [{ Resource: "Records" }, /the Resource Records, which is no ARN/],
    [{ Action: "GetItem" }, /the Action GetItem, which names no service/],
    [{ Action: 1 }, /has 1 where text belongs/],
    [{ Effect: "allow" }, /the Effect "allow"/],
    [{ NotAction: "s3:*" }, /needs one of Action and NotAction/],
    [{ NotPrincipal: "*" }, /the element NotPrincipal/],
    [{ Principal: "*" }, /only a resource's policy may have/],
  ])("%j", (more, sentence) => {
    expect(() => policy(allow(more))).toThrow(sentence);
    expect(() => policy(allow(more))).toThrow("role Debit");
  });

  test("a document without statements", () => {
    expect(() => identityPolicy({}, "role Debit")).toThrow("has no statements");
  });
});

describe("the policy of a secret", () => {
  const secret = "arn:aws:secretsmanager:ap-south-1:000000000000:secret:S-000000";
  const get = (principal = role) =>
    access({
      principal,
      action: "secretsmanager:GetSecretValue",
      resource: secret,
      context: knows({ "aws:PrincipalArn": principal.arn }),
    });
  const own = [policy(allow({ Action: "secretsmanager:GetSecretValue", Resource: secret }))];
  const ofSecret = (more: JsonObject) =>
    resourcePolicy(
      { Statement: [deny({ Action: "secretsmanager:GetSecretValue", Resource: "*", ...more })] },
      "S",
    );
  const other = {
    ...role,
    arn: `${role.arn}Other`,
    sessionArn: "arn:aws:sts::000000000000:assumed-role/Other/x",
  };

  test.each(["ArnNotEquals", "StringNotEquals"])("denies all but those it names (%s)", (operator) => {
    const closed = ofSecret({
      Principal: { AWS: "*" },
      Condition: { [operator]: { "aws:PrincipalArn": ["arn:aws:iam::000000000000:role/A", role.arn] } },
    });
    expect(decide(get(), own, closed)).toBe("allowed");
    expect(decide(get(other), own, closed)).toBe("explicitly denied");
    // To be spared by a Deny is not to be allowed.
    expect(decide(get(), [], closed)).toBe("not allowed");
  });

  test.each<[Json, string]>([
    ["*", "explicitly denied"],
    [{ AWS: role.arn }, "explicitly denied"],
    [{ AWS: [other.arn, role.sessionArn] }, "explicitly denied"],
    [{ AWS: "000000000000" }, "explicitly denied"],
    [{ AWS: "arn:aws:iam::000000000000:root" }, "explicitly denied"],
    [{ AWS: "arn:aws:iam::111111111111:root" }, "allowed"],
    [{ AWS: other.arn }, "allowed"],
    [{ Service: "lambda.amazonaws.com" }, "allowed"],
    [{ Service: "lambda.amazonaws.com", AWS: role.arn }, "explicitly denied"],
  ])("with the Principal %j: %s", (Principal, decision) => {
    expect(decide(get(), own, ofSecret({ Principal }))).toBe(decision);
  });

  test("allows whom it names by itself, and an account only together with the role's own", () => {
    const allows = (AWS: string) => ofSecret({ Effect: "Allow", Principal: { AWS } });
    expect(decide(get(), [], allows(role.arn))).toBe("allowed");
    expect(decide(get(), [], allows("arn:aws:iam::000000000000:root"))).toBe("not allowed");
    expect(decide(get(), own, allows("arn:aws:iam::000000000000:root"))).toBe("allowed");
  });

  test.each<[JsonObject, RegExp]>([
    [{}, /without a Principal/],
    [{ Principal: { AWS: "Debit" } }, /Principal Debit, which is no ARN/],
    [{ Principal: { AWS: "arn:aws:iam::000000000000:role/*" } }, /which is no ARN/],
    [{ Principal: { Federated: "x" } }, /kind Federated/],
  ])("%j is not understood", (more, sentence) => {
    expect(() => ofSecret(more)).toThrow(sentence);
  });

  test("is not read where it speaks of AWS's services alone", () => {
    const Condition = { StringEquals: { "aws:SourceAccount": "000000000000" } };
    expect(ofSecret({ Principal: { Service: "logs.amazonaws.com" }, Condition })).toEqual([]);
  });
});

describe("the policy of a key", () => {
  const key = "arn:aws:kms:ap-south-1:000000000000:key/Key";
  const decrypt = access({ action: "kms:Decrypt", resource: key });
  const own = [policy(allow({ Action: "kms:Decrypt", Resource: key }))];
  const ofKey = (more: JsonObject) =>
    resourcePolicy({ Statement: [allow({ Action: "kms:*", Resource: "*", ...more })] }, "key Key");
  const root = { Principal: { AWS: "arn:aws:iam::000000000000:root" } };

  test("lets the account's own policies decide, where it names the account", () => {
    expect(decideForKey(decrypt, own, ofKey(root))).toBe("allowed");
    expect(decideForKey(decrypt, [], ofKey(root))).toBe("not allowed");
  });

  test("without which they count for nothing", () => {
    expect(decideForKey(decrypt, own, ofKey({ ...root, Action: "kms:Encrypt" }))).toBe("not allowed");
    expect(decideForKey(decrypt, own, [])).toBe("not allowed");
  });

  test("may name a role by itself, or deny it", () => {
    expect(decideForKey(decrypt, [], ofKey({ Principal: { AWS: role.arn } }))).toBe("allowed");
    const closed = [...ofKey(root), ...ofKey({ Effect: "Deny", Principal: { AWS: role.arn } })];
    expect(decideForKey(decrypt, own, closed)).toBe("explicitly denied");
  });
});
