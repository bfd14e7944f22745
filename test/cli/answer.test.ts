import { describe, expect, onTestFinished, test } from "vitest";
import { endingOf } from "../../cli/answer.ts";
import type { Io } from "../../cli/io.ts";
import { gw } from "../../cli/program.ts";
import { nearest } from "../../cli/suggest.ts";
import { expectedOf } from "../../client/src/answer.ts";
import { listening } from "../support/listening.ts";

/** A problem of the gateway's own. */
const problem = (code: string, retry: string, more: object = {}) => ({
  type: `urn:wallet-gateway:problem:${code}`,
  ...{ code, retry, detail: "d", ...more },
});
/** The answer of a change that was carried out. */
const done = (operation = "aggrepay/customer-otp", identity = "k") => ({
  result: {},
  record: { operation, identity, state: "succeeded" },
});

const reply = (status: number, body: object | null, headers: Readonly<Record<string, string>> = {}) => ({
  status,
  headers,
  type: "application/problem+json",
  body,
});

/** What API Gateway answers by itself. */
const ofApiGateway = (status: number, message: string) =>
  reply(status, { message }, { "apigw-requestid": "KxY4jhW2Bcw=" });

describe("how a command ends by a reply", () => {
  const change = { path: "/v1/aggrepay/customer-otp", identity: "idempotency-key" };
  const holds = { result: "object" } as const;
  const ofChange = expectedOf({ ...change, statuses: [200], holds }, {}, "k");
  const ofRead = expectedOf({ path: "/v1/x", identity: "none", statuses: [200], holds }, {}, undefined);
  const { record } = done();

  test.each([
    ["success", reply(200, done()), "done", "done"],
    ["a read's success", reply(200, { result: {} }), "inDoubt", "done"],
    ["an empty object", reply(200, {}), "inDoubt", "unreachable"],
    ["nothing", reply(204, null), "inDoubt", "unreachable"],
    ["a list", reply(200, []), "inDoubt", "unreachable"],
    ["a greeting", reply(200, { message: "ok" }), "inDoubt", "unreachable"],
    ["accepted", reply(202, done()), "inDoubt", "unreachable"],
    ["a redirect", reply(307, null), "inDoubt", "unreachable"],
    ["another's success", reply(200, done("aggrepay/customer-otp", "other")), "inDoubt", "done"],
    ["doubt as 200", reply(200, { result: {}, record: { ...record, state: "in_doubt" } }), "inDoubt", "done"],
    ["a mistake", reply(400, problem("invalid-request", "after-fix")), "wrongInput", "wrongInput"],
    ["a large body", reply(413, problem("unacceptable-body", "after-fix")), "wrongInput", "wrongInput"],
    ["a refusal", reply(422, problem("declined", "after-fix")), "refused", "refused"],
    ["done before", reply(409, problem("already-done", "never")), "refused", "refused"],
    ["not sent", reply(503, problem("not-sent", "same-identity")), "notDone", "notDone"],
    ["in progress", reply(409, problem("in-progress", "same-identity")), "inDoubt", "inDoubt"],
    ["doubt", reply(504, problem("outcome-unknown", "same-identity")), "inDoubt", "inDoubt"],
    [
      "a flagged record that was left so",
      reply(504, problem("outcome-unknown", "never")),
      "inDoubt",
      "inDoubt",
    ],
    [
      "another record's problem",
      reply(422, problem("declined", "after-fix", { record: { identity: "other" } })),
      "inDoubt",
      "refused",
    ],
    ["API Gateway's throttle", ofApiGateway(429, "x"), "notDone", "notDone"],
    ["a proxy's throttle", reply(429, { message: "x" }), "inDoubt", "notDone"],
    ["a function that ended", reply(500, { message: "x" }), "inDoubt", "inDoubt"],
    ["API Gateway's own 503", reply(503, { message: "x" }), "inDoubt", "inDoubt"],
    ["a proxy that gave up", reply(408, null), "inDoubt", "inDoubt"],
    ["a caller without the right", ofApiGateway(403, "Forbidden"), "refused", "refused"],
    ["the same of something on the way", reply(403, { message: "Forbidden" }), "inDoubt", "refused"],
    ["a firewall", reply(403, { code: "WAF_BLOCK", message: "blocked" }), "inDoubt", "refused"],
    [
      "a firewall that keeps the headers of a reply",
      reply(403, { message: "x" }, { "apigw-requestid": "KxY4jhW2Bcw=", "cache-control": "no-store" }),
      "inDoubt",
      "refused",
    ],
  ] as const)("%s", (_what, given, change, read) => {
    expect([endingOf(given, ofChange), endingOf(given, ofRead)]).toEqual([change, read]);
  });
});

