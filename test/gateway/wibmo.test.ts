import { describe, expect, test } from "vitest";
import { operation } from "../../functions/wibmo/retrieve-customer-record.ts";
import { readConfig } from "../../lib/config.ts";
import { runRead } from "../../lib/operation/read.ts";
import { systemClock } from "../../lib/time.ts";
import { transportBy } from "../../lib/transport.ts";
import { expectProblem, expectSuccess } from "../support/aggrepay-gateway.ts";
import { alwaysSent, hang, type PeerRequest, text } from "../support/peer.ts";
import { testReadFaults } from "../support/read-faults.ts";
import { started } from "../support/started.ts";
import {
  type Code,
  jsonOf,
  momentOf,
  problem,
  reply,
  secretValues,
  stampIn,
  startWallets,
  type Wallets,
} from "../support/wallets.ts";
import { words } from "../support/words.ts";

const { apiKey } = secretValues.wibmo;
const identifying = {
  clientId: "CLIENT-1",
  bankId: "6019",
  entityId: "ENT-2",
  secureCode: "sc-planted-3f",
  consumerCustomId: "consumer-4",
};

const headerNames = { consumerCustomId: "XCONSUMERKEY", secureCode: "X-Secure-Code" };
const { plain, identified } = started({
  /** With the api key alone; with everything, under header names of its own, and the customer record switched off. */
  plain: () => startWallets(),
  identified: () =>
    startWallets({
      secrets: { ...secretValues, wibmo: { apiKey, ...identifying, headerNames } },
      env: { WIBMO_CUSTOMER_RECORD: "off" },
    }),
});

const asked = { customerMobile: "+919900261104" };
const encrypt = (input: object = asked, wallets = plain) => wallets.call("wibmo/encrypt", input);
const retrieve = (input: object = asked, wallets = plain) =>
  wallets.call("wibmo/retrieve-customer-record", input);

const token = (name: string) => reply({ token: name });

async function sent(input: object, wallets = plain): Promise<PeerRequest> {
  wallets.peer.script({ encrypt: token("dG9r") });
  expect((await encrypt(input, wallets)).status).toBe(200);
  const [request, ...more] = wallets.peer.requests;
  expect(more).toEqual([]);
  if (!request) throw new Error("nothing was sent");
  return request;
}

const headersOf = (request: PeerRequest, wallets: Wallets, more: object) => ({
  host: new URL(wallets.peer.url).host,
  "x-api-key": apiKey,
  "content-type": "application/json",
  accept: "application/json",
  "content-length": String(request.body.byteLength),
  connection: "keep-alive",
  ...alwaysSent,
  ...more,
});

describe("encrypt", () => {
  test("sends the document's request, with ten digits of the mobile number", async () => {
    const before = Date.now();
    const input = {
      ...asked,
      customerId: "C/1 é",
      urn: "7001",
      emailId: "asha@example.com",
      clientTxnId: "ENC-1",
    };
    const request = await sent(input);
    expect([request.method, request.path]).toEqual(["POST", "/api/v2/encrypt"]);
    expect(request.headers).toEqual(headersOf(request, plain, {}));
    const body = jsonOf(request);
    expect(body).toEqual({
      messageCode: 1930,
      clientTxnId: "ENC-1",
      requestDateTime: expect.stringMatching(/^\d{14}$/),
      customerMobile: "9900261104",
      customerId: "C/1 é",
      urn: "7001",
      emailId: "asha@example.com",
    });
    // A number, not a string of digits.
    expect(request.body.toString()).toContain('"messageCode":1930,');
    const moment = momentOf(String(body.requestDateTime), 5.5);
    expect(moment).toBeGreaterThan(before - 1000);
    expect(moment).toBeLessThanOrEqual(Date.now());
    expect(stampIn(5.5, moment)).toBe(body.requestDateTime);
  });

  test.each([
    [{ customerMobile: "+919900261104" }, { customerMobile: "9900261104" }],
    [{ customerId: " 42 " }, { customerId: "42" }],
    [{ urn: "7001" }, { urn: "7001" }],
    [{ emailId: "asha@example.com" }, { emailId: "asha@example.com" }],
  ])("asks with %o alone", async (input, field) => {
    const { clientTxnId, requestDateTime, ...rest } = jsonOf(await sent(input));
    expect(rest).toEqual({ messageCode: 1930, ...field });
    expect(clientTxnId).toMatch(/^[\w-]{16,100}$/);
    expect(requestDateTime).toMatch(/^\d{14}$/);
  });

  test("gives the token and the id that it was asked for under", async () => {
    plain.peer.script({ encrypt: text('{"token":"a+b/c==","other":[1]}') });
    expectSuccess(await encrypt({ ...asked, clientTxnId: "ENC-2" }), {
      result: { token: "a+b/c==", clientTxnId: "ENC-2" },
    });
    plain.peer.script({ encrypt: token("dG9r") });
    const answer = await encrypt();
    const { clientTxnId } = jsonOf(plain.peer.requests[0]);
    expectSuccess(answer, { result: { token: "dG9r", clientTxnId } });
  });

  test("sends each further value that the secret has, under the names that it gives", async () => {
    const request = await sent(asked, identified);
    expect(request.headers).toEqual(
      headersOf(request, identified, {
        clientid: identifying.clientId,
        bankid: identifying.bankId,
        entityid: identifying.entityId,
        "x-secure-code": identifying.secureCode,
        xconsumerkey: identifying.consumerCustomId,
      }),
    );
    expect(Object.keys(jsonOf(request)).sort()).toEqual(
      words("clientTxnId customerMobile messageCode requestDateTime"),
    );
  });
});

