import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { merchantToken } from "../../local/sandbox/nicepay/signature.ts";
import {
  nicepayFaults,
  nicepaySandboxSecret as secret,
  startNicepaySandbox,
} from "../../local/sandbox/nicepay.ts";
import { started } from "../support/started.ts";
import { type Answer, Control, json, post, Running } from "./json-peer.ts";
import { startMerchant } from "./nicepay-merchant.ts";

const path = "/nicepay/v2/userAccountBinding";
const headers = { "content-type": "application/json" };
const next = { ...secret, merchantKey: "the next key" };

let now = Date.parse("2024-03-18T08:14:35Z");
const timeStamp = "20240318151435";

let secrets: readonly (typeof secret | typeof next)[] = [secret];
let count = 0;
const sandbox = new Running((dataDir) =>
  startNicepaySandbox({ dataDir, secrets: () => secrets, clock: () => now }),
);
const { control } = sandbox;
const { merchant } = started({ merchant: startMerchant });

beforeEach(() => {
  secrets = [secret];
  merchant.got.length = 0;
  merchant.answers.length = 0;
});

type Body = Readonly<Record<string, unknown>>;

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const tokenFor = ({ iMid, referenceNo, billingPhone }: Body, key: string = secret.merchantKey) =>
  sha256(`${iMid}${referenceNo}${billingPhone}${key}`);

function fresh(mark = ""): string {
  count += 1;
  return `link-${count}${mark === "" ? "" : `.sandbox.${mark}`}`;
}

function fields(more: Body = {}): Body {
  const unsigned: Body = {
    iMid: secret.iMid,
    timeStamp,
    referenceNo: more.referenceNo ?? fresh(),
    payMethod: "06",
    mitraCd: "KDVI",
    billingNm: "Jhon Doe",
    billingPhone: "+6282112345678",
    billingEmail: "buyer@merchant.com",
    dbProcessUrl: merchant.url,
    callBackUrl: "https://www.merchant.com/callback",
    clientUserKey: "23124532",
    ...more,
  };
  return { merchantToken: tokenFor(unsigned), ...unsigned };
}

const send = (body: Body): Promise<Answer> => post(sandbox.url + path, headers, JSON.stringify(body));
const register = async (more: Body = {}) => json(await send(fields(more)));
const registered = async (more: Body = {}): Promise<Readonly<Record<string, string>>> => {
  const reply = await register(more);
  if (reply.resultCd !== "0000") throw new Error(`${reply.resultCd} ${reply.resultMsg}`);
  return reply as Readonly<Record<string, string>>;
};
const login = async (reply: Body, query = "") =>
  (await (await fetch(`${reply.redirectUrlHttp}${query}`)).json()) as Body & {
    readonly notification: Readonly<Record<string, unknown>>;
  };
const ledger = async () =>
  (await control.ask("GET", "ledger")) as {
    readonly effects: readonly Body[];
    readonly bindings: readonly Body[];
  };
const notify = (order: Body) => control.ask("POST", "notify", order);

describe("vectors", () => {
  const { merchantKey, vectors } = JSON.parse(
    readFileSync(new URL("../vectors/nicepay.json", import.meta.url), "utf8"),
  ) as {
    merchantKey: string;
    vectors: readonly { name: string; parts: readonly [string, string, string]; sha256: string }[];
  };
  it("uses the published key", () => expect(secret.merchantKey).toBe(merchantKey));
  // Those of other calls have other parts, which are only joined.
  it.each(vectors)("$name", ({ parts, sha256: expected }) => {
    const [iMid, referenceNo, ...rest] = parts;
    expect(merchantToken({ iMid, referenceNo, billingPhone: rest.join("") }, merchantKey)).toBe(expected);
  });
});

