import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { isAllowedSource } from "../../lib/providers/nicepay/source.ts";
import {
  asForm,
  asJson,
  binding,
  bindingRecord,
  boundResult,
  freshReference,
  itemOf,
  merchantTokenOf,
  type Notification,
  type NotificationOptions,
  notificationOf,
  notify,
  type Registration,
  register,
  registered,
  registrationOf,
  registrationResult,
  straysOf,
  type Type,
  tXidOf,
  types,
  userTokenOf,
  webhookPath,
  written,
} from "../support/account-bindings.ts";
import { type Answer, expectProblem, expectSuccess } from "../support/aggrepay-gateway.ts";
import { hang, type Reply } from "../support/peer.ts";
import { problem, reply, secretValues, startWallets, type Wallets } from "../support/wallets.ts";
import { words } from "../support/words.ts";

/** One that takes notifications from this machine's network, and one that takes them from elsewhere. */
let wallets: Wallets;
let guarded: Wallets;

beforeAll(async () => {
  // Long enough for a notification to come and be kept before the registration is answered.
  const unhurried = { PROVIDER_TIMEOUT_MS: "2000", MAX_PROCESSES_PER_FUNCTION: "4" };
  [wallets, guarded] = await Promise.all([
    startWallets({ env: { ...unhurried, WEBHOOK_SOURCE_ADDRESSES: "10.1.2.3, 127.0.0.0/8" } }),
    startWallets({ env: { WEBHOOK_SOURCE_ADDRESSES: "103.20.51.39,103.20.51.0/24,10.0.0.0/8,::1" } }),
  ]);
});
afterAll(() => Promise.all([wallets?.stop(), guarded?.stop()]));

const name = "userAccountBinding";

async function newRegistration(more: Partial<Registration> = {}): Promise<Registration> {
  const registration = registrationOf(freshReference(), more);
  wallets.peer.script({ [name]: registered() });
  expect((await register(wallets, registration)).status).toBe(200);
  return registration;
}

/** Kept: the whole answer, whatever has been kept. */
const expectKept = (answer: Answer) => expectSuccess(answer, { received: true });

async function expectUnbound({ referenceNo }: Registration, state = "succeeded"): Promise<void> {
  expectSuccess(await binding(wallets, referenceNo), {
    result: { referenceNo, bound: false },
    record: bindingRecord(referenceNo, state),
  });
}

async function expectBound({ referenceNo }: Registration, more: object = {}): Promise<void> {
  expectSuccess(await binding(wallets, referenceNo), {
    result: boundResult(referenceNo, more),
    record: bindingRecord(referenceNo, "succeeded"),
  });
}

/** Counts of a metric from here on; a function's lines come a moment after its answer. */
function counting(metric: string, more: string) {
  const start = wallets.logs().length;
  const lines = () => wallets.logs().slice(start).split("\n");
  const found = () => lines().filter((line) => line.includes(`"${metric}":1`) && line.includes(more)).length;
  return { expect: (times: number) => vi.waitFor(() => expect(found()).toBe(times), { interval: 2 }) };
}

