/** The writes of a debit, the same for all who are compared: what the store makes of them must not count for or against one. */
export const claimed = (id: string, customer: string, amount: string, now: number) => ({
  pk: { S: id },
  provider: { S: "aggrepay" },
  account: { S: "main" },
  operation: { S: "debit-wallet" },
  namespace: { S: "money" },
  identity: { S: id },
  caller: { S: "anonymous" },
  request: { S: JSON.stringify(["debit-wallet", { amount, fromCustomerId: customer }]) },
  host: { S: "127.0.0.1:40000" },
  owner: { S: "b3duZXItb2YtdGhpcy1hdHQ" },
  state: { S: "dispatched" },
  attempt: { N: "1" },
  history: { L: [{ S: `dispatched ${now}` }] },
  leaseEnds: { N: String(now + 33_000) },
  createdAt: { N: String(now) },
  dispatchedAt: { N: String(now) },
  shard: { N: String(now % 64) },
  due: { N: String(now + 33_000) },
  customer: { S: `aggrepay#main#${customer}` },
  amount: { S: amount },
});

export const settled = (id: string, result: string, now: number) => ({
  Key: { pk: { S: id } },
  UpdateExpression:
    "SET #state = :state, #result = :result, #settledAt = :now, #history = list_append(#history, :entry) REMOVE #shard, #due",
  ConditionExpression: "#state = :dispatched",
  ExpressionAttributeNames: Object.fromEntries(
    ["state", "result", "settledAt", "history", "shard", "due"].map((name) => [`#${name}`, name]),
  ),
  ExpressionAttributeValues: {
    ":state": { S: "succeeded" },
    ":dispatched": { S: "dispatched" },
    ":result": { S: result },
    ":now": { N: String(now) },
    ":entry": { L: [{ S: `succeeded ${now}` }] },
  },
  ReturnValues: "ALL_NEW" as const,
});