describe("registration", () => {
  it("is answered in the document's shape, and shown without what is private", async () => {
    const sent = fields({ referenceNo: "MerchantReferenceNumber001" });
    const answer = await send(sent);
    expect(answer).toMatchObject({ status: 200, type: "application/json" });
    const reply = json(answer);
    expect(reply).toEqual({
      resultCd: "0000",
      resultMsg: "SUCCESS",
      tXid: expect.stringMatching(/^IONPAYTEST0620240318151435\d{4}$/),
      referenceNo: "MerchantReferenceNumber001",
      payMethod: "06",
      transDt: "20240318",
      transTm: "151435",
      mitraCd: "KDVI",
      redirectUrlHttp: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/sandbox\/login\?tk=[0-9a-f]{32}$/),
    });
    const call = await control.lastCall();
    expect(call).toMatchObject({ path, signed: true, verdict: "success", undocumented: [] });
    expect(call.shown).toMatchObject({ referenceNo: "MerchantReferenceNumber001", timeStamp });
    const { effects, bindings } = await ledger();
    expect(effects).toMatchObject([{ seq: call.effect, kind: "register" }]);
    expect(bindings).toEqual([
      {
        referenceNo: "MerchantReferenceNumber001",
        tXid: reply.tXid,
        mitraCd: "KDVI",
        clientUserKey: "23124532",
        loggedIn: false,
        answers: [],
        revoked: false,
      },
    ]);
    const seen = JSON.stringify([call, effects, bindings]);
    for (const hidden of [sent.merchantToken, "+6282112345678", "Jhon"]) expect(seen).not.toContain(hidden);
  });

  it("takes the document's own phone number, no e-mail and the longest of every field", async () => {
    await registered({ billingPhone: "+62 82112345678", billingEmail: undefined });
    const long = { referenceNo: "r".repeat(40), billingNm: "n".repeat(100), clientUserKey: "k".repeat(50) };
    await registered({ ...long, mitraCd: "OVOE", callBackUrl: `https://m.com/${"c".repeat(241)}` });
  });

  it.each([
    ["9001", { timeStamp: undefined }],
    ["9001", { timeStamp: "20240318152436" }],
    ["9001", { timeStamp: "20240318081435" }],
    ["9001", { timeStamp: "20240230151435" }],
    ["9001", { mitraCd: "KDV" }],
    ["9001", { mitraCd: "kdvi" }],
    ["9001", { billingEmail: "x".repeat(41) }],
    ["9001", { clientUserKey: "" }],
    ["9001", { clientUserKey: "k".repeat(51) }],
    ["9010", { merchantToken: sha256("another") }],
    ["9010", { merchantToken: undefined }],
    ["9011", { iMid: "IONPAYTES2" }],
    ["9012", { payMethod: "05" }],
    ["9012", { payMethod: undefined }],
    ["9014", { referenceNo: "" }],
    ["9016", { billingNm: "" }],
    ["9016", { billingNm: "n".repeat(101) }],
    ["9017", { billingPhone: "082112345678" }],
    ["9017", { billingPhone: "+6282112345678901" }],
    ["9019", { callBackUrl: "www.merchant.com" }],
    ["9019", { callBackUrl: `https://m.com/${"c".repeat(242)}` }],
    ["9020", { dbProcessUrl: "" }],
    ["9020", { dbProcessUrl: "ftp://m.com/" }],
    ["9109", { referenceNo: "r".repeat(41) }],
  ])("%s for %j", async (code, more) => {
    expect(await register(more)).toEqual({ resultCd: code, resultMsg: expect.any(String) });
    expect(await control.lastCall()).toMatchObject({ verdict: code, effect: null });
    expect((await ledger()).effects).toEqual([]);
  });

  it("9009 for a referenceNo that is taken, also after a restart", async () => {
    const referenceNo = fresh();
    await registered({ referenceNo });
    expect(await register({ referenceNo })).toMatchObject({ resultCd: "9009" });
    await sandbox.restart();
    expect(await register({ referenceNo, clientUserKey: "other" })).toMatchObject({ resultCd: "9009" });
  });

  it("takes either key of a rotation", async () => {
    secrets = [next, secret];
    for (const { merchantKey } of secrets) {
      const sent = fields();
      expect(json(await send({ ...sent, merchantToken: tokenFor(sent, merchantKey) }))).toMatchObject({
        resultCd: "0000",
      });
    }
  });

  it("gives no tXid twice, not even after a reset", async () => {
    const { tXid, referenceNo } = await registered();
    await control.ask("POST", "reset");
    expect((await registered({ referenceNo })).tXid).not.toBe(tXid);
  });

  it("is JSON", async () => {
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect((await post(sandbox.url + path, form, "iMid=IONPAYTEST")).status).toBe(415);
  });
});

