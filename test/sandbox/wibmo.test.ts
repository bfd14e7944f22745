import { describe, expect, it } from "vitest";
import { startWibmoSandbox, wibmoFaults, wibmoSandboxSecret } from "../../local/sandbox/wibmo.ts";
import { type Answer, type Headers, json, post, Running } from "./json-peer.ts";

const now = Date.parse("2024-04-08T04:40:00Z");
const full = {
  apiKey: "full-key",
  clientId: "1020",
  bankId: "6060",
  entityId: "100",
  secureCode: "code",
  consumerCustomId: "consumer",
};
const fullHeaders = {
  "x-api-key": "full-key",
  clientId: "1020",
  bankId: "6060",
  entityId: "100",
  secureCode: "code",
  "X-Consumer-Custom-ID": "consumer",
};
const [encryptPath, retrievePath, decryptPath] = [
  "/api/v2/encrypt",
  "/uat/sbx/api/onboarding/v3/retrieveCustRecord",
  "/api/v2/decrypt",
] as const;

const sandbox = new Running((dataDir) =>
  startWibmoSandbox({ dataDir, secrets: () => [wibmoSandboxSecret, full], clock: () => now }),
);
const { control } = sandbox;
let count = 0;

type Body = Readonly<Record<string, unknown>>;

const send = (path: string, body: Body, headers: Headers = { "x-api-key": wibmoSandboxSecret.apiKey }) =>
  post(sandbox.url + path, { "content-type": "application/json", ...headers }, JSON.stringify(body));

const fields = (more: Body = {}): Body => {
  count += 1;
  return {
    messageCode: 1930,
    clientTxnId: `record-${count}`,
    requestDateTime: "20240408101000",
    customerMobile: "9990099999",
    ...more,
  };
};

const encrypt = (more: Body = {}, headers?: Headers): Promise<Answer> =>
  send(encryptPath, fields(more), headers);

const tokenOf = (answer: Answer) => String(json(answer).token);
const without = (name: string): Headers =>
  Object.fromEntries(Object.entries(fullHeaders).filter(([header]) => header !== name));

describe("the token", () => {
  it("is base64, another one each time, and shown nowhere", async () => {
    const [one, two] = [await encrypt(), await encrypt()];
    expect(json(one)).toEqual({ token: expect.stringMatching(/^[A-Za-z0-9+/]{80,}={0,2}$/) });
    expect(tokenOf(one)).not.toBe(tokenOf(two));
    await send(retrievePath, { token: tokenOf(one) });
    const calls = JSON.stringify(await control.calls());
    expect(calls).toContain('"signed":true');
    for (const hidden of [tokenOf(one), wibmoSandboxSecret.apiKey, "9990099999"])
      expect(calls).not.toContain(hidden);
  });

  it("decrypts to what was encrypted", async () => {
    const sent = fields({ customerId: "000000000081", urn: "5", emailId: "asha@example.com" });
    const token = tokenOf(await send(encryptPath, sent));
    expect(json(await send(decryptPath, { token }))).toEqual(sent);
    expect(await control.lastCall()).toMatchObject({
      path: decryptPath,
      fields: ["token"],
      undocumented: [],
    });
  });

  it("retrieves the customer's record, also after a restart", async () => {
    const token = tokenOf(await encrypt({ clientTxnId: "record-a", urn: "5" }));
    await sandbox.restart();
    const beside = { clientId: "1060", bankId: "6060", entityId: "100", secureCode: "s" };
    const record = await send(retrievePath, { token, ...beside, "X-Consumer-Custom-ID": "c" });
    expect(await control.lastCall()).toMatchObject({ undocumented: [] });
    expect(json(await send(decryptPath, { token: tokenOf(record) }))).toEqual({
      messageCode: 1081,
      clientTxnId: "record-a",
      responseCode: "00",
      responseMessage: "SUCCESS",
      responseDateTime: "20240408101000",
      accosaTransactionId: expect.any(Number),
      customerMobile: "9990099999",
      mobile: "919990099999",
      customerId: expect.stringMatching(/^\d{12}$/),
      urn: "5",
      emailId: expect.stringMatching(/@example\.com$/),
      name: "Asha Rao",
      firstName: "Asha",
      lastName: "Rao",
      dob: "14-Apr-1993",
      status: "Active",
    });
  });

  it.each([
    ["1040", { customerMobile: "9990090000" }],
    ["1040", { customerMobile: undefined, emailId: "missing@example.com" }],
    ["1020", { customerMobile: undefined }],
  ])("retrieves no record: %s for %j", async (code, more) => {
    const token = tokenOf(await encrypt(more));
    expect(json(await send(retrievePath, { token }))).toMatchObject({ responseCode: code });
  });

  it.each([
    "",
    "AAAA",
    "<not base64>",
    `${"A".repeat(79)}=`,
  ])("is not opened where it is not ours: %j", async (token) => {
    for (const path of [retrievePath, decryptPath])
      expect(json(await send(path, { token }))).toMatchObject({ responseCode: "1020" });
  });
});

