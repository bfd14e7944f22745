import { createHash } from "node:crypto";
import axe from "axe-core";
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type Page,
  type Request as PageRequest,
} from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { findChromium } from "./chromium.ts";

/** The console of `npm start`, as a person uses it in a real browser. */

const executablePath = findChromium();
const desktop: BrowserContextOptions = { viewport: { width: 1280, height: 850 } };
/** Real processes on a busy machine. */
const patience = { timeout: 40_000 };
const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 } };

const signedInput = {
  fromCustomerId: "991000017",
  amount: "4.00",
  mpin: "1234",
  description: "Tea & Cake",
  merchantTransactionId: "Order-12",
};

/** The provider's document: the values in the order of their names, behind the salt, joined by a bar. */
function hashOf(
  changed: Readonly<Record<string, string>>,
  salt = "sandbox-salt",
  turn = (names: string[]) => names,
) {
  const fields: Readonly<Record<string, string>> = {
    api_key: "sandbox-api-key",
    amount: "4.00",
    description: "Tea & Cake",
    from_customer_id: "991000017",
    merchant_transaction_id: "Order-12",
    mpin: "1234",
    ...changed,
  };
  const values = turn(Object.keys(fields).toSorted()).map((name) => fields[name]);
  return createHash("sha512")
    .update([salt, ...values].join("|"))
    .digest("hex")
    .toUpperCase();
}

interface Planted {
  readonly fault: string;
  readonly hash: string;
  readonly kind: string;
  readonly piece?: string;
}

/** What another party's hash was made with by mistake, and how the inspector names it. */
const plantedFaults: readonly Planted[] = [
  {
    fault: "white space",
    hash: hashOf({ description: "Tea & Cake " }),
    kind: "white space",
    piece: "description",
  },
  {
    fault: "an invisible character",
    hash: hashOf({ merchant_transaction_id: "Order-12\u200b" }),
    kind: "invisible character",
    piece: "merchant_transaction_id",
  },
  { fault: "the order", hash: hashOf({}, undefined, (names) => names.toReversed()), kind: "order" },
  { fault: "an empty field", hash: hashOf({ from_mobile_number: "" }), kind: "empty field" },
  { fault: "an encoding", hash: hashOf({ description: "Tea+%26+Cake" }), kind: "encoding" },
  { fault: "letter case", hash: hashOf({ merchant_transaction_id: "order-12" }), kind: "letter case" },
  { fault: "a form of a number", hash: hashOf({ amount: "4" }), kind: "number form", piece: "amount" },
  { fault: "the old secret", hash: hashOf({}, "the-old-salt"), kind: "secret version" },
  {
    fault: "salt and key swapped",
    hash: hashOf({ api_key: "sandbox-salt" }, "sandbox-api-key"),
    kind: "swapped",
  },
  { fault: "small letters", hash: hashOf({}).toLowerCase(), kind: "digest form" },
];

