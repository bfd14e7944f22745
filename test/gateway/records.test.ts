import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, fresh } from "../support/aggrepay-gateway.ts";
import { refusal, reset, signed } from "../support/peer.ts";
import { startWallets, type Wallets } from "../support/wallets.ts";
import { words } from "../support/words.ts";

/** What a person sees of records, and says of them. */
let wallets: Wallets;
const leaseMs = 5_500;
const customerId = "991000017";
const route = "aggrepay/customer-otp";

interface Detail {
  readonly id: string;
  readonly operation: string;
  readonly identity: string;
  readonly state: string;
  readonly attempt: number;
  readonly ageSeconds: number;
  readonly result: unknown;
  readonly nextInquiryAt: string | null;
  readonly failure: { readonly code: string; readonly detail: string } | null;
  readonly flagged: string | null;
  readonly resolution: { readonly by: string; readonly reason: string; readonly at: string } | null;
  readonly proposal: { readonly by: string; readonly reason: string } | null;
  readonly history: readonly { readonly state: string; readonly at: string }[];
}
const detailIn = ({ body }: Answer) => body.record as Detail;
const listIn = ({ body }: Answer) => body.result as readonly Detail[];
const cursorIn = ({ body }: Answer) => (body.page as { readonly cursor: string | null }).cursor;

/** OTPs whose replies were lost, oldest first; each waits for a person. */
const keys = Array.from({ length: 12 }, (_, n) => fresh(`otp-${n}`));
const ids: string[] = [];
const otp = (key: string) => wallets.call(route, { customerId }, { key });
const post = (path: string, body: object) =>
  wallets.post(path, JSON.stringify(body), { "content-type": "application/json" });
const decide = (id: string, body: object) => post(`/v1/records/${id}/resolve`, body);
const get = async (id: string) => detailIn(await wallets.get(`/v1/records/${id}`));
const taken: string[] = [];
/** One that no other test looks at. */
function waiting(): { readonly id: string; readonly key: string } {
  const n = taken.push("") - 1;
  return { id: ids[n] ?? "", key: keys[n] ?? "" };
}

beforeAll(async () => {
  wallets = await startWallets({
    env: {
      ...{ FUNCTION_TIMEOUT_MS: "5000", LEASE_MS: String(leaseMs), MAX_PROCESSES_PER_FUNCTION: "2" },
      ...{ SECOND_PERSON: "on", DOUBT_LIMIT_MS: "2000" },
    },
  });
  wallets.peer.script({ customerotp: reset });
  for (const key of keys) {
    const answer = await otp(key);
    expect([answer.status, detailIn(answer).state]).toEqual([504, "in_doubt"]);
    ids.push(detailIn(answer).id);
  }
});
afterAll(() => wallets?.stop());

describe("before it waits for a person", () => {
  test("a decision is refused: the provider is still being asked", async () => {
    const [id = ""] = ids;
    const answer = await decide(id, { outcome: "succeeded", reason: "Too early" });
    expect([answer.status, answer.body.code, detailIn(answer).state]).toEqual([
      409,
      "in-progress",
      "in_doubt",
    ]);
  });

  test("it is listed as in doubt, oldest first, and by its filters", async () => {
    const doubt = await wallets.get("/v1/records?state=in_doubt&limit=100");
    expect(listIn(doubt).map(({ id }) => id)).toEqual(ids);
    expect(doubt.body.page).toEqual({ cursor: null, complete: true });
    const of = async (filter: string) => listIn(await wallets.get(`/v1/records?state=in_doubt&${filter}`));
    expect((await of(`operation=${route}&namespace=idempotency-key&limit=3`)).map(({ id }) => id)).toEqual(
      ids.slice(0, 3),
    );
    expect(await of("namespace=money")).toEqual([]);
    expect(listIn(await wallets.get("/v1/records?state=dispatched"))).toEqual([]);
  });

  test("it is found by its Idempotency-Key, of its caller alone, and says when it is looked into next", async () => {
    const [key = ""] = keys;
    const by = async (query: Record<string, string>) =>
      listIn(await wallets.get(`/v1/records?${new URLSearchParams(query)}`));
    const found = await by({ idempotencyKey: key, operation: route });
    expect(found.map(({ id }) => id)).toEqual(ids.slice(0, 1));
    expect(found[0]?.nextInquiryAt).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(await by({ idempotencyKey: key, operation: route, caller: "anonymous" })).toHaveLength(1);
    expect(await by({ idempotencyKey: key, operation: route, caller: "somebody" })).toEqual([]);
    expect(await by({ idempotencyKey: key, operation: "aggrepay/change-mpin" })).toEqual([]);
    expect(await by({ idempotencyKey: key, operation: "nobody/change-mpin" })).toEqual([]);
    expect(await by({ referenceNo: "none" })).toEqual([]);
  });

  test("it comes to wait for one when its lease has ended and there is nothing to ask", async () => {
    await sleep(leaseMs);
    for (const key of keys) {
      const answer = await otp(key);
      expect([answer.status, detailIn(answer).state]).toEqual([504, "needs_attention"]);
    }
  });
});

