import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type Served, serveConsole } from "../../console/serve.ts";
import { findChromium } from "./chromium.ts";

/** The console in front of a deployed gateway, which is played here: its answers, and what it was asked. */

const executablePath = findChromium();

const record = {
  id: "A".repeat(43),
  operation: "aggrepay/debit-wallet",
  identity: "order-1",
  state: "needs_attention",
  attempt: 2,
  createdAt: "2026-11-29T09:00:00.000Z",
  updatedAt: "2026-11-29T09:30:00.000Z",
  ageSeconds: 60,
  caller: "arn:aws:iam::1:role/shop",
  customerId: "991000017",
  amount: "12.00",
  host: "provider.example",
  leaseEndsAt: null,
  nextInquiryAt: "2026-11-29T09:31:00.000Z",
  inquiries: 3,
  lastInquiry: { at: "2026-11-29T09:29:00.000Z", learned: "The provider shows nothing yet." },
  provedBy: null,
  waits: "person",
  result: null,
  failure: { code: "outcome-unknown", detail: "That the provider shows nothing proves nothing." },
  bound: false,
  flagged: null,
  resolution: null,
  proposal: null,
  history: [{ state: "needs_attention", at: "2026-11-29T09:30:00.000Z" }],
};
const proposal = {
  by: "arn:aws:iam::1:role/first",
  reason: "The portal shows nothing",
  at: "2026-11-29T09:40:00.000Z",
  attempt: 2,
  outcome: "not_executed",
  lapsesAt: new Date(Date.now() + 3_600_000).toISOString(),
};

describe.skipIf(executablePath === undefined)("the console of a deployed gateway", () => {
  let gateway: Server;
  let served: Served;
  let browser: Browser;
  let page: Page;
  let isProposed = false;
  let isForbidden = false;
  const decided: unknown[] = [];

  beforeAll(async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
    vi.stubEnv("AWS_REGION", "ap-south-1");
    gateway = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const shown = { ...record, proposal: isProposed ? proposal : null };
      const tell = (status: number, body: object) =>
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      if (isForbidden) tell(403, { message: "Forbidden" });
      else if (request.method === "POST") {
        decided.push(JSON.parse(Buffer.concat(chunks).toString()));
        isProposed = true;
        tell(202, { record: { ...record, proposal } });
      } else if (request.url?.startsWith("/v1/records/")) tell(200, { record: shown });
      else {
        const waits = request.url?.includes("state=needs_attention");
        tell(200, { result: waits ? [shown] : [], page: { cursor: null } });
      }
    }).listen(0, "127.0.0.1");
    await once(gateway, "listening");
    const url = new URL(`http://127.0.0.1:${(gateway.address() as AddressInfo).port}`);
    served = await serveConsole({ url, identity: { profile: undefined, region: undefined }, port: 0 });
    browser = await chromium.launch({
      ...(executablePath !== undefined && { executablePath }),
      args: ["--no-sandbox"],
    });
  });

  afterEach(() => page.context().close());
  afterAll(async () => {
    await browser?.close();
    await served?.close();
    gateway?.close();
    vi.unstubAllEnvs();
  });

  async function open(address: string): Promise<Page> {
    page = await (await browser.newContext({ viewport: { width: 1280, height: 850 } })).newPage();
    page.setDefaultTimeout(20_000);
    await page.goto(address);
    return page;
  }

  test("says of which gateway it is, takes the key out of the address, and offers no sandbox", async () => {
    await open(served.address);
    await page.getByRole("link", { name: "order-1" }).waitFor();
    expect(page.url()).not.toContain("key=");
    await page.getByText("deployed", { exact: true }).waitFor();
    await page.getByText("as the environment's keys").waitFor();
    expect(await page.getByRole("navigation", { name: "Views" }).innerText()).not.toContain("Sandbox");
  });

  test("without the key of this start shows how to get in, and nothing else", async () => {
    await open(served.address.replace(/#.*/, ""));
    await page.getByRole("alert").getByText("Open the address that the console printed").waitFor();
    expect(await page.getByText("order-1").count()).toBe(0);
  });

  test("a first person's word is a proposal, which another one is shown and may take back", async () => {
    await open(served.address);
    await page.getByRole("link", { name: "order-1" }).click();
    const decide = page.getByRole("region", { name: "A person decides" });
    await decide.getByText("Say declined only when it is known that the money did not move").waitFor();
    await decide.getByRole("radio", { name: /^not_executed/ }).check();
    await decide.getByText("This lets money move again").waitFor();
    await decide.getByLabel(/^Reason/).fill("The portal shows nothing");
    await decide.getByRole("button", { name: "Say not_executed" }).click();
    await decide.getByText("is proposed: another person must say the same.").waitFor();
    await decide.getByText(/^Proposed: not_executed/).waitFor();
    await decide.getByRole("radio", { name: /^withdraw/ }).waitFor();
    expect(decided).toEqual([{ outcome: "not_executed", reason: "The portal shows nothing", attempt: 2 }]);
  });

  test("what the keys may not do is said in words", async () => {
    isForbidden = true;
    await open(served.address);
    await page
      .getByRole("alert")
      .getByText("the environment's keys may not call GET /v1/records: the gateway answered 403.")
      .waitFor();
  });
});