describe("the user's login", () => {
  it("sends the notification, signed, as JSON, and tells of it without the token", async () => {
    const reply = await registered({ referenceNo: fresh() });
    const page = await login(reply);
    const { merchantToken: token, userToken, ...rest } = merchant.got[0]?.fields ?? {};
    expect(merchant.got).toMatchObject([{ type: "application/json" }]);
    expect(userToken).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(rest).toEqual({
      iMid: secret.iMid,
      tXid: reply.tXid,
      referenceNo: reply.referenceNo,
      mitraCd: "KDVI",
      billingNm: "Jhon Doe",
      billingPhone: "+6282112345678",
      billingEmail: "buyer@merchant.com",
      clientUserKey: "23124532",
    });
    expect(token).toBe(tokenFor(rest));
    expect(page).toMatchObject({
      referenceNo: reply.referenceNo,
      notification: { to: merchant.url, as: "json", answers: [200] },
      callBackUrl: "https://www.merchant.com/callback",
    });
    expect(JSON.stringify([page, await ledger()])).not.toContain(userToken);
    expect((await ledger()).bindings).toMatchObject([{ loggedIn: true, answers: [200] }]);
    expect((await ledger()).effects.map(({ kind }) => kind)).toEqual(["register", "login", "notify"]);
  });

  it("sends a form when asked, and goes on to the callback when asked", async () => {
    const { redirectUrlHttp } = await registered();
    const response = await fetch(`${redirectUrlHttp}&as=form&follow=1`, { redirect: "manual" });
    expect(response.status).toBe(302);
    expect(response.headers.get("location")).toBe("https://www.merchant.com/callback");
    const [got] = merchant.got;
    expect(got).toMatchObject({ type: "application/x-www-form-urlencoded" });
    expect(got?.fields).toMatchObject({
      billingPhone: "+6282112345678",
      merchantToken: tokenFor(got?.fields ?? {}),
    });
  });

  it("is notified again until it is answered 200, and not again after that", async () => {
    const reply = await registered();
    merchant.answers.push(503, 500);
    expect(await login(reply)).toMatchObject({ notification: { answers: [503, 500, 200] } });
    expect(await login(reply)).toMatchObject({ notification: { answers: [503, 500, 200] } });
    expect(merchant.got).toHaveLength(3);
  });

  it("gives up after five tries, until the next login", async () => {
    const reply = await registered();
    merchant.answers.push(401, 401, 302, 401, 401);
    expect(await login(reply)).toMatchObject({ notification: { answers: [401, 401, 302, 401, 401] } });
    expect(await login(reply)).toMatchObject({ notification: { answers: [200] } });
    expect(new Set(merchant.got.map(({ fields: { userToken } }) => userToken)).size).toBe(1);
  });

  it("signs with the current key", async () => {
    const reply = await registered();
    secrets = [next, secret];
    await login(reply);
    const [got] = merchant.got;
    expect(got?.fields.merchantToken).toBe(tokenFor(got?.fields ?? {}, next.merchantKey));
  });

  it("is refused without a registration, or in another format", async () => {
    expect(await control.ask("GET", "login?tk=nobody")).toEqual({ message: expect.stringMatching(/tk/) });
    const { redirectUrlHttp } = await registered();
    expect((await fetch(`${redirectUrlHttp}&as=xml`)).status).toBe(400);
    expect(merchant.got).toEqual([]);
  });
});

describe("notifications of any kind", () => {
  it("are sent as often as asked, with what is asked", async () => {
    const { referenceNo, tXid } = await registered();
    merchant.answers.push(200, 503);
    const order = { referenceNo, as: "form", times: 3, userToken: "second", tXid: "other" };
    expect(await notify(order)).toEqual({ to: merchant.url, statuses: [200, 503, 200] });
    expect(merchant.got).toHaveLength(3);
    expect(merchant.got[2]).toMatchObject({
      type: "application/x-www-form-urlencoded",
      fields: { userToken: "second", tXid: "other", merchantToken: tokenFor(fields({ referenceNo })) },
    });
    await notify({ referenceNo, tXid: null });
    expect(merchant.got[3]?.fields).not.toHaveProperty("tXid");
    await notify({ referenceNo });
    expect(merchant.got[4]?.fields).toMatchObject({ tXid });
    await notify({ referenceNo, overrides: { billingPhone: null, merchantToken: null } });
    expect(Object.keys(merchant.got[5]?.fields ?? {})).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(billingPhone|merchantToken)$/)]),
    );
    expect((await ledger()).bindings).toMatchObject([{ loggedIn: false, answers: [] }]);
  });

  it("may be forged", async () => {
    const { referenceNo } = await registered();
    const overrides = { billingPhone: "+62811", clientUserKey: "else" };
    const honest = { iMid: secret.iMid, referenceNo, billingPhone: "+6282112345678" };
    const tokens: unknown[] = [];
    for (const order of [
      { overrides },
      { overrides, sign: "before" },
      { overrides, sign: false },
      { overrides: { merchantToken: "abc" } },
    ]) {
      await notify({ referenceNo, ...order });
      tokens.push(merchant.got.at(-1)?.fields.merchantToken);
    }
    expect(tokens).toEqual([
      tokenFor({ ...honest, billingPhone: "+62811" }),
      tokenFor(honest),
      "0".repeat(64),
      "abc",
    ]);
    expect(merchant.got[0]?.fields).toMatchObject(overrides);
  });

  it("may be of what nobody registered", async () => {
    expect(await notify({ referenceNo: "unknown" })).toEqual({ message: "there is no url to notify" });
    expect(await notify({ referenceNo: "unknown", url: merchant.url })).toMatchObject({ statuses: [200] });
    const [got] = merchant.got;
    expect(got?.fields).toMatchObject({ referenceNo: "unknown", merchantToken: tokenFor(got?.fields ?? {}) });
    expect(await notify({ referenceNo: "unknown", url: "http://127.0.0.1:9/" })).toMatchObject({
      statuses: [null],
    });
  });

  it.each([
    [[], /object/],
    [{}, /referenceNo/],
    [{ referenceNo: "r", as: "xml" }, /^as /],
    [{ referenceNo: "r", times: 0 }, /^times /],
    [{ referenceNo: "r", overrides: [] }, /^overrides /],
    [{ referenceNo: "r", sign: "no" }, /^sign /],
    [{ referenceNo: "r", url: "http://m.com/", userToken: 1 }, /^userToken /],
  ])("refuses %j", async (order, message) => {
    expect(await notify(order as Body)).toEqual({ message: expect.stringMatching(message) });
  });
});

