import { SignatureV4 } from "@smithy/signature-v4";
import fc from "fast-check";
import { expect, test } from "vitest";
import { awsSigner } from "../lib/aws-signer.ts";
import { Sha256 } from "./local/signing.ts";

const place = { region: "ap-south-1", service: "dynamodb" };
const word = fc.stringMatching(/^[A-Za-z0-9/+=_-]{1,40}$/);
const value = fc.stringMatching(/^[!-~]{1,30}$/);
const credentials = fc.record(
  { accessKeyId: word, secretAccessKey: word, sessionToken: word },
  { requiredKeys: ["accessKeyId", "secretAccessKey"] },
);
const headers = fc
  .dictionary(fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/), value, { maxKeys: 6 })
  .map((others) => ({
    ...others,
    host: "dynamodb.ap-south-1.amazonaws.com",
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": "DynamoDB_20120810.UpdateItem",
    "amz-sdk-request": "attempt=1; max=3",
    // As the SDK writes it; no signature may be of it, for what stands between may change it.
    "X-Amzn-Trace-Id": "Root=1-67891233-abcdef012345678912345678",
  }));
const body = fc.oneof(
  fc.string({ unit: "binary" }).map((text) => text.toWellFormed()),
  fc.uint8Array({ maxLength: 2_000 }),
);
/** Not signed by the SDK either, and never sent by it. */
const neverSent =
  /^(?:authorization|cache-control|connection|expect|from|keep-alive|max-forwards|pragma|referer|te|trailer|transfer-encoding|upgrade|x-amz-content-sha256|x-amz-date|x-amz-security-token|date|proxy-.*|sec-.*)$/;

const headersOf: Readonly<Record<string, string>> = { host: "h" };
const whole = { method: "POST", path: "/", headers: headersOf, body: "{}" };

test("its signatures are those of the SDK's own signer", async () => {
  const dates = fc.date({ min: new Date("2020-01-01"), max: new Date("2099-12-31"), noInvalidDate: true });
  await fc.assert(
    fc.asyncProperty(credentials, headers, body, dates, async (given, someHeaders, text, signingDate) => {
      fc.pre(!Object.keys(someHeaders).some((name) => neverSent.test(name)));
      const request = { method: "POST", protocol: "https:", hostname: "h", path: "/", query: {} };
      const sent = { ...request, headers: someHeaders, body: text };
      const theirs = await new SignatureV4({ ...place, credentials: given, sha256: Sha256 }).sign(sent, {
        signingDate,
      });
      const ours = await awsSigner(async () => given, place).sign(sent, { signingDate });
      expect(ours.headers).toEqual(theirs.headers);
      expect(sent.headers).toBe(someHeaders);
    }),
    { numRuns: 300 },
  );
});

test("a second day, and other credentials, have a key of their own", async () => {
  let given = { accessKeyId: "first", secretAccessKey: "first" };
  const signer = awsSigner(async () => given, place);
  const authorization = async (day: string, by: Pick<typeof signer, "sign">) =>
    (await by.sign(whole, { signingDate: new Date(day) })).headers.authorization;
  for (const day of ["2026-11-29", "2026-11-30"])
    for (const secretAccessKey of ["first", "second"]) {
      given = { accessKeyId: "first", secretAccessKey };
      const fresh = awsSigner(async () => given, place);
      expect(await authorization(day, signer)).toBe(await authorization(day, fresh));
    }
});

test("a request that is tried again is signed anew, not what was signed before", async () => {
  const signer = awsSigner(async () => ({ accessKeyId: "a", secretAccessKey: "b" }), place);
  const signingDate = new Date("2026-11-29");
  const once = await signer.sign(whole, { signingDate });
  expect(await signer.sign(once, { signingDate })).toEqual(once);
});

test.each([
  ["a path", { path: "/1/queue", query: {}, body: "" }],
  ["a query", { path: "/", query: { Action: "x" }, body: "" }],
  ["a body that is read in parts", { path: "/", query: {}, body: new ReadableStream() }],
])("%s is refused", async (_, part) => {
  const signer = awsSigner(async () => ({ accessKeyId: "a", secretAccessKey: "b" }), place);
  await expect(signer.sign({ method: "POST", headers: {}, ...part })).rejects.toThrow(TypeError);
});
