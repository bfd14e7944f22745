import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { problems } from "../../contract/problems.ts";
import { Problem, problemKinds } from "../../lib/problem.ts";
import { fresh } from "../support/aggrepay-gateway.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { walletOf } from "../support/sandbox-gateway.ts";

/**
 * The loops of docs/examples, before a real gateway. Between them stands what goes wrong on the way: API Gateway's own 429 and
 * 503, and answers that are lost.
 */
const examples = resolve(import.meta.dirname, "../../docs/examples");
const compiled = mkdtempSync(join(tmpdir(), "until-known-"));
const languages = [
  { language: "Python", command: "python3", first: [join(examples, "python/until_known.py")] },
  // Compiled once: as a source file it is compiled in each of its many runs.
  { language: "Java", command: "java", first: ["-XX:TieredStopAtLevel=1", "-cp", compiled, "UntilKnown"] },
].filter(({ command }) => spawnSync(command === "java" ? "javac" : command, ["--version"]).status === 0);
/** A run that is still under way would meet what is prepared for the next one. */
const patience = { timeout: 180_000 };

type OnTheWay = (response: ServerResponse, ask: () => Promise<Response>) => Promise<void>;
/** An answer of API Gateway's own: a 5xx after the function, all else before it. */
const message =
  (status: number, text: string): OnTheWay =>
  async (response, ask) => {
    if (status >= 500) await ask();
    response
      .writeHead(status, { "content-type": "application/json", "apigw-requestid": "KxY4jhW2Bcw=" })
      .end(JSON.stringify({ message: text }));
  };
const throttled = message(429, "Too Many Requests");
const tooLate = message(503, "Service Unavailable");
const replyLost: OnTheWay = async (response, ask) => {
  await ask();
  response.socket?.destroy();
};
/** What a firewall or a proxy answers in place of a reply that it blocks. */
const blocked =
  (status: number, text: string, headers = {}): OnTheWay =>
  async (response, ask) => {
    await ask();
    response.writeHead(status, { "retry-after": "0", ...headers }).end(text);
  };
/** Not as long as the gateway says: the test would take half a minute. */
const passes: OnTheWay = async (response, ask) => {
  const answer = await ask();
  const wait = answer.headers.get("retry-after") === null ? {} : { "retry-after": "1" };
  response.writeHead(answer.status, { "content-type": "application/json", ...wait }).end(await answer.text());
};

/** An answer that Node would not write. */
const raw =
  (text: string): OnTheWay =>
  async (response, ask) => {
    await ask();
    response.socket?.end(text);
  };
const begun = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
/** A reply of which no more comes than its beginning, and one of which a byte comes now and then. */
const stalls: OnTheWay = async (response, ask) => {
  await ask();
  response.socket?.write(begun);
};
const drips: OnTheWay = async (response, ask) => {
  await ask();
  const { socket } = response;
  socket?.write(begun);
  const drip = setInterval(() => socket?.write(" "), 500);
  socket?.on("error", () => {}).on("close", () => clearInterval(drip));
};

/** What something on the way says by itself, or instead of what the gateway said; at once, so that a test need not wait. */
const instead =
  (status: number, text: string): OnTheWay =>
  async (response) =>
    void response.writeHead(status, { "content-type": "application/json", "retry-after": "0" }).end(text);
const succeeded = (identity: string, state = "succeeded") =>
  JSON.stringify({
    result: { transactionId: "887420489" },
    record: { operation: "aggrepay/debit-wallet", identity, state, attempt: 1 },
  });
const ownProblem = (code: string, record?: object) =>
  JSON.stringify({ type: `urn:wallet-gateway:problem:${code}`, code, retry: "after-fix", record });

let gateway: Gateway;
let front: Server;
let way: OnTheWay[] = [];
let requests = 0;
const wallet = walletOf(() => gateway);