describe("what waits for a person", () => {
  test("is listed, all of it, oldest first, with its age", async () => {
    const listed = listIn(await wallets.get("/v1/records?state=needs_attention&limit=100"));
    expect(listed.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    const since = listed.map(({ history }) => history.at(-1)?.at ?? "");
    expect(since).toEqual(since.toSorted());
    for (const each of listed) {
      expect(each).toMatchObject({
        operation: route,
        state: "needs_attention",
        attempt: 1,
        resolution: null,
      });
      expect(each.ageSeconds).toBeGreaterThanOrEqual(Math.floor(leaseMs / 1000));
    }
  });

  test("comes in pages that join without a gap", async () => {
    const whole = listIn(await wallets.get("/v1/records?state=needs_attention&limit=100"));
    const joined: Detail[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const after: string = cursor === "" ? "" : `&cursor=${cursor}`;
      const page: Answer = await wallets.get(`/v1/records?state=needs_attention&limit=5${after}`);
      expect(listIn(page).length).toBeLessThanOrEqual(5);
      joined.push(...listIn(page));
      cursor = cursorIn(page);
    }
    expect(joined.map(({ id }) => id)).toEqual(whole.map(({ id }) => id));
  });

  test("a cursor is of its list alone: in another it would say that nothing waits", async () => {
    const list = "/v1/records?state=needs_attention";
    const cursor = cursorIn(await wallets.get(`${list}&limit=1`));
    expect(cursor).toEqual(expect.stringMatching(/^[\w-]{12}\.\d+\./));
    expect((await wallets.get(`${list}&limit=2&cursor=${cursor}`)).status).toBe(200);
    for (const other of [
      `${list}&operation=aggrepay/debit-wallet`,
      `${list}&since=2026-11-29`,
      "/v1/records?state=in_doubt",
      "/v1/records?customerId=1",
    ])
      expect(await wallets.get(`${other}&cursor=${cursor}`)).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: "/cursor", detail: "must be one that a page of this list gave" }] },
      });
  });

  test("is listed by its filters", async () => {
    const of = async (filter: string) =>
      listIn(await wallets.get(`/v1/records?state=needs_attention&limit=100&${filter}`)).map(({ id }) => id);
    const [first] = listIn(await wallets.get("/v1/records?state=needs_attention&limit=1"));
    const since = first?.history.at(-1)?.at ?? "";
    expect((await of(`operation=${route}&waits=person&since=${since}`)).toSorted()).toEqual(ids.toSorted());
    expect(await of("waits=provider")).toEqual([]);
    expect(await of("operation=aggrepay/debit-wallet")).toEqual([]);
    expect(await of("since=2100-01-01")).toEqual([]);
  });

  test("shows its history", async () => {
    const { history } = await get(ids[11] ?? "");
    expect(history.map(({ state }) => state)).toEqual(["dispatched", "in_doubt", "needs_attention"]);
  });
});

