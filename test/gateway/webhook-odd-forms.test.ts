import { describe, expect, test, vi } from "vitest";
import {
  asForm,
  asJson,
  binding,
  freshReference,
  itemOf,
  notificationOf,
  type Registration,
  register,
  registered,
  registrationOf,
  straysOf,
  userTokenOf,
  webhookPath,
} from "../support/account-bindings.ts";
import { expectSuccess } from "../support/aggrepay-gateway.ts";
import { certainForms, headersOf, json, type Sent, uncertainForms } from "../support/notification-forms.ts";
import { started } from "../support/started.ts";
import { secretValues, startWallets } from "../support/wallets.ts";
import { words } from "../support/words.ts";

const { wallets, unlisted } = started({
  /** Odd forms of notifications through both doors: the API, and the queue where they wait until they can be verified. */
  wallets: () => startWallets(),
  unlisted: () => startWallets({ env: { WEBHOOK_SOURCE_ADDRESSES: "103.20.51.0/24" } }),
});

async function newRegistration(at = wallets): Promise<Registration> {
  const registration = registrationOf(freshReference());
  at.peer.script({ userAccountBinding: registered() });
  expect((await register(at, registration)).status).toBe(200);
  return registration;
}

const post = (sent: Sent, at = wallets) => at.post(webhookPath, sent.body, headersOf(sent));

async function send(sent: Sent, at = wallets): Promise<void> {
  expectSuccess(await post(sent, at), { received: true });
}

async function expectBound(
  { referenceNo }: Registration,
  userToken = userTokenOf(referenceNo),
): Promise<void> {
  const { body } = await binding(wallets, referenceNo);
  expect(body.result).toMatchObject({ bound: true, userToken });
  expect(await straysOf(wallets, referenceNo)).toEqual([]);
}

async function expectStray({ referenceNo }: Registration, why: string, at = wallets): Promise<void> {
  const strays = await straysOf(at, referenceNo);
  expect(strays).toHaveLength(1);
  expect(strays[0]?.failure?.S).toContain(why);
  expect((await itemOf(at, referenceNo)).binding).toBeUndefined();
}

describe("what is signed and leaves no doubt binds the very token", () => {
  test.each(certainForms)("%s", async (_what, sent) => {
    const registration = await newRegistration();
    await send(sent(notificationOf(registration)));
    await expectBound(registration);
  });

  test("two in one body bind both, and a forged one beside them nothing", async () => {
    const [one, other, third] = [await newRegistration(), await newRegistration(), await newRegistration()];
    const forged = notificationOf(third, { merchantKey: "another" });
    await send(json(`[${asJson(notificationOf(one))},${asJson(forged)},${asJson(notificationOf(other))}]`));
    await expectBound(one);
    await expectBound(other);
    expect((await binding(wallets, third.referenceNo)).body.result).toMatchObject({ bound: false });
  });

  test("a plus in clientUserKey is what was registered", async () => {
    for (const clientUserKey of ["user+1", "user 1"])
      for (const written of ["user+1", encodeURIComponent(clientUserKey)]) {
        const registration = registrationOf(freshReference(), { clientUserKey });
        wallets.peer.script({ userAccountBinding: registered() });
        await register(wallets, registration);
        const { clientUserKey: _, ...fields } = notificationOf(registration);
        await send({ body: `${asForm(fields)}&clientUserKey=${written}`, type: "text/plain" });
        await expectBound(registration);
      }
  });
});

describe("what is signed and leaves a doubt is kept and listed, with the field, and binds nothing", () => {
  test.each(uncertainForms)("%s", async (_what, sent, why) => {
    const registration = await newRegistration();
    await send(sent(notificationOf(registration)));
    await expectStray(registration, why);
    const [stray] = await straysOf(wallets, registration.referenceNo);
    expect(await wallets.unfinished()).toContain(stray?.pk?.S);
    const answer = await wallets.post(
      `/v1/records/${stray?.pk?.S}/resolve`,
      JSON.stringify({ outcome: "succeeded", reason: "NICEPAY confirmed it" }),
      { "content-type": "application/json" },
    );
    expect([answer.status, answer.body.code]).toEqual([400, "invalid-request"]);
    // The same again, as it should be, binds.
    await send(json(asJson(notificationOf(registration))));
    expect((await binding(wallets, registration.referenceNo)).body.result).toMatchObject({ bound: true });
  });
});

test("from an address that is not listed they are kept, certain ones and others", async () => {
  const forms = [...certainForms.map((form) => [...form, "not on the list"] as const), ...uncertainForms];
  for (const [what, sent, why] of forms.filter((_, at) => at % 3 === 0)) {
    const registration = await newRegistration(unlisted);
    const { status } = await post(sent(notificationOf(registration)), unlisted);
    expect([what, status]).toEqual([what, 200]);
    await expectStray(registration, why, unlisted);
  }
  expect(JSON.stringify(await unlisted.items())).not.toContain("planted+user");
});

test("what cannot be read is refused, and its log line names what is missing", async () => {
  const start = wallets.logs().length;
  const fields = notificationOf(registrationOf(freshReference()));
  const { merchantToken: _, ...unsigned } = fields;
  const bodies = [
    "",
    ...words("x null [] {"),
    '{"a',
    "&&&",
    "=",
    "<xml/>",
    asJson(unsigned),
    asForm(unsigned),
  ];
  const binary = [Buffer.from([0x1f, 0x8b, 8, 0, 1]), Buffer.from([0xff, 0xfe, 0]), Buffer.alloc(100, 0xe9)];
  for (const body of [...bodies, ...binary]) {
    const answer = await post(json(body));
    expect([body, answer.status, answer.body.code]).toEqual([body, 400, "invalid-request"]);
    expect((await post(json(body), unlisted)).status).toBe(403);
  }
  const lines = await vi.waitFor(() => {
    const found = wallets
      .logs()
      .slice(start)
      .split("\n")
      .filter((line) => line.includes('"reason":"400"'));
    expect(found).toHaveLength(bodies.length + binary.length);
    return found;
  });
  for (const line of lines)
    expect(JSON.parse(line.slice(line.indexOf("{"))).unreadable).toContain("/merchantToken");
});

/** Last: it takes the secret away. */
test("through the queue, while nothing can be verified, each form comes to the same", async () => {
  const some = [...certainForms.map((form) => [...form, undefined] as const), ...uncertainForms].filter(
    (_, at) => at % 3 === 1,
  );
  const sent: (readonly [Registration, why: string | undefined, Sent])[] = [];
  for (const [, of, why] of some) {
    const registration = await newRegistration();
    sent.push([registration, why, of(notificationOf(registration))]);
  }
  const { nicepay, ...others } = secretValues;
  wallets.rotate(others);
  await wallets.restart();
  for (const [, , each] of sent) await send(each);
  wallets.rotate({ ...others, nicepay });
  for (const [registration, why] of sent)
    await vi.waitFor(() => (why === undefined ? expectBound(registration) : expectStray(registration, why)), {
      timeout: 60_000,
      interval: 500,
    });
  expect(wallets.logs()).not.toContain("planted+user");
}, 120_000);