beforeAll(async () => {
  if (languages.some(({ language }) => language === "Java"))
    await promisify(execFile)("javac", ["-d", compiled, join(examples, "java/UntilKnown.java")]);
  const env = { PROVIDER_TIMEOUT_MS: "2000", SCHEDULE_MS: "0" };
  gateway = await startGateway({ env });
  front = createServer(async (request, response) => {
    requests += 1;
    const body = (await request.toArray()).join("");
    const ask = () =>
      fetch(gateway.url + (request.url ?? ""), {
        method: "POST",
        headers: { "content-type": request.headers["content-type"] ?? "" },
        body,
      });
    await (way.shift() ?? passes)(response, ask);
  });
  await new Promise<void>((listening) => front.listen(0, "127.0.0.1", listening));
});
afterAll(async () => {
  front?.close();
  front?.closeAllConnections();
  await gateway?.stop();
  rmSync(compiled, { recursive: true, force: true });
});

describe.skipIf(languages.length === 0)("a caller's loop, from the contract alone", patience, () => {
  const run = (
    { command, first }: (typeof languages)[number],
    order: string,
    more: readonly string[] = [],
    limits: Readonly<Record<string, string>> = {},
  ) => {
    const env = {
      ...process.env,
      GATEWAY_URL: `http://127.0.0.1:${(front.address() as AddressInfo).port}`,
      PATIENCE_SECONDS: "20",
      ...limits,
    };
    const [amount = "1.00", mpin = "1234"] = more;
    requests = 0;
    return new Promise<{ readonly status: number; readonly answer: Answer }>((ended) => {
      execFile(command, [...first, "991000017", amount, mpin, order], { env }, (error, stdout, stderr) => {
        const status = error ? Number(error.code) : 0;
        if (stdout === "" && status !== 3) throw new Error(stderr);
        ended({ status, answer: stdout === "" ? {} : JSON.parse(stdout) });
      });
    });
  };
  interface Answer {
    readonly code?: string;
    readonly message?: string;
    readonly result?: { readonly transactionId: string };
  }

  test.each(
    languages,
  )("$language: a debit that meets all that goes wrong ends with the truth, once", async (each) => {
    const order = `${fresh("x")}.sandbox.reset-after`;
    way = [throttled, tooLate, replyLost];
    const { status, answer } = await run(each, order);
    const [effect, ...others] = await wallet.effects({ merchantTransactionId: order });
    expect([status, answer.result?.transactionId, others]).toEqual([0, String(effect?.transactionId), []]);
    expect(requests).toBeGreaterThan(3);
  });

  test.each(
    languages,
  )("$language: nothing but the gateway's own answer to this debit ends what may have been carried out", async (each) => {
    const order = fresh("x");
    way = [
      replyLost,
      ...[401, 403, 404, 413, 408, 499].map((status) => instead(status, '{"message":"Forbidden"}')),
      instead(400, "Bad Request"),
      instead(403, '{"code":"WAF_BLOCK","message":"blocked"}'),
      instead(403, ownProblem("access-denied")),
      instead(422, ownProblem("declined", { identity: "another" })),
      ...["{}", "null", "[]", '{"message":"ok"}', "", "<html>", `${"[".repeat(100_000)}`].map((text) =>
        instead(200, text),
      ),
      instead(202, '{"accepted":true}'),
      instead(204, ""),
      instead(202, succeeded(order)),
      instead(200, succeeded("another")),
      instead(200, succeeded(order, "in_doubt")),
    ];
    const all = way.length;
    const { status, answer } = await run(each, order);
    const [effect, ...others] = await wallet.effects({ merchantTransactionId: order });
    expect([status, answer.result?.transactionId, others]).toEqual([0, String(effect?.transactionId), []]);
    expect(requests).toBe(all + 1);
  });

  test.each(
    languages,
  )("$language: a refusal in place of the first reply is no end, and of nothing else it is not known", async (each) => {
    const forbidden = '{"message":"Forbidden"}';
    const kept = { "apigw-requestid": "KxY4jhW2Bcw=", "cache-control": "no-store" };
    for (const first of [blocked(403, forbidden, kept), blocked(429, '{"message":"Too Many Requests"}')]) {
      const order = fresh("x");
      way = [first, message(403, "Forbidden")];
      const { status, answer } = await run(each, order);
      const [effect, ...others] = await wallet.effects({ merchantTransactionId: order });
      expect([status, answer.result?.transactionId, others]).toEqual([0, String(effect?.transactionId), []]);
      expect(requests).toBe(3);
    }
    way = Array(9).fill(blocked(403, forbidden));
    expect([(await run(each, fresh("x"))).status, requests]).toEqual([3, 5]);
    way = [];
  });

  test.each(languages)("$language: patience that ends before ends with 3", async (each) => {
    const order = fresh("x");
    way = [replyLost, ...Array(9).fill(message(403, "Forbidden"))];
    expect((await run(each, order, [], { PATIENCE_SECONDS: "2" })).status).toBe(3);
    expect(await wallet.effects({ merchantTransactionId: order })).toHaveLength(1);
    way = [instead(504, ownProblem("outcome-unknown"))];
    expect((await run(each, fresh("x"))).status).toBe(3);
    expect(requests).toBe(1);
  });

  test.each(
    languages,
  )("$language: a reply that cannot be read, or does not end, is no answer", async (each) => {
    const order = fresh("x");
    way = [
      ...["abc", "-5", "99999999999999999999", "9000000000000000"].map((length) =>
        raw(`HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\nx`),
      ),
      raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n"),
      raw("HTTP/1.1 302 Found\r\nretry-after: 0\r\nlocation: http://[\r\ncontent-length: 0\r\n\r\n"),
    ];
    const unreadable = way.length;
    const { status, answer } = await run(each, order, [], { PATIENCE_SECONDS: "100" });
    const [effect, ...others] = await wallet.effects({ merchantTransactionId: order });
    expect([status, answer.result?.transactionId, others]).toEqual([0, String(effect?.transactionId), []]);
    expect(requests).toBe(unreadable + 1);
    for (const endless of [stalls, drips]) {
      way = [endless, passes];
      expect((await run(each, fresh("x"), [], { ANSWER_SECONDS: "2" })).status).toBe(0);
      expect(requests).toBe(2);
    }
  });

  test.each(
    languages,
  )("$language: what nobody was told is not known, and neither is a fault of its own", async ({
    command,
    first,
  }) => {
    const GATEWAY_URL = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
    const ends = (args: readonly string[], to: string, more = {}) =>
      new Promise((ended) => {
        const line = ["-c", `"$0" "$@" >${to}`, command, ...first, ...args];
        const env = { ...process.env, GATEWAY_URL, PATIENCE_SECONDS: "20", ...more };
        execFile("sh", line, { env }, (error) => ended(error?.code ?? 0));
      });
    const given = (amount: string) => ["991000017", amount, "1234", fresh("x")];
    way = [];
    expect(await ends(given("1.00"), "/dev/null")).toBe(0);
    expect(await ends(given("0"), "/dev/null")).toBe(1);
    if (existsSync("/dev/full")) {
      expect(await ends(given("1.00"), "/dev/full")).toBe(3);
      expect(await ends(given("0"), "/dev/full")).toBe(3);
    }
    expect(await ends(given("1.00").slice(0, 3), "/dev/null")).toBe(3);
    for (const wrong of [{ PATIENCE_SECONDS: "long" }, { GATEWAY_URL: "nowhere" }])
      expect(await ends(given("1.00"), "/dev/null", wrong)).toBe(3);
  });

  test.each(languages)("$language: what is final ends it at once", async (each) => {
    for (const [more, code] of [
      [["0"], "invalid-request"],
      [["1.00", "9999"], "wrong-credential"],
    ] as const) {
      const { status, answer } = await run(each, fresh("x"), more);
      expect([status, answer.code, requests]).toEqual([1, code, 1]);
    }
    way = [message(403, "Forbidden")];
    const { status, answer } = await run(each, fresh("x"));
    expect([status, answer.message, requests]).toEqual([1, "Forbidden", 1]);
    // A throttle passed nothing on: what is refused after it was not carried out.
    way = [throttled, message(403, "Forbidden")];
    expect((await run(each, fresh("x"))).status).toBe(1);
    way = [throttled];
    expect((await run(each, fresh("x"), ["0"])).status).toBe(1);
  });
});

test("code and retry come before all that is the provider's, in every problem", () => {
  for (const code of problems.keys()) {
    const provider = { code: "PROVIDERS-OWN", message: '"retry":"never","code":"x"' };
    const { retry } = problemKinds[code];
    const written = JSON.stringify(new Problem(code, "x", { provider }).body("urn:x"));
    expect([/"code":"([\w-]+)"/.exec(written)?.[1], /"retry":"([\w-]+)"/.exec(written)?.[1]]).toEqual([
      code,
      retry,
    ]);
  }
});
