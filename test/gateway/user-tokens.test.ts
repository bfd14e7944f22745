import { describe, expect, test } from "vitest";
import { binding, bindingRecord, boundResult, userTokenOf } from "../support/account-bindings.ts";
import { expectProblem, expectSuccess } from "../support/aggrepay-gateway.ts";
import { alwaysSent, reset } from "../support/peer.ts";
import { started } from "../support/started.ts";
import { bound, detail, detailTokenOf, says, sent, startAsking } from "../support/user-tokens.ts";
import {
  jsonOf,
  momentOf,
  problem,
  reply,
  secretValues,
  startWallets,
  type Wallets,
} from "../support/wallets.ts";

const { wallets, knowing, off } = started({
  wallets: () => startAsking(),
  /** The codes that say that a token was revoked are configured. */
  knowing: () => startAsking({ NICEPAY_REVOKED_CODES: "9920, P381" }),
  off: () => startWallets(),
});

const revoked = { code: "9920", message: "as it says" };
const { iMid } = secretValues.nicepay;

describe("user detail", () => {
  const token = "e0478456-6b50/+é=";
  const ask = (of = wallets, userToken: unknown = token) => of.call("nicepay/user-detail", { userToken });

  test("is the pages' request, its token over the bytes that are sent", async () => {
    const before = Date.now();
    wallets.peer.script({ "user-details": detail() });
    expect((await ask(wallets, ` ${token} `)).status).toBe(200);
    const [request, ...more] = wallets.peer.requests;
    expect(more).toEqual([]);
    expect([request?.method, request?.path]).toEqual(["POST", "/nicepay/direct/v2/user-details"]);
    expect(request?.headers).toMatchObject({ "content-type": "application/json", ...alwaysSent });
    const body = jsonOf(request);
    expect(body).toEqual({
      timeStamp: expect.stringMatching(/^\d{14}$/),
      iMid,
      merchantToken: detailTokenOf(token),
      userToken: token,
    });
    const moment = momentOf(String(body.timeStamp), 7);
    expect(moment).toBeGreaterThan(before - 1000);
    expect(moment).toBeLessThanOrEqual(Date.now());
  });

  const answer = {
    billingPhone: "+6282112345678",
    billingNm: "NON PROD",
    accountStatus: "1",
    accountType: "2",
    limitDetails: [
      { paymentType: "30_days", remainingUserLimit: "3449710.00", totalUserLimit: "3500000.00" },
      { paymentType: "6_months", remainingUserLimit: "18338977.60", totalUserLimit: "18600000.00" },
    ],
  };
  const [first] = answer.limitDetails;

  test.each<readonly [string, object, object]>([
    ["as the pages have it", {}, {}],
    ["with numbers for texts", { accountStatus: 1, accountType: 2 }, {}],
    [
      "without what only informs",
      { billingNm: null, accountStatus: "", limitDetails: null },
      { billingNm: null, accountStatus: null, limitDetails: [] },
    ],
    ["with one limit that is no list", { limitDetails: first }, { limitDetails: [first] }],
    [
      "with the table's misprint",
      { limitDetails: [{ ...first, totalUserLimit: undefined, totalUserLimut: "3500000.00" }] },
      { limitDetails: [first] },
    ],
    [
      "with a limit that is no amount",
      { limitDetails: [{ ...first, remainingUserLimit: "none" }] },
      { limitDetails: [{ ...first, remainingUserLimit: null }] },
    ],
    ["with limits that are a text", { limitDetails: "unlimited" }, { limitDetails: null }],
  ])("is answered, %s", async (_what, more, differs) => {
    wallets.peer.script({ "user-details": detail(more) });
    expectSuccess(await ask(), { result: { ...answer, ...differs } });
  });

  test("is read in the letter case of the pages too", async () => {
    const lower = JSON.parse(
      JSON.stringify({ ...answer, resultCd: "0000", resultMsg: "SUCCESS" }).replaceAll(/"\w+":/g, (name) =>
        name.toLowerCase(),
      ),
    );
    wallets.peer.script({ "user-details": reply(lower) });
    expectSuccess(await ask(), { result: answer });
  });

  test.each([
    ["9010", "misconfigured"],
    ["9011", "misconfigured"],
    ["9108", "misconfigured"],
    ["8003", "invalid-request"],
    ["p380", "invalid-request"],
    ["9920", "provider-fault"],
    ["9002", "provider-fault"],
    ["9009", "provider-fault"],
  ] as const)("%s is %s", async (code, ours) => {
    wallets.peer.script({ "user-details": says(code) });
    const retry = ours === "invalid-request" ? "after-fix" : "same-identity";
    expectProblem(await ask(), { ...problem(ours, { code, message: "as it says" }), retry });
  });

  test.each([
    "9920",
    "p381 ",
  ])("with %s configured as the code of a revoked token, it is not-found", async (code) => {
    knowing.peer.script({ "user-details": says(code) });
    expectProblem(await ask(knowing), problem("not-found", { code, message: "as it says" }));
  });

  test("without a phone number is no answer", async () => {
    wallets.peer.script({ "user-details": detail({ billingPhone: undefined }) });
    expectProblem(await ask(), problem("provider-fault"));
  });

  test.each([
    null,
    "",
    "  ",
    7,
    "x".repeat(101),
    "a\u200bb",
  ])("of %j is refused, and its value shown nowhere", async (userToken) => {
    wallets.peer.script({ "user-details": detail() });
    const refused = await ask(wallets, userToken);
    expect(refused.body).toMatchObject({ code: "invalid-request", errors: [{ pointer: "/userToken" }] });
    expect(wallets.peer.requests).toEqual([]);
  });

  test("is switched off unless it is chosen", async () => {
    off.peer.script({ "user-details": detail() });
    expectProblem(await ask(off), problem("not-found"));
    expect(off.peer.requests).toEqual([]);
  });
});

