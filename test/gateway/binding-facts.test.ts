import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
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
} from "../support/account-bindings.ts";
import { echoForms } from "../support/echoes.ts";
import { started } from "../support/started.ts";
import { secretValues, startWallets, type Wallets } from "../support/wallets.ts";

/**
 * What is kept of a registration, a binding and a stray: of phone and key no more than keyed hashes, of a name nothing, and of
 * no field a secret.
 */
const key = (id: string) => ({ id, key: randomBytes(32).toString("base64") });
const first = { fingerprintKeys: [key("f1")], sealingKeys: [key("s1")] };
const second = { fingerprintKeys: [key("f2"), ...first.fingerprintKeys], sealingKeys: first.sealingKeys };

const secrets = { ...secretValues, gateway: first };
const { listed, unlisted } = started({
  listed: () => startWallets({ secrets, env: { WEBHOOK_SOURCE_ADDRESSES: "127.0.0.1" } }),
  unlisted: () => startWallets({ secrets, env: { WEBHOOK_SOURCE_ADDRESSES: "103.20.51.0/24" } }),
});

const person = { billingNm: "Budi Planted-Name", billingPhone: "+6282155512345" };

async function newRegistration(wallets: Wallets, more: Partial<Registration> = {}, answer = registered()) {
  const referenceNo = freshReference();
  const clientUserKey = `Planted-Key ${referenceNo.slice(-8)}`;
  const registration = registrationOf(referenceNo, { ...person, clientUserKey, ...more });
  wallets.peer.script({ userAccountBinding: answer });
  expect((await register(wallets, registration)).status).toBe(200);
  return registration;
}

const isPersonal = /planted-(?:name|key)|82155512345/i;
const hash = (id: string) => expect.stringMatching(new RegExp(`^hmac:${id}\\.[\\w-]{43}$`)) as string;
const hashesOf = (id: string) => ({
  billingPhone: hash(id),
  billingPhoneEnds: hash(id),
  clientUserKey: hash(id),
  clientUserKeySqueezed: hash(id),
  clientUserKeyFolded: hash(id),
});
const factsIn = (item: { readonly facts?: { readonly S?: string } } | undefined) =>
  JSON.parse(item?.facts?.S ?? "{}") as unknown;

const resolve = (wallets: Wallets, id: string) =>
  wallets.post(
    `/v1/records/${id}/resolve`,
    JSON.stringify({ outcome: "succeeded", reason: "NICEPAY confirmed it" }),
    { "content-type": "application/json" },
  );

describe("what is kept of a person", () => {
  test("a registration and its binding: hashes to compare with, and no text", async () => {
    const registration = await newRegistration(listed);
    const before = await itemOf(listed, registration.referenceNo);
    expect(factsIn(before)).toEqual({ mitraCd: "KDVI", clientUserKeyLength: "20", ...hashesOf("f1") });
    expect((await notify(listed, notificationOf(registration))).status).toBe(200);
    const bound = await itemOf(listed, registration.referenceNo);
    expect(bound.binding).toBeDefined();
    expect(factsIn(bound)).toEqual(factsIn(before));
    expect(JSON.stringify([before, bound])).not.toMatch(isPersonal);
  });

  test("two registrations of one person: no hash of one is in the other", async () => {
    const clientUserKey = "Planted-Key of one";
    const [one, other] = [
      await newRegistration(listed, { clientUserKey }),
      await newRegistration(listed, { clientUserKey }),
    ];
    const hashes = async ({ referenceNo }: Registration) =>
      Object.values(factsIn(await itemOf(listed, referenceNo)) as object).filter((kept) => kept.length > 20);
    const [ofOne, ofOther] = [await hashes(one), await hashes(other)];
    expect(new Set([...ofOne, ...ofOther]).size).toBe(10);
  });

  test("a stray: the same, hashed for its registration, with how it differs and no value", async () => {
    const registration = await newRegistration(listed);
    const fields = { clientUserKey: registration.clientUserKey.toUpperCase() };
    await notify(listed, notificationOf(registration, { fields }));
    const [stray] = await straysOf(listed, registration.referenceNo);
    expect(factsIn(stray)).toEqual({ mitraCd: "KDVI", keyLength: 20, forms: hashesOf("f1"), unsure: [] });
    expect(JSON.stringify(stray)).not.toMatch(isPersonal);
    const shown = await listed.get(`/v1/records/${stray?.pk?.S}`);
    expect(shown.text).toContain("clientUserKey: other letter case.");
    expect(shown.text).not.toMatch(isPersonal);
  });

  test("of a referenceNo that nobody registered, too", async () => {
    const registration = registrationOf(freshReference(), { ...person, clientUserKey: "Planted-Key x" });
    await notify(listed, notificationOf(registration));
    const [stray] = await straysOf(listed, registration.referenceNo);
    expect(factsIn(stray)).toMatchObject({ forms: hashesOf("f1") });
    expect(JSON.stringify(stray)).not.toMatch(isPersonal);
  });
});