describe("a notification binds", () => {
  test.each<Type>(["json", "form"])("as %s, once and for all", async (type) => {
    const registration = await newRegistration();
    await expectUnbound(registration);
    const count = counting("WebhookBound", '"provider":"nicepay"');
    const notification = notificationOf(registration, { fields: { tXid: tXidOf(registration.referenceNo) } });
    expectKept(await notify(wallets, notification, type));
    await expectBound(registration);
    await count.expect(1);
    const item = await itemOf(wallets, registration.referenceNo);
    for (const again of ["json", "form", "json"] as const)
      expectKept(await notify(wallets, notification, again));
    expect(await itemOf(wallets, registration.referenceNo)).toEqual(item);
    expect(await straysOf(wallets, registration.referenceNo)).toEqual([]);
  });

  test.each<readonly [string, Readonly<Record<string, string>>]>([
    ["no tXid", {}],
    ["an empty tXid", { tXid: "" }],
    ["an address and fields of nobody's", { billingEmail: "b@example.com", resultCd: "0000", x: "1" }],
    ["another name of the user", { billingNm: "Budi S" }],
  ])("with %s", async (_what, fields) => {
    const registration = await newRegistration();
    expectKept(await notify(wallets, notificationOf(registration, { fields }), "form"));
    await expectBound(registration);
  });

  test("whose content type has a charset, and whose letters have any case", async () => {
    for (const type of [
      "application/json; charset=utf-8",
      'Application/JSON;charset="UTF-8"',
      "application/x-www-form-urlencoded; charset=UTF-8",
    ]) {
      const registration = await newRegistration();
      const fields = notificationOf(registration);
      const body = type.toLowerCase().includes("json") ? asJson(fields) : asForm(fields);
      expectKept(await wallets.post(webhookPath, body, { "content-type": type }));
      await expectBound(registration);
    }
  });

  test("whose form is written in other ways that mean the same", async () => {
    const registration = await newRegistration();
    const encoded = Object.entries(notificationOf(registration))
      .map(([field, value]) => `${field}=${encodeURIComponent(value)}`)
      .join("&");
    expectKept(await wallets.post(webhookPath, `&${encoded}&&`, { "content-type": types.form }));
    await expectBound(registration);
  });

  test("and the registration's own answer stays what it was", async () => {
    const registration = await newRegistration({ mitraCd: "ABCD" });
    expectKept(await notify(wallets, notificationOf(registration)));
    const { referenceNo } = registration;
    expectSuccess(
      await register(wallets, registration),
      {
        result: { ...registrationResult(referenceNo), mitraCd: "ABCD" },
        record: bindingRecord(referenceNo, "succeeded"),
      },
      { replayed: true },
    );
  });
});

describe("GET /v1/account-bindings/{referenceNo}", () => {
  test("knows no referenceNo that was not registered", async () => {
    expectProblem(await binding(wallets, freshReference()), problem("not-found"));
  });

  test.each(["a%20b", "x".repeat(41), "%00"])("refuses %s", async (referenceNo) => {
    const answer = await binding(wallets, referenceNo);
    expectProblem(answer, {
      ...problem("invalid-request"),
      errors: [{ pointer: "/referenceNo", detail: expect.stringMatching(/\S/) as string }],
    });
  });
});

/** The provider pushes before it answers the registration. */
const notifiesFirst =
  (notification: Notification, then: Reply): Reply =>
  async (response, request) => {
    expectKept(await notify(wallets, notification, "form"));
    then(response, request);
  };