describe.skipIf(executablePath === undefined)("the console", () => {
  let gateway: Gateway;
  let browser: Browser;
  /** What any page has said that no page should. */
  const complaints: string[] = [];

  beforeAll(async () => {
    gateway = await startGateway({
      env: {
        PROVIDER_TIMEOUT_MS: "3000",
        FUNCTION_TIMEOUT_MS: "8000",
        LEASE_MS: "9000",
        QUIET_PERIOD_MS: "300",
        BACK_OFF_MS: "300",
        SCHEDULE_MS: "3000",
      },
    });
    browser = await chromium.launch({
      ...(executablePath !== undefined && { executablePath }),
      args: ["--no-sandbox"],
    });
    await leaveOtpsInDoubt(3);
  });

  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
    expect(complaints).toEqual([]);
  });

  /** A page of its own storage, whose errors are kept. A refusal that the page asked for is the browser's line, not the page's. */
  async function open(hash: string, options = desktop): Promise<Page> {
    const page = await (await browser.newContext(options)).newPage();
    page.setDefaultTimeout(patience.timeout);
    page.on("pageerror", ({ message }) => complaints.push(message));
    page.on("console", (message) => {
      const isOurs = !/^Failed to load resource: .* status of (?:4|5)\d\d/.test(message.text());
      if (["error", "warning"].includes(message.type()) && isOurs) complaints.push(message.text());
    });
    await page.goto(`${gateway.url}/${hash}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    return page;
  }

  const post = async (path: string, body: object, headers: Record<string, string> = {}) => {
    const response = await fetch(gateway.url + path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as { readonly record: { readonly id: string } };
    if (path.startsWith("/v1/")) expect(answer).toHaveProperty("record");
    return answer;
  };

  /** Changes of which no inquiry tells: each ends with a person. */
  async function leaveOtpsInDoubt(count: number) {
    await post("/console/sandbox/aggrepay/faults", {
      fault: "reset-before",
      path: "customerotp",
      times: count,
    });
    for (let n = 0; n < count; n += 1)
      await post(
        "/v1/aggrepay/customer-otp",
        { customerId: "991000017" },
        { "idempotency-key": n === 0 ? "otp-<img src=x onerror=alert(1)>" : `otp-in-doubt-${n}` },
      );
  }

  const debit = (merchantTransactionId: string) =>
    post("/v1/aggrepay/debit-wallet", {
      fromCustomerId: "991000017",
      amount: "12.50",
      mpin: "1234",
      merchantTransactionId,
    });

  test("comes whole from its own origin, small, under a policy that lets in nothing else", async () => {
    const page = await (await browser.newContext(desktop)).newPage();
    const finished: PageRequest[] = [];
    const onFinished = (request: PageRequest) => finished.push(request);
    page.on("requestfinished", onFinished);
    await page.goto(`${gateway.url}/`);
    await page.getByRole("heading", { name: "Records" }).waitFor();
    await expect
      .poll(() => finished.some((request) => request.url().includes("/v1/records")), patience)
      .toBe(true);
    page.off("requestfinished", onFinished);
    const loaded = await Promise.all(
      finished.map(async (request) => {
        const { responseBodySize, responseHeadersSize } = await request.sizes();
        const policy = await (await request.response())?.headerValue("content-security-policy");
        return { url: request.url(), bytes: responseBodySize + responseHeadersSize, policy: policy ?? "" };
      }),
    );
    expect(loaded.filter(({ url }) => !url.startsWith(gateway.url))).toEqual([]);
    const own = loaded.filter(({ url }) => !url.includes("/v1/"));
    for (const { policy } of own) expect(policy).toContain("default-src 'none'; script-src 'self'");
    expect(own.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(100_000);
    // Script that another page's words might bring is not run.
    await page.evaluate("document.body.append(Object.assign(document.createElement('p'), { id: 'x' }))");
    const ran = await page.evaluate(
      `new Promise((done) => {
        const script = document.createElement("script");
        script.onerror = () => done("refused");
        script.onload = () => done("run");
        try { script.src = "data:text/javascript,0"; } catch { return done("refused"); }
        document.body.append(script);
      })`,
    );
    expect(ran).toBe("refused");
    await page.context().close();
  });

  test("a debit whose reply is lost is followed to its end", async () => {
    const page = await open("#/sandbox/aggrepay");
    await page.getByRole("button", { name: "Debit and lose the reply" }).click();
    await page.getByRole("heading", { name: /debit wallet lost-/ }).waitFor();
    const life = page.getByRole("article");
    await life.getByText("Succeeded", { exact: true }).first().waitFor();
    const story = page.getByRole("region", { name: "Time line" });
    await expect
      .poll(() => story.getByRole("listitem").allInnerTexts(), patience)
      .toEqual([
        expect.stringContaining("Claimed"),
        expect.stringContaining("Sent"),
        expect.stringMatching(/In doubt.*record\.in-doubt/s),
        expect.stringMatching(/Succeeded.*record\.succeeded.*An inquiry showed it/s),
      ]);
    const saw = page.getByRole("region", { name: "What the sandbox saw of this id" });
    await saw.getByText("fetchbymerchantransactionid").first().waitFor();
    await saw.getByText("reset-after", { exact: true }).waitFor();
    await page.getByText("As JSON").click();
    await expect
      .poll(() => page.locator("pre.code").last().innerText(), patience)
      .toContain('"provedBy": "inquiry"');
    await page.context().close();
  });

  test("what cannot be seen in a text is shown escaped", async () => {
    const { record } = await debit("order-unseen");
    const page = await open("#/records");
    await page.route(`**/v1/records/${record.id}`, async (route) => {
      const answer = await route.fetch();
      const body = (await answer.text()).replaceAll('"991000017"', '"99\\u202e\\u001b17"');
      await route.fulfill({ response: answer, body });
    });
    await page.goto(`${gateway.url}/#/records/${record.id}`);
    await page.getByText("99\\u202e\\u001b17", { exact: true }).first().waitFor();
    await page.getByText("As JSON").click();
    // Line ends of the page's own stay.
    await expect
      .poll(() => page.locator("pre.code").last().innerText(), patience)
      .toMatch(/\n {2}"customerId": "99\\u202e\\u001b17",\n/);
    await page.context().close();
  });

  test("any id finds its record", async () => {
    const { record } = await debit("order-found-1");
    const page = await open("#/records");
    for (const id of ["order-found-1", record.id, "991000017"]) {
      await page.getByRole("searchbox").fill(id);
      await page.getByRole("button", { name: "Search" }).click();
      await page.getByRole("link", { name: id === "991000017" ? record.id : "order-found-1" }).waitFor();
    }
    await page.getByRole("searchbox").fill("nothing-has-this");
    await page.keyboard.press("Enter");
    await page.getByText("No record has this id").waitFor();
    await page.context().close();
  });

  test("lists what needs attention, filters it, and decides one", async () => {
    const page = await open("#/records");
    const rows = page.getByRole("row").filter({ hasText: "customer otp" });
    await expect.poll(() => rows.count(), patience).toBe(3);
    // What a caller wrote is text, whatever it looks like.
    await page.getByRole("link", { name: "otp-<img src=x onerror=alert(1)>" }).waitFor();
    await page.getByLabel("Kind").selectOption("money");
    await page.getByText("No record passes the filters").waitFor();
    await page.getByLabel("Kind").selectOption("other");
    await page.getByLabel("Waits for").selectOption("person");
    await page.getByLabel("Operation").selectOption("aggrepay/customer-otp");
    await expect.poll(() => rows.count(), patience).toBe(3);
    expect(page.url()).toContain("waits=person");

    await page.getByRole("link", { name: /<img/ }).click();
    const decide = page.getByRole("region", { name: "A person decides" });
    await decide.getByText("did the customer get it?").waitFor();
    await decide.getByRole("radio", { name: /^succeeded/ }).check();
    await decide.getByLabel(/^Reason/).fill("The customer has it, ticket 4711");
    await decide.getByRole("button", { name: "Say succeeded" }).click();
    await page.getByRole("region", { name: "Time line" }).getByText("ticket 4711").waitFor();
    await expect.poll(() => page.getByRole("region", { name: "A person decides" }).count(), patience).toBe(0);
    await page.context().close();
  });

  test("decides many with one word, each with its own answer", async () => {
    const page = await open("#/records");
    const rows = page.getByRole("row").filter({ hasText: "customer otp" });
    await expect.poll(() => rows.count(), patience).toBe(2);
    await page.getByRole("checkbox", { name: "Choose all" }).check();
    const decide = page.getByRole("region", { name: "Decide the chosen records" });
    await decide.getByRole("radio", { name: /^not_executed/ }).check();
    await decide.getByLabel(/^Reason/).fill("None arrived, ticket 4712");
    await decide.getByRole("button", { name: "Say not_executed" }).click();
    const said = decide.getByRole("listitem");
    await expect
      .poll(() => said.allInnerTexts(), patience)
      .toEqual([
        expect.stringMatching(/otp-in-doubt-\d is not_executed/),
        expect.stringMatching(/otp-in-doubt-\d is not_executed/),
      ]);
    await page.context().close();
  });

  test("is used by keyboard alone", async () => {
    const page = await open("#/records");
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Skip to the content");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.type")).toBe("search");
    await page.keyboard.type("order-found-1");
    await page.keyboard.press("Enter");
    const link = page.getByRole("link", { name: "order-found-1" });
    await link.waitFor();
    for (let tabs = 0; tabs < 10 && (await focused(page)) !== "order-found-1"; tabs += 1)
      await page.keyboard.press("Tab");
    expect(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")).toBe("solid");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: /order-found-1/ }).waitFor();
    expect(await page.evaluate("document.activeElement.id")).toBe("main");
    await page.context().close();
  });

  const focused = (page: Page) => page.evaluate<string>("document.activeElement.innerText");

  test("a fault is armed and taken away, and the ledger shows what moved", async () => {
    const page = await open("#/sandbox/aggrepay");
    await page.getByLabel("Fault", { exact: true }).selectOption("http-429");
    await page.getByLabel("Times").fill("2");
    await page.getByRole("button", { name: "Arm" }).click();
    await page.getByText("http-429 for the next 2 calls").waitFor();
    await page.getByRole("button", { name: "Disarm all" }).click();
    await expect.poll(() => page.getByText("for the next 2 calls").count(), patience).toBe(0);
    await page.getByRole("region", { name: "Ledger" }).getByText("order-found-1").waitFor();
    await page.context().close();
  });

  test("a notification is sent, and binds the account whose token is nowhere shown", async () => {
    const { record } = await post("/v1/nicepay/register-account-binding", {
      referenceNo: "link-1",
      billingNm: "Jhon Doe",
      billingPhone: "+6282112345678",
      callBackUrl: "https://shop.example/bound",
      clientUserKey: "user-1",
    });
    const page = await open("#/sandbox/nicepay");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByText("The gateway answered 200.").waitFor();
    await page.goto(`${gateway.url}/#/records/${record.id}`);
    await page.getByText("Held, sealed, and hidden here").waitFor();
    await page.context().close();
  });

  test("the reference tells an operation whole, and tries it on the sandbox's customer", async () => {
    const page = await open("#/reference");
    await page.getByRole("searchbox", { name: "Filter operations" }).fill("pays the merchant");
    await page.getByRole("link", { name: "debit-wallet" }).click();
    await page.getByRole("region", { name: "Fields" }).getByText("merchant_transaction_id").waitFor();
    await page.getByRole("region", { name: "Answer" }).getByText("result.transactionId").waitFor();
    await page.getByRole("region", { name: "Problems" }).getByText("insufficient-funds").waitFor();
    await page.getByRole("radio", { name: "Python" }).check();
    await page.getByText("urllib.request.Request(").waitFor();
    const tried = page.getByRole("region", { name: "Try it" });
    await tried.getByRole("button", { name: "Send" }).click();
    await tried.getByText("HTTP 200").waitFor();
    await tried.getByRole("button", { name: "Send" }).click();
    await tried.getByText("idempotency-replayed: true").waitFor();
    await tried.getByRole("link", { name: "Its record" }).click();
    await page.getByRole("heading", { name: /debit wallet try-/ }).waitFor();
    await page.context().close();
  });

  test("the inspector names each of ten planted faults, and the secret that has not been rotated", async () => {
    const page = await open("#/inspector");
    await page.getByRole("button", { name: "Use the sandbox's own" }).click();
    const secret = page.getByRole("textbox", { name: /^The secret/ });
    await expect.poll(() => secret.inputValue(), patience).toContain("sandbox-salt");
    await page.getByText("The version before").click();
    await page.getByLabel(/^Its JSON/).fill('{"apiKey":"sandbox-api-key","salt":"the-old-salt"}');
    await page.getByText("Make it from an operation and its input").click();
    await page.getByLabel("Operation").fill("aggrepay/debit-wallet");
    await page.getByLabel(/^Input/).fill(JSON.stringify(signedInput));
    await page.getByRole("button", { name: "Make the message" }).click();
    await expect
      .poll(() => page.getByRole("textbox", { name: /^The message/ }).inputValue(), patience)
      .toContain("merchant_transaction_id=Order-12");
    const found = page.getByRole("region", { name: "What is found" });
    for (const { fault, hash, kind, piece } of plantedFaults) {
      await page.getByLabel(/^The hash that the provider expects/).fill(hash);
      await page.getByRole("button", { name: "Inspect" }).click();
      await expect
        .poll(
          async () => [fault, await found.getByRole("list", { name: "What differs" }).innerText()],
          patience,
        )
        .toEqual([fault, expect.stringContaining(kind)]);
      if (piece !== undefined)
        expect([fault, await found.getByRole("list", { name: "What differs" }).innerText()]).toEqual([
          fault,
          expect.stringContaining(piece),
        ]);
    }
    expect(await found.innerText()).not.toMatch(/sandbox-salt|the-old-salt|sandbox-api-key/);
    await page.context().close();
  });

  const looks = [
    ["on a desktop", desktop],
    ["in the dark", { ...desktop, colorScheme: "dark" }],
    ["on a phone", phone],
  ] as const;

  test.each(looks)("can be read and used by everybody %s", async (_, options) => {
    const { record } = await debit("order-looked-at");
    await debit("order-doubt-1.sandbox.http-500-before");
    const places = [
      "records",
      "records?state=in_doubt",
      `records/${record.id}`,
      "doubt",
      "sandbox/aggrepay",
      "sandbox/nicepay",
      "reference/aggrepayDebitWallet",
      "inspector",
      "books",
    ];
    const page = await open(`#/${places[0]}`, options);
    for (const place of places) {
      await page.goto(`${gateway.url}/#/${place}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await expect.poll(() => page.getByText(/^Loading/).count(), patience).toBe(0);
      expect([place, await seriousFaults(page)]).toEqual([place, []]);
      const [wide, seen] = await page.evaluate<[number, number]>(
        "[document.documentElement.scrollWidth, innerWidth]",
      );
      expect([place, wide]).toEqual([place, seen]);
    }
    await page.context().close();
  });

  /** What axe finds serious or critical, in words. */
  async function seriousFaults(page: Page): Promise<readonly string[]> {
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate<axe.AxeResults>(
      "axe.run(document, { resultTypes: ['violations'] })",
    );
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  }
});
