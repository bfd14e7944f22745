import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { nicepaySandboxSecret as secret, startNicepaySandbox } from "../../local/sandbox/nicepay.ts";
import { started } from "../support/started.ts";
import { json, post, Running } from "./json-peer.ts";
import { startMerchant } from "./nicepay-merchant.ts";

/** The two calls with a user token, as the provider's pages describe them. */
const paths = { detail: "/nicepay/direct/v2/user-details", remove: "/nicepay/direct/v2/remove-token" };
const now = Date.parse("2024-03-18T08:14:35Z");
const timeStamp = "20240318151435";

const sandbox = new Running((dataDir) =>
  startNicepaySandbox({ dataDir, secrets: () => [secret], clock: () => now }),
);
const { control } = sandbox;
const { merchant } = started({ merchant: startMerchant });

beforeEach(async () => {
  merchant.got.length = 0;
  await control.ask("DELETE", "faults");
});

type Body = Readonly<Record<string, unknown>>;
const sha256 = (...parts: readonly unknown[]) => createHash("sha256").update(parts.join("")).digest("hex");
const send = async (path: string, body: Body) =>
  json(await post(sandbox.url + path, { "content-type": "application/json" }, JSON.stringify(body)));

/** Registers a binding and has its user log in; the token that the merchant is told. */
async function tokenOf(referenceNo: string): Promise<string> {
  const signed = { iMid: secret.iMid, referenceNo, billingPhone: "+6282112345678" };
  const { redirectUrlHttp } = await send("/nicepay/v2/userAccountBinding", {
    ...signed,
    merchantToken: sha256(...Object.values(signed), secret.merchantKey),
    ...{ timeStamp, payMethod: "06", mitraCd: "KDVI", billingNm: "Jhon Doe", clientUserKey: "23124532" },
    ...{ dbProcessUrl: merchant.url, callBackUrl: "https://www.merchant.com/callback" },
  });
  await fetch(String(redirectUrlHttp));
  return merchant.got.at(-1)?.fields.userToken ?? "";
}

const { iMid, merchantKey } = secret;
const ask = (userToken: string, more: Body = {}) =>
  send(paths.detail, {
    ...{ iMid, timeStamp, userToken, merchantToken: sha256(iMid, userToken, merchantKey) },
    ...more,
  });
const remove = (userToken: string, more: Body = {}) =>
  send(paths.remove, {
    ...{ iMid, timeStamp, userToken, merchantToken: sha256(timeStamp, iMid, userToken, merchantKey) },
    ...more,
  });

describe("a user's token", () => {
  it("is known from the login on until it is revoked, and shown nowhere", async () => {
    const token = await tokenOf("link-1");
    expect(await ask(token)).toMatchObject({
      resultCd: "0000",
      billingPhone: "+6282112345678",
      accountStatus: "1",
      limitDetails: [{ paymentType: "30_days" }, { paymentType: "6_months" }],
    });
    expect(await remove(token)).toEqual({
      resultCd: "0000",
      resultMsg: "SUCCESS",
      userToken: token,
      tokenStatus: "0",
      description: "deactivated by merchant",
    });
    expect(await ask(token)).toMatchObject({ resultCd: "9920" });
    expect(await remove(token)).toMatchObject({ resultCd: "9920" });
    const ledger = await control.ask("GET", "ledger");
    expect(ledger).toMatchObject({ bindings: [{ referenceNo: "link-1", revoked: true }] });
    expect(JSON.stringify([ledger, await control.ask("GET", "calls")])).not.toContain(token);
  });

  it("stays revoked in the sandbox that comes after", async () => {
    const token = await tokenOf("link-2");
    await remove(token);
    await sandbox.restart();
    expect(await ask(token)).toMatchObject({ resultCd: "9920" });
  });

  it.each([
    ["another merchant", { iMid: "ANOTHER" }, "9011"],
    ["another token's signature", { merchantToken: sha256(iMid, "x", merchantKey) }, "9010"],
    ["no signature", { merchantToken: undefined }, "9010"],
    ["another moment", { timeStamp: "20240318141435" }, "8003"],
  ])("of %s is refused", async (_what, more, code) => {
    const token = await tokenOf("link-3");
    expect(await ask(token, more)).toMatchObject({ resultCd: code });
    const isSigned = !("timeStamp" in more);
    expect(await remove(token, more)).toMatchObject({ resultCd: isSigned ? code : "9010" });
    expect(await ask(token)).toMatchObject({ resultCd: "0000" });
  });

  it("that nobody has is not known", async () => {
    expect(await ask("e0478456-6b50-460c-85e0-627a1e22d2e0")).toMatchObject({ resultCd: "9920" });
  });
});

describe("faults", () => {
  it.each([
    ["detail.other-phone", ask, { resultCd: "0000", billingPhone: "+6281299999999" }],
    ["detail.masked-phone", ask, { resultCd: "0000", billingPhone: "+62 821 5678" }],
    ["detail.code-9002", ask, { resultCd: "9002" }],
    ["remove.still-active", remove, { resultCd: "0000", tokenStatus: "1" }],
    ["remove.code-9302-after", remove, { resultCd: "9302" }],
  ] as const)("are met by a referenceNo with sandbox.%s, and by no other call of it", async (mark, call, reply) => {
    const token = await tokenOf(`link.sandbox.${mark}`);
    const other = call === ask ? remove : ask;
    expect(await call(token)).toMatchObject(reply);
    expect(await other(token)).toMatchObject({
      resultCd: mark === "remove.still-active" || mark.endsWith("after") ? "9920" : "0000",
    });
  });

  it("can be armed for a path", async () => {
    const token = await tokenOf("link-4");
    await control.ask("POST", "faults", { fault: "code-9002", times: 1, path: paths.detail });
    expect(await remove(token)).toMatchObject({ resultCd: "0000" });
    expect(await ask(token)).toMatchObject({ resultCd: "9002" });
    expect(await ask(token)).toMatchObject({ resultCd: "9920" });
  });
});
