import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { digestOfBody, hmacOfDate } from "../../local/sandbox/payu/signature.ts";
import { payuFaults, payuSandboxSecret, startPayuSandbox } from "../../local/sandbox/payu.ts";
import { type Answer, type Headers, json, post, Running } from "./json-peer.ts";

const now = Date.parse("Thu, 17 Feb 2022 08:17:59 GMT");
const date = "Thu, 17 Feb 2022 08:17:59 GMT";
const rotated = { ...payuSandboxSecret, merchantSalt: "salt-2", mid: "2" };
const other = { ...payuSandboxSecret, merchantKey: "other", signatureScheme: "body-digest" };
const path = "/loyalty-points/v1/wallet/check-status";

const sandbox = new Running((dataDir) =>
  startPayuSandbox({
    dataDir,
    secrets: () => [payuSandboxSecret, rotated, other, { merchantKey: 7 }],
    clock: () => now,
  }),
);
const { control } = sandbox;
let count = 0;

const authorization = (signature: string, key = "smsplus") =>
  `hmac username="${key}", algorithm="sha512", headers="date", signature="${signature}"`;

const hmac = (of: string, salt = "salt-1") => createHmac("sha512", salt).update(`date: ${of}`).digest("hex");

const honest = (): Headers => ({
  walletIdentifier: "CLW",
  date,
  Authorization: authorization(hmac(date)),
  "Content-Type": "application/json",
});