describe("a decision", () => {
  test("of success is what a repeat is answered, and leaves the list", async () => {
    const { id, key } = waiting();
    const said = {
      outcome: "succeeded",
      reason: "The customer has it",
      transactionId: "887420489",
      attempt: 1,
    };
    const answer = await decide(id, said);
    expect([answer.status, detailIn(answer)]).toEqual([
      200,
      expect.objectContaining({
        state: "succeeded",
        result: { transactionId: "887420489" },
        resolution: {
          ...{ by: "anonymous", reason: "The customer has it", at: expect.any(String) },
          ...{ attempt: 1, outcome: "succeeded", transactionId: "887420489" },
        },
      }),
    ]);
    // A person's result may hold a transactionId, whatever the operation's own answer declares.
    const repeat = await wallets.post(`/v1/${route}`, JSON.stringify({ customerId }), {
      "content-type": "application/json",
      "idempotency-key": key,
    });
    expect([repeat.status, repeat.headers.get("idempotency-replayed"), repeat.body.result]).toEqual([
      200,
      "true",
      { transactionId: "887420489" },
    ]);
    const listed = listIn(await wallets.get("/v1/records?state=needs_attention&limit=100"));
    expect(listed.map((each) => each.id)).not.toContain(id);
    // The same again is the same; anything else comes too late.
    expect((await decide(id, said)).status).toBe(200);
    const other = await decide(id, { outcome: "declined", reason: "No" });
    expect([other.status, other.body.code, detailIn(other).state]).toEqual([
      409,
      "already-done",
      "succeeded",
    ]);
    expect((await get(id)).history.map(({ state }) => state)).toEqual([
      ...["dispatched", "in_doubt", "needs_attention", "succeeded"],
    ]);
  });

  test("of declined is final", async () => {
    const { id, key } = waiting();
    expect((await decide(id, { outcome: "declined", reason: "Never sent" })).status).toBe(200);
    const repeat = await otp(key);
    expect([repeat.status, repeat.body.code, repeat.headers.get("idempotency-replayed")]).toEqual([
      ...[422, "declined", "true"],
    ]);
  });

  test("of not executed lets the repeat be a new attempt, of which it then says nothing", async () => {
    const { id, key } = waiting();
    const said = { outcome: "not_executed", reason: "The provider says so" };
    expect((await decide(id, said)).status).toBe(200);
    wallets.peer.script({ customerotp: reset });
    const second = await otp(key);
    expect([second.status, detailIn(second).attempt, wallets.peer.requests.length]).toEqual([504, 2, 1]);
    await sleep(leaseMs);
    expect(detailIn(await otp(key)).state).toBe("needs_attention");
    for (const stale of [{}, { attempt: 1 }, { attempt: 3 }]) {
      const answer = await decide(id, { outcome: "declined", reason: "As I saw it", ...stale });
      expect([answer.status, answer.body.code, detailIn(answer).state]).toEqual([
        ...[409, "already-done", "needs_attention"],
      ]);
    }
    const right = await decide(id, { outcome: "declined", reason: "As I see it", attempt: 2 });
    expect(right.status).toBe(200);
    expect(detailIn(right).resolution).toMatchObject({
      ...{ reason: "As I see it", attempt: 2 },
      earlier: [{ reason: "The provider says so", attempt: 1, outcome: "not_executed" }],
    });
  });

  test.each([
    "887420 489",
    "887420\u00a0489",
    "887420\u200b489",
    "8\u0000",
    "7".repeat(101),
  ])("with a transaction that is no id of a provider's is refused: %j", async (transactionId) => {
    const [id = ""] = ids.slice(-1);
    const answer = await decide(id, { outcome: "succeeded", reason: "x", transactionId });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: "/transactionId" }] } });
  });

  test("of ten persons at once is one's, and nine are told", async () => {
    const { id } = waiting();
    const outcomes = ["succeeded", "declined"] as const;
    const all = await Promise.all(
      Array.from({ length: 10 }, (_, n) => decide(id, { outcome: outcomes[n % 2], reason: `Person ${n}` })),
    );
    const won = all.filter(({ status }) => status === 200);
    expect([won.length, all.filter(({ body }) => body.code === "already-done").length]).toEqual([1, 9]);
    expect((await get(id)).resolution?.reason).toBe(won[0] && detailIn(won[0]).resolution?.reason);
  });

  test.each([
    ["no reason", { outcome: "succeeded" }, "/reason"],
    ["an empty reason", { outcome: "succeeded", reason: " " }, "/reason"],
    ["no outcome", { reason: "x" }, "/outcome"],
    ["a state that is nobody's to say", { outcome: "in_doubt", reason: "x" }, "/outcome"],
    ["an attempt that is no number", { outcome: "declined", reason: "x", attempt: "1" }, "/attempt"],
    ["an attempt that is no whole number", { outcome: "declined", reason: "x", attempt: 1.5 }, "/attempt"],
    [
      "a transaction of what did not happen",
      { outcome: "not_executed", reason: "x", transactionId: "7" },
      "/transactionId",
    ],
    ["a name of somebody else", { outcome: "declined", reason: "x", by: "me" }, "/by"],
  ])("with %s is refused", async (_what, body, pointer) => {
    const [id = ""] = ids.slice(-1);
    const before = await get(id);
    const answer = await decide(id, body);
    expect([answer.status, answer.body.code]).toEqual([400, "invalid-request"]);
    expect(
      (answer.body.errors as readonly { readonly pointer: string }[]).map((each) => each.pointer),
    ).toEqual([pointer]);
    expect({ ...(await get(id)), ageSeconds: 0 }).toEqual({ ...before, ageSeconds: 0 });
  });

  test("on a record that there is not", async () => {
    const answer = await decide("a".repeat(43), { outcome: "declined", reason: "x" });
    expect([answer.status, answer.body.code]).toEqual([404, "not-found"]);
  });
});