describe("a notification that comes before its registration is recorded", () => {
  test.each<readonly [string, Readonly<Record<string, string>>]>([
    ["no tXid", {}],
    ["the tXid", { tXid: "same" }],
  ])("with %s: the reply's tXid and redirect are merged", async (_what, given) => {
    const registration = registrationOf(freshReference());
    const { referenceNo } = registration;
    const fields = given.tXid === undefined ? {} : { tXid: tXidOf(referenceNo) };
    const notification = notificationOf(registration, { fields });
    wallets.peer.script({ [name]: notifiesFirst(notification, registered()) });
    const answer = {
      result: registrationResult(referenceNo),
      record: bindingRecord(referenceNo, "succeeded"),
    };
    expectSuccess(await register(wallets, registration), answer);
    expectSuccess(await register(wallets, registration), answer, { replayed: true });
    await expectBound(registration);
    expectKept(await notify(wallets, notification));
    await expectBound(registration);
    expect(await straysOf(wallets, referenceNo)).toEqual([]);
    expect(await wallets.unfinished()).not.toContain((await itemOf(wallets, referenceNo)).pk?.S);
  });

  test("while the registration is under way it is bound already", async () => {
    const registration = registrationOf(freshReference());
    const seen: Answer[] = [];
    wallets.peer.script({
      [name]: async (response, request) => {
        expectKept(await notify(wallets, notificationOf(registration)));
        seen.push(await binding(wallets, registration.referenceNo));
        registered()(response, request);
      },
    });
    await register(wallets, registration);
    const [answer] = seen;
    expect(answer?.body.result).toMatchObject({
      bound: true,
      userToken: userTokenOf(registration.referenceNo),
    });
  });

  test.each<readonly [string, Reply]>([
    ["never comes", hang],
    ["says that it is busy", reply({ resultCd: "9002", resultMsg: "busy" })],
    ["is HTTP 500", reply({}, 500)],
  ])("whose reply %s: the notification proves that it happened", async (_what, then) => {
    const registration = registrationOf(freshReference());
    const { referenceNo } = registration;
    wallets.peer.script({ [name]: notifiesFirst(notificationOf(registration), then) });
    const answer = {
      result: { referenceNo, tXid: null, mitraCd: "KDVI", registeredAt: null, redirectUrlHttp: null },
      record: bindingRecord(referenceNo, "succeeded"),
    };
    expectSuccess(await register(wallets, registration), answer);
    await expectBound(registration, { tXid: null });
    expect(await wallets.unfinished()).not.toContain((await itemOf(wallets, referenceNo)).pk?.S);
  });

  test("after a reply that was lost, it settles the doubt", async () => {
    const registration = registrationOf(freshReference());
    const { referenceNo } = registration;
    wallets.peer.script({ [name]: reply({ resultCd: "1002", resultMsg: "timeout" }) });
    expect((await register(wallets, registration)).status).toBe(504);
    await expectUnbound(registration, "in_doubt");
    expect(await wallets.unfinished()).toContain((await itemOf(wallets, referenceNo)).pk?.S);
    const fields = { tXid: "TX-OF-THE-PROVIDER" };
    expectKept(await notify(wallets, notificationOf(registration, { fields })));
    await expectBound(registration, fields);
    expect(await wallets.unfinished()).not.toContain((await itemOf(wallets, referenceNo)).pk?.S);
    expectSuccess(
      await register(wallets, registration),
      {
        result: { referenceNo, ...fields, mitraCd: "KDVI", registeredAt: null, redirectUrlHttp: null },
        record: bindingRecord(referenceNo, "succeeded"),
      },
      { replayed: true },
    );
    expect(wallets.peer.requests).toHaveLength(1);
  });
});

describe("a registration that disagrees with the notification before it", () => {
  const flagged = async (registration: Registration) => {
    const { referenceNo } = registration;
    const expected = { ...problem("outcome-unknown"), record: bindingRecord(referenceNo, "succeeded") };
    const answer = await binding(wallets, referenceNo);
    const provider = answer.body.provider as { code: string; message: string } | undefined;
    expectProblem(answer, { ...expected, ...(provider && { provider }) });
    expect(answer.text).not.toContain("planted+user");
    const item = await itemOf(wallets, referenceNo);
    expect(item.flagged?.S).toMatch(/\S/);
    expect(item.binding?.M?.userToken?.S).toMatch(/\S/);
    expect(await wallets.unfinished()).toContain(item.pk?.S);
    // And it stays so, whatever comes.
    expectKept(await notify(wallets, notificationOf(registration)));
    const again = await register(wallets, registration);
    expect([again.status, again.body.code]).toEqual([504, "outcome-unknown"]);
    expect((await binding(wallets, referenceNo)).status).toBe(504);
    expect((await itemOf(wallets, referenceNo)).binding).toEqual(item.binding);
  };

  test("in its tXid: flagged, listed, not served", async () => {
    const registration = registrationOf(freshReference());
    const notification = notificationOf(registration, { fields: { tXid: "TX-OTHER" } });
    wallets.peer.script({ [name]: notifiesFirst(notification, registered()) });
    const answer = await register(wallets, registration);
    expect([answer.status, answer.body.code]).toEqual([504, "outcome-unknown"]);
    await flagged(registration);
  });

  test("that NICEPAY has the referenceNo already is no refusal: the notification has bound it", async () => {
    const registration = registrationOf(freshReference());
    const taken = reply({ resultCd: "9009", resultMsg: "no" });
    wallets.peer.script({ [name]: notifiesFirst(notificationOf(registration), taken) });
    const answer = await register(wallets, registration);
    expect([answer.status, answer.body.record]).toEqual([
      200,
      bindingRecord(registration.referenceNo, "succeeded"),
    ]);
  });

  test.each([
    "9010",
    "9012",
    "9017",
  ])("because it was refused with %s: flagged, listed, not served", async (code) => {
    const registration = registrationOf(freshReference());
    const refusal = reply({ resultCd: code, resultMsg: "no" });
    wallets.peer.script({ [name]: notifiesFirst(notificationOf(registration), refusal) });
    const answer = await register(wallets, registration);
    expect([answer.status, answer.body.code]).toEqual([504, "outcome-unknown"]);
    await flagged(registration);
  });
});

