import { describe, expect, test } from "vitest";
import {
  asForm,
  asJson,
  binding,
  freshReference,
  itemOf,
  type Notification,
  type NotificationOptions,
  notificationOf,
  type Registration,
  register,
  registered,
  registrationOf,
  straysOf,
  types,
  userTokenOf,
  webhookPath,
} from "../support/account-bindings.ts";
import { expectSuccess } from "../support/aggrepay-gateway.ts";
import { form, json, raw, type Sent } from "../support/notification-forms.ts";
import { started } from "../support/started.ts";
import { startWallets } from "../support/wallets.ts";
import { words } from "../support/words.ts";

const { wallets } = started({
  /** The signature decides what is genuine; how a notification is written does not. */
  wallets: () => startWallets(),
});

async function newRegistration(more: Partial<Registration> = {}): Promise<Registration> {
  const registration = registrationOf(freshReference(), more);
  wallets.peer.script({ userAccountBinding: registered() });
  expect((await register(wallets, registration)).status).toBe(200);
  return registration;
}

async function send({ body, type }: Sent): Promise<void> {
  const headers = type === undefined ? {} : { "content-type": type };
  expectSuccess(await wallets.post(webhookPath, body, headers), { received: true });
}

/** Sends it for a new registration, and expects that it binds the very token. */
async function expectBinds(
  sent: (fields: Notification) => Sent,
  { registers = {}, userToken, ...options }: NotificationOptions & Registers = {},
): Promise<void> {
  const registration = await newRegistration(registers);
  const { referenceNo } = registration;
  const token = userToken ?? userTokenOf(referenceNo);
  const fields = notificationOf(registration, {
    ...options,
    fields: { userToken: token, ...options.fields },
  });
  await send(sent(fields));
  const { body } = await binding(wallets, referenceNo);
  expect(body.result).toMatchObject({ bound: true, userToken: token });
  expect(await straysOf(wallets, referenceNo)).toEqual([]);
}

interface Registers {
  readonly registers?: Partial<Registration>;
  readonly userToken?: string;
}

const latin1 = (text: string) => Buffer.from(text, "latin1");

describe("a plus sign of a form", () => {
  test.each<readonly [string, (fields: Notification) => string]>([
    ["that is left as it is, with everything else", raw],
    ["that is left as it is, while the rest is escaped", (fields) => asForm(fields).replaceAll("%2B", "+")],
    [
      "that is left as it is in the phone alone",
      (fields) => asForm(fields).replace("billingPhone=%2B", "billingPhone=+"),
    ],
    ["that is escaped as browsers do", asForm],
  ])("%s", async (_what, body) => {
    await expectBinds((fields) => form(body(fields)), { userToken: "to+ken" });
    const spaced = { signs: { billingPhone: "+62 821-1234-5678" }, userToken: "token" };
    await expectBinds((fields) => form(body(fields)), spaced);
  });

  test.each([
    ["a token as base64 is written, all of it raw", "q+8/Zm9v+g=="],
    ["a token without a plus, all of it raw", "q8/Zm9v_g=="],
  ])("%s", async (what, userToken) => {
    const written = what.includes("raw") ? raw : asForm;
    await expectBinds((fields) => form(written(fields)), { userToken });
    await expectBinds((fields) => form(written(fields)), {
      userToken,
      signs: { billingPhone: "082112345678" },
    });
  });
});

