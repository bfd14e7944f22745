import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, startEngine } from "../faults/store.ts";
import { type Random, randomOf } from "../soak/random.ts";
import { differences, type Sent } from "./differential.ts";
import type { Input } from "./store.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine.stop());

const keys = ["a", "b", "c"].map((pk) => ({ pk: { S: pk } }));
const names = { "#n": "due", "#s": "state", "#l": "history", "#m": "binding", "#t": "userToken" };
const values: Readonly<Record<string, AttributeValue>> = {
  ":one": { N: "1" },
  ":two": { N: "2.0" },
  ":text": { S: "in_doubt" },
  ":part": { S: "in_" },
  ":list": { L: [{ S: "x" }] },
  ":map": { M: { userToken: { S: "t" } } },
  ":type": { S: "S" },
};

const atoms = [
  ...["attribute_exists(#n)", "attribute_not_exists(#s)", "attribute_exists(#m.#t)"],
  ...["#n = :one", "#n <> :one", "#s <> :text", "#n < :two", "#n >= :two", "#s = #m.#t", "#n <> #s"],
  ...["#s IN (:text, :part)", "#n BETWEEN :one AND :two", "begins_with(#s, :part)", "contains(#l, :text)"],
  ...["size(#l) > :one", "attribute_type(#s, :type)", "#l = :list", "#m = :map", "#s < :one", "#l <> :list"],
];

function condition(random: Random, depth = 0): string {
  const draw = depth > 2 ? 0 : random.next();
  const inner = () => condition(random, depth + 1);
  if (draw < 0.4) return random.pick(atoms);
  const both = () => `${inner()} ${random.pick(["AND", "or"])} ${inner()}`;
  if (draw < 0.75) return both();
  // DynamoDB refuses parentheses that say nothing.
  return draw < 0.9 ? `(${both()})` : `NOT ${random.pick(atoms)}`;
}

const settings = [
  ...["#n = :one", "#n = if_not_exists(#n, :one) + :two", "#n = #n - :one", "#s = :text", "#s = #m.#t"],
  ...["#l = :list", "#l = list_append(#l, :list)", "#l = list_append(if_not_exists(#l, :list), :list)"],
  ...["#m = :map", "#m.#t = :text", "#n = :text"],
];
const removals = ["#n", "#s", "#l", "#m.#t"];

function update(random: Random): string {
  const set = Array.from({ length: random.between(1, 2) }, () => random.pick(settings));
  const targets = set.map((each) => each.split(" = ")[0]);
  // Two changes of one place are an error of whoever writes them, and none of ours ever is.
  const isApart = new Set(targets.map((each) => each?.slice(0, 2))).size === targets.length;
  const removed = removals.filter(
    (each) => !targets.some((target) => target?.slice(0, 2) === each.slice(0, 2)) && random.chance(0.2),
  );
  return [
    `SET ${isApart ? set.join(", ") : set[0]}`,
    ...(removed.length > 0 ? [`REMOVE ${removed.join(", ")}`] : []),
  ].join(" ");
}

/** What an expression uses, and now and then something else: in a transaction the engine lets pass what it does not use. */
function given(random: Random, expression: string, slips = 0.005) {
  const used = <T>(all: Readonly<Record<string, T>>) =>
    Object.fromEntries(
      Object.entries(all).filter(([name]) => expression.includes(name) !== random.chance(slips)),
    );
  const [ofNames, ofValues] = [used(names), used(values)];
  return {
    ...(Object.keys(ofNames).length > 0 && { ExpressionAttributeNames: ofNames }),
    ...(Object.keys(ofValues).length > 0 && { ExpressionAttributeValues: ofValues }),
  };
}

function write(random: Random, slips?: number): Input {
  const [ConditionExpression, UpdateExpression] = [condition(random), update(random)];
  return {
    Key: random.pick(keys),
    ConditionExpression,
    UpdateExpression,
    ...given(random, ConditionExpression + UpdateExpression, slips),
    ...(random.chance(0.8) && { ReturnValuesOnConditionCheckFailure: "ALL_OLD" }),
  };
}

