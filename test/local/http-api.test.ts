import { request } from "node:http";
import { connect } from "node:net";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { listen } from "../../local/http-api.ts";
import { admitAll } from "../../local/iam/callers.ts";
import { routerOf } from "../../local/routes.ts";
import { startGateway } from "../support/gateway.ts";
import { started } from "../support/started.ts";
import { fixtureEnv } from "./fixture.ts";

const { gateway } = started({ gateway: () => startGateway({ env: fixtureEnv() }) });

/** The event that the function was given. */
async function echoed(path: string, init?: RequestInit) {
  const response = await fetch(gateway.url + path, init);
  expect(response.status).toBe(200);
  return ((await response.json()) as { readonly event: APIGatewayProxyEventV2 }).event;
}

const answered = (answer: unknown) =>
  fetch(`${gateway.url}/answer`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(answer),
  });

describe("routes", () => {
  test("a literal path wins over a parameter, whichever the template has first", async () => {
    expect((await echoed("/records/latest")).routeKey).toBe("GET /records/latest");
    const event = await echoed("/records/a%20b");
    expect(event.routeKey).toBe("GET /records/{id}");
    expect(event.pathParameters).toEqual({ id: "a b" });
    expect(event.rawPath).toBe("/records/a b");
  });

  test("a parameter inside a path, and a greedy one", async () => {
    const event = await echoed("/records/r1/resolve", { method: "POST" });
    expect(event.pathParameters).toEqual({ id: "r1" });
    expect((await echoed("/any/a/b/c", { method: "DELETE" })).pathParameters).toEqual({ proxy: "a/b/c" });
  });

  test.each([
    ["GET", "/nowhere"],
    ["PUT", "/echo"],
    ["GET", "/records/"],
    ["GET", "/records/a%2Fb"],
    ["POST", "/echo/"],
    ["HEAD", "/echo"],
  ])("%s %s is not found", async (method, path) => {
    const response = await fetch(gateway.url + path, { method });
    expect(response.status).toBe(404);
    if (method !== "HEAD") expect(await response.text()).toBe('{"message":"Not Found"}');
  });

  test("a path that cannot be decoded is a bad request", async () => {
    expect((await fetch(`${gateway.url}/records/%zz`)).status).toBe(400);
  });
});