describe("before it is first given, a user token", () => {
  test("is confirmed, and that once", async () => {
    const referenceNo = await bound(wallets);
    wallets.peer.script({ "user-details": detail() });
    for (const _ of [1, 2, 3])
      expectSuccess(await binding(wallets, referenceNo), {
        result: boundResult(referenceNo),
        record: bindingRecord(referenceNo, "succeeded"),
      });
    expect(sent(wallets)).toEqual(["user-details"]);
    expect(jsonOf(wallets.peer.requests[0])).toMatchObject({
      userToken: userTokenOf(referenceNo),
      merchantToken: detailTokenOf(userTokenOf(referenceNo)),
    });
  });

  test.each([
    "+62 82112345678",
    "082112345678",
    "+62 821 5678",
    "+62821****5678",
    "62-821-xxxx-5678",
    "+62821*5678",
  ])("is confirmed by the phone in the form %s", async (billingPhone) => {
    const referenceNo = await bound(wallets);
    wallets.peer.script({ "user-details": detail({ billingPhone }) });
    expect((await binding(wallets, referenceNo)).status).toBe(200);
  });

  test.each<readonly [string, Parameters<Wallets["peer"]["script"]>[0], object]>([
    ["no connection", {}, problem("provider-fault")],
    ["HTTP 500", { "user-details": reply({}, 500) }, problem("provider-fault")],
    ["a broken connection", { "user-details": reset }, problem("provider-fault")],
    [
      "a busy provider",
      { "user-details": says("9002") },
      problem("provider-fault", { code: "9002", message: "as it says" }),
    ],
    ["a code that nobody knows", { "user-details": says("9920") }, problem("provider-fault", revoked)],
    [
      "a reply without a phone number",
      { "user-details": detail({ billingPhone: "" }) },
      problem("provider-fault"),
    ],
    [
      "a reply that shows too little of the phone number",
      { "user-details": detail({ billingPhone: "+62****5678" }) },
      problem("provider-fault"),
    ],
    [
      "a reply whose phone number is none",
      { "user-details": detail({ billingPhone: "hidden" }) },
      problem("provider-fault"),
    ],
    [
      "a reply about another token",
      { "user-details": detail({ userToken: "someone-else" }) },
      problem("provider-fault"),
    ],
    ...["tokenStatus", "accountStatus"].map(
      (field) =>
        [
          `a reply whose ${field} is inactive`,
          { "user-details": detail({ [field]: "0" }) },
          problem("provider-fault"),
        ] as const,
    ),
    [
      "our keys refused",
      { "user-details": says("9010") },
      problem("misconfigured", { code: "9010", message: "as it says" }),
    ],
  ])("is not given on %s, and is at the next request that has an answer", async (_what, script, expected) => {
    const referenceNo = await bound(wallets);
    wallets.peer.script(script);
    const refused = await binding(wallets, referenceNo);
    expectProblem(refused, expected as Parameters<typeof expectProblem>[1]);
    expect(refused.text).not.toContain(userTokenOf(referenceNo));
    wallets.peer.script({ "user-details": detail() });
    expect((await binding(wallets, referenceNo)).body).toMatchObject({ result: { bound: true } });
  });

  test("is not given where the provider cannot be reached", async () => {
    const referenceNo = await bound(wallets);
    await wallets.peer.refusing(async () => {
      expectProblem(await binding(wallets, referenceNo), problem("not-sent"));
    });
  });

  test("is not given once it was revoked, where its code is known", async () => {
    const referenceNo = await bound(knowing);
    knowing.peer.script({ "user-details": says("9920") });
    expectProblem(await binding(knowing, referenceNo), problem("not-found", revoked));
    // It is a person's from then on, and nobody is asked again.
    const again = await binding(knowing, referenceNo);
    expect([again.status, again.body.code]).toEqual([504, "outcome-unknown"]);
    expect(again.text).not.toContain(userTokenOf(referenceNo));
    expect(knowing.peer.requests).toHaveLength(1);
  });

  test.each([
    "+6281299999999",
    "+62 821 5679",
    "+62 822 5678",
  ])("of another phone (%s) is not given; a person is told, who may let it stand", async (billingPhone) => {
    const referenceNo = await bound(wallets);
    wallets.peer.script({ "user-details": detail({ billingPhone }) });
    for (const _ of [1, 2]) {
      const refused = await binding(wallets, referenceNo);
      expectProblem(refused, {
        ...problem("outcome-unknown"),
        record: bindingRecord(referenceNo, "succeeded"),
      });
      expect(refused.body.detail).toMatch(/another phone number/);
    }
    expect(sent(wallets)).toEqual(["user-details"]);
    const { id } = (await binding(wallets, referenceNo)).body.record as { readonly id: string };
    expect(await wallets.unfinished()).toContain(id);
    const resolved = await wallets.call(`records/${id}/resolve`, {
      outcome: "succeeded",
      reason: "NICEPAY says that it is theirs",
    });
    expect(resolved.status).toBe(200);
    expect((await binding(wallets, referenceNo)).body).toMatchObject({
      result: { bound: true, userToken: userTokenOf(referenceNo) },
    });
    expect(sent(wallets)).toEqual(["user-details"]);
  });

  test("is given to requests that come together, after the provider has answered each", async () => {
    const referenceNo = await bound(wallets);
    wallets.peer.script({ "user-details": detail() });
    const answers = await Promise.all(Array.from({ length: 4 }, () => binding(wallets, referenceNo)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    wallets.peer.script({});
    expect((await binding(wallets, referenceNo)).status).toBe(200);
  });

  test("is given unasked where the switch is off", async () => {
    const referenceNo = await bound(off);
    off.peer.script({});
    expect((await binding(off, referenceNo)).body).toMatchObject({ result: boundResult(referenceNo) });
    expect(off.peer.requests).toEqual([]);
  });
});