/** Kept apart for a person, listed, sealed; the binding as it was. */
async function expectStray(
  registration: Registration,
  notification: Notification,
  { isNew = true } = {},
): Promise<void> {
  const { referenceNo } = registration;
  const before = await itemOf(wallets, referenceNo);
  const strays = (await straysOf(wallets, referenceNo)).length;
  const count = counting("WebhookStray", '"provider":"nicepay"');
  expectKept(await notify(wallets, notification));
  expectKept(await notify(wallets, notification, "form"));
  expect(await itemOf(wallets, referenceNo)).toEqual(before);
  const after = await straysOf(wallets, referenceNo);
  expect(after).toHaveLength(isNew ? strays + 1 : strays);
  await count.expect(2);
  const listed = await wallets.unfinished();
  for (const stray of after) expect(listed).toContain(stray.pk?.S);
  for (const stray of after) expect(JSON.stringify(stray)).not.toContain("planted+user");
}

describe("a notification that fits no open registration is kept and binds nothing", () => {
  test.each<readonly [state: string, reply: Reply]>([
    ["declined", reply({ resultCd: "9017", resultMsg: "phone" })],
    ["not_executed", reply({ resultCd: "9010", resultMsg: "token" })],
  ])("because it is %s", async (state, refusal) => {
    const registration = registrationOf(freshReference());
    wallets.peer.script({ [name]: refusal });
    await register(wallets, registration);
    await expectStray(registration, notificationOf(registration));
    await expectUnbound(registration, state);
  });

  test("because it was not sent", async () => {
    const registration = registrationOf(freshReference());
    wallets.peer.script({});
    expect((await wallets.peer.refusing(() => register(wallets, registration))).status).toBe(503);
    await expectStray(registration, notificationOf(registration));
    await expectUnbound(registration, "not_sent");
    // What was kept does not stand in the way of the next attempt.
    wallets.peer.script({ [name]: registered() });
    expect((await register(wallets, registration)).status).toBe(200);
    expectKept(await notify(wallets, notificationOf(registration)));
    expect((await binding(wallets, registration.referenceNo)).body.result).toMatchObject({ bound: true });
  });

  test("because nothing was registered", async () => {
    const registration = registrationOf(freshReference());
    expectKept(await notify(wallets, notificationOf(registration)));
    expectKept(await notify(wallets, notificationOf(registration)));
    const strays = await straysOf(wallets, registration.referenceNo);
    expect(strays).toHaveLength(1);
    expect(await wallets.unfinished()).toContain(strays[0]?.pk?.S);
    expectProblem(await binding(wallets, registration.referenceNo), problem("not-found"));
  });

  test("because the account is bound with another token", async () => {
    const registration = await newRegistration();
    expectKept(await notify(wallets, notificationOf(registration)));
    await expectStray(registration, notificationOf(registration, { fields: { userToken: "another" } }));
    await expectStray(registration, notificationOf(registration, { fields: { userToken: "a third" } }));
    await expectBound(registration);
  });

  /** Genuine to the last signed byte; what the signature does not cover is another's. */
  const others: readonly (readonly [what: string, options: NotificationOptions])[] = [
    ["phone", { signs: { billingPhone: "+6282112345679" } }],
    ["clientUserKey", { fields: { clientUserKey: "user-of-another" } }],
    ["mitraCd", { fields: { mitraCd: "ABCD" } }],
    ["tXid", { fields: { tXid: "TX-OTHER" } }],
    ["phone, cut at another place", { signs: { billingPhone: "82112345678" } }],
  ];

  test.each(others)("because it has another %s", async (_what, options) => {
    const registration = await newRegistration();
    await expectStray(registration, notificationOf(registration, options));
    await expectUnbound(registration);
    expectKept(await notify(wallets, notificationOf(registration)));
    await expectStray(registration, notificationOf(registration, options), { isNew: false });
    await expectBound(registration);
  });
});

