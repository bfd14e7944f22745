import * as v from "valibot";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sample } from "../../functions/records/books.sample.ts";
import {
  freshReference,
  register,
  registered,
  registrationOf,
  userTokenOf,
} from "../support/account-bindings.ts";
import type { Reply } from "../support/peer.ts";
import { bound, deactivate, detail, removed, says, startAsking } from "../support/user-tokens.ts";
import { jsonOf, type Wallets } from "../support/wallets.ts";

let wallets: Wallets;
beforeAll(async () => {
  wallets = await startAsking({ NICEPAY_REVOKED_CODES: "9920", SCHEDULE_MS: "0" });
});
afterAll(() => wallets?.stop());

/** User detail of each binding by its own answer, and of all others that the token is known. */
const details =
  (answers: Readonly<Record<string, Reply>>): Reply =>
  (response, request) => {
    const token = jsonOf(request).userToken;
    const [, answer = detail()] =
      Object.entries(answers).find(([referenceNo]) => userTokenOf(referenceNo) === token) ?? [];
    return answer(response, request);
  };

async function lookedAt(answers: Readonly<Record<string, Reply>>) {
  wallets.peer.script({ "user-details": details(answers) });
  const { status } = await wallets.post("/console/books", "{}", { "content-type": "application/json" });
  expect(status).toBe(200);
  const { body } = await wallets.get("/v1/books");
  expect(v.safeParse(sample.answers[200].schema, body).issues).toBeUndefined();
  const days = body.result as readonly { readonly provider: string }[];
  return { day: days.find(({ provider }) => provider === "nicepay"), asked: wallets.peer.requests.length };
}

const revoked = says("9920");

test("each binding of the day is looked at by its user token, and what NICEPAY shows otherwise is told", async () => {
  const [own, anothers, lost, unclear, ended, stays] = [
    await bound(wallets),
    await bound(wallets),
    await bound(wallets),
    await bound(wallets),
    await bound(wallets),
    await bound(wallets),
  ];
  for (const referenceNo of [ended, stays]) {
    wallets.peer.script({ "remove-token": removed() });
    expect((await deactivate(wallets, referenceNo)).status).toBe(200);
  }
  wallets.peer.script({ userAccountBinding: registered() });
  expect((await register(wallets, registrationOf(freshReference()))).status).toBe(200);

  const honest = { [ended]: revoked, [stays]: revoked };
  const agreed = await lookedAt(honest);
  expect(agreed.day).toMatchObject({
    state: "agrees",
    calls: 8,
    customers: { found: 9, lookedAt: 9 },
    records: { found: 9, borneOut: 8, open: 0, withoutEffect: 1, notProven: 0, withoutList: 0 },
    movements: { shown: 0, explained: 0 },
    sums: { credits: "0.00", debits: "0.00", notLookedAt: "0.00" },
    differences: { count: 0, shown: [] },
  });
  expect(agreed.asked).toBe(8);

  const { day } = await lookedAt({
    ...honest,
    [anothers]: detail({ billingPhone: "+6281299999999" }),
    [lost]: revoked,
    [unclear]: says("9999"),
    [stays]: detail(),
  });
  expect(day).toMatchObject({
    state: "differs",
    records: { found: 9, borneOut: 3, notProven: 1, withoutEffect: 1 },
    differences: { count: 4 },
    notProven: [expect.stringContaining("9999")],
  });
  const registration = "nicepay/register-account-binding";
  const shown = (day as unknown as { readonly differences: { readonly shown: readonly object[] } })
    .differences.shown;
  const difference = (referenceNo: string, more: object) =>
    expect.objectContaining({ customerId: referenceNo, identity: referenceNo, state: "succeeded", ...more });
  expect(shown).toEqual(
    expect.arrayContaining([
      difference(anothers, { kind: "differs", fields: ["customer"], operation: registration }),
      difference(lost, { kind: "record-without-movement", operation: registration }),
      difference(stays, { kind: "differs", fields: ["state"], operation: registration }),
      difference(stays, {
        kind: "differs",
        fields: ["state"],
        operation: "nicepay/deactivate-account-binding",
      }),
    ]),
  );
  const told = JSON.stringify(day);
  for (const referenceNo of [own, anothers, lost, unclear, ended, stays])
    expect(told).not.toContain(userTokenOf(referenceNo));
  expect(told).not.toContain("+62");
});

test("a binding that waits for a person is open, and NICEPAY is not asked about it", async () => {
  const waiting = await bound(wallets);
  wallets.peer.script({ "user-details": says("9920") });
  // Whoever asks for the token learns that it was revoked, and the binding is flagged.
  expect((await wallets.get(`/v1/account-bindings/${waiting}`)).status).toBe(404);
  const { day } = await lookedAt({});
  expect(day).toMatchObject({ records: { open: 1 } });
});

test("what fails at one provider keeps nobody from another one's books, and what was found there is counted", async () => {
  const india = new Date(Date.now() + 5.5 * 3_600_000).toISOString().slice(0, 10);
  // What no version writes: it cannot be read.
  await wallets.put({ pk: { S: `books.aggrepay.${india}` }, report: { S: "{" }, attempt: { N: "1" } });
  const lost = await bound(wallets);
  wallets.peer.script({ "user-details": details({ [lost]: revoked }) });
  const before = wallets.logs().length;
  const { status } = await wallets.post("/console/books", "{}", { "content-type": "application/json" });
  expect(status).toBe(502);
  const kept = (await wallets.items()).find(({ pk }) => pk?.S?.startsWith("books.nicepay."));
  expect([kept?.state?.S, kept?.report?.S]).toEqual(["differs", expect.stringContaining(`"${lost}"`)]);
  expect(wallets.logs().slice(before)).toMatch(/"function":"books".*"BooksDifferences":[1-9]/);
});
