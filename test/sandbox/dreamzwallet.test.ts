import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { verificationHash } from "../../local/sandbox/dreamzwallet/signature.ts";
import {
  dreamzwalletFaults,
  dreamzwalletSandboxSecret as secret,
  startDreamzwalletSandbox,
} from "../../local/sandbox/dreamzwallet.ts";
import { json, post, Running } from "./json-peer.ts";

const path = "/accountServices/AccountService/getSecretKey";
const wrapping = {
  secKey: "k-2",
  walletOwnerId: "20024",
  token: "t-2",
  envelope: "authentication",
  hashCase: "upper",
};

const sandbox = new Running((dataDir) =>
  startDreamzwalletSandbox({ dataDir, secrets: () => [secret, wrapping] }),
);
const { control } = sandbox;

type Body = Readonly<Record<string, unknown>>;

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

const fields = (customerId: string, more: Body = {}): Body => ({
  customerId,
  walletOwnerId: secret.walletOwnerId,
  verificationHash: sha256(`${secret.secKey}${customerId}${secret.walletOwnerId}`),
  token: secret.token,
  ...more,
});

const send = async (body: Body) =>
  json(await post(sandbox.url + path, { "content-type": "application/json" }, JSON.stringify(body)));

const failure = (responseCode: string, customerId = "189433") => ({
  customerId,
  secKey: "",
  status: "FAILED",
  responseCode,
});

describe("vectors", () => {
  const { vectors } = JSON.parse(
    readFileSync(new URL("../vectors/dreamzwallet.json", import.meta.url), "utf8"),
  ) as {
    vectors: readonly Readonly<
      Record<"name" | "secKey" | "customerId" | "walletOwnerId" | "sha256", string>
    >[];
  };
  it.each(vectors)("$name", ({ customerId, sha256: expected, ...parts }) => {
    expect(verificationHash(parts, customerId)).toBe(expected);
    expect(verificationHash({ ...parts, hashCase: "upper" }, customerId)).toBe(expected.toUpperCase());
  });
});

describe("getSecretKey", () => {
  it("gives each customer a key, the same every time, that is shown nowhere", async () => {
    const reply = await send(fields("189433"));
    expect(reply).toEqual({
      customerId: "189433",
      secKey: expect.stringMatching(/^[a-z0-9]{16}$/),
      status: "SUCCESS",
      responseCode: "SUCCESS",
    });
    expect(await send(fields("189433"))).toEqual(reply);
    expect((await send(fields("189434"))).secKey).not.toBe(reply.secKey);
    const calls = await control.calls();
    expect(calls[0]).toMatchObject({
      path,
      signed: true,
      verdict: "success",
      shown: { customerId: "189433" },
    });
    for (const hidden of [String(reply.secKey), secret.token, String(fields("189433").verificationHash)])
      expect(JSON.stringify(calls)).not.toContain(hidden);
  });

  it("takes the envelope and the letter case that the secret asks for", async () => {
    const hash = sha256("k-2asha20024");
    const wrapped = (more: Body = {}) => ({
      customerId: "asha",
      walletOwnerId: "20024",
      verificationHash: hash.toUpperCase(),
      token: "t-2",
      ...more,
    });
    expect(await send({ authentication: wrapped() })).toMatchObject({
      status: "SUCCESS",
      customerId: "asha",
    });
    expect(await send({ authentication: wrapped({ verificationHash: hash }) })).toEqual(
      failure("Wrong Password", "asha"),
    );
    expect(await send(wrapped())).toEqual(failure("INVALID TOKEN", "asha"));
    expect(await send({ authentication: fields("asha") })).toEqual(failure("INVALID TOKEN", "asha"));
  });

  it.each(["walletOwnerId", "verificationHash", "token"])("All fields are mandatory: %s", async (name) => {
    for (const value of [undefined, "", " ", 7, null])
      expect(await send(fields("189433", { [name]: value }))).toEqual(failure("All fields are mandatory"));
  });

  it("All fields are mandatory: customerId", async () => {
    expect(await send(fields(""))).toEqual(failure("All fields are mandatory", ""));
    expect(await send({})).toEqual(failure("All fields are mandatory", ""));
  });

  it.each([
    ["INVALID TOKEN", { token: "other" }],
    ["INVALID TOKEN", { walletOwnerId: "10013" }],
    ["Wrong Password", { verificationHash: sha256("another key") }],
    ["Wrong Password", { verificationHash: String(fields("189433").verificationHash).toUpperCase() }],
  ])("%s for %j", async (code, more) => {
    expect(await send(fields("189433", more))).toEqual(failure(code));
    expect(await control.lastCall()).toMatchObject({ signed: false, verdict: code });
  });

  it.each([
    ["NOT_AVAILABLE", "missing-1"],
    ["NOT_AVAILABLE", "1890000"],
    ["FAILED", "x".repeat(256)],
  ])("%s", async (code, customerId) => {
    expect(await send(fields(customerId))).toEqual(failure(code, customerId));
    expect(await control.lastCall()).toMatchObject({ signed: true, verdict: code });
  });
});

