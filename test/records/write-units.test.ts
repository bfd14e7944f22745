import type { UpdateItemCommandOutput } from "@aws-sdk/client-dynamodb";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { operation } from "../../functions/aggrepay/debit-wallet.ts";
import { sameEffect } from "../../lib/operation/request.ts";
import { refusals } from "../../lib/providers/aggrepay/refusals.ts";
import { anchorId, anchoring } from "../../lib/records/anchor.ts";
import { recordId } from "../../lib/records/identity.ts";
import { placeId, takingPlace } from "../../lib/records/place.ts";
import type { Settlement } from "../../lib/records/store.ts";
import { itemSize, operationIndex, transactedUnits, writeUnits } from "../../ops/cost/dynamodb-units.ts";
import type { Item } from "../support/dynamodb.ts";
import { startedRecords } from "../support/records.ts";
import { again, claimOf, noon, settlementOf, type TestClaim } from "./claims.ts";

const { table, records } = startedRecords();

/** As long as the contract lets every field be. */
const longest = {
  fromCustomerId: "9".repeat(30),
  fromMobileNumber: "+919876543210",
  toSubMerchantId: "8".repeat(30),
  amount: "999999999999.99",
  mpin: "73917391",
  description: "d".repeat(255),
  merchantTransactionId: "m".repeat(64),
};
/** The most that a stack may be given, and the longest name that IAM allows for a role. */
const account = "a".repeat(32);
const caller = `arn:aws:sts::123456789012:assumed-role/${"r".repeat(64)}`;

function longestDebit(): TestClaim {
  const input = v.parse(operation.input, longest);
  const { customerId, amount } = operation.listedUnder?.(input) ?? {};
  const same = sameEffect("debit-wallet", operation.sameBy?.(input) ?? {});
  return claimOf({
    now,
    account,
    caller,
    identity: input.merchantTransactionId,
    request: same.text,
    isSameRequest: same.is,
    customer: `aggrepay#${account}#${customerId}`,
    amount,
    host: "aggwallet.aggrepaypayments.com",
  });
}

/** With digits to its end: a number that ends in zeros is shorter. */
const now = noon + 123_456_789;

interface Cost {
  readonly claim: number;
  readonly settle: number;
  /** The same where the table has the index of the books. */
  readonly withBooks: { readonly claim: number; readonly settle: number };
  readonly bytes: number;
}

async function attempted(
  claim: TestClaim,
  attempt: number,
  to: Settlement["to"],
  more: Partial<Settlement> = {},
) {
  const item = async () => (await table.item(claim.id)) as Item;
  const before = await table.item(claim.id);
  await records.claim(claim);
  const claimed = await item();
  await records.settle(settlementOf(claim, attempt, to, more));
  const settled = await item();
  return {
    claim: writeUnits(before, claimed),
    settle: writeUnits(claimed, settled),
    withBooks: {
      claim: writeUnits(before, claimed, [operationIndex]),
      settle: writeUnits(claimed, settled, [operationIndex]),
    },
    bytes: Math.max(itemSize(claimed), itemSize(settled)),
  } satisfies Cost;
}

const result = JSON.stringify({ transactionId: "1".repeat(30) });

describe("sizes by AWS's rules", () => {
  test("of the examples that their guide gives", () => {
    expect(itemSize({ pk: { S: "é" } })).toBe(4);
    expect(itemSize({ n: { N: "27" } })).toBe(3);
    expect(itemSize({ n: { N: "-27" } })).toBe(4);
    expect(itemSize({ n: { N: "100" } })).toBe(3);
    expect(itemSize({ l: { L: [{ S: "a" }, { S: "bc" }] } })).toBe(1 + 3 + 2 + 3);
  });
});

describe("a debit as long as the contract allows", () => {
  test("costs 6 write units from claim to success, within 1 KB", async () => {
    const cost = await attempted(longestDebit(), 1, "succeeded", { result });
    console.log(`longest debit, succeeded: ${cost.claim} + ${cost.settle} write units, ${cost.bytes} bytes`);
    expect(cost).toMatchObject({ claim: 3, settle: 3, withBooks: { claim: 4, settle: 3 } });
    expect(cost.bytes).toBeLessThanOrEqual(1024);
  });

  test.each(refusals)("costs 6 when it is refused with $provider ($code)", async ({
    provider,
    code,
    detail,
    as,
  }) => {
    // The longest text that the document shows.
    const message = "The date of birth does not match the format Y-m-d.";
    const failure = JSON.stringify({ code, detail, provider: { code: provider, message } });
    const to = as === "not_executed" ? "not_executed" : "declined";
    const cost = await attempted(longestDebit(), 1, to, { failure });
    expect(cost).toMatchObject({ claim: 3, settle: 3 });
    expect(cost.bytes).toBeLessThanOrEqual(1024);
  });

  test("costs one more in doubt, which moves it in its index", async () => {
    expect(await attempted(longestDebit(), 1, "in_doubt")).toMatchObject({ claim: 3, settle: 4 });
  });

  test("attempted 21 times, with its history, costs 8 at most", async () => {
    const costs = await attemptedOften(longestDebit());
    const largest = Math.max(...costs.map(({ bytes }) => bytes));
    console.log(`longest debit, 21 attempts: at most ${largest} bytes`);
    expect(Math.max(...costs.map((cost) => cost.claim + cost.settle))).toBeLessThanOrEqual(8);
    expect(largest).toBeLessThanOrEqual(2048);
  });
});

