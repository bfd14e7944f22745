import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { payu } from "../../lib/providers/payu/index.ts";
import { expectProblem, expectSuccess } from "../support/aggrepay-gateway.ts";
import type { PeerRequest } from "../support/peer.ts";
import { alwaysSent, text } from "../support/peer.ts";
import { testReadFaults } from "../support/read-faults.ts";
import { started } from "../support/started.ts";
import {
  type Code,
  jsonOf,
  problem,
  reply,
  secretValues,
  stampIn,
  startWallets,
} from "../support/wallets.ts";
import { words } from "../support/words.ts";

const { merchantKey, merchantSalt, walletIdentifier, mid } = secretValues.payu;

const other = { merchantKey, merchantSalt, walletIdentifier, mid, signatureScheme: "body-digest" };
const { documented, digesting } = started({
  /** As the document has it, and with the other scheme. */
  documented: () => startWallets(),
  digesting: () => startWallets({ secrets: { ...secretValues, payu: other } }),
});

const asked = { verifyClientTxnId: "LOAD-20220217-1" };
const ask = (input: object = asked, wallets = documented) => wallets.call("payu/check-status", input);

/** The rule of the document's sample, by code of our own. */
const hmacOf = (date: string, salt: string) =>
  createHmac("sha512", Buffer.from(salt, "utf8"))
    .update(Buffer.from(`date: ${date}`))
    .digest("hex");
const digestOf = (body: Buffer, date: string, salt: string) =>
  createHash("sha512")
    .update(Buffer.concat([body, Buffer.from(`|${date}|${salt}`)]))
    .digest("hex");
const authorization = (signature: string, key: string = merchantKey) =>
  `hmac username="${key}", algorithm="sha512", headers="date", signature="${signature}"`;

const said = { responseCode: "00", responseMessage: "Success", responseDump: [] };

async function sent(input: object, wallets = documented): Promise<PeerRequest> {
  wallets.peer.script({ "check-status": reply(said) });
  expect((await ask(input, wallets)).status).toBe(200);
  const [request, ...more] = wallets.peer.requests;
  expect(more).toEqual([]);
  if (!request) throw new Error("nothing was sent");
  return request;
}

describe("what is sent", () => {
  test("is the document's request", async () => {
    const before = Date.now();
    const input = { ...asked, clientTxnId: "ASK/1 é", fromDate: "2022-02-01", toDate: "2022-02-17" };
    const request = await sent(input);
    const date = String(request.headers.date);
    expect(request.method).toBe("POST");
    expect(request.path).toBe("/loyalty-points/v1/wallet/check-status");
    expect(request.headers).toEqual({
      host: new URL(documented.peer.url).host,
      walletidentifier: walletIdentifier,
      mid,
      date: expect.stringMatching(/^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/),
      authorization: authorization(hmacOf(date, merchantSalt)),
      "content-type": "application/json",
      accept: "application/json",
      "content-length": String(request.body.byteLength),
      connection: "keep-alive",
      ...alwaysSent,
    });
    expect(jsonOf(request)).toEqual({
      messageCode: "2050",
      clientTxnId: "ASK/1 é",
      // The header and the body name one moment, in Greenwich and in India.
      requestDateTime: stampIn(5.5, Date.parse(date)),
      verifyclientTxnId: asked.verifyClientTxnId,
      fromDate: "2022-02-01",
      toDate: "2022-02-17",
    });
    expect(Date.parse(date)).toBeGreaterThanOrEqual(before - 1000);
    expect(Date.parse(date)).toBeLessThanOrEqual(Date.now());
  });

  test("holds a clientTxnId of the gateway's own, another in each call, and no field that was not given", async () => {
    const ids = [jsonOf(await sent(asked)).clientTxnId, jsonOf(await sent(asked)).clientTxnId];
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^[\w-]{16,100}$/);
    expect(Object.keys(jsonOf(await sent(asked))).sort()).toEqual(
      words("clientTxnId messageCode requestDateTime verifyclientTxnId"),
    );
  });

  test("is signed over its bytes where the secret asks for it", async () => {
    const request = await sent({ ...asked, clientTxnId: "₹ é" }, digesting);
    const date = String(request.headers.date);
    expect(request.headers.authorization).toBe(authorization(digestOf(request.body, date, merchantSalt)));
    expect(jsonOf(request).requestDateTime).toBe(stampIn(5.5, Date.parse(date)));
    expect(Object.keys(request.headers).sort()).toEqual([
      ...words("accept accept-encoding authorization connection content-length content-type date host mid"),
      ...words("user-agent walletidentifier"),
    ]);
  });

  test("is trimmed", async () => {
    expect(jsonOf(await sent({ verifyClientTxnId: " LOAD-1 ", clientTxnId: " A " }))).toMatchObject({
      clientTxnId: "A",
      verifyclientTxnId: "LOAD-1",
    });
  });
});