describe("the event", () => {
  test("is of payload format 2.0", async () => {
    const event = await echoed("/echo?a=1&b=x%20y&a=2&c=", { headers: { "user-agent": "tester" } });
    expect(event).toMatchObject({
      version: "2.0",
      routeKey: "GET /echo",
      rawPath: "/echo",
      rawQueryString: "a=1&b=x%20y&a=2&c=",
      queryStringParameters: { a: "1,2", b: "x y", c: "" },
      isBase64Encoded: false,
      requestContext: {
        http: {
          method: "GET",
          path: "/echo",
          protocol: "HTTP/1.1",
          sourceIp: "127.0.0.1",
          userAgent: "tester",
        },
        routeKey: "GET /echo",
        stage: "$default",
      },
    });
    expect(event.requestContext.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(event.requestContext.timeEpoch).toBeTypeOf("number");
    expect(event.requestContext).not.toHaveProperty("authorizer");
    expect(event).not.toHaveProperty("body");
    expect(event).not.toHaveProperty("pathParameters");
    expect(event).not.toHaveProperty("cookies");
  });

  test("has header names in lower case, values as sent, repeats joined, cookies apart", async () => {
    const text = await new Promise<string>((resolve, reject) => {
      const call = request(`${gateway.url}/echo`, { method: "GET" }, (response) => {
        let body = "";
        response.on("data", (chunk) => {
          body += chunk;
        });
        response.on("end", () => resolve(body));
      });
      call.setHeader("X-Signature", 'AbC+/=, "quoted" ; a=b');
      call.setHeader("X-Twice", ["one", "two, three"]);
      call.setHeader("Cookie", "a=1; b=2");
      call.setHeader("X-Forwarded-For", "10.0.0.1");
      call.on("error", reject);
      call.end();
    });
    const { headers, cookies } = JSON.parse(text).event;
    expect(headers["x-signature"]).toBe('AbC+/=, "quoted" ; a=b');
    expect(headers["x-twice"]).toBe("one,two, three");
    expect(headers["x-forwarded-for"]).toBe("10.0.0.1, 127.0.0.1");
    expect(headers).not.toHaveProperty("connection");
    expect(headers).not.toHaveProperty("cookie");
    expect(cookies).toEqual(["a=1", "b=2"]);
  });

  test.each([
    "application/json",
    "application/json; charset=utf-8",
    "text/csv",
    "application/xml",
    "Application/JavaScript",
  ])("has a body of %s as text", async (type) => {
    const event = await echoed("/echo", {
      method: "POST",
      headers: { "content-type": type },
      body: '{"é":"₹"}',
    });
    expect(event).toMatchObject({ body: '{"é":"₹"}', isBase64Encoded: false });
  });

  test.each([
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "application/problem+json",
  ])("has a body of %s in base64", async (type) => {
    const body = Buffer.from([0, 255, 128, 10]);
    const event = await echoed("/echo", { method: "POST", headers: { "content-type": type }, body });
    expect(event).toMatchObject({ body: body.toString("base64"), isBase64Encoded: true });
  });

  test("has a body without a content type in base64", async () => {
    const event = await echoed("/echo", { method: "POST", body: Buffer.from("x") });
    expect(event).toMatchObject({ body: "eA==", isBase64Encoded: true });
  });

  test("has bytes that are not UTF-8 replaced where the type says text", async () => {
    const headers = { "content-type": "application/json" };
    const event = await echoed("/echo", { method: "POST", headers, body: Buffer.from([34, 255, 34]) });
    expect(event.body).toBe('"\ufffd"');
  });
});

describe("the response", () => {
  test("has status, headers, cookies and body of the answer", async () => {
    const response = await answered({
      statusCode: 201,
      headers: { "X-Number": 5, "content-type": "application/problem+json" },
      cookies: ["a=1; Path=/", "b=2"],
      body: "made",
    });
    expect(response.status).toBe(201);
    expect(response.headers.get("x-number")).toBe("5");
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(response.headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2"]);
    expect(await response.text()).toBe("made");
  });

  test("is decoded from base64", async () => {
    const response = await answered({ statusCode: 200, body: "AP+A", isBase64Encoded: true });
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255, 128]);
  });

  test.each([
    [{ result: 1 }, '{"result":1}'],
    ["words", "words"],
    [null, "null"],
    [[1, 2], "[1,2]"],
  ])("is inferred from an answer without a status: %j", async (answer, body) => {
    const response = await answered(answer);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.text()).toBe(body);
  });

  test.each([
    { statusCode: 200, body: { not: "text" } },
    { statusCode: "many" },
    { statusCode: 99 },
    { statusCode: 200, headers: "none" },
    { statusCode: 200, headers: { "bad name": "x" } },
    { statusCode: 200, headers: { x: "line\nbreak" } },
    { statusCode: 200, cookies: "a=1" },
  ])("is a 500 for an answer that makes no sense: %j", async (answer) => {
    const response = await answered(answer);
    expect(response.status).toBe(500);
    expect(await response.text()).toBe('{"message":"Internal Server Error"}');
  });
});

describe("limits", () => {
  test("a body of 10 MB and one byte is too long", async () => {
    const body = Buffer.alloc(10 * 1024 * 1024 + 1, "a");
    const response = await fetch(`${gateway.url}/echo`, { method: "POST", body });
    expect(response.status).toBe(413);
    expect(await response.text()).toBe('{"message":"Request Too Long"}');
  });

  test("a head of more than 10240 bytes is refused", async () => {
    const response = await fetch(`${gateway.url}/echo`, { headers: { "x-long": "a".repeat(11_000) } });
    expect(response.status).toBe(431);
  });

  test("a request with two lengths is refused", async () => {
    const { port, hostname } = new URL(gateway.url);
    const text = await new Promise<string>((resolve) => {
      let received = "";
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        );
      });
      socket.on("data", (chunk) => {
        received += chunk;
      });
      socket.on("close", () => resolve(received));
    });
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
  });

  test("a request that takes too long is a 503, and what waits is withdrawn", async () => {
    let withdrawn = false;
    const backend = {
      route: routerOf(["GET /slow"]),
      routes: ["GET /slow"],
      admit: admitAll,
      restOf: () => undefined,
      invoke: (_key: string, _event: string, signal: AbortSignal) =>
        new Promise<{ kind: "withdrawn" }>(() => {
          signal.addEventListener("abort", () => {
            withdrawn = true;
          });
        }),
    };
    const api = await listen(0, Promise.resolve(backend), { within: { body: 10, head: 1000, ms: 20 } });
    const response = await fetch(`http://127.0.0.1:${api.port}/slow`);
    expect(response.status).toBe(503);
    expect(await response.text()).toBe('{"message":"Service Unavailable"}');
    expect(withdrawn).toBe(true);
    await api.drain();
    api.close();
  });
});