describe("refusals", () => {
  const rows: readonly (readonly [code: string, becomes: Code])[] = [
    ["1262", "misconfigured"],
    ["1264", "misconfigured"],
    ["1310", "misconfigured"],
    ["1311", "misconfigured"],
    ["1999", "provider-fault"],
    ["abc", "provider-fault"],
  ];

  test.each(rows)("%s becomes %s", async (code, becomes) => {
    for (const [status, body] of [
      [200, { errorCode: code, errorMessage: "As Wibmo says" }],
      [400, { responseCode: code, responseMessage: "As Wibmo says" }],
      [422, { code, message: "As Wibmo says" }],
    ] as const) {
      plain.peer.script({ encrypt: reply(body, status) });
      expectProblem(await encrypt(), problem(becomes, { code, message: "As Wibmo says" }));
      expect(plain.peer.requests).toHaveLength(1);
    }
  });

  test("a code that is a number", async () => {
    plain.peer.script({ encrypt: text('{"errorCode":1262,"errorMessage":"Client Id not present"}', 400) });
    expectProblem(
      await encrypt(),
      problem("misconfigured", { code: "1262", message: "Client Id not present" }),
    );
  });

  test.each([401, 403])("HTTP %i becomes misconfigured", async (status) => {
    const word = { code: "9999", message: "Not authorised" };
    plain.peer.script({ encrypt: reply({ errorCode: word.code, errorMessage: word.message }, status) });
    expectProblem(await encrypt(), problem("misconfigured", word));
    for (const message of ["No API key found in request", "Invalid authentication credentials"]) {
      plain.peer.script({ encrypt: reply({ message }, status) });
      expectProblem(await encrypt(), problem("misconfigured", { code: `HTTP ${status}`, message }));
    }
  });

  test.each([
    ["no token", {}],
    ["a token that is null", { token: null }],
    ["a token that is empty", { token: "" }],
    ["a token that is no text", { token: { value: "x" } }],
    ["a token under another name", { data: { token: "x" } }],
  ])("%s becomes provider-fault", async (_what, body) => {
    plain.peer.script({ encrypt: reply(body) });
    expectProblem(await encrypt(), problem("provider-fault"));
  });
});

describe("on the way", () => {
  testReadFaults({ wallets: () => plain, name: "encrypt", success: token("dG9r"), send: () => encrypt() });
});

describe("a request that is refused", () => {
  test.each([
    ["without any identifier", {}, ""],
    ["with a clientTxnId alone", { clientTxnId: "x" }, ""],
    ["with ten digits for a number", { customerMobile: "9900261104" }, "/customerMobile"],
    ["with a number of another country", { customerMobile: "+6282112345678" }, "/customerMobile"],
    ["with what is no address", { emailId: "asha" }, "/emailId"],
    ["with an empty id", { customerId: "" }, "/customerId"],
    ["with what the gateway sets", { ...asked, messageCode: 1930 }, "/messageCode"],
    ["with a field of nobody's", { ...asked, secureCode: "1" }, "/secureCode"],
  ])("%s", async (_what, input, pointer) => {
    plain.peer.script({ encrypt: token("dG9r") });
    for (const answer of [await encrypt(input), await retrieve(input)]) {
      const errors = answer.body.errors as readonly { readonly pointer: string }[];
      expectProblem(answer, { ...problem("invalid-request"), errors });
      expect(errors.map((fault) => fault.pointer)).toContain(pointer);
    }
    expect(plain.peer.requests).toEqual([]);
  });
});