interface Vector {
  readonly name: string;
  readonly merchantKey?: string;
  readonly merchantSalt: string;
  readonly date: string;
  readonly body?: string;
  readonly signature: string;
}

const { vectors, alternate } = JSON.parse(
  readFileSync(new URL("../vectors/payu.json", import.meta.url), "utf8"),
) as { readonly vectors: readonly Vector[]; readonly alternate: readonly Vector[] };

describe("vectors", () => {
  const config = readConfig({
    PROVIDER_TIMEOUT_MS: "800",
    FUNCTION_TIMEOUT_MS: "8000",
    LEASE_MS: "9000",
    QUIET_PERIOD_MS: "1000",
    PAYU_BASE_URL: "https://apitest.payu.in",
  });
  const signed = (secret: object, vector: Vector) =>
    payu.sign(
      { path: "/loyalty-points/v1/wallet/check-status", body: { messageCode: "2050" } },
      { name: "payu", json: secret },
      { config, now: Date.parse(vector.date), uniqueId: () => "1" },
    );

  test.each(vectors)("$name", (vector) => {
    const { merchantKey: key = "", merchantSalt: salt, date, signature } = vector;
    expect(hmacOf(date, salt)).toBe(signature);
    for (const scheme of [{}, { signatureScheme: "hmac" }]) {
      const { headers, url } = signed(
        { merchantKey: key, merchantSalt: salt, walletIdentifier, ...scheme },
        vector,
      );
      expect(headers.authorization).toBe(authorization(signature, key));
      expect(headers.date).toBe(date);
      expect(url.href).toBe("https://apitest.payu.in/loyalty-points/v1/wallet/check-status");
    }
  });

  test.each(alternate)("$name", (vector) => {
    const { merchantSalt: salt, date, body = "", signature } = vector;
    expect(digestOf(Buffer.from(body), date, salt)).toBe(signature);
    const { headers, body: bytes } = signed(
      { merchantKey, merchantSalt: salt, walletIdentifier, mid, signatureScheme: "body-digest" },
      vector,
    );
    expect(bytes).toBe(body);
    expect(headers.authorization).toBe(authorization(signature));
  });
});

