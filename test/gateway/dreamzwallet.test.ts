import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { dreamzwallet } from "../../lib/providers/dreamzwallet/index.ts";
import { expectProblem, expectSuccess } from "../support/aggrepay-gateway.ts";
import { alwaysSent, type PeerRequest, text } from "../support/peer.ts";
import { testReadFaults } from "../support/read-faults.ts";
import { started } from "../support/started.ts";
import { type Code, jsonOf, problem, reply, secretValues, startWallets } from "../support/wallets.ts";

const { secKey, walletOwnerId, token } = secretValues.dreamzwallet;

const other = { secKey, walletOwnerId, token, envelope: "authentication", hashCase: "upper" };
const { flat, wrapped } = started({
  /** Flat JSON and a lower-case hash; and the other envelope with the other case. */
  flat: () => startWallets(),
  wrapped: () => startWallets({ secrets: { ...secretValues, dreamzwallet: other } }),
});

const customerId = "189433";
const ask = (input: object = { customerId }, wallets = flat) =>
  wallets.call("dreamzwallet/get-secret-key", input);

const said = { customerId, secKey: "planted-user-key-55", status: "SUCCESS", responseCode: "SUCCESS" };

const sha256 = (value: string) => createHash("sha256").update(Buffer.from(value, "utf8")).digest("hex");

async function sent(id: string, wallets = flat): Promise<PeerRequest> {
  wallets.peer.script({ getSecretKey: reply({ ...said, customerId: id.trim() }) });
  expect((await ask({ customerId: id }, wallets)).status).toBe(200);
  const [request, ...more] = wallets.peer.requests;
  expect(more).toEqual([]);
  if (!request) throw new Error("nothing was sent");
  return request;
}

describe("what is sent", () => {
  test("is flat JSON with a lower-case hash", async () => {
    const request = await sent(customerId);
    expect([request.method, request.path]).toEqual(["POST", "/accountServices/AccountService/getSecretKey"]);
    expect(request.headers).toEqual({
      host: new URL(flat.peer.url).host,
      "content-type": "application/json",
      accept: "application/json",
      "content-length": String(request.body.byteLength),
      connection: "keep-alive",
      ...alwaysSent,
    });
    expect(jsonOf(request)).toEqual({
      customerId,
      walletOwnerId,
      verificationHash: sha256(`${secKey}${customerId}${walletOwnerId}`),
      token,
    });
    expect(request.body.toString()).not.toContain(secKey);
  });

  test("is wrapped and upper-case where the secret says so", async () => {
    const request = await sent("customer é/1", wrapped);
    expect(request.path).toBe("/accountServices/AccountService/getSecretKey");
    expect(jsonOf(request)).toEqual({
      authentication: {
        customerId: "customer é/1",
        walletOwnerId,
        verificationHash: sha256(`${secKey}customer é/1${walletOwnerId}`).toUpperCase(),
        token,
      },
    });
  });

  test("is trimmed, and hashed as it is sent", async () => {
    expect(jsonOf(await sent(" 42 "))).toMatchObject({
      customerId: "42",
      verificationHash: sha256(`${secKey}42${walletOwnerId}`),
    });
    const long = "9".repeat(255);
    expect(jsonOf(await sent(long)).customerId).toBe(long);
  });
});

interface Vector {
  readonly name: string;
  readonly secKey: string;
  readonly customerId: string;
  readonly walletOwnerId: string;
  readonly sha256: string;
}

const { vectors } = JSON.parse(
  readFileSync(new URL("../vectors/dreamzwallet.json", import.meta.url), "utf8"),
) as { readonly vectors: readonly Vector[] };

test.each(vectors)("vector: $name", (vector) => {
  const parts = [vector.secKey, vector.customerId, vector.walletOwnerId].map((part) => part.trim());
  const [key = "", id = "", owner = ""] = parts;
  expect(sha256(parts.join(""))).toBe(vector.sha256);
  const config = readConfig({
    PROVIDER_TIMEOUT_MS: "800",
    FUNCTION_TIMEOUT_MS: "8000",
    LEASE_MS: "9000",
    QUIET_PERIOD_MS: "1000",
    DREAMZWALLET_BASE_URL: "https://mob.paymentplug.com",
  });
  const { body, url } = dreamzwallet.sign(
    { path: "/accountServices/AccountService/getSecretKey", customerId: id },
    { name: "dreamzwallet", json: { secKey: key, walletOwnerId: owner, token: "t" } },
    { config, now: 0, uniqueId: () => "1" },
  );
  expect(url.href).toBe("https://mob.paymentplug.com/accountServices/AccountService/getSecretKey");
  expect(JSON.parse(body)).toEqual({
    customerId: id,
    walletOwnerId: owner,
    verificationHash: vector.sha256,
    token: "t",
  });
});