describe("faults", () => {
  const marked = (fault: string) => register({ referenceNo: fresh(fault) });
  const effects = async () => (await ledger()).effects.length;

  it.each([
    "1001",
    "1002",
    "1003",
    "1004",
    "9001",
    "9002",
    "9009",
    "9010",
    "9011",
    "9012",
    "9014",
    "9016",
    "9017",
    "9019",
    "9020",
    "9109",
  ])("code-%s", async (code) => {
    expect(await marked(`code-${code}`)).toEqual({ resultCd: code, resultMsg: expect.any(String) });
    expect(await effects()).toBe(0);
  });

  it.each(["1001", "1002", "1003", "1004", "9002"])("code-%s-after", async (code) => {
    expect(await marked(`code-${code}-after`)).toEqual({ resultCd: code, resultMsg: expect.any(String) });
    expect(await effects()).toBe(1);
  });

  it.each([
    ["http-500-before", 500, 0],
    ["http-500-after", 500, 1],
    ["http-502", 502, 0],
    ["http-429", 429, 0],
    ["redirect", 307, 0],
    ["garbage", 200, 1],
  ])("%s", async (fault, status, expected) => {
    const answer = await send(fields({ referenceNo: fresh(fault) }));
    expect(answer).toMatchObject({ status, type: expect.stringMatching(/^text\/html/) });
    expect(await effects()).toBe(expected);
  });

  it.each([
    ["reset-before", 0],
    ["reset-after", 1],
    ["truncated", 1],
  ])("%s", async (fault, expected) => {
    await expect(marked(fault)).rejects.toThrow();
    expect(await effects()).toBe(expected);
  });

  it.each([
    ["timeout-before", "not run", []],
    ["timeout-after", "success", ["register"]],
    ["timeout-late", "success", ["register"]],
    ["notify-timeout", "success", ["register", "login", "notify"]],
  ])("%s", async (fault, verdict, kinds) => {
    const giveUp = new AbortController();
    const body = JSON.stringify(fields({ referenceNo: fresh(fault) }));
    const ends = expect(post(sandbox.url + path, headers, body, giveUp.signal)).rejects.toThrow();
    const seen = async () => {
      expect(await control.lastCall()).toMatchObject({ fault, verdict });
      expect((await ledger()).effects.map(({ kind }) => kind)).toEqual(kinds);
    };
    await vi.waitFor(seen, { timeout: 10_000 });
    giveUp.abort();
    await ends;
  });

  it("the notification is answered before the registration is", async () => {
    const order: string[] = [];
    const watch = vi.waitFor(() => expect(merchant.got).toHaveLength(1)).then(() => order.push("notified"));
    const reply = await marked("notify-first");
    order.push("registered");
    expect(merchant.got).toMatchObject([{ fields: { tXid: reply.tXid } }]);
    await watch;
    expect((await ledger()).bindings).toMatchObject([{ loggedIn: true, answers: [200] }]);
    expect(await marked("notify-refused")).toMatchObject({ resultCd: "9012" });
    const other = await marked("notify-other-txid");
    expect(other).toMatchObject({ resultCd: "0000", tXid: expect.stringMatching(/X$/) });
    expect(merchant.got).toHaveLength(3);
    expect(merchant.got[2]?.fields.tXid).not.toBe(other.tXid);
  });

  it.each([
    ["other-reference", { referenceNo: expect.stringMatching(/X$/) }],
    ["bad-redirect", { redirectUrlHttp: "javascript:void(0)" }],
    ["unknown-code", { resultCd: "9876" }],
    ["unknown-code-after", { resultCd: "9876" }],
    ["slow", { resultCd: "0000" }],
  ])("%s", async (fault, reply) => {
    expect(await marked(fault)).toMatchObject(reply);
  });

  it("leave something out", async () => {
    expect(await marked("no-txid")).not.toHaveProperty("tXid");
    expect(await marked("no-redirect")).not.toHaveProperty("redirectUrlHttp");
  });

  it("can be asked for once, in any text, or armed, and are described", async () => {
    const referenceNo = fresh("once.code-9002");
    expect(await register({ referenceNo })).toMatchObject({ resultCd: "9002" });
    expect(await register({ referenceNo })).toMatchObject({ resultCd: "0000" });
    for (const name of ["billingNm", "billingEmail", "clientUserKey"])
      expect(await register({ [name]: "a.sandbox.code-1001" })).toMatchObject({ resultCd: "1001" });
    await control.ask("POST", "faults", { fault: "code-1003", path, match: { clientUserKey: "armed" } });
    expect(await register()).toMatchObject({ resultCd: "0000" });
    expect(await register({ clientUserKey: "armed" })).toMatchObject({ resultCd: "1003" });
    expect(await control.ask("GET", "faults")).toEqual({ faults: nicepayFaults, armed: [] });
  });
});

