import { request } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { startGateway } from "../support/gateway.ts";
import { sandboxesOf } from "../support/sandboxes.ts";
import { started } from "../support/started.ts";

/** What pages of other origins, and names that resolve to this machine, may not do: on every port that answers. */

const tunnel = "https://tunnel.example:8443";

const { gateway } = started({ gateway: () => startGateway({ env: { WEBHOOK_BASE_URL: tunnel } }) });

const ports = [
  "gateway",
  "DynamoDB",
  "Secrets Manager",
  "SQS",
  "AggrePay",
  "PayU",
  "Wibmo",
  "DreamzWallet",
  "NICEPAY",
];

function portOf(name: string): number {
  const { url, dynamoUrl, secretsUrl } = gateway;
  const own: Readonly<Record<string, string>> = {
    gateway: url,
    DynamoDB: dynamoUrl,
    "Secrets Manager": secretsUrl,
    SQS: /^ {2}SQS +(\S+)/m.exec(gateway.logs())?.[1] ?? "",
  };
  return Number(new URL(own[name] ?? sandboxesOf(gateway).get(name) ?? "").port);
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** Node's own client adds nothing to these headers but `connection`. */
function ask(
  port: number,
  headers: Readonly<Record<string, string | string[]>>,
  { method = "GET", path = "/sandbox/faults", body = "" } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(
      { host: "127.0.0.1", port, method, path, headers, setHost: false, agent: false },
      async (response) =>
        resolve({ status: response.statusCode, headers: response.headers, body: await text(response) }),
    );
    call.on("error", reject);
    call.end(body);
  });
}

/** What comes back for these bytes, until the server closes. */
function raw(port: number, bytes: string): Promise<string> {
  return text(connect({ host: "127.0.0.1", port }).end(bytes));
}

const refusals = [403, 421];

