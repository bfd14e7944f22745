import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bindingForms } from "../../lib/operation/account-binding.ts";
import { hashedFacts, isKeptAs } from "../../lib/operation/kept.ts";
import { strayOf } from "../../lib/operation/stray.ts";
import { recordId } from "../../lib/records/identity.ts";
import { recordsIn } from "../../lib/records/store.ts";
import { shardOf } from "../../lib/records/write.ts";
import type { KeyRing } from "../../lib/secrets/key-ring.ts";
import { seal, unseal } from "../../lib/secrets/seal.ts";
import { Secret } from "../../lib/secrets/secret.ts";
import { type Deployment, moveBindings } from "../../ops/move-bindings/move.ts";
import { type Item, startTable, type TestTable } from "../support/dynamodb.ts";

/** Items as a version before December 2026 wrote them, written down by hand. */
let table: TestTable;
let deployment: Deployment;
const ring = (id: string): KeyRing => ({
  keys: [{ id, key: new Secret(randomBytes(32).toString("base64")) }],
});
const [sealing, fingerprints] = [ring("s1"), ring("f1")];
const now = Date.UTC(2026, 11, 1);

beforeAll(async () => {
  table = await startTable();
  const clock = { now: () => now, monotonic: () => 0 };
  deployment = { client: table.client, table: table.name, sealing, fingerprints, clock };
});
afterAll(() => table?.stop());

let referenceNo: string;
let oldId: string;
let newId: string;
let count = 0;
beforeEach(() => {
  count += 1;
  referenceNo = `R-${count}`;
  oldId = createHash("sha256")
    .update(JSON.stringify(["nicepay", "main", "binding", referenceNo]))
    .digest("base64url");
  newId = `binding.${oldId}`;
});

const person = { billingPhone: "+6282112345678", clientUserKey: "User 1" };
const S = (value: string) => ({ S: value });
const N = (value: number) => ({ N: String(value) });

const itemOf = (more: Item = {}): Item => ({
  ...{ pk: S(oldId), provider: S("nicepay"), account: S("main"), operation: S("register-account-binding") },
  ...{ namespace: S("binding"), identity: S(referenceNo), caller: S("shop"), request: S("f1.x") },
  ...{ facts: S(JSON.stringify({ ...person, mitraCd: "KDVI" })), host: S("www.nicepay.co.id") },
  ...{ state: S("succeeded"), attempt: N(1), owner: S("o"), createdAt: N(1), dispatchedAt: N(1) },
  ...{ tXid: S("TX1"), result: S("{}"), event: S("account.bound"), history: { L: [S("succeeded 1")] } },
  ...more,
});
const bindingOf = (token: string, sealedFor: string) => ({
  M: { userToken: S(seal(sealing, new Secret(token), sealedFor)), boundAt: N(2), tXid: S("TX1") },
});

const moved = async (writes = true) => moveBindings(deployment, { writes });