describe("a decision on many", () => {
  interface Each {
    readonly id: string;
    readonly status: number;
    readonly record?: Detail;
    readonly problem?: { readonly code: string; readonly instance: string; readonly record?: Detail };
  }
  const many = (body: object) => post("/v1/records/resolve", body);
  const eachIn = ({ body }: Answer) => body.result as readonly Each[];
  const said = { outcome: "declined", reason: "The outage, ticket 4713" };

  test("answers each by itself, in their order: what one is answered changes nothing for the others", async () => {
    const [one, two, done] = [waiting(), waiting(), waiting()];
    await decide(done.id, { outcome: "succeeded", reason: "Seen" });
    const unknown = "b".repeat(43);
    const answer = await many({ ...said, ids: [two.id, "no id", done.id, unknown, one.id] });
    expect([answer.status, eachIn(answer).map(({ id, status }) => [id, status])]).toEqual([
      207,
      [
        [two.id, 200],
        ["no id", 404],
        [done.id, 409],
        [unknown, 404],
        [one.id, 200],
      ],
    ]);
    expect(eachIn(answer)[0]?.record).toMatchObject({
      ...{ id: two.id, state: "declined", resolution: { by: "anonymous", reason: said.reason } },
    });
    expect(eachIn(answer)[2]?.problem).toMatchObject({
      ...{ code: "already-done", instance: `/v1/records/${done.id}`, record: { state: "succeeded" } },
    });
    expect((await otp(one.key)).body.code).toBe("declined");
    // Said again as it is, each is answered as before.
    expect(eachIn(await many({ ...said, ids: [one.id, two.id] })).map(({ status }) => status)).toEqual([
      200, 200,
    ]);
  });

  test.each([
    ["no ids", {}, "/ids"],
    ["an empty list", { ids: [] }, "/ids"],
    ["more than 100", { ids: Array.from({ length: 101 }, (_, n) => `${n}`) }, "/ids"],
    ["one id twice", { ids: ["a".repeat(43), "c", "a".repeat(43)] }, "/ids"],
    ["an id that is no string", { ids: ["a", 7] }, "/ids/1"],
    ["an id that is an object", { ids: [{ id: "a" }] }, "/ids/0"],
    ["ids that are no list", { ids: "a" }, "/ids"],
    ["a transaction of one record", { ids: ["a"], transactionId: "7" }, "/transactionId"],
  ])("with %s is refused, and nothing is decided", async (_what, body, pointer) => {
    const answer = await many({ ...said, ...body });
    expect([answer.status, answer.body.code]).toEqual([400, "invalid-request"]);
    expect((answer.body.errors as readonly { readonly pointer: string }[])[0]?.pointer).toBe(pointer);
  });
});

describe("money that one person calls not executed", () => {
  let id: string;
  const said = { outcome: "not_executed", reason: "Not in the portal" };
  beforeAll(async () => {
    wallets.peer.script({ debitwallet: reset });
    const input = {
      fromCustomerId: "500000009",
      amount: "5.50",
      mpin: "1234",
      merchantTransactionId: fresh(),
    };
    id = detailIn(await wallets.call("aggrepay/debit-wallet", input)).id;
    await sleep(leaseMs);
    expect(detailIn(await wallets.call("aggrepay/debit-wallet", input)).state).toBe("needs_attention");
  });

  test("is proposed, shown in the record and in the list, and not carried out by the same caller", async () => {
    const first = await decide(id, said);
    const proposal = {
      ...{ by: "anonymous", reason: said.reason, attempt: 1, outcome: "not_executed" },
      lapsesAt: expect.any(String),
    };
    expect([first.status, detailIn(first)]).toEqual([
      202,
      expect.objectContaining({ state: "needs_attention", proposal: expect.objectContaining(proposal) }),
    ]);
    const listed = listIn(await wallets.get("/v1/records?state=needs_attention&namespace=money"));
    expect(listed).toEqual([
      expect.objectContaining({ id, proposal: expect.objectContaining(proposal), waits: "provider" }),
    ]);
    const again = await decide(id, said);
    expect([again.status, again.body.code, again.body.retry]).toEqual([409, "already-done", "never"]);
    expect(again.body.detail).toMatch(/^You proposed this at .* another person must say the same/);
    const [many] = (await post("/v1/records/resolve", { ...said, ids: [id] })).body.result as readonly {
      readonly status: number;
    }[];
    expect(many?.status).toBe(409);
  });

  test("is withdrawn; then anything else may be said", async () => {
    const taken = await decide(id, { outcome: "withdraw", reason: "Another order" });
    expect([taken.status, detailIn(taken).state]).toEqual([200, "needs_attention"]);
    expect((await decide(id, { outcome: "withdraw", reason: "No" })).body.code).toBe("already-done");
    const answer = await decide(id, { outcome: "succeeded", reason: "Shown after all", transactionId: "77" });
    expect([answer.status, detailIn(answer)]).toEqual([
      200,
      expect.objectContaining({ state: "succeeded", proposal: null }),
    ]);
  });
});

