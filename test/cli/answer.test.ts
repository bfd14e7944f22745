import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { endingOf } from "../../cli/answer.ts";
import type { Io } from "../../cli/io.ts";
import { gw } from "../../cli/program.ts";
import { nearest } from "../../cli/suggest.ts";

const reply = (status: number, body: object, headers: Readonly<Record<string, string>> = {}) => ({
  status,
  headers,
  type: "application/problem+json",
  body,
});

describe("how a command ends by a reply", () => {
  test.each([
    ["success", reply(200, {}), "done"],
    ["a proposal", reply(202, {}), "done"],
    ["a mistake", reply(400, { code: "invalid-request", retry: "after-fix" }), "wrongInput"],
    ["a large body", reply(413, { code: "unacceptable-body", retry: "after-fix" }), "wrongInput"],
    ["a refusal", reply(422, { code: "declined", retry: "after-fix" }), "refused"],
    ["done before", reply(409, { code: "already-done", retry: "never" }), "refused"],
    ["not sent", reply(503, { code: "not-sent", retry: "same-identity" }), "notDone"],
    ["in progress", reply(409, { code: "in-progress", retry: "same-identity" }), "inDoubt"],
    [
      "doubt",
      reply(504, { code: "outcome-unknown", retry: "same-identity", record: { state: "in_doubt" } }),
      "inDoubt",
    ],
    [
      "a record that waits for a person",
      reply(504, { code: "outcome-unknown", retry: "same-identity", record: { state: "needs_attention" } }),
      "inDoubt",
    ],
    ["a flagged record that was left so", reply(504, { code: "outcome-unknown", retry: "never" }), "inDoubt"],
    ["API Gateway's throttle", reply(429, { message: "x" }), "notDone"],
    ["a function that ended", reply(500, { message: "x" }), "inDoubt"],
    ["API Gateway's own 503", reply(503, { message: "x" }), "inDoubt"],
    ["a caller without the right", reply(403, { message: "Forbidden" }), "refused"],
  ] as const)("%s", (_what, given, ending) => {
    expect(endingOf(given)).toBe(ending);
  });
});

describe("repeating until it is known", () => {
  const servers: { close(): void }[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  /** A gateway that gives each of these answers in turn; `lost`: the connection ends without one. */
  async function answering(...answers: readonly (ReturnType<typeof reply> | "lost")[]) {
    const came: string[] = [];
    const server = createServer(async (request, response) => {
      let body = "";
      for await (const part of request) body += part;
      came.push(`${request.url} ${request.headers["idempotency-key"] ?? "-"} ${body}`);
      const answer = answers[Math.min(came.length, answers.length) - 1];
      if (answer === "lost" || answer === undefined) return void response.destroy();
      response.writeHead(answer.status, answer.headers).end(JSON.stringify(answer.body));
    });
    servers.push(server);
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, came };
  }

  async function run(url: string, ...args: readonly string[]) {
    const printed: string[] = [];
    const io: Io = {
      out: (line) => void printed.push(line),
      err: () => undefined,
      paint: (_style, text) => text,
      input: async () => "",
      environment: {},
    };
    const code = await gw(
      ["call", "customer-otp", "customerId=1", "--url", url, "--until-known", ...args],
      io,
    );
    return { code, first: printed[0] };
  }

  const soon = { "retry-after": "1" };

  test("the same request, under the same key, through API Gateway's own answers and lost replies", async () => {
    const { url, came } = await answering(
      reply(503, { message: "Service Unavailable" }, soon),
      reply(429, { message: "Too Many Requests" }, soon),
      reply(504, { code: "outcome-unknown", detail: "d", retry: "same-identity" }, soon),
      reply(200, { result: {} }),
    );
    expect(await run(url)).toEqual({ code: 0, first: "200" });
    expect(came).toHaveLength(4);
    expect(new Set(came).size).toBe(1);
    expect(came[0]).toMatch(/^\/v1\/aggrepay\/customer-otp [0-9a-f-]{36} \{"customerId":"1"\}$/);
  });

  test("is told what it last was where the time is over", async () => {
    const { url, came } = await answering(
      reply(504, { code: "outcome-unknown", detail: "d", retry: "same-identity" }, { "retry-after": "7" }),
    );
    expect(await run(url, "--for", "1")).toEqual({ code: 3, first: "504 outcome-unknown: d" });
    expect(came).toHaveLength(1);
  });

  test("ends where a person is waited for", async () => {
    const waiting = {
      code: "outcome-unknown",
      detail: "d",
      retry: "same-identity",
      record: { state: "needs_attention" },
    };
    const { url, came } = await answering(reply(504, waiting, soon));
    expect((await run(url)).code).toBe(3);
    expect(came).toHaveLength(1);
  });

  const refused = reply(403, { message: "The security token included in the request is expired" });
  const unsent = reply(503, { code: "not-sent", detail: "d", retry: "same-identity" }, soon);
  test.each<[string, readonly (ReturnType<typeof reply> | "lost")[]]>([
    ["a reply that is lost, and then credentials that are refused", ["lost", refused]],
    ["doubt, and then a request that was not sent", [reply(503, { message: "x" }, soon), unsent]],
    ["a request that was not sent, and then a reply that is lost", [unsent, "lost"]],
  ])("%s: not known", async (_what, answers) => {
    const { url, came } = await answering(...answers);
    expect((await run(url, "--for", "2")).code).toBe(3);
    expect(came.length).toBeGreaterThan(1);
  });

  test("credentials that are refused at once are refused", async () => {
    const { url, came } = await answering(refused);
    expect((await run(url)).code).toBe(1);
    expect(came).toHaveLength(1);
  });

  test("a reply that is lost for good is unreachable, not done", async () => {
    const { url } = await answering("lost");
    expect(await run(url, "--for", "1")).toEqual({ code: 4, first: undefined });
  });
});

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