describe("faults", () => {
  const marked = (fault: string) => send(fields(`asha.sandbox.${fault}`));

  it.each([
    ["failed", "FAILED", "FAILED"],
    ["failed-lower", "failed", "FAILED"],
    ["wrong-password", "FAILED", "Wrong Password"],
    ["not-available", "FAILED", "NOT_AVAILABLE"],
    ["invalid-token", "FAILED", "INVALID TOKEN"],
    ["all-fields-mandatory", "FAILED", "All fields are mandatory"],
    ["unknown-code", "FAILED", "SOMETHING_NEW"],
    ["success-with-refusal", "SUCCESS", "NOT_AVAILABLE"],
  ])("%s", async (fault, status, responseCode) => {
    expect(await marked(fault)).toEqual({ ...failure(responseCode, `asha.sandbox.${fault}`), status });
  });

  it.each([
    ["status-lower", { status: "success", secKey: expect.any(String) }],
    ["status-mixed", { status: "Success", responseCode: "Success" }],
    ["other-customer", { status: "SUCCESS", customerId: "asha.sandbox.other-customer1" }],
    ["null-sec-key", { status: "SUCCESS", secKey: null }],
    ["empty-sec-key", { status: "SUCCESS", secKey: "" }],
  ])("%s", async (fault, reply) => {
    expect(await marked(fault)).toMatchObject(reply);
  });

  it("leave something out", async () => {
    expect(await marked("no-sec-key")).toEqual({
      customerId: "asha.sandbox.no-sec-key",
      status: "SUCCESS",
      responseCode: "SUCCESS",
    });
    expect(await marked("no-status")).not.toHaveProperty("status");
  });

  it("on the wire, in either envelope", async () => {
    const headers = { "content-type": "application/json" };
    for (const [fault, status] of [
      ["http-502", 502],
      ["http-429", 429],
      ["redirect", 307],
      ["garbage", 200],
    ] as const) {
      const body = fields(`asha.sandbox.${fault}`);
      for (const sent of [body, { authentication: body }]) {
        expect(await post(sandbox.url + path, headers, JSON.stringify(sent))).toMatchObject({
          status,
          type: expect.stringMatching(/^text\/html/),
        });
      }
    }
    await expect(marked("reset-after")).rejects.toThrow();
    await expect(marked("truncated")).rejects.toThrow();
  });

  it("can be armed, once or more, and are described", async () => {
    await control.ask("POST", "faults", { fault: "customer-number", match: { customerId: "189433" } });
    expect(await send(fields("189433"))).toMatchObject({ customerId: 189433 });
    expect(await send(fields("189433"))).toMatchObject({ customerId: "189433" });
    expect(await control.ask("GET", "faults")).toEqual({ faults: dreamzwalletFaults, armed: [] });
    expect(await control.ask("GET", "ledger")).toEqual({ message: "the sandbox has no GET /sandbox/ledger" });
    const customer = fields("asha.sandbox.once.failed");
    expect(await send(customer)).toMatchObject({ responseCode: "FAILED" });
    expect(await send(customer)).toMatchObject({ responseCode: "SUCCESS" });
  });
});
