import { describe, expect, test } from "vitest";
import { type Credentials, isFault, type ReceivedRequest, verify } from "../../local/iam/signature.ts";
import { received } from "./signing.ts";

const key: Credentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const session: Credentials = { ...key, accessKeyId: "ASIDEXAMPLE", sessionToken: "the-token" };
const holderOf = (id: string) => [key, session].find(({ accessKeyId }) => accessKeyId === id);

describe("the examples of AWS's own test suite for Signature Version 4", () => {
  const scope = { service: "service", region: "us-east-1", now: new Date("2015-08-30T12:36:00Z") };
  const credential = "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request";
  const example = (method: string, target: string, signature: string, more: readonly string[] = []) => ({
    method,
    target,
    rawHeaders: [
      ...["Host", "example.amazonaws.com", "X-Amz-Date", "20150830T123600Z", ...more],
      "Authorization",
      `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${more.length > 0 ? "host;my-header1;x-amz-date" : "host;x-amz-date"}, Signature=${signature}`,
    ],
    body: Buffer.alloc(0),
  });

  test.each([
    ["get-vanilla", example("GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")],
    [
      "get-vanilla-query-order-key-case",
      example(
        "GET",
        "/?Param2=value2&Param1=value1",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
      ),
    ],
    [
      "post-vanilla",
      example("POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ],
  ])("%s", (_, request) => {
    expect(verify(request, scope, holderOf)).toBe(key);
  });
});

const url = "http://127.0.0.1:3000/v1/records?state=needs_attention&limit=3&text=a%20b%2Bc%2A%C3%A9&flag=";
const draft = { method: "POST", headers: { "content-type": "application/json" }, body: '{"amount":"1.00"}' };
const date = new Date("2026-11-20T14:34:09Z");
const scope = { service: "execute-api", region: "ap-south-1", now: date };
const signed = await received(url, draft, { credentials: key, date });
const signedInSession = await received(url, draft, { credentials: session, date });
const faultOf = (request: ReceivedRequest, now = date) => {
  const result = verify(request, { ...scope, now }, holderOf);
  return isFault(result) ? `${result.type}: ${result.message}` : "believed";
};
const changed = (change: Partial<ReceivedRequest>, request = signed) => faultOf({ ...request, ...change });
const withHeader = (name: string, value: string | undefined, { rawHeaders } = signed) => {
  const at = rawHeaders.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === name);
  const others = at < 0 ? rawHeaders : rawHeaders.toSpliced(at, 2);
  return { rawHeaders: value === undefined ? others : [...others, name, value] };
};
const mismatch = /^InvalidSignatureException: The request signature we calculated does not match/;

describe("a request that was signed by AWS's SDK", () => {
  test("is believed, with a session token or without", () => {
    expect(verify(signed, scope, holderOf)).toBe(key);
    expect(verify(signedInSession, scope, holderOf)).toBe(session);
  });

  test("is believed whatever the order of the query, the case of header names and the spaces around their values", () => {
    expect(changed({ target: "/v1/records?flag=&text=a%20b%2bc*%c3%a9&limit=3&state=needs_attention" })).toBe(
      "believed",
    );
    // The same values to the function: a plus is a space.
    expect(changed({ target: "/v1/records?flag&text=a+b%2Bc%2A%C3%A9&limit=3&&state=needs_attention" })).toBe(
      "believed",
    );
    expect(changed(withHeader("content-type", "  application/json "))).toBe("believed");
    expect(
      changed({
        rawHeaders: signed.rawHeaders.map((text, index) => (index % 2 ? text : text.toUpperCase())),
      }),
    ).toBe("believed");
    expect(changed({ rawHeaders: [...signed.rawHeaders, "x-forwarded-for", "10.0.0.1"] })).toBe("believed");
  });

  test("of a path that has to be encoded is believed", async () => {
    const request = await received("http://127.0.0.1:3000/v1/a%20b/c%2Fd/~e", draft, {
      credentials: key,
      date,
    });
    expect(faultOf(request)).toBe("believed");
  });

  test.each<[string, Partial<ReceivedRequest>]>([
    ["method", { method: "PUT" }],
    ["path", { target: signed.target.replace("records", "record5") }],
    ["path, by dots", { target: signed.target.replace("records", "x/../records") }],
    ["path, by a slash", { target: signed.target.replace("/records", "//records") }],
    ["value in the query", { target: signed.target.replace("limit=3", "limit=4") }],
    ["name in the query", { target: signed.target.replace("limit", "limits") }],
    ["plus in the query", { target: signed.target.replace("%2B", "+") }],
    ["parameter, left out", { target: signed.target.replace("&limit=3", "") }],
    ["parameter, twice", { target: `${signed.target}&limit=3` }],
    ["parameter, not encoded", { target: `${signed.target}&a=%zz` }],
    ["body", { body: Buffer.from('{"amount":"9.00"}') }],
    ["body, by a space", { body: Buffer.from('{"amount": "1.00"}') }],
    ["body, that is gone", { body: Buffer.alloc(0) }],
    ["content-type", withHeader("content-type", "text/plain")],
    ["content-type, that is gone", withHeader("content-type", undefined)],
    ["host", withHeader("host", "127.0.0.1:3001")],
    ["hash of the body", withHeader("x-amz-content-sha256", "UNSIGNED-PAYLOAD")],
  ])("and then changed is not: %s", (_, change) => {
    expect(changed(change)).toMatch(mismatch);
  });

  test("for no payload at all is not believed: only S3 knows that", async () => {
    const headers = { ...draft.headers, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
    expect(faultOf(await received(url, { ...draft, headers }, { credentials: key, date }))).toMatch(mismatch);
  });

  test("with another secret is not believed", async () => {
    const stolen = { ...key, secretAccessKey: `${key.secretAccessKey}x` };
    expect(faultOf(await received(url, draft, { credentials: stolen, date }))).toMatch(mismatch);
  });

  test("by a key that nobody has, or without its token, or with another's, is not believed", async () => {
    const invalid = "UnrecognizedClientException: The security token included in the request is invalid.";
    const nobody = { ...key, accessKeyId: "AKIDNOBODY" };
    expect(faultOf(await received(url, draft, { credentials: nobody, date }))).toBe(invalid);
    const { sessionToken: _, ...withoutToken } = session;
    expect(faultOf(await received(url, draft, { credentials: withoutToken, date }))).toBe(invalid);
    const another = { ...session, sessionToken: "the-tokem" };
    expect(faultOf(await received(url, draft, { credentials: another, date }))).toBe(invalid);
    expect(faultOf(await received(url, draft, { credentials: { ...key, sessionToken: "x" }, date }))).toBe(
      invalid,
    );
  });

  test.each([
    ["four minutes and 59 seconds ago", -299, "believed"],
    ["five minutes and a second ago", -301, /Signature expired: .* is now earlier than .* - 5 min\.\)$/],
    ["four minutes and 59 seconds from now", 299, "believed"],
    [
      "five minutes and a second from now",
      301,
      /Signature not yet current: .* is still later than .* \+ 5 min\.\)$/,
    ],
  ])("%s", (_, seconds, outcome) => {
    const now = new Date(date.getTime() - seconds * 1000);
    if (outcome instanceof RegExp) expect(faultOf(signed, now)).toMatch(outcome);
    else expect(faultOf(signed, now)).toBe(outcome);
  });

  test("for another region, service or day is not believed", async () => {
    const region = await received(url, draft, { credentials: key, date, region: "eu-central-1" });
    expect(faultOf(region)).toContain("scoped to a valid region, not 'eu-central-1'");
    const service = await received(url, draft, { credentials: key, date, service: "dynamodb" });
    expect(faultOf(service)).toContain("scoped to correct service: 'execute-api'");
    const authorization = signed.rawHeaders.at(-1)?.replace("/20261120/", "/20261121/") ?? "";
    expect(changed(withHeader("authorization", authorization))).toContain(
      "Date in Credential scope does not match",
    );
  });
});

