import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  binding,
  bindingRecord,
  freshReference,
  register,
  registered,
  registrationOf,
  userTokenOf,
} from "../support/account-bindings.ts";
import { expectProblem, expectSuccess } from "../support/aggrepay-gateway.ts";
import { type Reply, reset } from "../support/peer.ts";
import { started } from "../support/started.ts";
import {
  bound,
  deactivate,
  deactivated,
  deactivationRecord,
  detail,
  removalTokenOf,
  removed,
  says,
  sent,
  startAsking,
} from "../support/user-tokens.ts";
import { jsonOf, problem, secretValues, startWallets } from "../support/wallets.ts";
import { words } from "../support/words.ts";

/** Key rings that two gateways share. */
const ring = (id: string) => [{ id, key: Buffer.alloc(32, id).toString("base64") }];
const secrets = { ...secretValues, gateway: { fingerprintKeys: ring("f1"), sealingKeys: ring("s1") } };

const { wallets, knowing, off } = started({
  wallets: () => startAsking({}, secrets),
  /** Short times, and the code that says that a token was revoked. */
  knowing: () =>
    startAsking({
      NICEPAY_REVOKED_CODES: "9920",
      PROVIDER_TIMEOUT_MS: "900",
      FUNCTION_TIMEOUT_MS: "5000",
      LEASE_MS: "5100",
      QUIET_PERIOD_MS: "100",
    }),
  off: () => startWallets({ secrets }),
});

/** A reply that goes out once that has ended. */
const meanwhile =
  (work: () => Promise<unknown>, then: Reply): Reply =>
  (response, request) => {
    void work().finally(() => then(response, request));
  };

const idOf = async (referenceNo: string) =>
  (await knowing.items()).find(
    ({ identity, namespace }) => identity?.S === referenceNo && namespace?.S === "binding",
  )?.pk?.S;

/** A binding whose token is another phone's, and which a person took off the list. */
async function leftUnserved(): Promise<string> {
  const referenceNo = await bound(wallets);
  wallets.peer.script({ "user-details": detail({ billingPhone: "+6281299999999" }) });
  const { id } = (await binding(wallets, referenceNo)).body.record as { readonly id: string };
  const decision = { outcome: "declined", reason: "NICEPAY does not know whose it is" };
  expect((await wallets.call(`records/${id}/resolve`, decision)).status).toBe(200);
  return referenceNo;
}

