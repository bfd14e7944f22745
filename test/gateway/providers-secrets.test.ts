import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  asForm,
  asJson,
  binding,
  freshReference,
  notificationOf,
  notify,
  register,
  registered,
  registrationOf,
  types,
  webhookPath,
} from "../support/account-bindings.ts";
import type { Answer } from "../support/aggrepay-gateway.ts";
import { brokenOff, hang, type PeerRequest, type Reply, reset, text } from "../support/peer.ts";
import { searching } from "../support/searched-values.ts";
import { started } from "../support/started.ts";
import { reply, startWallets } from "../support/wallets.ts";
import { words } from "../support/words.ts";

/**
 * Values that must never leave the way between caller and provider go through successes, refusals, doubts, bad requests and
 * notifications of every kind. Then every byte that was left anywhere is searched.
 */
const key = (text: string) => Buffer.alloc(32, text).toString("base64");
const secrets = {
  payu: {
    merchantKey: "planted-merchant-key-a1",
    merchantSalt: "planted-salt-b2/+=",
    walletIdentifier: "planted-wallet-c3",
    mid: "planted-mid-d4",
  },
  wibmo: { apiKey: "planted-api-key-e5", secureCode: "planted-secure-code-f6", clientId: "CLIENT-7" },
  dreamzwallet: { secKey: "planted-sec-key-g7", walletOwnerId: "10012", token: "planted-token-h8" },
  nicepay: { iMid: "IONPAYTEST", merchantKey: "planted-nicepay-key-i9/+==" },
  gateway: {
    fingerprintKeys: [{ id: "f9", key: key("planted-fingerprint-key!") }],
    sealingKeys: [{ id: "s9", key: key("planted-sealing-key-????") }],
  },
};

/** What goes to the caller that asked and to nobody else. */
const returned = {
  wibmoToken: "planted+wibmo/token/k1==",
  userSecKey: "planted-user-sec-key-l2",
  userToken: "planted+user/token=m3",
  secondUserToken: "planted+user/token=n4",
  strayUserToken: "planted+user/token=o5",
  forgedUserToken: "planted+user/token=p6",
};

const credentials = {
  merchantKey: secrets.payu.merchantKey,
  merchantSalt: secrets.payu.merchantSalt,
  mid: secrets.payu.mid,
  walletIdentifier: secrets.payu.walletIdentifier,
  apiKey: secrets.wibmo.apiKey,
  secureCode: secrets.wibmo.secureCode,
  secKey: secrets.dreamzwallet.secKey,
  token: secrets.dreamzwallet.token,
  nicepayKey: secrets.nicepay.merchantKey,
  fingerprintKey: key("planted-fingerprint-key!"),
  sealingKey: key("planted-sealing-key-????"),
};

const found = searching({ ...returned, ...credentials });
const foundCredentials = searching(credentials);

const answers: Answer[] = [];
const { wallets } = started({ wallets: () => startWallets({ secrets, env: { NICEPAY_USER_DETAIL: "on" } }) });

const kept = async (answer: Promise<Answer>): Promise<Answer> => {
  answers.push(await answer);
  return answer;
};

const asking = {
  payu: () => wallets.call("payu/check-status", { verifyClientTxnId: "LOAD-1" }),
  wibmo: () => wallets.call("wibmo/encrypt", { customerMobile: "+919900261104" }),
  record: () => wallets.call("wibmo/retrieve-customer-record", { urn: "7001" }),
  dreamzwallet: () => wallets.call("dreamzwallet/get-secret-key", { customerId: "189433" }),
  nicepay: () => register(wallets, registrationOf(freshReference())),
  userDetail: () => wallets.call("nicepay/user-detail", { userToken: returned.userToken }),
  confirmation: () => binding(wallets, accounts.at(-1) ?? ""),
  deactivation: () =>
    wallets.call("nicepay/deactivate-account-binding", { referenceNo: accounts.at(-1) ?? "" }),
};

/** Accounts that are bound, none of them confirmed, all with the same token. */
const accounts: string[] = [];
async function bindOne(): Promise<void> {
  const referenceNo = freshReference();
  wallets.peer.script({ userAccountBinding: registered() });
  expect((await register(wallets, registrationOf(referenceNo))).status).toBe(200);
  const notification = notified({ fields: { userToken: returned.userToken } }, referenceNo);
  expect((await kept(notify(wallets, notification))).status).toBe(200);
  accounts.push(referenceNo);
}

const names = [
  ...words("check-status encrypt retrieveCustRecord decrypt getSecretKey userAccountBinding user-details"),
  ...words("remove-token"),
];

async function askEach(what: (name: string) => Reply): Promise<readonly Answer[]> {
  await bindOne();
  wallets.peer.script(Object.fromEntries(names.map((name) => [name, what(name)])));
  const given: Answer[] = [];
  for (const ask of Object.values(asking)) given.push(await kept(ask()));
  return given;
}