/** Refused, and counted; `unchanged` sees that nothing is kept. */
async function expectRefused(
  answer: () => Promise<Answer>,
  expected: Parameters<typeof expectProblem>[1],
): Promise<void> {
  const count = counting("WebhookRefused", `"reason":"${expected.status}"`);
  const got = await answer();
  expectProblem(got, {
    ...expected,
    ...(Array.isArray(got.body.errors) && !expected.errors && { errors: got.body.errors as object[] }),
  });
  await count.expect(1);
  expect(got.text).not.toContain("planted+user");
}

/** Every item of the table is after the work what it was before. */
async function unchanged(work: () => Promise<void>): Promise<void> {
  const before = await written(wallets);
  await work();
  expect([...(await written(wallets)).symmetricDifference(before)]).toEqual([]);
}

/** The work is about a registration that nobody has bound, and leaves it so. */
async function leavingNothing(work: (registration: Registration) => Promise<void>): Promise<void> {
  const registration = await newRegistration();
  await unchanged(() => work(registration));
  await expectUnbound(registration);
}

const unsigned = { ...problem("invalid-request"), code: "access-denied", status: 401 };
const unreadable = problem("invalid-request");

describe("a forgery is refused with 401", () => {
  const forgeries: readonly (readonly [what: string, of: (registration: Registration) => Notification])[] = [
    ["a token of no meaning", (of) => notificationOf(of, { fields: { merchantToken: "0".repeat(64) } })],
    ["a token of another key", (of) => notificationOf(of, { merchantKey: "another" })],
    [
      "the token of another reference",
      (of) =>
        notificationOf(of, {
          fields: { merchantToken: notificationOf(registrationOf("other")).merchantToken },
        }),
    ],
    [
      "a token that was cut",
      (of) =>
        notificationOf(of, { fields: { merchantToken: notificationOf(of).merchantToken?.slice(0, 63) } }),
    ],
    ["another phone under the same token", (of) => notificationOf(of, { fields: { billingPhone: "+6281" } })],
    ["another merchant", (of) => notificationOf(of, { fields: { iMid: "OTHER" } })],
    ["another merchant, signed with our key", (of) => notificationOf(of, { signs: { iMid: "OTHER" } })],
    [
      "the parts cut at another place",
      (of) => {
        const { iMid } = secretValues.nicepay;
        const merchantToken = merchantTokenOf({ iMid, ...of });
        const moved = { iMid: iMid + of.referenceNo.slice(0, 1), referenceNo: of.referenceNo.slice(1) };
        return notificationOf(of, { fields: { ...moved, merchantToken } });
      },
    ],
  ];

  test.each(forgeries)("%s", async (_what, of) => {
    const registration = await newRegistration();
    const forged = (type: Type) => expectRefused(() => notify(wallets, of(registration), type), unsigned);
    await unchanged(() => forged("json"));
    await unchanged(() => forged("form"));
    await expectUnbound(registration);
    expectKept(await notify(wallets, notificationOf(registration)));
    await unchanged(() => forged("json"));
    await expectBound(registration);
  });

  test("the parts cut so that another of our references has the same token", async () => {
    // "R.1" and "+62..." read as "R.1+" and "62...": the signature is the same, the registration is not.
    const registration = await newRegistration();
    const { iMid } = secretValues.nicepay;
    const merchantToken = merchantTokenOf({ iMid, ...registration });
    const fields = {
      merchantToken,
      referenceNo: `${registration.referenceNo}+`,
      billingPhone: registration.billingPhone.slice(1),
    };
    expectKept(await notify(wallets, notificationOf(registration, { fields })));
    await expectUnbound(registration);
  });
});