const fields = (more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => {
  count += 1;
  return {
    messageCode: "2050",
    clientTxnId: `check-${count}`,
    requestDateTime: "20220217134759",
    verifyclientTxnId: "load-1",
    ...more,
  };
};

const send = (more: Readonly<Record<string, unknown>> = {}, headers: Headers = {}): Promise<Answer> =>
  post(sandbox.url + path, { ...honest(), ...headers }, JSON.stringify(fields(more)));

const without = (name: string): Headers =>
  Object.fromEntries(Object.entries(honest()).filter(([header]) => header !== name));

describe("vectors", () => {
  const vectors = JSON.parse(
    readFileSync(new URL("../vectors/payu.json", import.meta.url), "utf8"),
  ) as Record<
    "vectors" | "alternate",
    readonly Readonly<Record<"name" | "merchantSalt" | "date" | "signature" | "body", string>>[]
  >;
  it.each(vectors.vectors)("$name", ({ date: of, merchantSalt, signature }) => {
    expect(hmacOfDate(of, merchantSalt)).toBe(signature);
  });
  it.each(vectors.alternate)("$name", ({ body, date: of, merchantSalt, signature }) => {
    expect(digestOfBody(body, of, merchantSalt)).toBe(signature);
  });
});

describe("an honest call", () => {
  it("is answered in the sample's shape", async () => {
    const answer = await send({ clientTxnId: "check-a" });
    expect(answer).toMatchObject({ status: 200, type: "application/json" });
    expect(json(answer)).toEqual({
      urn: 70000000008,
      responseCode: "00",
      responseMessage: "SUCCESS",
      messageCode: 2051,
      clientTxnId: "check-a",
      bankId: 7000,
      responseDateTime: "20220217134759",
      response_dump: [
        {
          urn: 70000000008,
          customerId: expect.stringMatching(/^\d{6}$/),
          responseCode: "00",
          messageCode: 3011,
          clientTxnId: "load-1",
          clientId: "1040",
          responseDateTime: "20220217134659",
          responseMessage: "SUCCESS",
          bankId: 6010,
          accosaRefNo: expect.stringMatching(/^\d{5}$/),
        },
      ],
    });
    expect(await control.lastCall()).toMatchObject({
      path,
      signed: true,
      verdict: "success",
      undocumented: [],
      shown: { clientTxnId: "check-a", verifyclientTxnId: "load-1", requestDateTime: "20220217134759" },
    });
    expect((await control.lastCall()).headers).toContain("walletidentifier");
  });

  it("may carry a range of days, and more than the document names", async () => {
    const answer = await send({ fromDate: "2024-06-13", toDate: "2024-06-13", colour: "red" });
    expect(json(answer)).toMatchObject({ responseCode: "00" });
    expect(await control.lastCall()).toMatchObject({ undocumented: ["colour"] });
  });

  it("finds nothing for missing-...", async () => {
    expect(json(await send({ verifyclientTxnId: "missing-1" }))).toMatchObject({
      responseCode: "00",
      response_dump: "Transaction not found",
    });
  });

  it("may be signed with the other salt of a rotation, which has a mid, or over the body", async () => {
    const signed = { Authorization: authorization(hmac(date, "salt-2")) };
    expect(json(await send({}, { ...signed, mid: "2" }))).toMatchObject({ responseCode: "00" });
    expect(json(await send({}, signed))).toMatchObject({ responseCode: "1020" });
    expect((await send({}, { ...signed, mid: "3" })).status).toBe(403);
    const body = JSON.stringify(fields({ verifyclientTxnId: "Zoë" }));
    const digest = createHash("sha512").update(`${body}|${date}|salt-1`).digest("hex");
    const headers = { ...honest(), Authorization: authorization(digest, "other") };
    expect(json(await post(sandbox.url + path, headers, body))).toMatchObject({ responseCode: "00" });
    expect((await post(sandbox.url + path, headers, `${body} `)).status).toBe(401);
  });
});

describe("a call that is refused", () => {
  it.each([
    ["no Authorization", () => without("Authorization")],
    ["no date", () => without("date")],
    ["another salt", () => ({ ...honest(), Authorization: authorization(hmac(date, "other")) })],
    ["another key", () => ({ ...honest(), Authorization: authorization(hmac(date), "nobody") })],
    ["upper-case hex", () => ({ ...honest(), Authorization: authorization(hmac(date).toUpperCase()) })],
    [
      "a line end under the signature",
      () => ({ ...honest(), Authorization: authorization(hmac(`${date}\n`)) }),
    ],
    [
      "hmac-sha512",
      () => ({ ...honest(), Authorization: honest().Authorization?.replace("sha512", "hmac-sha512") }),
    ],
    [
      "date digest",
      () => ({ ...honest(), Authorization: honest().Authorization?.replace('"date"', '"date digest"') }),
    ],
    [
      "a parameter twice",
      () => ({ ...honest(), Authorization: `${honest().Authorization}, headers="date"` }),
    ],
    ["basic", () => ({ ...honest(), Authorization: "Basic c21zcGx1czpzYWx0LTE=" })],
    ["a made-up signature", () => ({ ...honest(), Authorization: authorization("0".repeat(128)) })],
  ] as const)("HTTP 401: %s", async (_, headers) => {
    const answer = await post(sandbox.url + path, headers() as Headers, JSON.stringify(fields()));
    expect(answer.status).toBe(401);
    expect(json(answer)).toEqual({ message: "HMAC signature cannot be verified" });
    expect(await control.lastCall()).toMatchObject({ signed: false, verdict: "HTTP 401" });
  });

  it.each([
    ["five minutes and a second old", new Date(now - 301_000).toUTCString(), 401],
    ["from the future", new Date(now + 301_000).toUTCString(), 401],
    ["in another form", new Date(now).toISOString(), 401],
    ["of the wrong day of the week", date.replace("Thu", "Fri"), 401],
    ["five minutes old", new Date(now - 300_000).toUTCString(), 200],
  ])("a date %s", async (_, of, status) => {
    expect((await send({}, { date: of, Authorization: authorization(hmac(of)) })).status).toBe(status);
  });

  it("for its headers", async () => {
    const send1 = (headers: Headers) => post(sandbox.url + path, headers, JSON.stringify(fields()));
    expect(json(await send1(without("walletIdentifier")))).toMatchObject({ responseCode: "1020" });
    expect((await send({}, { walletIdentifier: "OLW" })).status).toBe(403);
    expect((await send1(without("Content-Type"))).status).toBe(415);
    expect((await send({}, { "Content-Type": "text/plain" })).status).toBe(415);
    expect((await send({}, { "Content-Type": "application/json; charset=utf-8" })).status).toBe(200);
  });

  it.each([
    ["1010", { messageCode: 2050 }],
    ["1010", { messageCode: "2051" }],
    ["1020", { clientTxnId: "" }],
    ["1020", { clientTxnId: "x".repeat(101) }],
    ["1020", { verifyclientTxnId: undefined }],
    ["1020", { verifyclientTxnId: 11111111 }],
    ["1020", { requestDateTime: "20220230134759" }],
    ["1020", { requestDateTime: "20220217254759" }],
    ["1020", { requestDateTime: 20220217134759 }],
    ["1020", { fromDate: "2024-02-30" }],
    ["1020", { fromDate: "2024-06-14", toDate: "2024-06-13" }],
    ["1020", { toDate: "20240613" }],
  ])("%s for %j", async (code, more) => {
    expect(json(await send(more))).toMatchObject({
      messageCode: 2051,
      responseCode: code,
      responseMessage: expect.any(String),
      response_dump: expect.any(String),
    });
    expect(await control.lastCall()).toMatchObject({ signed: true, verdict: code });
  });

  it("for a clientTxnId that was used, also before a restart", async () => {
    const again = { clientTxnId: "check-again" };
    expect(json(await send(again))).toMatchObject({ responseCode: "00" });
    expect(json(await send(again))).toMatchObject({ responseCode: "DUPLICATE-CLIENT-TXN-ID" });
    expect(await control.ask("GET", "ledger")).toEqual({ usedClientTxnIds: 1 });
    await sandbox.restart();
    expect(json(await send(again))).toMatchObject({ responseCode: "DUPLICATE-CLIENT-TXN-ID" });
    await control.ask("POST", "reset");
    expect(json(await send(again))).toMatchObject({ responseCode: "00" });
  });

  it("for its way", async () => {
    const body = JSON.stringify(fields());
    expect((await post(sandbox.url + path, honest(), "[]")).status).toBe(400);
    expect((await post(sandbox.url + path, honest(), "{")).status).toBe(400);
    expect((await post(sandbox.url + path, honest(), " ".repeat(70_000))).status).toBe(413);
    expect((await post(`${sandbox.url}/elsewhere`, honest(), body)).status).toBe(404);
    expect((await fetch(sandbox.url + path)).status).toBe(405);
  });
});

describe("faults", () => {
  const marked = (fault: string) => send({ verifyclientTxnId: `load-1.sandbox.${fault}` });

  it.each(["1010", "1020", "1040", "1050"])("code-%s", async (code) => {
    expect(json(await marked(`code-${code}`))).toMatchObject({ responseCode: code, messageCode: 2051 });
    expect(await control.lastCall()).toMatchObject({ fault: `code-${code}`, verdict: "not run" });
  });

  it.each([
    ["http-401", 401],
    ["http-403", 403],
    ["http-429", 429],
    ["http-500-before", 500],
    ["http-500-after", 500],
    ["http-502", 502],
    ["redirect", 307],
    ["garbage", 200],
  ])("%s", async (fault, status) => {
    const answer = await marked(fault);
    expect(answer).toMatchObject({ status, type: expect.stringMatching(/^text\/html/) });
    if (fault !== "redirect") return;
    await fetch(new URL(answer.location, sandbox.url), { method: "POST" });
    expect(await control.lastCall()).toMatchObject({ verdict: "followed a redirect" });
  });

  it("on the wire", async () => {
    await expect(marked("reset-before")).rejects.toThrow();
    expect(await control.lastCall()).toMatchObject({ verdict: "not run" });
    await expect(marked("reset-after")).rejects.toThrow();
    expect(await control.lastCall()).toMatchObject({ verdict: "success" });
    await expect(marked("truncated")).rejects.toThrow();
    for (const [fault, verdict] of [
      ["timeout-before", "not run"],
      ["timeout-after", "success"],
    ] as const) {
      const giveUp = new AbortController();
      const body = JSON.stringify(fields({ verifyclientTxnId: `load-1.sandbox.${fault}` }));
      const call = post(sandbox.url + path, honest(), body, giveUp.signal);
      const ends = expect(call).rejects.toThrow();
      await vi.waitFor(async () => expect(await control.lastCall()).toMatchObject({ fault, verdict }));
      giveUp.abort();
      await ends;
    }
  });

  it("slow", async () => {
    expect(json(await marked("slow"))).toMatchObject({ responseCode: "00" });
  });

  it.each([
    ["code-0000", { responseCode: "0000", response_dump: [{ responseCode: "00" }] }],
    ["message-code-2050", { messageCode: 2050 }],
    ["dump-name", { responseDump: [{ clientTxnId: expect.any(String) }] }],
    ["dump-strings", { response_dump: [expect.stringMatching(/^\{"urn":70000000008,/)] }],
    ["dump-text", { responseCode: "00", response_dump: "Transaction not found" }],
    ["dump-empty", { response_dump: [] }],
    ["dump-two", { response_dump: [{ responseCode: "1050" }, { responseCode: "00" }] }],
    ["large-numbers", { urn: 9007199254740991, bankId: 4294967297 }],
    ["other-transaction", { clientTxnId: "somebody-elses" }],
    ["unknown-code", { responseCode: "9876" }],
  ])("%s", async (fault, reply) => {
    expect(json(await marked(fault))).toMatchObject(reply);
  });

  it.each([
    ["dump-name", ["response_dump"]],
    ["no-dump", ["response_dump"]],
    ["no-date-time", ["responseDateTime"]],
    ["no-message", ["responseMessage"]],
    ["sample", ["responseDateTime", "responseMessage"]],
  ])("%s leaves out %j", async (fault, names) => {
    const reply = json(await marked(fault));
    expect(reply).toMatchObject({ responseCode: "00" });
    for (const name of names) expect(reply).not.toHaveProperty(name);
  });

  it("a fault of the reply's shape leaves a refusal as it is", async () => {
    expect(
      json(await send({ verifyclientTxnId: "load-1.sandbox.code-0000", messageCode: "1" })),
    ).toMatchObject({ responseCode: "1010" });
  });

  it("can be armed, and are described", async () => {
    const armed = { path, fault: "code-1040", times: 1, match: { verifyclientTxnId: "load-9" } };
    await control.ask("POST", "faults", armed);
    expect(await control.ask("GET", "faults")).toEqual({ faults: payuFaults, armed: [armed] });
    expect(json(await send())).toMatchObject({ responseCode: "00" });
    expect(json(await send({ verifyclientTxnId: "load-9" }))).toMatchObject({ responseCode: "1040" });
    expect(json(await send({ verifyclientTxnId: "load-9" }))).toMatchObject({ responseCode: "00" });
    expect(await control.ask("POST", "faults", { fault: "slow", path: "nowhere" })).toEqual({
      message: `path is not one of ${path}`,
    });
  });

  it("once means the first such call", async () => {
    const verifyclientTxnId = "load-1.sandbox.once.http-502";
    expect((await send({ verifyclientTxnId })).status).toBe(502);
    expect((await send({ verifyclientTxnId })).status).toBe(200);
  });
});