describe("the label of the body", () => {
  test.each([
    "application/json; charset=utf8",
    "application/json; charset=iso-8859-1",
    "application/json;charset=windows-1252;",
    'application/json; charset="us-ascii"; boundary=x',
    ...words("text/json text/plain application/octet-stream application/x-www-form-urlencoded"),
    undefined,
  ])("of JSON may be %s", async (type) => {
    const ascii = { registers: { billingNm: "Budi" } };
    await expectBinds((fields) => ({ body: asJson(fields), ...(type && { type }) }), ascii);
  });

  test.each([
    "application/x-www-form-urlencoded; charset=utf8",
    "application/x-www-form-urlencoded;charset=ISO-8859-15",
    "application/x-www-form-urlencoded; charset=Shift_JIS;",
    "application/json",
    "text/html",
    undefined,
  ])("of a form may be %s", async (type) => {
    await expectBinds((fields) => ({ body: asForm(fields), ...(type && { type }) }));
  });

  test("of a multipart form is its boundary's, as curl and PHP send it", async () => {
    for (const boundary of ["----x", "a'b"]) {
      const parts = (fields: Notification) =>
        Object.entries(fields).map(
          ([name, value]) =>
            `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
        );
      await expectBinds((fields) => ({
        body: `${parts(fields).join("")}--${boundary}--\r\n`,
        type: `multipart/form-data; boundary="${boundary}"`,
      }));
    }
  });
});

describe("bytes that are not UTF-8 in the user's name", () => {
  const registers = { billingNm: "Budi Sétiawan Ünal" };
  test.each<readonly [string, (fields: Notification) => Sent]>([
    ["Latin-1 in a form, escaped", (fields) => form(asForm(fields).replace("%C3%A9", "%E9"))],
    ["Latin-1 in a form, as bytes", (fields) => ({ body: latin1(raw(fields)), type: types.form })],
    ["Latin-1 in JSON", (fields) => ({ body: latin1(asJson(fields)), type: types.json })],
    [
      "a broken UTF-8 sequence",
      (fields) => form(asForm({ ...fields, billingNm: "" }).replace("billingNm=", "billingNm=B%C3")),
    ],
    [
      "U+FFFD, where somebody on the way has mended it",
      (fields) => json(asJson({ ...fields, billingNm: "S\ufffdt" })),
    ],
  ])("%s", async (_what, sent) => {
    await expectBinds(sent, { registers });
  });
});

describe("values and members", () => {
  test.each<readonly [string, Registers, (fields: Notification) => Sent]>([
    [
      "clientUserKey as a number",
      { registers: { clientUserKey: "12345678901234567890" } },
      (fields) => json(asJson(fields).replace(/"(12345678901234567890)"/, "$1")),
    ],
    [
      "clientUserKey and userToken as numbers",
      { registers: { clientUserKey: "70" }, userToken: "90071992547409931" },
      (fields) => json(asJson(fields).replace(/"(70|90071992547409931)"/g, "$1")),
    ],
    [
      "clientUserKey as a number with places",
      { registers: { clientUserKey: "1.50" } },
      (fields) => json(asJson(fields).replace('"1.50"', "1.50")),
    ],
    [
      "unknown members, some of them twice",
      {},
      (fields) => json(`{"x":1,"x":null,${asJson(fields).slice(1, -1)},"x":[],"y":"{\\"z"}`),
    ],
    [
      "an unknown member nested 7,000 levels deep",
      {},
      (fields) => json(`{"x":${"[".repeat(7000)}${"]".repeat(7000)},${asJson(fields).slice(1)}`),
    ],
    [
      "unknown objects with our names in them",
      {},
      (fields) => json(`{"x":{"iMid":"OTHER","y":[{"userToken":"}"}]},${asJson(fields).slice(1)}`),
    ],
    [
      "within an object, behind 1,200 others",
      {},
      (fields) => json(`{"x":[${'{"y":{}},'.repeat(1_200)}0],"data":${asJson(fields)}}`),
    ],
    ["an unknown field twice in a form", {}, (fields) => form(`x=1&${asForm(fields)}&x=2&`)],
    ["white space around it", {}, (fields) => json(` \r\n\t${asJson(fields)}\n`)],
    ["a byte order mark before JSON", {}, (fields) => json(`\ufeff${asJson(fields)}`)],
    ["a byte order mark before a form", {}, (fields) => form(`\ufeff${asForm(fields)}`)],
    [
      "names in lower case",
      {},
      (fields) =>
        json(
          asJson(Object.fromEntries(Object.entries(fields).map(([n, value]) => [n.toLowerCase(), value]))),
        ),
    ],
    [
      "names in capitals, beside one that is right",
      {},
      (fields) =>
        form(
          asForm({
            ...Object.fromEntries(Object.entries(fields).map(([n, value]) => [n.toUpperCase(), value])),
            userToken: fields.userToken ?? "",
            USERTOKEN: "another",
          }),
        ),
    ],
    ["a percent sign that escapes nothing", { userToken: "100%Z" }, (fields) => form(raw(fields))],
  ])("%s", async (_what, options, sent) => {
    await expectBinds(sent, options);
  });
});

describe("a phone number is its digits", () => {
  test.each([
    "+62 82112345678",
    "62 821 1234 5678",
    ...words("6282112345678 082112345678 0821-1234-5678 +62-821.1234.5678"),
    "(+62) 82112345678",
  ])("%s", async (billingPhone) => {
    await expectBinds((fields) => json(asJson(fields)), { signs: { billingPhone } });
    await expectBinds((fields) => form(asForm(fields)), { signs: { billingPhone } });
  });

  test("as a JSON number", async () => {
    await expectBinds((fields) => json(asJson(fields).replace(/"(6282112345678)"/, "$1")), {
      signs: { billingPhone: "6282112345678" },
    });
  });
});

describe("a stray says which field differs and how, and no value", () => {
  test.each<readonly [string, NotificationOptions, string]>([
    ["other digits", { signs: { billingPhone: "+6282112345679" } }, "billingPhone: other digits"],
    [
      "a number of nowhere",
      { signs: { billingPhone: "82112345678" } },
      "billingPhone: not a number with +62, 62 or 0 in front",
    ],
    ["a letter's case", { fields: { clientUserKey: "USER-X" } }, "clientUserKey: other letter case"],
    ["a space", { fields: { clientUserKey: "user- x" } }, "clientUserKey: other white space"],
    [
      "two fields",
      { fields: { clientUserKey: "somebody", mitraCd: "ABCD" } },
      "clientUserKey: other text (8 characters, registered 6); mitraCd: other text (4 characters, registered 4)",
    ],
    ["a tXid", { fields: { tXid: "T" } }, "tXid: other text (1 characters, registered 22)"],
  ])("%s", async (_what, options, sentence) => {
    const registration = await newRegistration({ clientUserKey: "user-x" });
    await send(json(asJson(notificationOf(registration, options))));
    const [stray, ...more] = await straysOf(wallets, registration.referenceNo);
    expect(more).toEqual([]);
    expect(JSON.parse(stray?.failure?.S ?? "{}")).toMatchObject({
      detail: `A notification is kept that binds nothing: ${sentence}.`,
    });
    expect((await itemOf(wallets, registration.referenceNo)).binding).toBeUndefined();
  });

  test.each<readonly [string, NotificationOptions, (fields: Notification) => Sent]>([
    ["Latin-1 in a form", {}, (fields) => form(asForm(fields).replace("%C3%A9", "%E9"))],
    ["Latin-1 in JSON", {}, (fields) => ({ body: latin1(asJson(fields)), type: types.json })],
    ["UTF-8 that is cut", {}, (fields) => form(asForm(fields).replace("%C3%A9", "%C3"))],
    [
      "a plus sign where the sender escapes spaces only",
      { signs: { billingPhone: "+62 82112345678" }, fields: { userToken: "tok+en" } },
      (fields) => form(asForm(fields).replaceAll("%2B", "+")),
    ],
  ])("a token in %s: a guess must not become a token", async (_what, options, sent) => {
    const registration = await newRegistration({ billingNm: "Budi" });
    const fields = { userToken: "tok\u00e9n", ...options.fields };
    await send(sent(notificationOf(registration, { ...options, fields })));
    const [stray] = await straysOf(wallets, registration.referenceNo);
    expect(stray?.failure?.S).toContain("userToken: can be read in more than one way");
    expect((await itemOf(wallets, registration.referenceNo)).binding).toBeUndefined();
  });
});