describe("what cannot be read is refused", () => {
  const post = (body: string | Uint8Array, type: string | undefined) =>
    wallets.post(webhookPath, body, type === undefined ? {} : { "content-type": type });

  const signed = ["merchantToken", "iMid", "referenceNo", "billingPhone"];

  test.each(signed)("without %s, or with an empty one: 400", async (field) => {
    await leavingNothing(async (registration) => {
      for (const value of [undefined, ""])
        for (const type of ["json", "form"] as const)
          await expectRefused(
            () => notify(wallets, notificationOf(registration, { fields: { [field]: value } }), type),
            { ...unreadable, errors: [{ pointer: `/${field}`, detail: "is required" }] },
          );
      const others: readonly unknown[] = [null, true, [], {}, ["x"]];
      for (const value of others)
        await expectRefused(
          () => post(JSON.stringify({ ...notificationOf(registration), [field]: value }), types.json),
          unreadable,
        );
    });
  });

  const fields = [...signed, "mitraCd", "clientUserKey", "userToken", "tXid"];

  test.each(
    fields,
  )("with %s twice, otherwise: kept and not bound, however its name is escaped", async (field) => {
    const registration = await newRegistration();
    const whole = { tXid: tXidOf(registration.referenceNo), unknown: "1", ...notificationOf(registration) };
    const more = JSON.stringify({ [field]: "another" }).slice(1, -1);
    const json = asJson(whole);
    const escaped = more.replace(field, `\\u00${field.charCodeAt(0).toString(16)}${field.slice(1)}`);
    const [form, pair] = [asForm(whole), asForm({ [field]: "another" })];
    const hidden = pair.replace(field, `%${field.charCodeAt(0).toString(16)}${field.slice(1)}`);
    for (const body of [
      `${json.slice(0, -1)},${more}}`,
      `{${more},${json.slice(1)}`,
      `${json.slice(0, -1)},${escaped}}`,
    ])
      expectKept(await post(body, types.json));
    for (const body of [`${form}&${pair}`, `${hidden}&${form}`]) expectKept(await post(body, types.form));
    await expectUnbound(registration);
    const strays = await straysOf(wallets, registration.referenceNo);
    expect(strays.length).toBeGreaterThan(0);
    for (const stray of strays)
      expect(stray.failure?.S).toContain(`${field}: given twice with different values`);
  });

  test("cut short anywhere: 400 or 401", async () => {
    await leavingNothing(async (registration) => {
      // The token stands last, so that no cut leaves it whole.
      const { userToken = "", merchantToken = "", ...rest } = notificationOf(registration);
      const fields = { userToken, ...rest, merchantToken };
      const [json, form] = [asJson(fields), asForm(fields)];
      for (let length = 0; length < json.length; length += 37)
        await expectRefused(() => post(json.slice(0, length), types.json), unreadable);
      for (const length of [0, 1, 40, 200, form.length - 64])
        await expectRefused(() => post(form.slice(0, length), types.form), unreadable);
      await expectRefused(() => post(form.slice(0, -1), types.form), unsigned);
    });
  });

  test("as JSON that is none, or no object: 400", async () => {
    await leavingNothing(async (registration) => {
      const json = asJson(notificationOf(registration));
      const form = asForm(notificationOf(registration));
      const tokenless = [json, form].map((body) => body.replace("merchantToken", "token"));
      const broken = ["", "x", "null", "[]", "<xml/>", ...tokenless];
      const unfinished = ["{", '{"a', '{"a":', '{"a":1,', '{"a":{', '{"a":[}'];
      for (const body of [...broken, ...unfinished])
        await expectRefused(() => post(body, types.json), unreadable);
      for (const body of ["", "&&&", "=", ...tokenless])
        await expectRefused(() => post(body, types.form), unreadable);
    });
  });

  test("with GET, PUT, or at another path: 404", async () => {
    await leavingNothing(async (registration) => {
      const body = asJson(notificationOf(registration));
      for (const [method, path] of [
        ["GET", webhookPath],
        ["PUT", webhookPath],
        ["POST", `${webhookPath}/`],
        ["POST", webhookPath.toUpperCase()],
      ] as const) {
        const response = await fetch(wallets.url + path, {
          method,
          headers: { "content-type": types.json },
          ...(method !== "GET" && { body }),
        });
        expect(response.status).toBe(404);
      }
    });
  });
});