describe("a request that is not signed as it must be", () => {
  const authorization = signed.rawHeaders.at(-1) ?? "";
  test.each<[string, string | undefined, RegExp]>([
    ["nothing", undefined, /^MissingAuthenticationTokenException: Missing Authentication Token$/],
    ["another scheme", "Basic bG9jYWw6bG9jYWw=", /^IncompleteSignatureException/],
    ["half of it", authorization.replace(/, Signature=.*$/, ""), /^IncompleteSignatureException/],
    ["a short signature", authorization.slice(0, -2), /^IncompleteSignatureException/],
    ["a long signature", `${authorization}00`, /^IncompleteSignatureException/],
    ["no host among what is signed", authorization.replace(";host", ""), /'host' must be a 'SignedHeader'/],
    [
      "no date among what is signed",
      authorization.replace(";x-amz-date", ""),
      /'x-amz-date' must be a 'SignedHeader'/,
    ],
    ["a header that is not there", authorization.replace(";host", ";host;x-there"), mismatch],
  ])("%s", (_, value, fault) => {
    expect(changed(withHeader("authorization", value))).toMatch(fault);
  });

  test("a header of AWS's that is not signed", () => {
    const rawHeaders = [...signed.rawHeaders, "x-amz-target", "DynamoDB_20120810.Scan"];
    expect(changed({ rawHeaders })).toContain("'x-amz-target' must be a 'SignedHeader'");
  });

  test.each([undefined, "20 Nov 2026", "20261120T143409", "20261399T143409Z"])("the date %s", (value) => {
    const fault = changed(withHeader("x-amz-date", value));
    expect(fault).not.toBe("believed");
  });
});