describe("the journal", () => {
  const journal = () => join(sandbox.folder, "nicepay-sandbox.jsonl");

  afterEach(async () => {
    await sandbox.restart();
  });

  it("keeps registrations, logins and answers over a restart, and no token", async () => {
    const [one, two] = [await registered(), await registered()];
    await login(one);
    const before = await ledger();
    await sandbox.restart();
    expect(await ledger()).toEqual(before);
    const tk = String(two.redirectUrlHttp).split("?")[1];
    await control.ask("GET", `login?${tk}`);
    expect(merchant.got).toMatchObject([{ fields: { tXid: one.tXid } }, { fields: { tXid: two.tXid } }]);
    const text = readFileSync(journal(), "utf8");
    for (const { fields: got } of merchant.got) expect(text).not.toContain(got.userToken);
    expect(text).not.toContain(secret.merchantKey);
  });

  it("goes on notifying where the sandbox before it ended", async () => {
    const reply = await registered();
    merchant.answers.push(503, 503, 503, 503, 503);
    const page = login(reply);
    page.catch(() => undefined);
    await vi.waitFor(() => expect(merchant.got.length).toBeGreaterThan(0));
    await sandbox.close();
    merchant.answers.length = 0;
    await sandbox.start();
    await vi.waitFor(async () => expect((await ledger()).bindings[0]?.answers).toContain(200));
  });

  it("cuts a torn last line, and goes on after it", async () => {
    const { tXid } = await registered();
    await sandbox.close();
    appendFileSync(journal(), '{"seq":9,"at":1,"ki');
    await sandbox.start();
    expect((await ledger()).bindings).toMatchObject([{ tXid }]);
    await registered();
    await sandbox.restart();
    expect((await ledger()).bindings).toHaveLength(2);
  });

  it("keeps what was registered before a kill -9, answered or not", async () => {
    await sandbox.close();
    const script = fileURLToPath(new URL("nicepay-host.ts", import.meta.url));
    const host = spawn(process.execPath, [script, sandbox.folder]);
    const [address] = (await once(host.stdout, "data")) as [Buffer];
    const url = String(address).trim();
    now = Date.now();
    const jakarta = new Date(now + 7 * 3_600_000).toISOString().replace(/\D/g, "").slice(0, 14);
    const referenceNo = fresh("timeout-after");
    const body = JSON.stringify(fields({ referenceNo, timeStamp: jakarta }));
    const ends = expect(post(url + path, headers, body)).rejects.toThrow();
    await vi.waitFor(async () =>
      expect(await new Control(() => url).lastCall()).toMatchObject({ verdict: "success" }),
    );
    host.kill("SIGKILL");
    await once(host, "exit");
    await ends;
    await sandbox.start();
    expect((await ledger()).bindings).toMatchObject([{ referenceNo }]);
  });
});
