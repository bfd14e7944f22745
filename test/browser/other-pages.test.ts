import { createServer, type Server } from "node:http";
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server as TcpServer,
} from "node:net";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asPerson } from "../local/fixture.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { processesOf } from "../support/processes.ts";
import { sandboxesOf } from "../support/sandboxes.ts";
import { attackingPage, type Way, ways } from "./attacks.ts";
import { findChromium } from "./chromium.ts";

/** Pages of other origins, in a real browser, against everything that listens on this machine while the gateway runs. */

const executablePath = findChromium();

/** Whether a page could read something, by the way that it tried. */
type Gains = Readonly<Record<Way, string | null>>;

const nothing = Object.fromEntries(ways.map((way) => [way, null]));

interface Target {
  readonly url: string;
  readonly path: string;
  readonly body: object;
}

const fault = { fault: "http-502", times: 5 };
const debit = {
  fromCustomerId: "991000017",
  amount: "1.00",
  mpin: "1234",
  merchantTransactionId: "by-a-page",
};
const put = { TableName: "Records", Item: { pk: { S: "by-a-page" } } };

describe.skipIf(executablePath === undefined)("a page of another origin", () => {
  let gateway: Gateway;
  let browser: Browser;
  /** Serves the page at whatever name it is asked for. */
  let pages: Server;
  /** Answers every origin, as nothing of ours does: shows that each way gets somewhere. */
  let open: Server;
  const reached: string[] = [];
  let engine: { readonly host: string; readonly port: number };
  const targets = new Map<string, Target>();

  beforeAll(async () => {
    gateway = await startGateway({ env: { SCHEDULE_MS: "0" } });
    await asPerson(gateway, "PutItem", { TableName: "Records", Item: { pk: { S: "planted" } } });
    engine = engineOf(gateway);
    targets.set("gateway", { url: gateway.url, path: "/v1/aggrepay/debit-wallet", body: debit });
    targets.set("records", { url: gateway.url, path: "/v1/records?customerId=991000017", body: debit });
    targets.set("console", { url: gateway.url, path: "/console/sandbox/aggrepay/faults", body: fault });
    targets.set("the console's page", { url: gateway.url, path: "/", body: {} });
    targets.set("webhook", { url: gateway.url, path: "/webhooks/nicepay/account-binding", body: {} });
    targets.set("DynamoDB", { url: gateway.dynamoUrl, path: "/", body: put });
    const queues = /^ {2}SQS +(\S+)/m.exec(gateway.logs())?.[1] ?? "";
    targets.set("SQS", { url: queues, path: "/", body: { QueueUrl: "notifications", MessageBody: "x" } });
    targets.set("Secrets Manager", { url: gateway.secretsUrl, path: "/", body: { SecretId: "aggrepay" } });
    for (const [name, url] of sandboxesOf(gateway)) {
      targets.set(name, { url, path: "/sandbox/faults", body: fault });
    }
    const nicepay = sandboxesOf(gateway).get("NICEPAY") ?? "";
    targets.set("a sandbox's reset", { url: nicepay, path: "/sandbox/reset", body: {} });
    targets.set("a sandbox's notifications", {
      url: nicepay,
      path: "/sandbox/notify",
      body: { referenceNo: "x" },
    });
    pages = await listening(createServer((_, response) => response.end(attackingPage)));
    open = createServer((request, response) => {
      const way = new URL(request.url ?? "", "http://open").searchParams.get("way") ?? "none";
      if (request.method !== "OPTIONS") reached.push(way);
      response.writeHead(200, {
        "access-control-allow-origin": "*",
        "access-control-allow-headers": "*",
        "access-control-allow-methods": "*",
        "content-type": way === "events" ? "text/event-stream" : "text/plain",
      });
      response.end(`read by ${way}`);
    });
    await listening(open);
    browser = await chromium.launch({
      ...(executablePath !== undefined && { executablePath }),
      args: [
        "--no-sandbox",
        `--host-resolver-rules=MAP engine.example ${engine.host}, MAP *.example 127.0.0.1`,
        // What the browser itself keeps from pages of other networks is not what is tested here.
        "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests,PrivateNetworkAccessSendPreflights",
      ],
    });
  });

  afterAll(async () => {
    await browser?.close();
    for (const server of [pages, open]) server?.close();
    await gateway?.stop();
  });

  const portOf = (server: TcpServer) => (server.address() as AddressInfo).port;

  /** Opens the page at this origin; a rebound one is given to the browser as if its name had led elsewhere a moment ago. */
  async function visit(origin: string, rebound = false): Promise<Page> {
    const page = await browser.newPage();
    const address = `${origin}/a-page`;
    if (rebound)
      await page.route(address, (route) => route.fulfill({ body: attackingPage, contentType: "text/html" }));
    await page.goto(address);
    return page;
  }

  const attack = (page: Page, url: string, body: object): Promise<Gains> =>
    page.evaluate(`attack(${JSON.stringify(url)}, ${JSON.stringify(JSON.stringify(body))})`);

  /** All that a page might have changed. */
  async function state() {
    const { body } = await asPerson(gateway, "Scan", { TableName: "Records" });
    const sandboxes = await Promise.all(
      [...sandboxesOf(gateway)].map(async ([name, url]) => {
        const shown = async (what: string) => {
          const answer: unknown = await (await fetch(`${url}/sandbox/${what}`)).json();
          return answer as { readonly armed?: object[]; readonly total?: number };
        };
        const [faults, calls] = await Promise.all([shown("faults"), shown("calls")]);
        return { name, armed: faults.armed, calls: calls.total };
      }),
    );
    return { items: (body as { Items: object[] }).Items, sandboxes };
  }

  async function expectUntouched() {
    const { items, sandboxes } = await state();
    expect(items).toEqual([{ pk: { S: "planted" } }]);
    for (const each of sandboxes) expect(each).toEqual({ name: each.name, armed: [], calls: 0 });
    // No function was even called.
    expect(gateway.logs()).not.toMatch(/^(?:Aggrepay|Nicepay|Records)\w+: /m);
  }

  const origins = [
    ["another port of this machine", () => `http://127.0.0.1:${portOf(pages)}`],
    ["another name of this machine", () => `http://localhost:${portOf(pages)}`],
    ["another site", () => `http://other.example:${portOf(pages)}`],
  ] as const;

  test.each(origins)("at %s reaches what is open, by every way", async (_, originOf) => {
    const page = await visit(originOf());
    reached.length = 0;
    const gains = await attack(page, `http://127.0.0.1:${portOf(open)}/`, {});
    expect(gains).toMatchObject({
      "cors fetch": "read by cors fetch",
      "fetch with keys": "read by fetch with keys",
    });
    await expect.poll(() => [...new Set(reached)].toSorted()).toEqual([...ways].toSorted());
    await page.close();
  });

  test.each(origins)("at %s gets nothing and changes nothing", async (_, originOf) => {
    const page = await visit(originOf());
    const answers: number[] = [];
    page.on("response", (response) => answers.push(response.status()));
    for (const [name, { url, path, body }] of targets) {
      expect({ name, ...(await attack(page, url + path, body)) }).toEqual({ name, ...nothing });
    }
    // What got there was refused, all of it, and not merely hidden from the page.
    expect(answers.length).toBeGreaterThan(targets.size);
    expect(new Set(answers)).toEqual(new Set([403]));
    await expectUntouched();
    await page.close();
  });

  test("in a frame without an origin gets nothing and changes nothing", async () => {
    const page = await visit(`http://127.0.0.1:${portOf(pages)}`);
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement("iframe"), {
        sandbox: "allow-scripts allow-forms", srcdoc: ${JSON.stringify(attackingPage).replaceAll("</script", "<\\/script")} }))`,
    );
    await expect.poll(() => page.frames().some((each) => each.url() === "about:srcdoc")).toBe(true);
    const inner = page.frames().find((each) => each.url() === "about:srcdoc");
    await inner?.waitForFunction("typeof attack === 'function'");
    expect(await inner?.evaluate("self.origin")).toBe("null");
    for (const [name, { url, path, body }] of targets) {
      const gains = await inner?.evaluate<Gains>(
        `attack(${JSON.stringify(url + path)}, ${JSON.stringify(JSON.stringify(body))})`,
      );
      expect({ name, ...gains }).toEqual({ name, ...nothing });
    }
    await expectUntouched();
    await page.close();
  });

  test("whose name has been bound to this machine reads a refusal, and changes nothing", async () => {
    for (const [name, { url, path, body }] of targets) {
      const { port } = new URL(url);
      const own = `http://rebound.example:${port}`;
      const page = await visit(own, true);
      const gains = await attack(page, own + path, body);
      for (const [way, gained] of Object.entries(gains)) {
        // The browser takes it for the page's own, so it may read what is said: that it is not answered.
        const said = gained === null ? null : gained.replace(/^loaded$/, "") || null;
        expect({ name, way, said }).toEqual({ name, way, said: said === null ? null : refusal(port) });
      }
      expect(gains["fetch of JSON"]).toBe(refusal(port));
      await page.close();
    }
    await expectUntouched();
  });

  test("does not get to the database, which would believe it: no browser goes to its port", async () => {
    const { host, port } = engine;
    const page = await visit(`http://127.0.0.1:${portOf(pages)}`);
    // What it would be given at a port that browsers take.
    const relay = await listening(
      createTcpServer((socket) => socket.pipe(connect({ host, port })).on("error", ignore).pipe(socket)),
    );
    const relayed = await attack(page, `http://127.0.0.1:${portOf(relay)}/`, {});
    relay.close();
    expect(relayed["fetch with keys"]).toContain("planted");

    expect(await attack(page, `http://${host}:${port}/`, put)).toEqual(nothing);
    await expect(page.goto(`http://engine.example:${port}/`)).rejects.toThrow("ERR_UNSAFE_PORT");
    await expectUntouched();
    await page.close();
  });

  test("may lead a person to the NICEPAY sandbox's login page", async () => {
    const page = await visit(`http://other.example:${portOf(pages)}`);
    const login = `${sandboxesOf(gateway).get("NICEPAY")}/sandbox/login?tk=unknown`;
    await page.evaluate(`document.body.innerHTML = '<a href="${login}">log in</a>'`);
    const [response] = await Promise.all([page.waitForResponse(login), page.click("a")]);
    expect(response.status()).toBe(404);
    await page.close();
  });

  test("is not what the gateway's own pages are: they are answered", async () => {
    for (const name of ["127.0.0.1", "localhost"]) {
      const page = await visit(`http://${name}:${new URL(gateway.url).port}`, true);
      const statuses = await page.evaluate(`Promise.all([
        fetch("/v1/records?customerId=991000017"),
        fetch("/v1/payu/check-status", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" }),
      ]).then((all) => all.map(({ status }) => status))`);
      expect(statuses).toEqual([200, 400]);
      await page.close();
    }
  });
});

const refusal = (port: string) =>
  JSON.stringify({ message: `Host must be 127.0.0.1:${port} or localhost:${port} or [::1]:${port}` });

/** As `ps` shows it. */
function engineOf({ dataDir }: Gateway) {
  const found = processesOf(dataDir).find(({ command }) => /^\S*dynoxide serve/.test(command));
  const [, host = "", port = ""] = /--host (\S+) --port (\d+)/.exec(found?.command ?? "") ?? [];
  return { host, port: Number(port) };
}

const ignore = () => undefined;

function listening<Listener extends TcpServer>(server: Listener): Promise<Listener> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}
