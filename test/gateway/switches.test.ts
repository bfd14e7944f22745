import { createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { operation as checkStatus } from "../../functions/payu/check-status.ts";
import { readConfig } from "../../lib/config.ts";
import { uniqueId } from "../../lib/runtime.ts";
import {
  bindingRecord,
  freshReference,
  merchantTokenOf,
  register,
  registered,
  registrationOf,
  registrationResult,
} from "../support/account-bindings.ts";
import { expectProblem, expectSuccess } from "../support/aggrepay-gateway.ts";
import { text } from "../support/peer.ts";
import { started } from "../support/started.ts";
import { jsonOf, problem, reply, secretValues, startWallets } from "../support/wallets.ts";
import { words } from "../support/words.ts";

const { wallets } = started({
  /** Each contradiction of the providers' documents is a switch in a secret; a rotation turns it. */
  wallets: () => startWallets(),
});

type Provider = keyof typeof secretValues;

const times = {
  PROVIDER_TIMEOUT_MS: "800",
  FUNCTION_TIMEOUT_MS: "8000",
  LEASE_MS: "9000",
  QUIET_PERIOD_MS: "1000",
};
const configOf = (length: string) => readConfig({ ...times, PAYU_CLIENT_TXN_ID_LENGTH: length });

/** The secrets that the running gateway has read. */
let read = JSON.stringify(secretValues);

/** A function remembers a secret for minutes: a switch is turned by new processes on other secrets, where they are others. */
async function turned(provider: Provider, more: object): Promise<void> {
  const values = { ...secretValues, [provider]: { ...secretValues[provider], ...more } };
  if (JSON.stringify(values) === read) return;
  wallets.rotate(values);
  await wallets.forget();
  read = JSON.stringify(values);
}

const sha256 = (value: string) => createHash("sha256").update(Buffer.from(value, "utf8")).digest("hex");

describe("PayU", () => {
  const { merchantKey, merchantSalt } = secretValues.payu;
  const said = { responseCode: "00", responseDump: [] };
  const ask = () => wallets.call("payu/check-status", { verifyClientTxnId: "LOAD-1" });

  test.each([
    [{}, 'algorithm="sha512", headers="date"'],
    [{ authorizationForm: "sample" }, 'algorithm="sha512", headers="date"'],
    [{ authorizationForm: "prose" }, 'algorithm="hmac-sha512", headers="date digest"'],
  ])("%j: the header has %s, and the signature is the same", async (more, form) => {
    await turned("payu", more);
    wallets.peer.script({ "check-status": reply(said) });
    expect((await ask()).status).toBe(200);
    const [request] = wallets.peer.requests;
    const signature = createHmac("sha512", Buffer.from(merchantSalt, "utf8"))
      .update(`date: ${request?.headers.date}`)
      .digest("hex");
    expect(request?.headers.authorization).toBe(
      `hmac username="${merchantKey}", ${form}, signature="${signature}"`,
    );
    expect(jsonOf(request).clientTxnId).toMatch(/^[0-9a-z]{20}$/);
  });

  test.each([
    "10",
    "14",
    "100",
  ])("a clientTxnId that the gateway makes has %s characters where that is configured", (length) => {
    const ids = Array.from({ length: 50 }, () => {
      const circumstances = { config: configOf(length), now: 0, uniqueId };
      return String(checkStatus.sends({ verifyClientTxnId: "LOAD-1" }, circumstances).body.clientTxnId);
    });
    for (const id of ids) expect(id).toMatch(new RegExp(`^[0-9a-z]{${length}}$`));
    expect(new Set(ids).size).toBe(50);
  });

  test.each(words("9 101 14.0 twenty"))("a length of %s is refused with the variable's name", (length) => {
    const circumstances = { config: configOf(length), now: 0, uniqueId };
    expect(() => checkStatus.sends({ verifyClientTxnId: "LOAD-1" }, circumstances)).toThrow(
      "PAYU_CLIENT_TXN_ID_LENGTH must be a whole number from 10 to 100",
    );
  });

  test("body-digest without mid is refused with a sentence that names secret and part", async () => {
    await turned("payu", { signatureScheme: "body-digest", mid: undefined });
    wallets.peer.script({ "check-status": reply(said) });
    const answer = await ask();
    expectProblem(answer, problem("misconfigured"));
    expect(answer.body.detail).toMatch(/"payu".*"mid".*"signatureScheme"/);
    expect(wallets.peer.requests).toEqual([]);
  });

  test("a form that nobody knows is refused with a sentence that names secret and part", async () => {
    await turned("payu", { authorizationForm: "both" });
    const answer = await ask();
    expectProblem(answer, problem("misconfigured"));
    expect(answer.body.detail).toBe(
      'The secret "payu" must hold "sample" or "prose" under "authorizationForm", or nothing.',
    );
    await turned("payu", {});
  });

  test.each(["0", "00", "0000", " 00 ", 0])("responseCode %j is success", async (responseCode) => {
    wallets.peer.script({ "check-status": reply({ ...said, responseCode }) });
    expect((await ask()).status).toBe(200);
  });

  test.each(["000", "1", "00000", "success"])("responseCode %j is none", async (responseCode) => {
    wallets.peer.script({ "check-status": reply({ ...said, responseCode }) });
    expect((await ask()).body.code).toBe("declined");
  });

  test("a row's date that cannot be read hides neither its status nor the other rows", async () => {
    const row = { responseCode: "1050", responseDateTime: "yesterday", urn: { id: 1 } };
    const rows = [row, JSON.stringify({ responseCode: "00", responseDateTime: "2022-02-17T13:47:59Z" })];
    wallets.peer.script({
      "check-status": reply({ ...said, responseDateTime: "never", responseDump: rows }),
    });
    const { result } = (await ask()).body as { readonly result: object };
    expect(result).toMatchObject({
      responseCode: "00",
      responseDateTime: null,
      responseDump: [
        { responseCode: "1050", responseDateTime: null, urn: null },
        { responseCode: "00", responseDateTime: "2022-02-17T13:47:59+00:00" },
      ],
    });
    expect(wallets.logs()).toContain(
      '"unreadable":["/responseDateTime","/responseDump/*/urn","/responseDump/*/responseDateTime"]',
    );
  });
});

describe("Wibmo", () => {
  const encrypt = (input: object = { customerMobile: "+919876543210" }) =>
    wallets.call("wibmo/encrypt", input);

  test.each([
    [{}, "9876543210"],
    [{ mobileForm: "ten-digits" }, "9876543210"],
    [{ mobileForm: "with-91" }, "919876543210"],
  ])("%j: the mobile number is sent as %s", async (more, sent) => {
    await turned("wibmo", more);
    wallets.peer.script({ encrypt: reply({ token: "abc" }) });
    expect((await encrypt()).status).toBe(200);
    expect(jsonOf(wallets.peer.requests[0]).customerMobile).toBe(sent);
  });

  const others = {
    clientId: "C-1",
    bankId: "B-1",
    entityId: "E-1",
    secureCode: "S-1",
    consumerCustomId: "X-1",
  };
  const names = ["bankid", "clientid", "entityid", "securecode", "x-consumer-custom-id"];
  const namesOf = (headers: object) =>
    Object.keys(headers)
      .filter((header) => names.includes(header))
      .toSorted();

  test.each([
    [{}, []],
    [{ decryptHeaders: "api-key" }, []],
    [{ decryptHeaders: "all" }, names],
  ])("%j: encrypt has all six headers, decrypt the api key and %j", async (more, sent) => {
    await turned("wibmo", { ...others, ...more });
    wallets.peer.script({
      encrypt: reply({ token: "one" }),
      retrieveCustRecord: reply({ token: "two" }),
      decrypt: reply({ urn: "7" }),
    });
    expect((await wallets.call("wibmo/retrieve-customer-record", { urn: "7" })).status).toBe(200);
    const [first, second, third] = wallets.peer.requests.map(({ headers }) => headers);
    expect(namesOf(first ?? {})).toEqual(names);
    expect(namesOf(second ?? {})).toEqual(names);
    expect(namesOf(third ?? {})).toEqual(sent);
    expect(third?.["x-api-key"]).toBe(secretValues.wibmo.apiKey);
  });

  test.each([
    ["WAL293", "IP address is not allowed", "misconfigured"],
    ["WAL296", "Invalid checksum.", "misconfigured"],
    ["wal292", "Secure Code mismatch", "misconfigured"],
    ["WAL300", "api key expired", "misconfigured"],
    ["WAL264", "System error", "provider-fault"],
    ["WAL299", "Unable to process", "provider-fault"],
    ["WAL301", "Invalid checksum", "provider-fault"],
    ["WAL100", "IP address is not allowed", "provider-fault"],
    ["1262 ", "CLIENT ID NOT PRESENT", "misconfigured"],
    ["1263", "nobody knows", "provider-fault"],
  ] as const)(
    "%s %j is %s",
    async (code, message, becomes) => {
      await turned("wibmo", {});
      wallets.peer.script({ encrypt: reply({ errorCode: code, errorMessage: message }) });
      expectProblem(await encrypt(), problem(becomes, { code, message }));
    },
    30_000,
  );

  // Each code for itself, so that none falls out of the range; the two beside it are not ours.
  const ofKeys = [264, 292, 293, 294, 295, 296, 297, 298, 299, 300];
  test.each([
    ...ofKeys,
    263,
    265,
    291,
    301,
  ])("WAL%i is of our keys only in a text that blames them", async (number) => {
    await turned("wibmo", {});
    const code = `WAL${number}`;
    // Side by side, each told by its mobile number: after a refusal of a key the gateway waits for a newer one.
    const texts = [
      ["Invalid API Key", true],
      ["Source IP Address is not whitelisted", true],
      ["Secure code is wrong", true],
      ["Checksum mismatch", true],
      ["The customer cannot be found", false],
    ] as const;
    wallets.peer.script({
      encrypt: (response, request) => {
        const { customerMobile } = JSON.parse(request.body.toString()) as { readonly customerMobile: string };
        const [message] = texts[Number(customerMobile.at(-1))] ?? [];
        reply({ errorCode: code, errorMessage: message })(response, request);
      },
    });
    const answers = await Promise.all(texts.map((_, at) => encrypt({ customerMobile: `+91987654321${at}` })));
    for (const [at, [message, blames]] of texts.entries()) {
      const becomes = blames && ofKeys.includes(number) ? "misconfigured" : "provider-fault";
      expectProblem(answers[at] ?? expect.unreachable(), problem(becomes, { code, message }));
    }
  });
});

describe("DreamzWallet", () => {
  const { secKey, walletOwnerId } = secretValues.dreamzwallet;
  const ask = () => wallets.call("dreamzwallet/get-secret-key", { customerId: "42" });
  const said = { customerId: "42", secKey: "planted-user-key-55" };

  test.each([
    [{}, `${secKey}42${walletOwnerId}`],
    [{ hashParts: "secKey,customerId,walletOwnerId" }, `${secKey}42${walletOwnerId}`],
    [{ hashParts: "customerId,walletOwnerId" }, `42${walletOwnerId}`],
  ])("%j: what is hashed", async (more, hashed) => {
    await turned("dreamzwallet", more);
    wallets.peer.script({ getSecretKey: reply({ ...said, status: "SUCCESS", responseCode: "SUCCESS" }) });
    expect((await ask()).status).toBe(200);
    expect(jsonOf(wallets.peer.requests[0]).verificationHash).toBe(sha256(hashed));
  });

  test.each([
    { status: "success", responseCode: "1" },
    { status: "success", responseCode: 1 },
    { status: "SUCCESS.", responseCode: " success " },
    { status: "Success" },
    { responseCode: "SUCCESS" },
    { status: "success", responseCode: null },
  ])("%j is success", async (words) => {
    wallets.peer.script({ getSecretKey: reply({ ...said, ...words }) });
    expectSuccess(await ask(), { result: said });
  });

  test.each([
    { status: "success", responseCode: "2" },
    { status: "failed", responseCode: "1" },
    { status: "SUCCESS", responseCode: "NOT_AVAILABLE" },
    { status: "FAILED", responseCode: "SUCCESS" },
    { status: "pending", responseCode: 1 },
    { status: "success", responseCode: "00" },
  ])("%j contradicts itself: the provider's fault, and it is asked once", async (words) => {
    wallets.peer.script({ getSecretKey: reply({ ...said, ...words }) });
    expect((await ask()).body.code).toBe("provider-fault");
    expect(wallets.peer.requests).toHaveLength(1);
  });

  test.each([
    [{ status: "failed", responseCode: "2" }, "declined"],
    [{ status: "failed", responseCode: 2 }, "declined"],
    [{ status: "FAILED", responseCode: "Not_Available." }, "not-found"],
    [{ status: "NOT_AVAILABLE", responseCode: "2" }, "not-found"],
    [{ status: "FAILED", responseCode: "invalid token" }, "misconfigured"],
    [{ status: "FAILED", responseCode: "SOMETHING" }, "declined"],
  ])("%j is %s", async (words, code) => {
    wallets.peer.script({ getSecretKey: reply({ ...words, customerId: "42", secKey: "" }) });
    expect((await ask()).body.code).toBe(code);
  });

  test("refused for a key that has been rotated since, it is not sent again", async () => {
    await turned("dreamzwallet", {});
    await ask();
    read = "the secrets before the rotation";
    wallets.peer.script({
      getSecretKey: (response, request) => {
        wallets.rotate({
          ...secretValues,
          dreamzwallet: { ...secretValues.dreamzwallet, token: "planted-other-token" },
        });
        reply({ status: "FAILED", responseCode: "INVALID TOKEN" })(response, request);
      },
    });
    expect((await ask()).body.code).toBe("misconfigured");
    expect(wallets.peer.requests).toHaveLength(1);
  });
});

describe("NICEPAY", () => {
  const { iMid } = secretValues.nicepay;

  test.each([
    [{}, "+6282112345678"],
    [{ phoneForm: "plus-62" }, "+6282112345678"],
    [{ phoneForm: "plus-62-space" }, "+62 82112345678"],
    [{ phoneForm: "62" }, "6282112345678"],
  ])("%j: the phone is sent as %s, and the token covers what is sent", async (more, billingPhone) => {
    await turned("nicepay", more);
    const referenceNo = freshReference();
    wallets.peer.script({ userAccountBinding: registered() });
    expect((await register(wallets, registrationOf(referenceNo))).status).toBe(200);
    expect(jsonOf(wallets.peer.requests[0])).toMatchObject({
      billingPhone,
      merchantToken: merchantTokenOf({ iMid, referenceNo, billingPhone }),
    });
  });

  test.each([
    ["9108", "misconfigured", "not_executed"],
    ["8003", "invalid-request", "declined"],
    ["P380", "invalid-request", "declined"],
    ["p380 ", "invalid-request", "declined"],
    ["1002", "outcome-unknown", "in_doubt"],
    ["9302", "outcome-unknown", "in_doubt"],
    ["9528", "outcome-unknown", "in_doubt"],
    ["7777", "outcome-unknown", "in_doubt"],
  ] as const)("%s is %s", async (resultCd, code, state) => {
    const referenceNo = freshReference();
    wallets.peer.script({ userAccountBinding: reply({ resultCd, resultMsg: "as it says" }) });
    expectProblem(await register(wallets, registrationOf(referenceNo)), {
      ...problem(code, { code: resultCd, message: "as it says" }),
      record: bindingRecord(referenceNo, state),
    });
  });

  test.each([
    ["91502", "2025-01-02T09:15:02+07:00"],
    [91502, "2025-01-02T09:15:02+07:00"],
    [7, "2025-01-02T00:00:07+07:00"],
    ["09:15:02", "2025-01-02T09:15:02+07:00"],
    ["noon", null],
    ["", null],
    [null, null],
    ["256060", null],
  ])("transTm %j: the success and its redirect stand, registeredAt is %s", async (transTm, registeredAt) => {
    const referenceNo = freshReference();
    wallets.peer.script({
      userAccountBinding: (response, request) => {
        const sent = JSON.parse(request.body.toString()) as { readonly referenceNo: string };
        const { redirectUrlHttp, tXid } = registrationResult(sent.referenceNo) as unknown as {
          readonly redirectUrlHttp: string;
          readonly tXid: string;
        };
        const body = { resultCd: "0000", referenceNo, tXid, mitraCd: "KDVI", redirectUrlHttp };
        text(JSON.stringify({ ...body, transDt: 20250102, transTm }))(response, request);
      },
    });
    expectSuccess(await register(wallets, registrationOf(referenceNo)), {
      result: { ...registrationResult(referenceNo), registeredAt },
      record: bindingRecord(referenceNo, "succeeded"),
    });
    const line = wallets
      .logs()
      .split("\n")
      .findLast((each) => each.includes('"nicepay/register-account-binding"'));
    expect(line?.includes('"unreadable":["/transTm"]')).toBe(registeredAt === null);
    expect(line?.includes('"level":"WARN"')).toBe(registeredAt === null);
  });
});