const notified = (options: Parameters<typeof notificationOf>[1], referenceNo = freshReference()) =>
  notificationOf(registrationOf(referenceNo), { merchantKey: secrets.nicepay.merchantKey, ...options });

describe("values that must stay in go", () => {
  test("through successes, and to the caller", async () => {
    wallets.peer.script({
      "check-status": reply({ responseCode: "00" }),
      encrypt: reply({ token: returned.wibmoToken }),
      getSecretKey: reply({ customerId: "189433", secKey: returned.userSecKey, status: "SUCCESS" }),
      userAccountBinding: registered(),
      "user-details": reply({ resultCd: "0000", billingPhone: "+6282112345678" }),
    });
    expect((await kept(asking.userDetail())).status).toBe(200);
    expect((await asking.payu()).status).toBe(200);
    expect((await asking.wibmo()).text).toContain(returned.wibmoToken);
    expect((await asking.dreamzwallet()).text).toContain(returned.userSecKey);
    const referenceNo = freshReference();
    expect((await register(wallets, registrationOf(referenceNo))).status).toBe(200);
    const bind = notified({ fields: { userToken: returned.userToken } }, referenceNo);
    for (const type of ["json", "form", "json"] as const)
      expect((await kept(notify(wallets, bind, type))).status).toBe(200);
    expect((await binding(wallets, referenceNo)).text).toContain(JSON.stringify(returned.userToken));
    // Kept for a person: a second token, a disagreement, what nobody registered.
    for (const fields of [
      { userToken: returned.secondUserToken },
      { userToken: returned.strayUserToken, clientUserKey: "another" },
    ])
      expect((await kept(notify(wallets, notified({ fields }, referenceNo)))).status).toBe(200);
    const unknown = notified({ fields: { userToken: returned.strayUserToken } });
    expect((await kept(notify(wallets, unknown))).status).toBe(200);
  });

  test("through a deactivation whose reply says the token back", async () => {
    await bindOne();
    const said = { resultCd: "0000", userToken: returned.userToken, tokenStatus: "0" };
    wallets.peer.script({ "remove-token": reply({ ...said, description: `revoked ${returned.userToken}` }) });
    expect((await kept(asking.deactivation())).status).toBe(200);
    expect((await kept(binding(wallets, accounts.at(-1) ?? ""))).body).toMatchObject({
      result: { bound: false },
    });
  });

  test("through three calls of one, whose tokens nobody gets", async () => {
    wallets.peer.script({
      encrypt: reply({ token: returned.wibmoToken }),
      retrieveCustRecord: reply({ token: returned.wibmoToken }),
      decrypt: reply({ customerId: "C-1" }),
    });
    expect((await kept(asking.record())).status).toBe(200);
  });

  /** What a careless provider may say back of what it was sent. */
  const saidBack = ({ headers, body }: PeerRequest): string => {
    const { authorization, "x-api-key": apiKey, securecode, mid, walletidentifier } = headers;
    return [authorization, apiKey, securecode, mid, walletidentifier, body.toString("utf8")].join(" ");
  };
  const echo =
    (write: (said: string) => Reply): Reply =>
    (response, request) =>
      write(saidBack(request))(response, request);

  test.each<readonly [string, (said: string) => Reply]>([
    ["a refusal whose text echoes", (said) => reply(refusal("1050", said))],
    ["an unlisted refusal whose text echoes", (said) => reply(refusal("7777", said))],
    ["a refusal of our keys that echoes", (said) => reply(refusal("1010", said), 401)],
    ["a refusal whose code echoes", (said) => reply(refusal(said, "Refused."))],
    ["a page that echoes", (said) => text(`<h1>${said}</h1>`, 200, "text/html")],
    ["HTTP 500 that echoes", (said) => text(said, 500, "text/plain")],
    ["HTTP 400 that echoes", (said) => reply({ message: said }, 400)],
    ["a reply that breaks off", (said) => brokenOff(said)],
    ["no reply", () => reset],
  ])("through %s, and to no caller", async (_what, write) => {
    const given = await askEach(() => echo(write));
    for (const answer of given) expect(foundCredentials(answer.text)).toEqual([]);
  });

  const refusal = (code: string, said: string) => ({
    responseCode: code,
    responseMessage: said,
    errorCode: code,
    errorMessage: said,
    resultCd: code,
    resultMsg: said,
    status: "FAILED",
    message: said,
  });

  test("through replies that cannot be used, and hold what they should not", async () => {
    const { wibmoToken, userSecKey } = returned;
    const given = [
      ...(await askEach(() => reply({ token: [wibmoToken], secKey: [userSecKey], status: "SUCCESS" }))),
      ...(await askEach(() =>
        reply({ customerId: "another", token: { wibmoToken }, secKey: userSecKey, status: "SUCCESS" }),
      )),
      ...(await askEach(() => reply({ token: wibmoToken, secKey: userSecKey, errorCode: "1262" }, 400))),
    ];
    for (const { status } of given) expect(status).toBeGreaterThanOrEqual(400);
    await askEach(() => hang);
  });

  test("in notifications that are refused", async () => {
    const fields = { userToken: returned.forgedUserToken };
    const forged = notified({ fields, merchantKey: "another" });
    const unreadable: readonly (readonly [body: string, type: string])[] = [
      [asJson(forged), types.json],
      [asForm(forged), types.form],
      [asJson(forged), types.form],
      [asForm(forged), types.json],
      [asJson(forged).slice(0, -3), types.json],
      [`{"userToken":"${fields.userToken}","userToken":"${fields.userToken}"}`, types.json],
      [`{"${fields.userToken}":1,"${fields.userToken}":2}`, types.json],
      [`userToken=${encodeURIComponent(fields.userToken)}&userToken=x`, types.form],
      [`{"userToken" "${fields.userToken}"}`, types.json],
      [asJson(forged), "text/plain"],
      [asJson({ ...forged, more: fields.userToken.repeat(2000) }), types.json],
    ];
    for (const [body, type] of unreadable) {
      const answer = await kept(wallets.post(webhookPath, body, { "content-type": type }));
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }
  });
});