describe("a deactivation", () => {
  test("is the pages' request, and its answer is kept", async () => {
    const referenceNo = await bound(wallets);
    wallets.peer.script({ "remove-token": removed() });
    const record = deactivationRecord(referenceNo, "succeeded");
    const result = deactivated(referenceNo, "12345678deactivated by merchant");
    expectSuccess(await deactivate(wallets, referenceNo), { result, record });
    const [request] = wallets.peer.requests;
    expect(request?.path).toBe("/nicepay/direct/v2/remove-token");
    const body = jsonOf(request);
    const userToken = userTokenOf(referenceNo);
    expect(body).toEqual({
      timeStamp: expect.stringMatching(/^\d{14}$/),
      iMid: secretValues.nicepay.iMid,
      merchantToken: removalTokenOf(String(body.timeStamp), userToken),
      userToken,
    });
    expectSuccess(
      await deactivate(wallets, referenceNo, referenceNo),
      { result, record },
      { replayed: true },
    );
    expect(sent(wallets)).toEqual(["remove-token"]);
  });

  test("ends the binding: its token is given no more, and nobody is asked about it", async () => {
    const referenceNo = await bound(wallets);
    wallets.peer.script({ "remove-token": removed({ description: undefined, tokenStatus: 0 }) });
    expect((await deactivate(wallets, referenceNo)).body.result).toEqual(deactivated(referenceNo, null));
    const given = await binding(wallets, referenceNo);
    expectSuccess(given, {
      result: { referenceNo, bound: false, deactivatedAt: expect.stringMatching(/^\d{4}-.*Z$/) },
      record: bindingRecord(referenceNo, "succeeded"),
    });
    expect(sent(wallets)).toEqual(["remove-token"]);
  });

  test("succeeds with the page's sample, which has neither token nor status", async () => {
    const referenceNo = await bound(wallets);
    wallets.peer.script({ "remove-token": says("0000", "SUCCESS") });
    expect((await deactivate(wallets, referenceNo)).status).toBe(200);
  });

  test.each<readonly [string, () => Promise<string>, object]>([
    ["of a referenceNo that nobody registered", async () => freshReference(), problem("not-found")],
    [
      "of a registration that no user has bound",
      async () => {
        const referenceNo = freshReference();
        wallets.peer.script({ userAccountBinding: registered() });
        await register(wallets, registrationOf(referenceNo));
        return referenceNo;
      },
      problem("not-found"),
    ],
    [
      "of a binding that waits for a person",
      async () => {
        const referenceNo = await bound(wallets);
        wallets.peer.script({ "user-details": detail({ billingPhone: "+6281299999999" }) });
        await binding(wallets, referenceNo);
        return referenceNo;
      },
      problem("in-progress"),
    ],
  ])("%s sends nothing and leaves no record", async (_what, make, expected) => {
    const referenceNo = await make();
    wallets.peer.script({ "remove-token": removed() });
    const before = (await wallets.items()).length;
    expectProblem(await deactivate(wallets, referenceNo), expected as Parameters<typeof expectProblem>[1]);
    expect(wallets.peer.requests).toEqual([]);
    expect(await wallets.items()).toHaveLength(before);
  });

  test.each(
    words("9010 9012 8003 P380"),
  )("that NICEPAY refuses with %s may be asked for again", async (code) => {
    const referenceNo = await bound(wallets);
    wallets.peer.script({ "remove-token": [says(code), removed()] });
    const refused = await deactivate(wallets, referenceNo);
    expect(refused.body).toMatchObject({
      retry: "same-identity",
      record: { state: "not_executed" },
      provider: { code },
    });
    expect((await deactivate(wallets, referenceNo)).body).toMatchObject({
      record: { state: "succeeded", attempt: 2 },
    });
  });

  test.each<readonly [string, object]>([
    ["another token", { userToken: "another" }],
    ["a token that is active", { tokenStatus: "1" }],
    ["a status that is none", { tokenStatus: [] }],
  ])("whose success is of %s is in doubt, and meanwhile the token is not given", async (_what, more) => {
    const referenceNo = await bound(wallets);
    wallets.peer.script({ "remove-token": removed(more) });
    expectProblem(await deactivate(wallets, referenceNo), {
      ...problem("outcome-unknown"),
      record: deactivationRecord(referenceNo, "in_doubt"),
    });
    expectProblem(await binding(wallets, referenceNo), {
      ...problem("in-progress"),
      record: deactivationRecord(referenceNo, "in_doubt"),
    });
    expect(sent(wallets)).toEqual(["remove-token"]);
  });

  test("whose reply was lost has succeeded, where user detail says that the token was revoked", async () => {
    const referenceNo = await bound(knowing);
    knowing.peer.script({ "remove-token": reset, "user-details": says("9920") });
    expect((await deactivate(knowing, referenceNo)).status).toBe(504);
    expectSuccess(
      await deactivate(knowing, referenceNo),
      { result: deactivated(referenceNo, null), record: deactivationRecord(referenceNo, "succeeded") },
      { replayed: true },
    );
    expect(sent(knowing)).toEqual(["remove-token", "user-details"]);
    expect((await binding(knowing, referenceNo)).body).toMatchObject({ result: { bound: false } });
  });

  test("whose reply was lost has succeeded, where user detail shows an inactive token", async () => {
    const referenceNo = await bound(wallets);
    wallets.peer.script({ "remove-token": reset, "user-details": detail({ tokenStatus: 0 }) });
    expect((await deactivate(wallets, referenceNo)).status).toBe(504);
    expectSuccess(
      await deactivate(wallets, referenceNo),
      { result: deactivated(referenceNo, null), record: deactivationRecord(referenceNo, "succeeded") },
      { replayed: true },
    );
  });

  test.each<readonly [string, object]>([
    ["another token", { userToken: "another" }],
    ["an inactive account", { accountStatus: "0" }],
  ])("is not said to be without effect by a user detail of %s", async (_what, more) => {
    const referenceNo = await bound(wallets);
    wallets.peer.script({ "remove-token": reset, "user-details": detail(more) });
    await deactivate(wallets, referenceNo);
    await deactivate(wallets, referenceNo);
    const item = (await wallets.items()).find(
      ({ identity, namespace }) => identity?.S === referenceNo && namespace?.S === "deactivation",
    );
    expect([item?.state?.S, item?.lastInquiry?.S]).toEqual([
      "in_doubt",
      expect.stringMatching(/cannot be read|another user token|inactive/),
    ]);
  });

  test.each([
    ["had no reply", reset],
    ["got a code that nobody knows", says("9876")],
  ] as const)(
    "that %s may be asked for again, once user detail has shown after the quiet period that it still knows the token",
    { timeout: 40_000 },
    async (_what, first) => {
      const referenceNo = await bound(knowing);
      knowing.peer.script({ "remove-token": [first, removed()], "user-details": detail() });
      expect((await deactivate(knowing, referenceNo)).status).toBe(504);
      // Too early to prove anything.
      expect((await deactivate(knowing, referenceNo)).body).toMatchObject({ record: { state: "in_doubt" } });
      await sleep(5_400);
      expect((await deactivate(knowing, referenceNo)).body).toMatchObject({
        code: "provider-fault",
        retry: "same-identity",
        record: { state: "not_executed" },
      });
      expect((await binding(knowing, referenceNo)).body).toMatchObject({ result: { bound: true } });
      expect((await deactivate(knowing, referenceNo)).body).toMatchObject({
        record: { state: "succeeded", attempt: 2 },
      });
    },
  );

  test("is in doubt still where user detail gives no plain answer", async () => {
    const referenceNo = await bound(wallets);
    wallets.peer.script({ "remove-token": reset, "user-details": says("9920") });
    expect((await deactivate(wallets, referenceNo)).status).toBe(504);
    expect((await deactivate(wallets, referenceNo)).body).toMatchObject({
      code: "outcome-unknown",
      record: { state: "in_doubt" },
    });
    expect(sent(wallets)).toEqual(["remove-token", "user-details"]);
  });

  test("is carried out, and answered, of a binding that a person left unserved; until then the answer is final", async () => {
    const referenceNo = await leftUnserved();
    const refused = await binding(wallets, referenceNo);
    expect(refused.status).toBe(504);
    expect(refused.body).toMatchObject({
      code: "outcome-unknown",
      retry: "never",
      detail: expect.stringMatching(/another phone number.*left the binding unserved/),
      record: bindingRecord(referenceNo, "succeeded"),
    });
    expect(refused.headers.get("retry-after")).toBeNull();
    wallets.peer.script({ "remove-token": removed() });
    for (const replayed of [false, true])
      expectSuccess(
        await deactivate(wallets, referenceNo),
        {
          result: deactivated(referenceNo, "12345678deactivated by merchant"),
          record: deactivationRecord(referenceNo, "succeeded"),
        },
        { replayed },
      );
    expect(sent(wallets)).toEqual(["remove-token"]);
    expect((await binding(wallets, referenceNo)).body.result).toEqual({
      referenceNo,
      bound: false,
      deactivatedAt: expect.stringMatching(/Z$/),
    });
  });

  test("whose reply was lost is asked about though a person left the binding unserved", async () => {
    const referenceNo = await leftUnserved();
    wallets.peer.script({ "remove-token": reset, "user-details": detail({ tokenStatus: 0 }) });
    expect((await deactivate(wallets, referenceNo)).status).toBe(504);
    expect((await deactivate(wallets, referenceNo)).body).toMatchObject({ record: { state: "succeeded" } });
  });

  test("that is carried out while user detail is asked is no revocation by somebody else: nothing is flagged", async () => {
    const referenceNo = await bound(knowing);
    knowing.peer.script({
      "user-details": meanwhile(() => deactivate(knowing, referenceNo), says("9920")),
      "remove-token": removed(),
    });
    const result = { referenceNo, bound: false, deactivatedAt: expect.stringMatching(/Z$/) };
    for (const _ of [1, 2])
      expectSuccess(await binding(knowing, referenceNo), {
        result,
        record: bindingRecord(referenceNo, "succeeded"),
      });
    expectSuccess(
      await deactivate(knowing, referenceNo),
      {
        result: deactivated(referenceNo, "12345678deactivated by merchant"),
        record: deactivationRecord(referenceNo, "succeeded"),
      },
      { replayed: true },
    );
    expect(await knowing.unfinished()).not.toContain(await idOf(referenceNo));
    expect(sent(knowing)).toEqual(["user-details", "remove-token"]);
  });

  test("whose reply is lost while user detail is asked flags nothing, and is asked about", async () => {
    const referenceNo = await bound(knowing);
    knowing.peer.script({
      "user-details": [meanwhile(() => deactivate(knowing, referenceNo), says("9920")), says("9920")],
      "remove-token": reset,
    });
    expectProblem(await binding(knowing, referenceNo), {
      ...problem("in-progress"),
      record: deactivationRecord(referenceNo, "in_doubt"),
    });
    expect((await deactivate(knowing, referenceNo)).body).toMatchObject({ record: { state: "succeeded" } });
    expect((await binding(knowing, referenceNo)).body.result).toMatchObject({ bound: false });
  });

  test("that is carried out while user detail is asked keeps back a token that user detail still knew", async () => {
    const referenceNo = await bound(wallets);
    wallets.peer.script({
      "user-details": meanwhile(() => deactivate(wallets, referenceNo), detail()),
      "remove-token": removed(),
    });
    const given = await binding(wallets, referenceNo);
    expect(given.body.result).toEqual({
      referenceNo,
      bound: false,
      deactivatedAt: expect.stringMatching(/Z$/),
    });
    expect(given.text).not.toContain(userTokenOf(referenceNo));
  });

  test("is answered from its record though its binding was flagged since", async () => {
    const [done, inDoubt] = [await bound(knowing), await bound(knowing)];
    for (const [referenceNo, reply] of [
      [done, removed()],
      [inDoubt, reset],
    ] as const) {
      knowing.peer.script({
        "user-details": meanwhile(
          () => deactivate(knowing, referenceNo),
          detail({ billingPhone: "+6281299999999" }),
        ),
        "remove-token": reply,
      });
      expect((await binding(knowing, referenceNo)).status).toBe(reply === reset ? 409 : 200);
    }
    knowing.peer.script({ "user-details": says("9920") });
    for (const referenceNo of [done, inDoubt]) {
      expect((await deactivate(knowing, referenceNo)).body).toMatchObject({
        result: { deactivated: true },
        record: { state: "succeeded" },
      });
      expect((await binding(knowing, referenceNo)).body.result).toMatchObject({ bound: false });
    }
  });

  test("is refused where the switch is off, and what was asked before is answered from its record", async () => {
    const [done, other] = [await bound(wallets), await bound(off)];
    wallets.peer.script({ "remove-token": removed() });
    const record = (await deactivate(wallets, done)).body.record;
    for (const item of await wallets.items()) if (item.identity?.S === done) await off.put(item);
    off.peer.script({ "remove-token": removed() });
    expect((await deactivate(off, done)).body).toMatchObject({ record, result: { deactivated: true } });
    const refused = await deactivate(off, other);
    expect(refused.body).toMatchObject({
      code: "invalid-request",
      errors: [{ detail: expect.stringContaining("NICEPAY_USER_DETAIL") }],
    });
    expect(off.peer.requests).toEqual([]);
  });

  test("ends the binding for a gateway whose switch is off, too, and while its outcome is not known", async () => {
    const [done, inDoubt] = [await bound(wallets), await bound(wallets)];
    wallets.peer.script({ "remove-token": [removed(), reset] });
    expect((await deactivate(wallets, done)).status).toBe(200);
    expect((await deactivate(wallets, inDoubt)).status).toBe(504);
    for (const item of await wallets.items())
      if ([done, inDoubt].includes(item.identity?.S ?? "")) await off.put(item);
    off.peer.script({});
    expect((await binding(off, done)).body.result).toMatchObject({
      bound: false,
      deactivatedAt: expect.stringMatching(/Z$/),
    });
    const unknown = await binding(off, inDoubt);
    expect([unknown.status, unknown.body.code]).toEqual([409, "in-progress"]);
    expect(off.peer.requests).toEqual([]);
  });
});
