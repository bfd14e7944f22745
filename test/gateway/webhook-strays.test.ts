import { describe, expect, test, vi } from "vitest";
import { recordId } from "../../lib/records/identity.ts";
import {
  binding,
  freshReference,
  itemOf,
  notificationOf,
  notify,
  type Registration,
  register,
  registered,
  registrationOf,
  straysOf,
  tXidOf,
  userTokenOf,
  written,
} from "../support/account-bindings.ts";
import type { Answer } from "../support/aggrepay-gateway.ts";
import { started } from "../support/started.ts";
import { reply, startWallets, type Wallets } from "../support/wallets.ts";

const { listed, unlisted } = started({
  /** One gateway whose list has this machine, and one whose list has not. */
  listed: () => startWallets({ env: { WEBHOOK_SOURCE_ADDRESSES: "127.0.0.1" } }),
  unlisted: () => startWallets({ env: { WEBHOOK_SOURCE_ADDRESSES: "103.20.51.0/24" } }),
});

async function newRegistration(
  wallets: Wallets,
  more: Partial<Registration> = {},
  answer = registered(),
): Promise<Registration> {
  const registration = registrationOf(freshReference(), more);
  wallets.peer.script({ userAccountBinding: answer });
  await register(wallets, registration);
  return registration;
}

const received = async (answer: Promise<Answer>) => expect((await answer).body).toEqual({ received: true });

const resolve = (wallets: Wallets, id: string, more: object = {}) =>
  wallets.post(
    `/v1/records/${id}/resolve`,
    JSON.stringify({ outcome: "succeeded", reason: "NICEPAY confirmed it, ticket 7", ...more }),
    { "content-type": "application/json" },
  );

/** The one stray of a registration, as the API shows it. */
async function strayOf(wallets: Wallets, { referenceNo }: Registration) {
  const [stray, ...more] = await straysOf(wallets, referenceNo);
  expect(more).toEqual([]);
  return stray?.pk?.S ?? "";
}

const counted = (wallets: Wallets, metric: string) =>
  wallets
    .logs()
    .split("\n")
    .filter((line) => line.includes(`"${metric}":1`)).length;

const givenIn = async (wallets: Wallets, { referenceNo }: Registration) =>
  (await binding(wallets, referenceNo)).body.result;

describe("a notification that signs rightly, from an address that is not on the list", () => {
  test("is kept and listed, binds nothing, and rings", async () => {
    const registration = await newRegistration(unlisted);
    const before = counted(unlisted, "WebhookUnlisted");
    await received(notify(unlisted, notificationOf(registration)));
    await received(notify(unlisted, notificationOf(registration), "form"));
    expect(await givenIn(unlisted, registration)).toMatchObject({ bound: false });
    const id = await strayOf(unlisted, registration);
    expect((await unlisted.get(`/v1/records/${id}`)).body).toMatchObject({
      record: { failure: { detail: expect.stringContaining("the source address is not on the list") } },
    });
    expect(await unlisted.unfinished()).toContain(id);
    await vi.waitFor(() => expect(counted(unlisted, "WebhookUnlisted")).toBe(before + 2));
    expect(JSON.stringify(await unlisted.items())).not.toContain("planted+user");
  });

  test("binds when a person says so, once, and whoever says it again is answered the same", async () => {
    const registration = await newRegistration(unlisted);
    const fields = { tXid: tXidOf(registration.referenceNo) };
    await received(notify(unlisted, notificationOf(registration, { fields })));
    const id = await strayOf(unlisted, registration);
    const decided = await resolve(unlisted, id);
    expect([decided.status, decided.body.record]).toMatchObject([200, { state: "succeeded" }]);
    const given = await givenIn(unlisted, registration);
    expect(given).toMatchObject({ bound: true, userToken: userTokenOf(registration.referenceNo) });
    const item = await itemOf(unlisted, registration.referenceNo);
    expect((await resolve(unlisted, id)).status).toBe(200);
    expect((await resolve(unlisted, id, { reason: "another" })).status).toBe(409);
    expect(await itemOf(unlisted, registration.referenceNo)).toEqual(item);
    expect(await unlisted.unfinished()).not.toContain(id);
    expect(await unlisted.unfinished()).not.toContain(item.pk?.S);
  });

  test("binds a registration whose reply was lost, and settles its doubt", async () => {
    const lost = reply({ resultCd: "1002", resultMsg: "timeout" });
    const registration = await newRegistration(unlisted, {}, lost);
    await received(
      notify(unlisted, notificationOf(registration, { signs: { billingPhone: "082112345678" } })),
    );
    expect((await resolve(unlisted, await strayOf(unlisted, registration))).status).toBe(200);
    expect(await givenIn(unlisted, registration)).toMatchObject({ bound: true });
    expect((await itemOf(unlisted, registration.referenceNo)).state?.S).toBe("succeeded");
  });

  test("taken off the list with another word binds nothing", async () => {
    const registration = await newRegistration(unlisted);
    await received(notify(unlisted, notificationOf(registration)));
    const id = await strayOf(unlisted, registration);
    expect((await resolve(unlisted, id, { outcome: "declined" })).status).toBe(200);
    expect(await givenIn(unlisted, registration)).toMatchObject({ bound: false });
  });
});