function place(random: Random): Input {
  const item = {
    shard: { N: String(random.below(2)) },
    due: { N: String(random.below(4)) },
    customer: { S: "k" },
    createdAt: { N: String(random.below(3)) },
    state: { S: "in_doubt" },
    provider: { S: "p" },
  };
  const named = Object.keys(item);
  return {
    Key: { pk: { S: `row ${random.below(12)}` } },
    UpdateExpression: random.chance(0.9)
      ? `SET ${named.map((name) => `#${name} = :${name}`).join(", ")}`
      : "REMOVE #shard, #due",
    ExpressionAttributeNames: Object.fromEntries(named.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(
      Object.entries(item).map(([name, value]) => [`:${name}`, value]),
    ),
  };
}

const isRemoval = ({ UpdateExpression }: Input) => UpdateExpression?.startsWith("REMOVE");

function query(random: Random): Input {
  const isOfCustomer = random.chance(0.3);
  const page = {
    ...(random.chance(0.5) && { Limit: random.between(1, 4) }),
    ...(random.chance(0.5) && { ScanIndexForward: random.chance(0.5) }),
    ...(random.chance(0.2) && { Select: "COUNT" }),
  };
  if (isOfCustomer)
    return {
      IndexName: "customer-records",
      KeyConditionExpression: "#customer = :customer",
      ExpressionAttributeNames: { "#customer": "customer" },
      ExpressionAttributeValues: { ":customer": { S: "k" } },
      ...page,
    };
  const [shard, due] = [{ N: String(random.below(2)) }, { N: String(random.below(4)) }];
  return {
    IndexName: "unfinished",
    KeyConditionExpression: "#shard = :shard AND #due BETWEEN :first AND :last",
    ExpressionAttributeNames: { "#shard": "shard", "#due": "due" },
    ExpressionAttributeValues: {
      ":shard": shard,
      ":first": { N: String(random.below(2)) },
      ":last": { N: "3" },
    },
    ...(random.chance(0.4) && { ExclusiveStartKey: { pk: { S: `row ${random.below(12)}` }, shard, due } }),
    ...page,
  };
}

function command(random: Random): Omit<Sent, "at"> {
  const draw = random.next();
  if (draw < 0.4) return { operation: "UpdateItem", input: { ...write(random), ReturnValues: "ALL_NEW" } };
  if (draw < 0.5) return { operation: "GetItem", input: { Key: random.pick(keys), ConsistentRead: true } };
  if (draw < 0.52) return { operation: "DeleteItem", input: { Key: random.pick(keys) } };
  if (draw < 0.7) {
    const { ExpressionAttributeValues, ExpressionAttributeNames, ...input } = place(random);
    const isBare = isRemoval(input);
    return {
      operation: "UpdateItem",
      input: isBare
        ? { ...input, ExpressionAttributeNames: { "#shard": "shard", "#due": "due" } }
        : {
            ...input,
            ...(ExpressionAttributeNames && { ExpressionAttributeNames }),
            ...(ExpressionAttributeValues && { ExpressionAttributeValues }),
          },
    };
  }
  if (draw < 0.85) return { operation: "Query", input: query(random) };
  const parts = Array.from({ length: random.between(1, 3) }, () => write(random, 0)).map((input) => {
    if (random.chance(0.7)) return { Update: input };
    const { UpdateExpression: _update, ConditionExpression: text = "", ...check } = input;
    const { ExpressionAttributeNames: _names, ExpressionAttributeValues: _values, ...bare } = check;
    return { ConditionCheck: { ...bare, ConditionExpression: text, ...given(random, text, 0) } };
  });
  const token = random.chance(0.5) && { ClientRequestToken: `token ${random.below(8)}` };
  return { operation: "TransactWriteItems", input: { TransactItems: parts, ...token } };
}

describe("the store in memory answers as the engine does", () => {
  test("what is drawn from the whole language of expressions", async () => {
    const random = randomOf("1", "commands");
    const commands = Array.from({ length: 2_000 }, (): Sent => ({ at: Date.now(), ...command(random) }));
    expect(await differences(engine, "drawn", commands)).toEqual([]);
  });
});