describe("the source address", () => {
  test("who is not on the list and does not sign is refused with 403, whatever is sent and said of it", async () => {
    const registration = registrationOf(freshReference());
    const forged = notificationOf(registration, { merchantKey: "another" });
    const denied = { ...problem("invalid-request"), code: "access-denied", status: 403 };
    for (const type of ["json", "form"] as const) expectProblem(await notify(guarded, forged, type), denied);
    expectProblem(await guarded.post(webhookPath, "x", { "content-type": "text/plain" }), denied);
    for (const header of ["x-forwarded-for", "forwarded", "x-real-ip", "cf-connecting-ip"])
      expectProblem(
        await guarded.post(webhookPath, asJson(forged), {
          "content-type": types.json,
          [header]: header === "forwarded" ? "for=103.20.51.39" : "103.20.51.39",
        }),
        denied,
      );
    expect(await guarded.items()).toEqual([]);
    const lines = () => guarded.logs().split("\n");
    const refused = await vi.waitFor(() => {
      const found = lines().filter((line) => line.includes('"WebhookRefused":1'));
      expect(found).toHaveLength(7);
      return found;
    });
    for (const line of refused) expect(line).toContain('"reason":"403"');
  });

  test.each([
    ["103.20.51.33", undefined, false],
    ["103.20.51.33", "103.20.51.33", true],
    ["103.20.51.34", "103.20.51.33", false],
    ["103.20.51.34", "103.20.51.33, 103.20.51.34", true],
    ["103.20.51.255", "103.20.51.0/24", true],
    ["103.20.52.0", "103.20.51.0/24", false],
    ["103.20.51.7", "103.20.51.4/30", true],
    ["103.20.51.8", "103.20.51.4/30", false],
    ["1.2.3.4", "0.0.0.0/0", true],
    ["2001:db8::7", "2001:db8::/32", true],
    ["2001:db9::7", "2001:db8::/32", false],
    ["2001:db8::7", "0.0.0.0/0", false],
    ["", "0.0.0.0/0", false],
    ["103.20.51.33.evil.example", "103.20.51.33", false],
  ] as const)("%s against %s: %s", (source, list, allowed) => {
    expect(isAllowedSource(source, list)).toBe(allowed);
  });

  test.each([
    ...words("103.20.51.0/ 103.20.51.0/33 103.20.51.0/-1 103.20.51.0/2.5 103.20.51.0/x 103.20.51.0/24/8"),
    ...words("103.20.51.0/0x8 103.20.51 nicepay.co.id 103.20.51.33, ,"),
    "103.20.51.33 103.20.51.34",
    "::/129",
  ])("a list that cannot be read opens nothing: %s", (list) => {
    for (const source of ["8.8.8.8", "103.20.51.33"])
      expect(() => isAllowedSource(source, list)).toThrow(/WEBHOOK_SOURCE_ADDRESSES/);
  });
});

test("no log holds a user token", () => {
  expect(wallets.logs()).not.toContain("planted+user");
});