describe("replies", () => {
  const row = {
    urn: "7001",
    customerId: "C-9",
    responseCode: "1050",
    messageCode: "2010",
    clientTxnId: asked.verifyClientTxnId,
    clientId: "CL-1",
    responseDateTime: "20220217134759",
    responseMessage: "Limit exceeded",
    bankId: "B1",
    accosaRefNo: "ACC-1",
  };
  /** Its code is data, although it would be a refusal at the top. */
  const shownRow = { ...row, responseDateTime: "2022-02-17T13:47:59+05:30" };
  const nothing = {
    urn: null,
    customerId: null,
    responseCode: null,
    messageCode: null,
    clientTxnId: null,
    clientId: null,
    responseDateTime: null,
    responseMessage: null,
    bankId: null,
    accosaRefNo: null,
  };
  const top = {
    messageCode: null,
    clientTxnId: null,
    responseCode: "00",
    responseMessage: null,
    urn: null,
    bankId: null,
    responseDateTime: null,
    responseDump: [],
    responseDumpMessage: null,
  };

  const leftOut = "A row of the dump is about another clientTxnId, and left out.";
  const forms: readonly (readonly [what: string, reply: string, result: object])[] = [
    [
      "the document's sample: response_dump, a list of objects",
      JSON.stringify({
        messageCode: "2051",
        clientTxnId: "ASK-1",
        responseCode: "00",
        responseMessage: "Success",
        urn: "5001",
        bankId: "B1",
        responseDateTime: "20220217134800",
        response_dump: [row],
      }),
      {
        messageCode: "2051",
        clientTxnId: "ASK-1",
        responseCode: "00",
        responseMessage: "Success",
        urn: "5001",
        bankId: "B1",
        responseDateTime: "2022-02-17T13:48:00+05:30",
        responseDump: [shownRow],
        responseDumpMessage: null,
      },
    ],
    [
      "the table's responseDump, a list of JSON texts, and messageCode 2050",
      JSON.stringify({
        messageCode: "2050",
        responseCode: "00",
        responseDump: [JSON.stringify(row), JSON.stringify({ urn: 8 })],
      }),
      { ...top, messageCode: "2050", responseDump: [shownRow, { ...nothing, urn: "8" }] },
    ],
    [
      "response_dump, a list of JSON texts",
      JSON.stringify({ responseCode: "00", response_dump: [JSON.stringify(row)] }),
      { ...top, responseDump: [shownRow] },
    ],
    [
      "a list that is itself a JSON text",
      JSON.stringify({ responseCode: "00", responseDump: JSON.stringify([row]) }),
      { ...top, responseDump: [shownRow] },
    ],
    [
      "an error text for a dump",
      JSON.stringify({ responseCode: "00", response_dump: "No transaction found" }),
      { ...top, responseDumpMessage: "No transaction found" },
    ],
    [
      "a list with a text in it that is no JSON",
      JSON.stringify({ responseCode: "00", responseDump: [JSON.stringify(row), "no such row"] }),
      { ...top, responseDump: [shownRow], responseDumpMessage: "A row of the dump is not JSON." },
    ],
    ...[null, [], "", {}].map((empty): (typeof forms)[number] => [
      `response_dump ${JSON.stringify(empty)} beside a responseDump that holds a row`,
      JSON.stringify({ responseCode: "00", response_dump: empty, responseDump: [row] }),
      { ...top, responseDump: [shownRow] },
    ]),
    [
      "a row of another call",
      JSON.stringify({ responseCode: "00", responseDump: [{ ...row, clientTxnId: "LOAD-2" }, row] }),
      { ...top, responseDump: [shownRow], responseDumpMessage: leftOut },
    ],
    [
      "nothing but rows of other calls, one in other letters",
      JSON.stringify({
        responseCode: "00",
        response_dump: [`${asked.verifyClientTxnId}0`, asked.verifyClientTxnId.toLowerCase()].map((id) => ({
          ...row,
          clientTxnId: id,
        })),
      }),
      { ...top, responseDumpMessage: leftOut },
    ],
    [
      "a row that names no call",
      JSON.stringify({ responseCode: "00", response_dump: [{ ...row, clientTxnId: "" }] }),
      { ...top, responseDump: [{ ...shownRow, clientTxnId: "" }] },
    ],
    ["an empty list", JSON.stringify({ responseCode: "00", responseDump: [] }), top],
    ["no dump", JSON.stringify({ responseCode: "00" }), top],
    ["nulls", JSON.stringify({ responseCode: "00", responseDump: null, urn: null, bankId: null }), top],
    ["0000", JSON.stringify({ responseCode: "0000" }), { ...top, responseCode: "0000" }],
    [
      "an urn past 2^53, and longer than its table says",
      '{"responseCode":"00","urn":123456789012345678901234567890,"responseDump":[{"urn":98765432109876543210},"{\\"urn\\":\\"11111111112222222222333333333344444444445\\"}"]}',
      {
        ...top,
        urn: "123456789012345678901234567890",
        responseDump: [
          { ...nothing, urn: "98765432109876543210" },
          { ...nothing, urn: "11111111112222222222333333333344444444445" },
        ],
      },
    ],
    [
      "numbers for codes",
      '{"messageCode":2051,"responseCode":"00","bankId":7,"responseDump":[{"messageCode":2010,"responseCode":0}]}',
      {
        ...top,
        messageCode: "2051",
        bankId: "7",
        responseDump: [{ ...nothing, messageCode: "2010", responseCode: "0" }],
      },
    ],
    [
      "fields that nobody documents",
      JSON.stringify({ responseCode: "00", loyalty: { points: 3 }, responseDump: [{ ...row, new: 1 }] }),
      { ...top, responseDump: [shownRow] },
    ],
  ];

  test.each(forms)("%s", async (_what, body, result) => {
    documented.peer.script({ "check-status": text(body) });
    expectSuccess(await ask({ ...asked, clientTxnId: "ASK-1" }), { result });
  });

  test.each<readonly [string, object, "clientTxnId" | "responseDump", object]>([
    ["one clientTxnId is another call's", { clientTxnId: "ASK-2" }, "clientTxnId", { clientTxnId: "ASK-1" }],
    [
      "one clientTxnId is in other letters",
      { clientTxnId: "ask-1" },
      "clientTxnId",
      { clientTxnId: asked.verifyClientTxnId },
    ],
    [
      "two dumps differ",
      { response_dump: [row], responseDump: [{ ...row, responseCode: "00" }] },
      "responseDump",
      { response_dump: [row], responseDump: [JSON.stringify(row)] },
    ],
    [
      "one dump is a list and the other a text",
      { response_dump: "No transaction found", responseDump: [row] },
      "responseDump",
      { response_dump: "No transaction found", responseDump: "No transaction found" },
    ],
  ])("%s: nothing is told; what agrees is", async (_what, wrong, named, right) => {
    const input = { ...asked, clientTxnId: "ASK-1" };
    documented.peer.script({ "check-status": reply({ responseCode: "00", ...wrong }) });
    const refused = await ask(input);
    expectProblem(refused, problem("provider-fault"));
    expect(refused.body.detail).toContain(named);
    documented.peer.script({ "check-status": reply({ responseCode: "00", ...right }) });
    expect((await ask(input)).status).toBe(200);
  });

  test("a clientTxnId that the gateway made comes back, or another is refused", async () => {
    documented.peer.script({
      "check-status": (response, request) =>
        reply({ ...said, clientTxnId: jsonOf(request).clientTxnId })(response, request),
    });
    expect((await ask()).status).toBe(200);
    documented.peer.script({ "check-status": reply({ ...said, clientTxnId: "somebody-elses" }) });
    expectProblem(await ask(), problem("provider-fault"));
  });

  test.each([
    ["an empty urn and bankId at the top", { urn: "", bankId: "", responseDateTime: "" }, { urn: null }],
    [
      "an empty urn in a row",
      { responseDump: [{ responseCode: "01", urn: "", accosaRefNo: "" }] },
      { responseDump: [{ ...nothing, responseCode: "01" }] },
    ],
  ])("what is empty is not there: %s", async (_what, more, shown) => {
    documented.peer.script({ "check-status": reply({ responseCode: "00", ...more }) });
    const answer = await ask();
    expect(answer.status).toBe(200);
    expect(answer.body.result).toMatchObject(shown);
  });
});