describe("retrieve-customer-record", () => {
  const record = text(
    '{"customerId":"C-1","balance":12.50,"urn":12345678901234567890,"cards":[{"n":1}],"vip":true}',
  );
  const shown = {
    customerId: "C-1",
    balance: "12.50",
    urn: "12345678901234567890",
    cards: [{ n: "1" }],
    vip: true,
  };

  test("encrypts, retrieves, decrypts", async () => {
    plain.peer.script({ encrypt: token("first"), retrieveCustRecord: token("second"), decrypt: record });
    expectSuccess(await retrieve(), { result: { customer: shown } });
    expect(plain.peer.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /api/v2/encrypt",
      "POST /uat/sbx/api/onboarding/v3/retrieveCustRecord",
      "POST /api/v2/decrypt",
    ]);
    const [first, second, third] = plain.peer.requests.map(jsonOf);
    expect(first).toMatchObject({ messageCode: 1930, customerMobile: "9900261104" });
    expect([second, third]).toEqual([{ token: "first" }, { token: "second" }]);
    for (const request of plain.peer.requests) expect(request.headers).toEqual(headersOf(request, plain, {}));
  });

  test("what a record echoes of our key is taken out, wherever it stands", async () => {
    const echo = { name: `x-api-key: ${apiKey}`, more: [{ [apiKey]: apiKey }], customerId: "C-1" };
    plain.peer.script({ encrypt: token("first"), retrieveCustRecord: token("second"), decrypt: reply(echo) });
    const customer = { name: "x-api-key: [secret]", more: [{ "[secret]": "[secret]" }], customerId: "C-1" };
    expectSuccess(await retrieve(), { result: { customer } });
  });

  test("a decrypted record may hold a code of success", async () => {
    plain.peer.script({
      encrypt: token("first"),
      retrieveCustRecord: token("second"),
      decrypt: reply({ responseCode: "00", customerId: "C-1" }),
    });
    expectSuccess(await retrieve(), { result: { customer: { responseCode: "00", customerId: "C-1" } } });
  });

  test.each(["encrypt", "retrieveCustRecord", "decrypt"])("a refusal of %s ends it", async (step) => {
    const steps = { encrypt: token("first"), retrieveCustRecord: token("second"), decrypt: record };
    const refusal = reply({ errorCode: "1264", errorMessage: "Bank id not present" }, 400);
    plain.peer.script({ ...steps, [step]: refusal });
    expectProblem(
      await retrieve(),
      problem("misconfigured", { code: "1264", message: "Bank id not present" }),
    );
    expect(plain.peer.requests.at(-1)?.name).toBe(step);
    plain.peer.script({ ...steps, [step]: reply({ errorCode: "77" }) });
    expectProblem(await retrieve(), problem("provider-fault", { code: "77", message: "" }));
    expect(plain.peer.requests.at(-1)?.name).toBe(step);
    plain.peer.script({ ...steps, [step]: hang });
    expectProblem(await retrieve(), problem("outcome-unknown"));
    expect(plain.peer.requests.at(-1)?.name).toBe(step);
  });

  test("is not there when it is switched off", async () => {
    identified.peer.script({ encrypt: token("first") });
    expectProblem(await retrieve(asked, identified), problem("not-found"));
    expect(identified.peer.requests).toEqual([]);
  });

  test("goes to the paths that are configured, and names us in the body where that is asked for", async () => {
    plain.peer.script({ encrypt: token("first"), "retrieve-3": token("second"), "decrypt-2": record });
    const config = readConfig({
      PROVIDER_TIMEOUT_MS: "800",
      FUNCTION_TIMEOUT_MS: "8000",
      LEASE_MS: "9000",
      QUIET_PERIOD_MS: "1000",
      WIBMO_BASE_URL: plain.peer.url,
      WIBMO_CUSTOMER_RECORD: "on",
      WIBMO_RETRIEVE_PATH: "/live/retrieve-3",
      WIBMO_DECRYPT_PATH: "/live/decrypt-2",
      WIBMO_IDENTIFIED_IN_BODY: "on",
    });
    const secret = { name: "wibmo", json: { apiKey, ...identifying } } as const;
    const answer = await runRead(
      operation,
      { input: { urn: shown.urn }, remainingMs: () => 8000, note: () => undefined },
      {
        config,
        clock: { now: () => Date.UTC(2025, 0, 31, 18, 30), monotonic: () => performance.now() },
        secrets: {
          current: async () => secret,
          previous: async () => undefined,
          refreshed: async () => secret,
          moment: () => 0,
        },
        ...transportBy(systemClock),
        uniqueId: () => "unique-1",
      },
    );
    expect(answer.body).toEqual({ result: { customer: shown } });
    expect(plain.peer.requests.map(({ path }) => path)).toEqual([
      "/api/v2/encrypt",
      "/live/retrieve-3",
      "/live/decrypt-2",
    ]);
    expect(plain.peer.requests.map(jsonOf)).toEqual([
      // Midnight in India.
      { messageCode: 1930, clientTxnId: "unique-1", requestDateTime: "20250201000000", urn: shown.urn },
      { token: "first", ...identifying },
      { token: "second" },
    ]);
    for (const { name, headers } of plain.peer.requests) {
      const all = { clientid: identifying.clientId, "x-consumer-custom-id": identifying.consumerCustomId };
      expect(headers).toMatchObject({ "x-api-key": apiKey, ...(name !== "decrypt-2" && all) });
      // Its one public client sends decrypt the api key alone.
      if (name === "decrypt-2") expect(Object.keys(headers)).not.toContain("clientid");
    }
  });
});

test("a read leaves no record", async () => {
  expect(await plain.items()).toEqual([]);
});