describe("a person's word binds under every condition of a binding", () => {
  const refusal = async (wallets: Wallets, registration: Registration) => {
    const id = await strayOf(wallets, registration);
    const before = await written(wallets);
    const answer = await resolve(wallets, id);
    expect([answer.status, answer.body.code]).toEqual([400, "invalid-request"]);
    expect(await written(wallets)).toEqual(before);
    return (answer.body.errors as readonly { readonly detail: string }[])[0]?.detail;
  };

  test.each([
    ["another user's key", { fields: { clientUserKey: "somebody else" } }, "clientUserKey"],
    ["another phone", { signs: { billingPhone: "+6281" } }, "billingPhone: other digits"],
    ["another mitraCd", { fields: { mitraCd: "ABCD" } }, "mitraCd"],
    ["another tXid", { fields: { tXid: "TX-OTHER" } }, "tXid"],
    ["a mitraCd that was cut", { fields: { mitraCd: "KDVIX" } }, "mitraCd: cut"],
    ["a token that was cut", { fields: { userToken: "x".repeat(101), tXid: "T" } }, "userToken: cut"],
  ])("%s", async (_what, options, sentence) => {
    const registration = await newRegistration(listed);
    await received(notify(listed, notificationOf(registration, options)));
    expect(await refusal(listed, registration)).toContain(sentence);
    expect(await givenIn(listed, registration)).toMatchObject({ bound: false });
  });

  test("a registration that was refused, and one that nobody made", async () => {
    const refused = reply({ resultCd: "9017", resultMsg: "phone" });
    const registration = await newRegistration(listed, {}, refused);
    await received(notify(listed, notificationOf(registration)));
    expect(await refusal(listed, registration)).toContain("the registration is declined");
    const nobodys = registrationOf(freshReference());
    await received(notify(listed, notificationOf(nobodys)));
    expect(await refusal(listed, nobodys)).toContain("no registration has this referenceNo");
  });

  test("an account that is bound already", async () => {
    const registration = await newRegistration(listed);
    await received(notify(listed, notificationOf(registration)));
    await received(notify(listed, notificationOf(registration, { fields: { userToken: "second" } })));
    expect(await refusal(listed, registration)).toContain("bound already");
    expect(await givenIn(listed, registration)).toMatchObject({
      userToken: userTokenOf(registration.referenceNo),
    });
  });
});