describe("refusals", () => {
  const rows: readonly (readonly [code: string, becomes: Code])[] = [
    ["1010", "misconfigured"],
    ["1020", "misconfigured"],
    ["1040", "not-found"],
    ["1050", "limit-exceeded"],
    ["01", "declined"],
    ["000", "declined"],
    ["2051", "declined"],
  ];

  test.each(rows)("%s becomes %s", async (code, becomes) => {
    for (const status of [200, 400]) {
      documented.peer.script({
        "check-status": reply({ responseCode: code, responseMessage: "As PayU says" }, status),
      });
      expectProblem(await ask(), problem(becomes, { code, message: "As PayU says" }));
      expect(documented.peer.requests).toHaveLength(1);
    }
  });

  test("a code that is a number", async () => {
    documented.peer.script({ "check-status": text('{"responseCode":1040,"responseMessage":"No wallet"}') });
    expectProblem(await ask(), problem("not-found", { code: "1040", message: "No wallet" }));
  });

  test.each([
    401, 403,
  ])("HTTP %i becomes misconfigured, with a code or in the gate's own words", async (status) => {
    for (const message of ["HMAC signature cannot be verified", "HMAC signature does not match"]) {
      documented.peer.script({ "check-status": reply({ message }, status) });
      expectProblem(await ask(), problem("misconfigured", { code: `HTTP ${status}`, message }));
    }
    documented.peer.script({ "check-status": reply({ responseCode: "1040", responseMessage: "x" }, status) });
    expectProblem(await ask(), problem("misconfigured", { code: "1040", message: "x" }));
  });

  test("success with HTTP 400 contradicts itself", async () => {
    documented.peer.script({ "check-status": reply(said, 400) });
    expectProblem(await ask(), problem("provider-fault"));
  });

  test("a provider's text is cut, its code too", async () => {
    documented.peer.script({
      "check-status": reply({ responseCode: "9".repeat(5000), responseMessage: "m".repeat(5000) }),
    });
    const answer = await ask();
    expect(answer.status).toBe(422);
    const { code, message } = answer.body.provider as { readonly code: string; readonly message: string };
    expect(message.length).toBeLessThanOrEqual(200);
    expect(code.length).toBeLessThanOrEqual(200);
  });
});