describe("replies", () => {
  test.each([
    ["the document's", JSON.stringify(said)],
    ["lower case", JSON.stringify({ ...said, status: "success", responseCode: "Success" })],
    ["no responseCode", JSON.stringify({ customerId, secKey: said.secKey, status: "Success" })],
    ["no status", JSON.stringify({ customerId, secKey: said.secKey, responseCode: "SUCCESS" })],
    ["a customerId that is a number", JSON.stringify({ ...said, customerId: 189433 })],
    ["more fields", JSON.stringify({ ...said, new: { a: 1 } })],
  ])("%s", async (_what, body) => {
    flat.peer.script({ getSecretKey: text(body) });
    expectSuccess(await ask(), { result: { customerId, secKey: said.secKey } });
  });

  test("a customerId of 50 digits, a number or a text", async () => {
    const id = `${"1".repeat(49)}7`;
    for (const written of [id, `"${id}"`]) {
      flat.peer.script({ getSecretKey: text(`{"customerId":${written},"secKey":"k","status":"SUCCESS"}`) });
      expectSuccess(await ask({ customerId: id }), { result: { customerId: id, secKey: "k" } });
    }
  });

  test.each([
    ["for another customer", { ...said, customerId: "189434" }],
    ["for a customer that is nearly the same", { ...said, customerId: "0189433" }],
    ["for nobody", { ...said, customerId: undefined }],
    ["for a customer that is null", { ...said, customerId: null }],
    ["without a key", { ...said, secKey: undefined }],
    ["with a key that is null", { ...said, secKey: null }],
    ["with a key that is empty", { ...said, secKey: "" }],
    ["with a key that is no text", { ...said, secKey: { value: "k" } }],
  ])("success %s becomes provider-fault", async (_what, body) => {
    flat.peer.script({ getSecretKey: reply(body) });
    expectProblem(await ask(), problem("provider-fault"));
  });

  test("one that contradicts itself becomes provider-fault", async () => {
    const word = { code: "SUCCESS", message: "" };
    flat.peer.script({ getSecretKey: reply({ ...said, status: "FAILED" }) });
    expectProblem(await ask(), problem("provider-fault", word));
    flat.peer.script({ getSecretKey: reply(said, 400) });
    expectProblem(await ask(), problem("provider-fault", word));
  });
});

describe("refusals", () => {
  const rows: readonly (readonly [code: string, becomes: Code])[] = [
    ["NOT_AVAILABLE", "not-found"],
    ["not_available", "not-found"],
    ["INVALID TOKEN", "misconfigured"],
    ["All fields are mandatory", "misconfigured"],
    ["Wrong Password", "misconfigured"],
    ["WRONG PASSWORD", "misconfigured"],
    ["FAILED", "declined"],
    ["SOMETHING ELSE", "declined"],
  ];

  test.each(rows)("%s becomes %s", async (code, becomes) => {
    const bodies = [
      { customerId, status: "FAILED", responseCode: code },
      { status: "failed", responseCode: ` ${code} ` },
      { responseCode: code },
    ];
    for (const body of bodies)
      for (const status of [200, 400]) {
        flat.peer.script({ getSecretKey: reply(body, status) });
        expectProblem(await ask(), problem(becomes, { code, message: "" }));
        expect(flat.peer.requests).toHaveLength(1);
      }
  });

  test("FAILED without a code becomes declined", async () => {
    flat.peer.script({ getSecretKey: reply({ status: "Failed" }) });
    expectProblem(await ask(), problem("declined", { code: "Failed", message: "" }));
  });

  test("a provider's text is cut, its code too", async () => {
    flat.peer.script({
      getSecretKey: reply({ status: "FAILED", responseCode: "9".repeat(5000), message: "m".repeat(5000) }),
    });
    const { code, message } = (await ask()).body.provider as {
      readonly code: string;
      readonly message: string;
    };
    expect(code.length).toBeLessThanOrEqual(200);
    expect(message.length).toBeLessThanOrEqual(200);
  });
});

describe("on the way", () => {
  testReadFaults({ wallets: () => flat, name: "getSecretKey", success: reply(said), send: () => ask() });
});

describe("a request that is refused", () => {
  test.each([
    ["without a customerId", {}, "/customerId"],
    ["with an empty one", { customerId: " " }, "/customerId"],
    ["with too long a one", { customerId: "9".repeat(256) }, "/customerId"],
    ["with a number", { customerId: 189433 }, "/customerId"],
    ["with a line end in it", { customerId: "1\n2" }, "/customerId"],
    ["with what the gateway sets", { customerId, walletOwnerId }, "/walletOwnerId"],
    ["with a token of the caller's", { customerId, token }, "/token"],
  ])("%s", async (_what, input, pointer) => {
    flat.peer.script({ getSecretKey: reply(said) });
    const answer = await ask(input);
    const errors = answer.body.errors as readonly { readonly pointer: string }[];
    expectProblem(answer, { ...problem("invalid-request"), errors });
    expect(errors.map((fault) => fault.pointer)).toContain(pointer);
    expect(flat.peer.requests).toEqual([]);
  });
});

test("a read leaves no record", async () => {
  expect(await flat.items()).toEqual([]);
});