describe("strays are bounded by what is signed", () => {
  const flood = async (registration: Registration, from: number, count: number, signs = {}) => {
    for (let at = from; at < from + count; at += 1)
      await received(
        notify(listed, notificationOf(registration, { signs, fields: { clientUserKey: `other-${at}` } })),
      );
  };

  test("four of a referenceNo and phone, those again change nothing, and the rest is counted once a minute", async () => {
    const registration = await newRegistration(listed);
    const before = counted(listed, "WebhookDropped");
    await flood(registration, 0, 8);
    const strays = await straysOf(listed, registration.referenceNo);
    expect(strays).toHaveLength(4);
    await flood(registration, 0, 4);
    expect(await straysOf(listed, registration.referenceNo)).toEqual(strays);
    await vi.waitFor(() => expect(counted(listed, "WebhookDropped")).toBe(before + 1));
    // Another phone was signed by the provider too.
    await flood(registration, 0, 1, { billingPhone: "+62811" });
    expect(await straysOf(listed, registration.referenceNo)).toHaveLength(5);
    expect(counted(listed, "WebhookDropped")).toBe(before + 1);
  });

  test("all at once: never more than four", async () => {
    const registration = await newRegistration(listed);
    await Promise.all(Array.from({ length: 12 }, (_, at) => flood(registration, at, 1)));
    expect(await straysOf(listed, registration.referenceNo)).toHaveLength(4);
  });

  test("the one that agrees never counts", async () => {
    const registration = await newRegistration(listed);
    await flood(registration, 0, 6);
    for (let times = 0; times < 3; times += 1) await received(notify(listed, notificationOf(registration)));
    expect(await givenIn(listed, registration)).toMatchObject({ bound: true });
    expect(await straysOf(listed, registration.referenceNo)).toHaveLength(4);
  });

  test("a thousand in a day of what nobody registered; what somebody did is kept still", async () => {
    await received(notify(listed, notificationOf(registrationOf(freshReference()))));
    const day = String(Math.floor(Date.now() / 86_400_000));
    const id = JSON.stringify(["unknown", day]);
    const pk = recordId("nicepay", "main", { namespace: "stray-count", id });
    const counter = await listed.item(pk);
    expect(Number(counter?.count?.N)).toBeGreaterThan(0);
    expect(Number(counter?.expires?.N)).toBeGreaterThan(Date.now() / 1000);
    await listed.put({ ...counter, pk: { S: pk }, count: { N: "999" } });
    const [last, beyond] = [registrationOf(freshReference()), registrationOf(freshReference())];
    await received(notify(listed, notificationOf(last)));
    await received(notify(listed, notificationOf(beyond)));
    expect(await straysOf(listed, last.referenceNo)).toHaveLength(1);
    expect(await straysOf(listed, beyond.referenceNo)).toEqual([]);
    const registration = await newRegistration(listed);
    await flood(registration, 0, 1);
    expect(await straysOf(listed, registration.referenceNo)).toHaveLength(1);
    await listed.put({ ...counter, pk: { S: pk }, count: { N: "1" } });
  });

  test("no field is longer than the contract lets it be", async () => {
    const referenceNo = `long-${"r".repeat(60)}`;
    const long = "ab".repeat(1_000);
    const fields = { billingNm: long, clientUserKey: long, mitraCd: long, tXid: long, userToken: long };
    await received(notify(listed, notificationOf(registrationOf(referenceNo), { fields })));
    const [stray] = await straysOf(listed, referenceNo.slice(0, 40));
    expect(JSON.stringify(stray).length).toBeLessThan(2_500);
  });

  test("they stand behind all else in a person's list", async () => {
    const timedOut = reply({ resultCd: "9002", resultMsg: "busy" });
    const registration = await newRegistration(listed, {}, timedOut);
    const item = await itemOf(listed, registration.referenceNo);
    const late = { N: String(100_000_000_000_000 + Date.now() + 60_000) };
    await listed.put({ ...item, state: { S: "needs_attention" }, due: late });
    const { result } = (await listed.get("/v1/records?state=needs_attention&limit=100")).body as unknown as {
      readonly result: readonly { readonly operation: string; readonly id: string }[];
    };
    expect(result.length).toBeGreaterThan(5);
    expect(result[0]?.id).toBe(item.pk?.S);
    const first = (await listed.get("/v1/records?state=needs_attention&limit=1")).body as unknown as {
      readonly page: { readonly cursor: string };
    };
    const next = await listed.get(
      `/v1/records?state=needs_attention&limit=2&cursor=${encodeURIComponent(first.page.cursor)}`,
    );
    expect((next.body.result as readonly unknown[]).length).toBe(2);
  });
});