describe("repeating until it is known", () => {
  /** A gateway that gives each of these answers in turn; `lost`: the connection ends without one. */
  async function answering(...answers: readonly (ReturnType<typeof reply> | "lost")[]) {
    const came: string[] = [];
    const { url, close } = await listening(async (request, response) => {
      let body = "";
      for await (const part of request) body += part;
      came.push(`${request.url} ${request.headers["idempotency-key"] ?? "-"} ${body}`);
      const answer = answers[Math.min(came.length, answers.length) - 1];
      if (answer === "lost" || answer === undefined) return void response.destroy();
      response.writeHead(answer.status, answer.headers).end(JSON.stringify(answer.body));
    });
    onTestFinished(close);
    return { url, came };
  }

  async function run(url: string, ...args: readonly string[]) {
    return ran([
      "call",
      "customer-otp",
      "customerId=1",
      "--key",
      "k",
      "--url",
      url,
      "--until-known",
      ...args,
    ]);
  }

  const soon = { "retry-after": "1" };

  test("the same request, under the same key, through API Gateway's own answers and lost replies", async () => {
    const { url, came } = await answering(
      reply(503, { message: "Service Unavailable" }, soon),
      ofApiGateway(429, "Too Many Requests"),
      reply(504, problem("outcome-unknown", "same-identity"), soon),
      reply(200, {}, soon),
      reply(200, done()),
    );
    expect(await run(url)).toMatchObject({ code: 0, first: "200 succeeded" });
    expect(came).toHaveLength(5);
    expect(new Set(came)).toEqual(new Set(['/v1/aggrepay/customer-otp k {"customerId":"1"}']));
  });

  test("is told what it last was where the time is over", async () => {
    const { url, came } = await answering(
      reply(504, problem("outcome-unknown", "same-identity"), { "retry-after": "7" }),
    );
    expect(await run(url, "--for", "1")).toMatchObject({ code: 3, first: "504 outcome-unknown: d" });
    expect(came).toHaveLength(1);
  });

  test("ends where a person is waited for", async () => {
    const waiting = problem("outcome-unknown", "same-identity", {
      record: { identity: "k", state: "needs_attention" },
    });
    const { url, came } = await answering(reply(504, waiting, soon));
    expect((await run(url)).code).toBe(3);
    expect(came).toHaveLength(1);
  });

  const refused = ofApiGateway(403, "The security token included in the request is expired");
  const unsent = reply(503, problem("not-sent", "same-identity"), soon);
  test.each<[string, readonly (ReturnType<typeof reply> | "lost")[]]>([
    ["a reply that is lost, and then credentials that are refused", ["lost", refused]],
    ["doubt, and then a request that was not sent", [reply(503, { message: "x" }, soon), unsent]],
    ["a request that was not sent, and then a reply that is lost", [unsent, "lost"]],
  ])("%s: not known", async (_what, answers) => {
    const { url, came } = await answering(...answers);
    const ended = await run(url, "--for", "2");
    expect([ended.code, ended.told]).toEqual([
      3,
      expect.stringContaining("may have been carried out: repeat"),
    ]);
    expect(came.length).toBeGreaterThan(1);
  });

  test("credentials that are refused at once are refused", async () => {
    const { url, came } = await answering(refused);
    expect((await run(url)).code).toBe(1);
    expect(came).toHaveLength(1);
  });

  test("a refusal of something on the way is not known, and is told with its likely cause", async () => {
    const { url, came } = await answering(reply(403, { message: "Forbidden" }, { "retry-after": "0" }));
    for (const more of [["--until-known"], []]) {
      const ended = await ran(["call", "customer-otp", "customerId=1", "--key", "k", "--url", url, ...more]);
      expect([ended.code, ended.first, ended.told]).toEqual([
        3,
        expect.stringMatching(/^403: this is not the gateway's answer.*likely: the credentials are wrong/),
        expect.stringContaining("may have been carried out: repeat"),
      ]);
    }
    expect(came).toHaveLength(6);
  });

  test.each([
    ["until known", ["--until-known", "--for", "1"]],
    ["once", []],
  ])("a reply that is lost for good is not known, and says how to go on: %s", async (_, more) => {
    const { url } = await answering("lost");
    const lost = await ran(["call", "customer-otp", "customerId=1", "--key", "k", "--url", url, ...more]);
    expect(lost).toMatchObject({ code: 3, first: undefined });
    expect(lost.told).toContain("The request may have been carried out: repeat it as it is, with --key k,");
    const debit = ["fromCustomerId=1", "amount=1", "mpin=1234", "merchantTransactionId=order-1"];
    const order = await ran(["call", "debit-wallet", ...debit, "--url", url, ...more]);
    expect([order.code, order.told]).toEqual([3, expect.stringContaining("the same merchantTransactionId")]);
  });

  test.each([
    ["a read", ["call", "fetch-balance", "customerId=1"], 4],
    ["a list of records", ["records"], 4],
    ["a decision", ["resolve", "x", "--outcome", "declined", "--reason", "r"], 3],
  ] as const)("of %s a reply that is lost ends with %3$s", async (_, args, code) => {
    const { url } = await answering("lost");
    expect((await ran([...args, "--url", url])).code).toBe(code);
  });

  test.each([
    [["records"], 4],
    [["books"], 4],
    [["record", "A".repeat(43)], 4],
    [["record", "order-1"], 4],
    [["resolve", "A".repeat(43), "--outcome", "declined", "--reason", "r"], 3],
    [["resolve", "A", "B", "--outcome", "declined", "--reason", "r"], 3],
    [["call", "fetch-balance", "customerId=1"], 4],
    [["call", "debit-wallet", "--body", '{"merchantTransactionId":"order-1"}'], 3],
  ])("%j says where something else answers 200, and ends with %i", async (args, code) => {
    for (const body of [{}, [], { message: "ok" }, { result: null }, null]) {
      const { url } = await answering(reply(200, body));
      const ended = await ran([...args, "--url", url]);
      expect([ended.code, ended.first]).toEqual([
        code,
        "200: this is not the gateway's answer to this request; something on the way gave it.",
      ]);
    }
  });

  const [one, other] = ["A".repeat(43), "B".repeat(43)];
  const recordOf = (id: string) => ({ id, identity: "k", state: "needs_attention" });
  const many = (...statuses: readonly number[]) =>
    reply(207, { result: statuses.map((status, at) => ({ id: at === 0 ? one : other, status })) });
  test.each<[string, readonly string[], ReturnType<typeof reply>, number]>([
    ["is settled", [one], reply(200, { record: recordOf(one) }), 0],
    ["is proposed", [one], reply(202, { record: recordOf(one) }), 6],
    ["is proposed, as JSON", [one, "--json"], reply(202, { record: recordOf(one) }), 6],
    ["settles both", [one, other], many(200, 200), 0],
    ["settles one and proposes the other", [one, other], many(200, 202), 6],
    ["proposes one and is refused for the other", [one, other, "--json"], many(202, 409), 1],
  ])("a decision that %s ends as scripts are told", async (_, args, answer, code) => {
    const { url } = await answering(answer);
    const options = ["--outcome", "declined", "--reason", "r", "--url", url];
    const ended = await ran(["resolve", ...args, ...options]);
    const isProposed = JSON.stringify(answer).includes("202");
    expect([ended.code, ended.told.includes("a second person has to say the same")]).toEqual([
      code,
      isProposed,
    ]);
  });

  test("what a provider says is shown as it can be read, in colours that are ours", async () => {
    const message = "a\u001b[2J\u0000b\r\nc\u202ed\u009be\u2066f का\u200dक्\u200dष \ud800";
    const { url } = await answering(
      reply(422, problem("declined", "after-fix", { detail: message, provider: { code: "C\n", message } })),
    );
    const { lines } = await ran(["call", "customer-otp", "customerId=1", "--key", "k", "--url", url], true);
    const read = "a\\u001b[2J\\u0000b\\u000d\\u000ac\\u202ed\\u009be\\u2066f का\u200dक्\u200dष \\ud800";
    expect(lines[0]).toBe(`<red>422 declined: ${read}</red>`);
    expect(lines[1]).toBe(`  provider  C\\u000a  ${read}`);
    const json = await ran(["call", "customer-otp", "customerId=1", "--key", "k", "--url", url, "--json"]);
    expect(json.lines).toHaveLength(1);
    expect(json.first).not.toContain("\u202e");
    expect(JSON.parse(json.first ?? "").provider.message).toBe(message);
  });
});

async function ran(args: readonly string[], colours = false) {
  const lines: string[] = [];
  let told = "";
  const io: Io = {
    out: (line) => void lines.push(line),
    err: (line) => {
      told += `${line}\n`;
    },
    paint: (style, text) => (colours ? `<${style}>${text}</${style}>` : text),
    input: async () => "",
    environment: {},
  };
  const code = await gw(args, io);
  return { code, first: lines[0], lines, told };
}

test.each([
  ["customerid", ["fromCustomerId", "toCustomerId", "amount"], "fromCustomerId"],
  ["ammount", ["fromCustomerId", "amount"], "amount"],
  ["merchant_transaction_id", ["merchantTransactionId", "transactionId"], "merchantTransactionId"],
  ["debit", ["debit-wallet", "debit-reversal"], "debit-wallet"],
  ["pin", ["mpin", "amount"], "mpin"],
  ["xyzzy", ["mpin", "amount"], undefined],
  ["=", ["mpin"], undefined],
])("%s is meant as one of %j: %s", (typed, known, meant) => {
  expect(nearest(typed, known)).toBe(meant);
});