describe("records of a customer and of an id", () => {
  const debit = (merchantTransactionId: string, fromCustomerId: string) =>
    wallets.call("aggrepay/debit-wallet", {
      fromCustomerId,
      amount: "5.50",
      mpin: "1234",
      merchantTransactionId,
    });

  test("a customer's, newest first, in pages", async () => {
    const customer = "500000001";
    wallets.peer.script({
      debitwallet: [signed({ transaction_id: 1 }), refusal("INVALID-MPIN", "Invalid MPIN")],
    });
    const orders = [fresh(), fresh()];
    const answers = [await debit(orders[0] ?? "", customer), await debit(orders[1] ?? "", customer)];
    expect(answers.map(({ status }) => status)).toEqual([200, 422]);
    const first = await wallets.get(`/v1/records?customerId=${customer}&limit=1`);
    const next = await wallets.get(`/v1/records?customerId=${customer}&limit=1&cursor=${cursorIn(first)}`);
    expect([...listIn(first), ...listIn(next)]).toEqual(
      answers.toReversed().map((answer) => ({
        ...{ id: detailIn(answer).id, operation: "aggrepay/debit-wallet", state: detailIn(answer).state },
        ...{ amount: "5.50", createdAt: expect.any(String) },
      })),
    );
  });

  test("a list of nothing in particular is refused, in a whole sentence", async () => {
    expect(await wallets.get("/v1/records")).toMatchObject({
      status: 400,
      body: {
        detail:
          "The query must have one of state, customerId, merchantTransactionId, referenceNo, idempotencyKey, and no two of them.",
      },
    });
  });

  test("a record that is not there: it is not the provider that does not know it", async () => {
    expect(await wallets.get(`/v1/records/${"a".repeat(43)}`)).toMatchObject({
      status: 404,
      body: { code: "not-found", title: "What the request names is not known" },
    });
  });

  test("those of a merchantTransactionId: the debit and its reversal", async () => {
    const order = fresh();
    wallets.peer.script({
      debitwallet: signed({ transaction_id: 1 }),
      debitreversal: signed({ transaction_id: 2, merchant_transaction_id: `${order}_REVERSAL` }),
    });
    await debit(order, "500000002");
    const reverse = (more: object) =>
      wallets.call("aggrepay/debit-reversal", { merchantTransactionId: order, ...more });
    // The transaction that is named must be that of the debit.
    const other = await reverse({ transactionId: "3" });
    expect([other.status, wallets.peer.requests.length]).toEqual([400, 1]);
    expect((await reverse({ transactionId: "1" })).status).toBe(200);
    const listed = listIn(await wallets.get(`/v1/records?merchantTransactionId=${order}`));
    expect(listed.map(({ operation, identity, state }) => [operation, identity, state])).toEqual([
      ["aggrepay/debit-wallet", order, "succeeded"],
      ["aggrepay/debit-reversal", order, "succeeded"],
    ]);
    expect(JSON.stringify(listed)).not.toContain("1234");
  });

  test.each([
    "",
    ...words("?state=succeeded ?state=in_doubt&since=yesterday ?namespace=money"),
    ...words("?state=needs_attention&customerId=1 ?customerId=x ?state=needs_attention&limit=0"),
    ...words("?state=needs_attention&limit=101 ?state=needs_attention&cursor=x ?nothing=1"),
  ])("a list that cannot be asked for: %s", async (query) => {
    const answer = await wallets.get(`/v1/records${query}`);
    expect([answer.status, answer.body.code]).toEqual([400, "invalid-request"]);
  });
});