describe("on the way", () => {
  testReadFaults({ wallets: () => documented, name: "check-status", success: reply(said), send: ask });
});

describe("a request that is refused", () => {
  test.each([
    ["without verifyClientTxnId", {}, "/verifyClientTxnId"],
    ["with too long an id", { verifyClientTxnId: "x".repeat(101) }, "/verifyClientTxnId"],
    ["with too long an own id", { ...asked, clientTxnId: "x".repeat(101) }, "/clientTxnId"],
    ["with an empty own id", { ...asked, clientTxnId: " " }, "/clientTxnId"],
    ["with a number for an id", { verifyClientTxnId: 7 }, "/verifyClientTxnId"],
    ["with a day that does not exist", { ...asked, fromDate: "2022-02-30" }, "/fromDate"],
    ["with a date in another form", { ...asked, toDate: "17-02-2022" }, "/toDate"],
    ["that ends before it begins", { ...asked, fromDate: "2022-02-18", toDate: "2022-02-17" }, ""],
    ["with what the gateway sets", { ...asked, messageCode: "2010" }, "/messageCode"],
    ["with the gateway's time", { ...asked, requestDateTime: "20220217134759" }, "/requestDateTime"],
    ["with the provider's spelling", { verifyclientTxnId: "x" }, "/verifyclientTxnId"],
  ])("%s", async (_what, input, pointer) => {
    documented.peer.script({ "check-status": reply(said) });
    const answer = await ask(input);
    const errors = answer.body.errors as readonly { readonly pointer: string }[];
    expectProblem(answer, { ...problem("invalid-request"), errors });
    expect(errors.map((fault) => fault.pointer)).toContain(pointer);
    expect(documented.peer.requests).toEqual([]);
  });

  test("one day may be asked for", async () => {
    await sent({ ...asked, fromDate: "2022-02-17", toDate: "2022-02-17" });
    await sent({ ...asked, fromDate: "2024-02-29" });
  });
});

test("a read leaves no record", async () => {
  expect(await documented.items()).toEqual([]);
});