/** Every file of the data directory, but the one in which the host keeps key rings of its own. */
const files = () =>
  readdirSync(wallets.dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "gateway-secret.json")
    .map((entry) => join(entry.parentPath, entry.name));
const foundInFiles = () =>
  files().flatMap((file) => found(readFileSync(file)).map((what) => `${basename(file)}: ${what}`));

describe("and afterwards are found", () => {
  test("in no answer but those that they were asked for with", () => {
    expect(answers.length).toBeGreaterThan(70);
    expect([...new Set(answers.flatMap((answer) => found(answer.text)))]).toEqual([]);
    expect([...new Set(answers.flatMap((answer) => found(JSON.stringify([...answer.headers]))))]).toEqual([]);
  });

  test("in no output of the host and of its functions", () => {
    expect(wallets.logs().length).toBeGreaterThan(10_000);
    expect(found(wallets.logs())).toEqual([]);
  });

  test("in no item of the table, but sealed", async () => {
    const items = await wallets.items();
    expect(items.length).toBeGreaterThan(10);
    expect([...new Set(items.flatMap((item) => found(JSON.stringify(item))))]).toEqual([]);
    const sealed = items.flatMap(({ binding: bound }) => bound?.M?.userToken?.S ?? []);
    expect(accounts.length).toBeGreaterThan(10);
    expect(sealed).toHaveLength(4 + accounts.length);
    for (const one of sealed) expect(one).toMatch(/^s9\.[A-Za-z0-9_-]{60,}$/);
    expect(new Set(sealed).size).toBe(sealed.length);
  });

  test("in no file of the data directory", () => {
    const kinds = files().map((file) => basename(file));
    expect(kinds).toEqual(expect.arrayContaining(["dynamodb.sqlite", "dynamodb.sqlite-wal"]));
    for (const log of [
      /check-?status/i,
      /encrypt/i,
      /secret-?key/i,
      /register-?account/i,
      /webhook/i,
      /bindings-?get/i,
      /user-?detail/i,
      /deactivate/i,
    ])
      expect(kinds.filter((file) => log.test(file) && file.endsWith(".log"))).toHaveLength(1);
    expect(foundInFiles()).toEqual([]);
  });
});

test("the search finds what is planted on purpose", async () => {
  for (const value of [returned.userToken, credentials.nicepayKey])
    for (const form of [
      value,
      `{"v":${JSON.stringify(JSON.stringify({ value }))}}`,
      encodeURIComponent(value),
      Buffer.from(`ab${value}, c`).toString("base64"),
      Buffer.from(value).toString("hex"),
    ])
      expect(found(form)).not.toEqual([]);
  expect(found("planted-salt planted+user/token=")).toEqual([]);
  const canary = join(wallets.dataDir, "logs", "canary.log");
  writeFileSync(canary, `{"message":"${returned.userSecKey}"}\n`);
  expect(foundInFiles()).toEqual(["canary.log: userSecKey, as it is"]);
  rmSync(canary);
  // An identity is kept as it is, so it stands in for a leak into the table.
  wallets.peer.script({ userAccountBinding: registered() });
  await register(wallets, registrationOf(credentials.apiKey));
  expect((await wallets.items()).flatMap((item) => found(JSON.stringify(item))).join()).toContain(
    "apiKey, as it is",
  );
  expect(foundInFiles().join()).toMatch(/dynamodb\.sqlite(-wal)?: apiKey, as it is/);
});