describe("a notification that holds a secret in another field", () => {
  const { merchantKey } = secretValues.nicepay;
  const forms = Object.entries(echoForms);

  test("binds nothing, is kept as a stray without it, and the field is named", async () => {
    for (const [name, write] of forms) {
      const registration = await newRegistration(listed, {}, registered());
      const secret = name.length % 2 ? userTokenOf(registration.referenceNo) : merchantKey;
      const field = ["tXid", "mitraCd"][name.length % 3 ? 0 : 1] ?? "";
      const notification = notificationOf(registration, { fields: { [field]: write(secret) } });
      expect([name, (await notify(listed, notification)).status]).toEqual([name, 200]);
      expect((await binding(listed, registration.referenceNo)).body.result).toMatchObject({ bound: false });
      const [stray, ...more] = await straysOf(listed, registration.referenceNo);
      expect([name, more]).toEqual([name, []]);
      const text = JSON.stringify(stray);
      expect([name, text.includes(`${field}: holds what is secret`)]).toEqual([name, true]);
      expect(text).not.toContain(JSON.stringify(write(secret)).slice(1, 9));
      expect((await resolve(listed, stray?.pk?.S ?? "")).status).toBe(400);
    }
  }, 120_000);

  test("of a referenceNo that nobody registered: the list shows none of it", async () => {
    const registration = registrationOf(merchantKey, person);
    await notify(listed, notificationOf(registration));
    const items = (await listed.items()).filter(({ namespace }) => namespace?.S === "notification");
    expect(JSON.stringify(items)).not.toContain(merchantKey.slice(0, 12));
    expect(items.some(({ identity }) => identity?.S === "[secret]")).toBe(true);
  });

  test("a token that is in an honest tXid by chance is one of a few characters, and binds", async () => {
    const registration = await newRegistration(listed, {}, registered());
    const fields = { tXid: tXidOf(registration.referenceNo), userToken: "TX" };
    await notify(listed, notificationOf(registration, { fields }));
    expect((await binding(listed, registration.referenceNo)).body.result).toMatchObject({ bound: true });
  });
});

describe("after a rotation of the gateway's keys", () => {
  test("a registration that was kept under the key before is compared under it, and binds", async () => {
    const registration = await newRegistration(unlisted);
    const early = registrationOf(freshReference(), person);
    await notify(unlisted, notificationOf(early));
    unlisted.rotate({ ...secretValues, gateway: second });
    await unlisted.forget();
    // What a person lets bind was compared under the registration's own key.
    await notify(unlisted, notificationOf(registration));
    const [stray] = await straysOf(unlisted, registration.referenceNo);
    expect(factsIn(stray)).toMatchObject({ forms: hashesOf("f1") });
    expect((await resolve(unlisted, stray?.pk?.S ?? "")).status).toBe(200);
    expect((await binding(unlisted, registration.referenceNo)).body.result).toMatchObject({ bound: true });
    const late = await newRegistration(unlisted);
    expect(factsIn(await itemOf(unlisted, late.referenceNo))).toMatchObject(hashesOf("f2"));
    // Kept before there was a registration, and before the rotation: nothing tells whether they agree.
    unlisted.peer.script({ userAccountBinding: registered() });
    expect((await register(unlisted, early)).status).toBe(200);
    const [kept] = await straysOf(unlisted, early.referenceNo);
    const refused = await resolve(unlisted, kept?.pk?.S ?? "");
    expect([refused.status, refused.text]).toEqual([
      400,
      expect.stringContaining("kept under another fingerprint key"),
    ]);
  });
});