describe("headers", () => {
  it("are all taken where the secret has them all", async () => {
    expect(json(await encrypt({}, fullHeaders))).toEqual({ token: expect.any(String) });
  });

  it.each([
    ["clientId", "1262", "CLIENT ID NOT PRESENT IN THE REQUEST"],
    ["bankId", "1264", "BANK ID NOT PRESENT IN THE REQUEST"],
    ["X-Consumer-Custom-ID", "1310", "XCONSUMERKEY NOT PRESENT IN REQUEST"],
    ["secureCode", "1311", "SECURE CODE NOT PRESENT IN REQUEST"],
  ])("without %s: %s", async (name, code, message) => {
    expect(json(await encrypt({ clientTxnId: "h-1" }, without(name)))).toEqual({
      messageCode: 1930,
      clientTxnId: "h-1",
      responseCode: code,
      responseMessage: message,
      responseDateTime: "20240408101000",
    });
    expect(await control.lastCall()).toMatchObject({ signed: false, verdict: code });
  });

  it("are refused with a wrong value, as a wrong key is", async () => {
    expect((await encrypt({}, { ...fullHeaders, secureCode: "other" })).status).toBe(403);
    expect((await encrypt({}, without("entityId"))).status).toBe(403);
    expect((await encrypt({}, { "x-api-key": "nobody's" })).status).toBe(401);
    expect((await encrypt({}, {})).status).toBe(401);
    const token = tokenOf(await encrypt());
    expect((await send(retrievePath, { token }, {})).status).toBe(401);
  });
});

describe("fields", () => {
  it.each([
    ["1010", { messageCode: "1930" }],
    ["1010", { messageCode: 1931 }],
    ["1020", { clientTxnId: undefined }],
    ["1020", { clientTxnId: "" }],
    ["1020", { requestDateTime: "20240431101000" }],
    ["1020", { requestDateTime: 20240408101000 }],
    ["1020", { customerMobile: "+919990099999" }],
    ["1020", { customerId: 81 }],
    ["1020", { emailId: "" }],
  ])("%s for %j", async (code, more) => {
    expect(json(await encrypt(more))).toMatchObject({ messageCode: 1930, responseCode: code });
    expect(await control.lastCall()).toMatchObject({ signed: true, verdict: code });
  });

  it("a clientTxnId is used once", async () => {
    expect(json(await encrypt({ clientTxnId: "r-1" }))).toHaveProperty("token");
    expect(json(await encrypt({ clientTxnId: "r-1" }))).toMatchObject({
      responseCode: "DUPLICATE-CLIENT-TXN-ID",
    });
    expect(await control.ask("GET", "ledger")).toEqual({ usedClientTxnIds: 1 });
  });
});

describe("faults", () => {
  let marks = 0;
  const marked = (fault: string) => {
    marks += 1;
    return encrypt({ clientTxnId: `m-${marks}.sandbox.${fault}` });
  };

  it.each([
    ["code-1262", 200, { responseCode: "1262" }],
    ["code-1264", 200, { responseCode: "1264" }],
    ["code-1310", 200, { responseCode: "1310" }],
    ["code-1311", 200, { responseCode: "1311" }],
    ["code-1262-http-400", 400, { responseCode: "1262" }],
    ["code-1262-number", 200, { responseCode: 1262 }],
    ["code-1262-error", 200, { errorCode: "1262", errorDescription: expect.any(String) }],
    ["code-1010", 200, { responseCode: "1010" }],
    ["code-1020", 200, { responseCode: "1020" }],
    ["unknown-code", 200, { responseCode: "9876" }],
    ["null-token", 200, { token: null }],
    ["empty-token", 200, { token: "" }],
    ["wrong-token", 200, { token: "<not base64>" }],
    ["other-field", 200, { token: expect.any(String), responseCode: "00" }],
  ])("%s", async (fault, status, reply) => {
    const answer = await marked(fault);
    expect(answer.status).toBe(status);
    expect(json(answer)).toMatchObject(reply);
  });

  it.each([
    ["http-401", 401],
    ["http-403", 403],
    ["http-429", 429],
    ["http-502", 502],
    ["redirect", 307],
    ["garbage", 200],
  ])("%s", async (fault, status) => {
    expect(await marked(fault)).toMatchObject({ status, type: expect.stringMatching(/^text\/html/) });
  });

  it("no-token", async () => {
    expect(json(await marked("no-token"))).toEqual({});
  });

  it("travel in the token to the two other calls", async () => {
    const clientTxnId = "t-1.sandbox.retrieve.once.http-502.sandbox.decrypt.garbage";
    const token = tokenOf(await encrypt({ clientTxnId }));
    expect((await send(retrievePath, { token })).status).toBe(502);
    const record = await send(retrievePath, { token });
    expect(record.status).toBe(200);
    expect((await send(decryptPath, { token: tokenOf(record) })).text).toMatch(/^<html>/);
  });

  it("can be armed, but not by a token, and are described", async () => {
    expect(await control.ask("POST", "faults", { fault: "slow", match: { token: "x" } })).toEqual({
      message: "match cannot look at token",
    });
    await control.ask("POST", "faults", { fault: "http-429", path: decryptPath });
    const token = tokenOf(await encrypt());
    expect((await send(decryptPath, { token })).status).toBe(429);
    expect((await send(decryptPath, { token })).status).toBe(200);
    expect(await control.ask("GET", "faults")).toEqual({ faults: wibmoFaults, armed: [] });
  });
});