async function attemptedOften(first: TestClaim): Promise<readonly Cost[]> {
  const costs: Cost[] = [];
  let claim = first;
  const failure = JSON.stringify({ code: "not-sent", detail: "Nothing was sent: no time was left to send." });
  for (let attempt = 1; attempt <= 20; attempt += 1) {
    costs.push(await attempted(claim, attempt, attempt % 2 ? "not_executed" : "not_sent", { failure }));
    claim = again(claim);
  }
  costs.push(await attempted(claim, 21, "succeeded", { result }));
  return costs;
}

describe("an everyday debit", () => {
  const everyday = () => {
    const input = v.parse(operation.input, {
      fromCustomerId: "487420489",
      amount: "250.00",
      mpin: "1234",
      merchantTransactionId: "0190f3c2-7f3a-7c51-9d7e-2f6b8f0a1c34",
    });
    const same = sameEffect("debit-wallet", operation.sameBy?.(input) ?? {});
    return claimOf({
      identity: input.merchantTransactionId,
      request: same.text,
      isSameRequest: same.is,
      customer: "aggrepay#main#487420489",
      amount: "250.00",
      host: "aggwallet.aggrepaypayments.com",
      caller: "arn:aws:sts::123456789012:assumed-role/checkout",
    });
  };

  test("costs 6 write units and little of 1 KB", async () => {
    const cost = await attempted(everyday(), 1, "succeeded", { result: '{"transactionId":"812377"}' });
    console.log(`everyday debit: ${cost.claim} + ${cost.settle} write units, ${cost.bytes} bytes`);
    expect(cost).toMatchObject({ claim: 3, settle: 3 });
  });

  test("costs 6 in each of 21 attempts, its history within 1 KB", async () => {
    const costs = await attemptedOften(everyday());
    expect(costs.map((cost) => cost.claim + cost.settle)).toEqual(costs.map(() => 6));
    expect(Math.max(...costs.map(({ bytes }) => bytes))).toBeLessThanOrEqual(1024);
  });
});

describe("a credit as long as the contract allows", () => {
  test("costs 9 write units, in its claim with the place of its payment and in its settle", async () => {
    const claim = { ...longestDebit(), operation: "credit-wallet", id: placeId("a", "b", "c", "its record") };
    const taking = {
      id: placeId("aggrepay", account, "credit-wallet", "p"),
      holder: claim.id,
      seen: undefined,
    };
    const part = (owner: string) => takingPlace(taking, owner);
    expect((await records.claimBeside({ claim, seen: undefined, part })).kind).toBe("won");
    const [claimed, place] = [await table.item(claim.id), await table.item(taking.id)];
    await records.settle(settlementOf(claim, 1, "succeeded", { result }));
    const settled = await table.item(claim.id);
    if (!claimed || !place || !settled) throw new Error("it was not written");
    expect(transactedUnits(undefined, claimed) + transactedUnits(undefined, place)).toBe(6);
    expect(writeUnits(claimed, settled)).toBe(3);
  });
});

describe("a reversal", () => {
  test.each([
    { number: 1, what: "a condition on its debit's anchor" },
    { number: 2, what: "its debit's anchor" },
  ])("under number $number costs 9 write units, in its claim with $what and in its settle", async ({
    number,
  }) => {
    const id = recordId("aggrepay", account, { namespace: "reversal", id: `undone-${number}`, number });
    const claim = { ...longestDebit(), operation: "debit-reversal", namespace: "reversal", id, number };
    const part = anchoring(anchorId("aggrepay", account, `undone-${number}`), number);
    expect((await records.claimBeside({ claim, seen: undefined, part: () => part })).kind).toBe("won");
    const [claimed, anchor] = [await table.item(claim.id), await table.item(part.id)];
    await records.settle(settlementOf(claim, 1, "succeeded", { result }));
    const settled = await table.item(claim.id);
    if (!claimed || !settled) throw new Error("it was not written");
    expect(anchor?.current?.N).toBe(number === 1 ? undefined : "2");
    // A condition takes what a write takes, also of an item that does not exist.
    expect(
      transactedUnits(undefined, claimed) + transactedUnits(undefined, anchor ?? { pk: { S: part.id } }),
    ).toBe(6);
    expect(writeUnits(claimed, settled)).toBe(3);
  });
});

describe("what the engine reports", () => {
  /** Capacity that the writes of `work` consumed, indexes included, by the engine's own account. */
  async function reported(work: () => Promise<unknown>): Promise<readonly (number | undefined)[]> {
    const units: (number | undefined)[] = [];
    const { middlewareStack } = table.client;
    middlewareStack.add(
      (next) => async (args) => {
        Object.assign(args.input, { ReturnConsumedCapacity: "INDEXES" });
        const answer = await next(args);
        units.push((answer.output as UpdateItemCommandOutput).ConsumedCapacity?.CapacityUnits);
        return answer;
      },
      { step: "initialize", name: "capacity" },
    );
    await work();
    middlewareStack.remove("capacity");
    return units;
  }

  test("of a debit is what the rules say: 3 and 3, the longest there is", async () => {
    const claim = longestDebit();
    const units = await reported(async () => {
      await records.claim(claim);
      await records.settle(settlementOf(claim, 1, "succeeded", { result }));
    });
    expect(units).toEqual([3, 3]);
  });

  test("of a debit in doubt is what the rules say: its index entry is deleted and put", async () => {
    const claim = longestDebit();
    const units = await reported(async () => {
      await records.claim(claim);
      await records.settle(settlementOf(claim, 1, "in_doubt"));
    });
    expect(units).toEqual([3, 4]);
  });
});