describe("npm run move-bindings", () => {
  test("moves a binding whole: its token opens under its new key, phone and key are hashes, nothing is told again", async () => {
    await table.put(itemOf({ binding: bindingOf("token-1", oldId) }));
    expect(await moved()).toEqual({ moved: 1, bound: 0, left: [] });
    expect(await table.item(oldId)).toBeUndefined();
    const { pk, facts, binding, event, ...others } = (await table.item(newId)) ?? {};
    const { pk: _pk, facts: _facts, event: _event, ...kept } = itemOf();
    expect([pk, others, event]).toEqual([S(newId), kept, undefined]);
    expect(unseal(sealing, binding?.M?.userToken?.S ?? "", newId).reveal()).toBe("token-1");
    const known = JSON.parse(facts?.S ?? "{}") as Record<string, string>;
    expect(known).toMatchObject({ mitraCd: "KDVI", clientUserKeyLength: "6" });
    for (const [field, value] of Object.entries(bindingForms(person)))
      expect(isKeptAs(fingerprints, { record: newId, field }, known[field] ?? "", value ?? "")).toBe(true);
    expect(facts?.S).not.toMatch(/8211234|user 1/i);
    expect(newId).toBe(recordId("nicepay", "main", { namespace: "binding", id: referenceNo }));
  });

  test("what is unfinished keeps its place among the unfinished", async () => {
    const open = { state: S("in_doubt"), shard: shardOf(oldId), due: N(now) };
    await table.put(itemOf(open));
    await moved();
    expect(await table.item(newId)).toMatchObject(open);
    expect(shardOf(newId)).toEqual(shardOf(oldId));
    expect((await table.scan("unfinished")).map(({ pk }) => pk?.S)).toContain(newId);
  });

  test("may be run again, and without --write changes nothing", async () => {
    await table.put(itemOf({ binding: bindingOf("token-2", oldId) }));
    expect(await moved(false)).toEqual({ moved: 1, bound: 0, left: [] });
    expect(await table.item(newId)).toBeUndefined();
    await moved();
    const item = await table.item(newId);
    expect(await moved()).toEqual({ moved: 0, bound: 0, left: [] });
    expect(await table.item(newId)).toEqual(item);
  });

  test("writes over nothing: a record under the new key stays, and the old one too", async () => {
    const other = { ...itemOf({ caller: S("another") }), pk: S(newId) };
    await table.put(itemOf());
    await table.put(other);
    const { left } = await moved();
    expect(left).toEqual([expect.stringContaining(oldId)]);
    expect([await table.item(newId), await table.item(oldId)]).toEqual([other, itemOf()]);
    await table.put({ pk: S(oldId) });
  });

  test("a binding whose token does not open stays where it is", async () => {
    await table.put(itemOf({ binding: bindingOf("token-3", "somebody else's record") }));
    const { left } = await moved();
    expect(left).toEqual([expect.stringContaining("does not open")]);
    expect(await table.item(newId)).toBeUndefined();
    await table.put({ pk: S(oldId) });
  });

  test("moves a stray, for its registration", async () => {
    const pk = S(`stray${count}`);
    const facts = { ...person, billingNm: "Ayu", mitraCd: "KDVI", tXid: "TX1", unsure: [] };
    const failure = S(JSON.stringify({ code: "outcome-unknown", detail: "It differs." }));
    const stray = { namespace: S("notification"), state: S("needs_attention"), attempt: N(0), failure };
    const kept = { facts: S(JSON.stringify(facts)), binding: bindingOf("token-4", oldId) };
    await table.put(itemOf({ pk, ...stray, ...kept }));
    expect(await moved()).toMatchObject({ moved: 1, left: [] });
    const item = await table.item(`binding.${pk.S}`);
    expect(JSON.parse(item?.facts?.S ?? "{}")).toMatchObject({ mitraCd: "KDVI", keyLength: 6, unsure: [] });
    expect(item?.facts?.S).not.toMatch(/8211234|user 1|Ayu/i);
    expect(unseal(sealing, item?.binding?.M?.userToken?.S ?? "", newId).reveal()).toBe("token-4");
  });

  test("money and other records stay as they are", async () => {
    const money = itemOf({ namespace: S("money"), identity: S("order-1") });
    await table.put(money);
    expect(await moved()).toEqual({ moved: 0, bound: 0, left: [] });
    expect(await table.item(oldId)).toEqual(money);
  });

  const early = (more: Partial<typeof person> = {}, why = "no registration has this referenceNo") =>
    strayOf(
      {
        notification: {
          ...{ iMid: "M", referenceNo, merchantToken: "t", mitraCd: "KDVI", billingNm: "Ayu", tXid: "TX1" },
          ...{ ...person, ...more, userToken: new Secret("token-5"), odd: new Map() },
        },
        ...{ why, holding: [], registration: undefined, account: "main", id: newId, sealing, fingerprints },
      },
      now,
    );

  test("what was notified before it was moved is bound, under every condition of a binding", async () => {
    const records = recordsIn(table.name, table.client);
    await table.put(itemOf());
    const stray = early();
    await records.keep(stray);
    await records.keep(early({ clientUserKey: "intruder" }));
    const { moved: count, bound, left } = await moved();
    expect([count, bound, left]).toEqual([1, 1, [expect.stringContaining("clientUserKey: other text")]]);
    const item = await table.item(newId);
    expect(unseal(sealing, item?.binding?.M?.userToken?.S ?? "", newId).reveal()).toBe("token-5");
    expect((await table.item(stray.id))?.state).toEqual(S("succeeded"));
  });

  test("a stray of another reason is a person's still", async () => {
    await table.put(itemOf());
    await recordsIn(table.name, table.client).keep(early({}, "the source address is not on the list"));
    expect(await moved()).toMatchObject({ moved: 1, bound: 0 });
    expect((await table.item(newId))?.binding).toBeUndefined();
  });

  test("hashes of the item and of what is compared with it are made for the same record", () => {
    const forms = hashedFacts(fingerprints, newId, bindingForms(person));
    expect(JSON.parse(early().facts)).toMatchObject({ forms });
  });
});