describe.each(ports)("%s", (name) => {
  test.each([
    ["a name that resolves here", (port: number) => `rebound.example:${port}`],
    ["the name without the port", () => "127.0.0.1"],
    ["another port", (port: number) => `127.0.0.1:${port + 1}`],
    ["a name that begins as ours", (port: number) => `127.0.0.1.nip.example:${port}`],
    ["a name that ends as ours", (port: number) => `evil-localhost:${port}`],
    ["credentials before it", (port: number) => `a@127.0.0.1:${port}`],
    ["another way to write the address", (port: number) => `2130706433:${port}`],
    ["the address of all interfaces", (port: number) => `0.0.0.0:${port}`],
    ["nothing", () => ""],
  ])("refuses a Host that is %s", async (_, hostOf) => {
    const port = portOf(name);
    const { status, headers } = await ask(port, { host: hostOf(port) });
    expect(status).toBe(421);
    expect(headers["access-control-allow-origin"]).toBeUndefined();
  });

  test.each([
    ["another site", () => "https://evil.example"],
    ["another port of this machine", (port: number) => `http://127.0.0.1:${port + 1}`],
    ["the other name of this machine", (port: number) => `http://localhost:${port}`],
    ["a page without one", () => "null"],
    ["the same place by https", (port: number) => `https://127.0.0.1:${port}`],
    ["ours with a path", (port: number) => `http://127.0.0.1:${port}/`],
    ["an extension", () => "chrome-extension://abcdefghijklmnop"],
    ["nothing", () => ""],
  ])("refuses the Origin of %s, whatever the method", async (_, originOf) => {
    const port = portOf(name);
    for (const method of ["GET", "POST", "OPTIONS", "DELETE", "PUT", "HEAD"]) {
      const headers = {
        host: `127.0.0.1:${port}`,
        origin: originOf(port),
        "access-control-request-method": "POST",
      };
      const answer = await ask(port, headers, { method });
      expect({ method, status: answer.status }).toEqual({ method, status: 403 });
      expect(Object.keys(answer.headers).filter((each) => each.startsWith("access-control"))).toEqual([]);
    }
  });

  test.each([
    "cross-site",
    "same-site",
    "something-new",
  ])("refuses Sec-Fetch-Site %s without an Origin, as an image sends it", async (site) => {
    const port = portOf(name);
    for (const mode of ["no-cors", "navigate"]) {
      const headers = { host: `127.0.0.1:${port}`, "sec-fetch-site": site, "sec-fetch-mode": mode };
      expect((await ask(port, headers)).status).toBe(403);
    }
  });

  test("lets programs and its own pages in", async () => {
    const port = portOf(name);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`]) {
      const own = { host, origin: `http://${host.toLowerCase()}`, "sec-fetch-site": "same-origin" };
      // As curl, as Node's fetch, from the address bar, as the page's own script.
      const callers = [
        { host },
        { host, "sec-fetch-mode": "cors" },
        { host, "sec-fetch-site": "none", "sec-fetch-mode": "navigate" },
        own,
      ];
      for (const headers of callers) expect(refusals).not.toContain((await ask(port, headers)).status);
    }
  });

  test("refuses a WebSocket of another origin, and opens none to anybody", async () => {
    const port = portOf(name);
    const upgrade = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    };
    const of = (host: string, origin: string) => ask(port, { ...upgrade, host, origin });
    expect((await of(`127.0.0.1:${port}`, "http://evil.example")).status).toBe(403);
    expect((await of(`rebound.example:${port}`, `http://rebound.example:${port}`)).status).toBe(421);
    expect((await of(`127.0.0.1:${port}`, `http://127.0.0.1:${port}`)).status).not.toBe(101);
  });

  test("is no proxy", async () => {
    const port = portOf(name);
    const host = `Host: 127.0.0.1:${port}`;
    expect(await raw(port, `CONNECT 127.0.0.1:${port} HTTP/1.1\r\n${host}\r\n\r\n`)).toBe("");
    for (const target of [
      `http://127.0.0.1:${port}/`,
      "http://rebound.example/",
      "*",
      "rebound.example:80",
    ]) {
      const answer = await raw(port, `OPTIONS ${target} HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 (?:421|400) /);
    }
  });

  test("refuses two Hosts, and none", async () => {
    const port = portOf(name);
    const own = `Host: 127.0.0.1:${port}\r\n`;
    const of = (hosts: string, version = "1.1") =>
      raw(port, `GET /sandbox/faults HTTP/${version}\r\n${hosts}Connection: close\r\n\r\n`);
    expect(await of(own)).not.toMatch(/^HTTP\/1\.1 421 /);
    expect(await of(`${own}Host: rebound.example\r\n`)).toMatch(/^HTTP\/1\.1 4(?:00|21) /);
    expect(await of(`Host: rebound.example\r\n${own}`)).toMatch(/^HTTP\/1\.1 4(?:00|21) /);
    expect(await of("", "1.0")).toMatch(/^HTTP\/1\.1 421 /);
  });
});

test("the name of the tunnel reaches the webhook, and nothing else", async () => {
  const port = portOf("gateway");
  const host = new URL(tunnel).host;
  const hook = await ask(port, { host }, { method: "POST", path: "/webhooks/nicepay/account-binding" });
  expect(refusals).not.toContain(hook.status);
  expect((await ask(port, { host }, { path: "/v1/records?customerId=1" })).status).toBe(421);
  expect((await ask(portOf("NICEPAY"), { host })).status).toBe(421);
});

describe("the sandboxes' controls", () => {
  const sandboxes = ports.slice(4);
  const fault = JSON.stringify({ fault: "http-502" });
  const types = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/jsonp",
    "",
  ];

  test.each(sandboxes)("%s takes JSON alone", async (name) => {
    const port = portOf(name);
    const host = `127.0.0.1:${port}`;
    const armed = async () => JSON.parse((await ask(port, { host })).body).armed;
    for (const type of types) {
      const headers = { host, ...(type !== "" && { "content-type": type }) };
      for (const path of ["/sandbox/faults", "/sandbox/reset", "/sandbox/notify"]) {
        const { status } = await ask(port, headers, { method: "POST", path, body: fault });
        expect({ type, path, status }).toEqual({ type, path, status: 415 });
      }
    }
    expect(await armed()).toEqual([]);
    const json = { host, "content-type": "Application/JSON; charset=utf-8" };
    await ask(port, json, { method: "POST", body: fault });
    expect(await armed()).toHaveLength(1);
    await ask(port, { host }, { method: "DELETE" });
    expect(await armed()).toEqual([]);
  });

  test("a link of the merchant's site leads to the login page, and an image of it does not", async () => {
    const port = portOf("NICEPAY");
    const of = (mode: string, method = "GET") =>
      ask(
        port,
        { host: `127.0.0.1:${port}`, "sec-fetch-site": "cross-site", "sec-fetch-mode": mode },
        { method, path: "/sandbox/login?tk=unknown" },
      );
    expect((await of("navigate")).status).toBe(404);
    expect((await of("no-cors")).status).toBe(403);
    expect((await of("navigate", "POST")).status).toBe(403);
  });
});
