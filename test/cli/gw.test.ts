import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writePackage } from "../../cli/package.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { gwOfSources, openShell, type Shell } from "./shell.ts";

let gateway: Gateway;
/** With the packed command. */
let shell: Shell;
/** With the command of the clone. */
let clone: Shell;

const packed = mkdtempSync(join(tmpdir(), "gw-package-"));

beforeAll(async () => {
  [gateway] = await Promise.all([startGateway({ env: { SCHEDULE_MS: "4000" } }), writePackage(packed)]);
  const environment = { GW_URL: gateway.url, DATA_DIR: gateway.dataDir };
  shell = openShell(join(packed, "gw.mjs"), environment);
  clone = openShell(gwOfSources, environment);
});

afterAll(async () => {
  shell?.remove();
  clone?.remove();
  rmSync(packed, { recursive: true });
  await gateway?.stop();
});

const debit = (id: string, more = "") =>
  `gw call debit-wallet fromCustomerId=991000017 amount=2.50 mpin=1234 merchantTransactionId=${id} ${more}`;

describe("call", () => {
  test("tells an answer, and the same again as given before", async () => {
    const first = await shell.run(debit("gw-1"));
    expect(first).toMatchObject({ code: 0, err: "" });
    expect(first.out).toMatch(
      /^200 succeeded\n {2}transactionId {2}\d+\n {2}record {2}\S{43} {2}succeeded, attempt 1\n$/,
    );
    expect((await shell.run(debit("gw-1"))).out).toMatch(/^200 succeeded {2}\(given before\)\n/);
  });

  test("gives the answer's own JSON, and colours nothing that no terminal shows", async () => {
    const { code, out } = await shell.run(`${debit("gw-2", "--json")} | cat`);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ record: { identity: "gw-2", state: "succeeded" } });
    expect(out.split("\n")).toHaveLength(2);
  });

  test("takes a secret value from a file or from standard input", async () => {
    writeFileSync(join(shell.folder, "mpin"), "1234\n");
    const from = (value: string) =>
      `gw call aggrepay/debit-wallet fromCustomerId=991000017 amount=1 mpin=${value} merchantTransactionId=`;
    expect(await shell.run(`${from("@mpin")}gw-3`)).toMatchObject({ code: 0, err: "" });
    expect(await shell.run(`echo 1234 | ${from("@-")}gw-4`)).toMatchObject({ code: 0, err: "" });
    expect(await shell.run(`${from("@none")}gw-5`)).toEqual({
      code: 2,
      out: "",
      err: "The file of mpin, none, cannot be read.\n",
    });
  });

  test("ends with 1 for a refusal, and says what to do", async () => {
    const { code, out } = await shell.run(debit("gw-6").replace("mpin=1234", "mpin=9999"));
    expect(code).toBe(1);
    expect(out).toMatch(/^422 wrong-credential: AggrePay refused the MPIN\.\n/);
    expect(out).toContain("retry     after-fix (mend the request: this identity is spent, use a new one)");
  });

  test("repeats until it knows", async () => {
    const { code, out, err } = await shell.run(debit("gw-7.sandbox.http-429", "--until-known --for 3"));
    expect({ code, err }).toEqual({
      code: 5,
      err: expect.stringMatching(/^429 throttled: .* Repeated in 1 s\.$/m),
    });
    expect(out).toMatch(/^429 throttled/);
    const once = await shell.run(debit("gw-8.sandbox.once.http-429", "--until-known"));
    expect(once).toMatchObject({ code: 0, out: expect.stringMatching(/succeeded, attempt 2\n$/) });
  });

  test("makes the key of a change that needs one, and tells it", async () => {
    const otp = "gw call registration-otp email=a@example.com mobileNumber=+919800000001";
    const { code, out, err } = await shell.run(otp);
    expect(code).toBe(0);
    const [, key = ""] = /--key (\S{36})$/m.exec(err) ?? [];
    expect(await shell.run(`${otp} --key ${key}`)).toEqual({
      code: 0,
      err: "",
      out: out.replace("\n", "  (given before)\n"),
    });
  });

  test("calls a GET by its path", async () => {
    const { code, out } = await shell.run("gw call account-bindings referenceNo=none-such");
    expect({ code, out }).toEqual({ code: 1, out: expect.stringMatching(/^404 not-found: No registration/) });
  });

  test("lists operations and fields, and shows a call as curl that does the same", async () => {
    expect((await shell.run("gw call debit-wallet --fields")).out).toMatch(
      /^identity: merchantTransactionId: the same/m,
    );
    expect((await shell.run("gw call")).out).toContain("aggrepay/debit-wallet ");
    const fields = await shell.run("gw call fetch-transactions --fields");
    expect(fields.out).toMatch(/^ {2}pageSize +required +whole number +How many transactions a page has$/m);
    const { out } = await shell.run(debit("gw-9", 'description="Asha\'s tea" --curl'));
    const curl = await shell.run(out.replace("curl -i", "curl -sS"));
    expect(JSON.parse(curl.out)).toMatchObject({ record: { identity: "gw-9", state: "succeeded" } });
  });
});

describe("output that cannot be written", () => {
  const ends = async (line: string, to: string) => {
    const { err, out } = await shell.run(`{ ${line} ; echo "ended $?" >&2; } ${to}`);
    return { err, out };
  };

  test("leaves the code as it is where nobody reads on", async () => {
    const completion = await ends("gw completion bash", "| true");
    const done = await ends(debit("gw-pipe", "--json"), "| true");
    const refused = await ends(debit("gw-pipe-2").replace("1234", "9999"), "| true");
    expect([completion.err, done.err, refused.err]).toEqual(["ended 0\n", "ended 0\n", "ended 1\n"]);
    const { dataDir } = gateway;
    expect((await ends(`gw logs --follow --for 50 --data-dir ${dataDir}`, "| head -1")).err).toBe(
      "ended 0\n",
    );
  });

  test.skipIf(!existsSync("/dev/full"))("is not known, in a sentence, where the answer is lost", async () => {
    const told = "The answer could not be written out (ENOSPC): the same command tells it again.\nended 3\n";
    for (const line of [debit("gw-full", "--json"), debit("gw-full-2").replace("1234", "9999")])
      expect(await ends(line, ">/dev/full")).toEqual({ err: told, out: "" });
    expect((await shell.run(debit("gw-full"))).out).toMatch(/^200 succeeded {2}\(given before\)\n/);
    expect((await shell.run(`${debit("gw-full")} 2>/dev/full`)).code).toBe(0);
  });
});

test("a list that is none, or has no end, is told so", async () => {
  let reply: object = {};
  const server = createServer((_, response) =>
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(reply)),
  );
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const GW_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const none = `${GW_URL}: the answer is no list of records.\n`;
  for (const [body, err] of [
    [{ result: [null], page: { cursor: null } }, none],
    [{ result: [] }, none],
    [{ result: [], page: { cursor: "same" } }, `${GW_URL}: the list does not end, its cursor came again.\n`],
  ] as const) {
    reply = body;
    expect(await shell.run("gw records --state in_doubt", { GW_URL })).toEqual({ code: 4, out: "", err });
  }
  server.close();
});

describe("records, record and resolve", () => {
  test("follow a doubt to its end, and list it meanwhile", async () => {
    expect((await shell.run(debit("gw-10.sandbox.reset-after"))).code).toBe(3);
    const followed = await shell.run("gw record gw-10.sandbox.reset-after --follow");
    expect(followed).toMatchObject({ code: 0, out: expect.stringMatching(/: succeeded, attempt 1, /) });
    expect(followed.err.split("\n").map((line) => line.trim().split("  ")[1])).toEqual(
      expect.arrayContaining(["dispatched", "in_doubt", "succeeded"]),
    );
    const list = await shell.run("gw records --customer 991000017 --limit 1 --json");
    expect(JSON.parse(list.out)).toMatchObject([{ operation: "aggrepay/debit-wallet", state: "succeeded" }]);
    expect((await shell.run("gw records --transaction gw-10.sandbox.reset-after")).out).toContain(
      "991000017",
    );
  });

  test("find a record by whatever id it has", async () => {
    await shell.run("gw call customer-otp customerId=991000017 --key gw-key");
    const identities = async (options: string) =>
      JSON.parse((await shell.run(`gw records ${options} --json`)).out).map(
        ({ identity }: { identity: string }) => identity,
      );
    expect(await identities("--find gw-key")).toEqual(["gw-key"]);
    const debited = await shell.run(debit("gw-11", "--json"));
    const { transactionId } = JSON.parse(debited.out).result;
    expect(await identities(`--find ${transactionId} --customer 991000017`)).toEqual(["gw-11"]);
  });

  test("settle what waits for a person", async () => {
    const stray = "--reference-no gw-stray --phone +6282112345678 --client-user-key u1";
    expect(await clone.run(`gw notify ${stray}`)).toMatchObject({ code: 0 });
    const { out } = await shell.run("gw records --state needs_attention --json");
    const [{ id }] = JSON.parse(out);
    expect((await shell.run("gw records")).out).toContain(`gw-stray`);
    const said = await shell.run(`gw resolve ${id} --outcome declined --reason "nobody asked for it"`);
    expect(said).toMatchObject({ code: 0, err: "" });
    expect(await shell.run(`gw record ${id} --follow --json`)).toMatchObject({ code: 1 });
    const again = await shell.run(`gw resolve ${id} ${id.replace(/^./, "A")} --outcome declined --reason x`);
    expect(again.code).toBe(1);
    expect(again.out).toMatch(/409 .*already-done/);
    expect(again.out).toMatch(/404 .*not-found/);
  });
});

describe("the sandboxes", () => {
  test("fault lists, arms and disarms", async () => {
    expect((await shell.run("gw fault --provider payu")).out).toMatch(/^ {2}http-429 +no effect/m);
    const armed = await shell.run("gw fault http-500-before --path fetchbalance --times 2");
    expect(armed.out).toMatch(/http-500-before +2 +fetchbalance/);
    expect((await shell.run("gw call fetch-balance customerId=990000001")).out).toMatch(
      /^502 provider-fault/,
    );
    expect(await shell.run("gw fault --clear")).toEqual({ code: 0, out: "No fault is armed.\n", err: "" });
  });

  test("ledger shows effects, balances and calls", async () => {
    const { out } = await shell.run("gw ledger --customer 991000017");
    expect(out).toMatch(/ 2\.50 .* debit .* gw-1 /);
    expect(out).toMatch(/^ {2}991000017 +true +9\d{4}\.\d\d$/m);
    const calls = JSON.parse((await shell.run("gw ledger --calls --json")).out);
    expect(calls[0]).toMatchObject({ path: expect.any(String), signed: true });
  });

  test("notify binds an account", async () => {
    const binding = "referenceNo=gw-link billingNm=Sari billingPhone=+6282112345678 clientUserKey=u1";
    const registered = await shell.run(
      `gw call register-account-binding ${binding} callBackUrl=https://shop.example/bound`,
    );
    expect(registered.code).toBe(0);
    const notified = await clone.run(
      "gw notify --reference-no gw-link --phone +6282112345678 --client-user-key u1",
    );
    expect(notified).toMatchObject({ code: 0, out: expect.stringMatching(/^200 from /) });
    expect((await shell.run("gw call account-bindings referenceNo=gw-link")).out).toMatch(/bound +true/);
  });

  test("demo plays to its end, and shows its calls", async () => {
    const { code, out } = await clone.run("gw demo --curl");
    expect(code).toBe(0);
    expect(out).toMatch(/^ {3}curl -i http\S+\/v1\/aggrepay\/debit-wallet /m);
    expect(out).toMatch(/All \d+ steps went as expected\.\n$/);
  });

  test("start says at once that the folder is taken", async () => {
    const { code, err } = await clone.run("gw start --port 0");
    expect(code).toBe(1);
    expect(err).toContain(
      `DATA_DIR ${gateway.dataDir} is in use by another running gateway (process ${gateway.pid})`,
    );
  });
});

test("logs shows the lines of a record, once and as they come", async () => {
  await shell.run(debit("gw-20"));
  const { out } = await shell.run("gw record gw-20 --json");
  const { id } = JSON.parse(out);
  const lines = await shell.run(`gw logs ${id}`);
  expect(lines.out).toMatch(
    new RegExp(`^\\S+ INFO {2}aggrepay/debit-wallet .* status=200 .*record=${id} state=succeeded`),
  );
  expect(lines.out).not.toContain("_aws");
  const [followed] = await Promise.all([
    shell.run("gw logs gateway-follows --follow --for 2 --last 0 --json"),
    shell.run("sleep 1; gw call account-bindings referenceNo=x --key gateway-follows"),
  ]);
  expect(followed).toMatchObject({ code: 0, err: "" });
  expect(await shell.run("gw logs", { DATA_DIR: "nowhere" })).toMatchObject({ code: 4, out: "" });
});

test("events shows what the bus would get of a record", async () => {
  const { out } = await shell.run(debit("gw-21", "--json"));
  const { id } = JSON.parse(out).record;
  const told = await shell.run(`gw events ${id} --json`);
  expect(JSON.parse(told.out)).toMatchObject({
    source: "wallet-gateway",
    "detail-type": "record.succeeded",
    time: expect.stringMatching(/^20\d\d-\d\d-\d\dT/),
    detail: { recordId: id, operation: "debit-wallet" },
  });
  expect(await shell.run("gw events --url https://pay.example.com")).toMatchObject({ code: 2, out: "" });
});

test("books looks at today when it is told to, and shows one day or all", async () => {
  await shell.run(debit("gw-22"));
  const { code, out } = await shell.run("gw books --run --json");
  expect(code).toBe(0);
  const [day] = JSON.parse(out);
  expect(day).toMatchObject({ provider: "aggrepay", differences: { count: 0 } });
  expect(day.movements.shown).toBeGreaterThan(0);
  expect((await shell.run(`gw books --date ${day.date}`)).out).toContain(day.date);
  expect(await shell.run("gw books --date 2001-01-01")).toMatchObject({
    code: 0,
    out: "Nobody has looked at the books of that day.\n",
  });
});

test("doctor finds nothing wrong with a gateway that runs", async () => {
  const { code, out } = await shell.run("gw doctor");
  expect({ code, out }).toEqual({
    code: 0,
    out: expect.stringMatching(/^ok +gateway: it answers\nok +clock: /m),
  });
});

test("sign and verify are the signature inspector", async () => {
  const question = JSON.stringify({ operation: "aggrepay/fetch-balance", input: { customerId: "1" } });
  const signed = await clone.run(`echo '${question}' | gw sign --json`);
  expect(signed.code).toBe(0);
  expect(JSON.parse(signed.out)).toMatchObject({ verdict: "signed" });
  const different = JSON.stringify({ ...JSON.parse(question), expected: "0".repeat(128) });
  expect(await clone.run(`echo '${different}' | gw verify`)).toMatchObject({ code: 1, err: "" });
});

test("console listens on loopback alone, until it is ended", async () => {
  const { out } = await clone.run(
    "gw console --port 0 > shown 2>&1 & until grep -q http shown; do sleep 0.1; done; kill $!; wait $!; cat shown",
  );
  expect(out).toMatch(/http:\/\/127\.0\.0\.1:\d+/);
});

test("smoke and cost are the programs that npm runs", async () => {
  const [smoke, cost] = await Promise.all(["gw smoke", "gw cost --rps 1"].map((line) => clone.run(line)));
  expect(smoke).toMatchObject({
    code: 0,
    out: expect.stringContaining(`${gateway.url} is as it should be.`),
  });
  expect(cost).toMatchObject({ code: 0, err: "" });
});

test("explain knows codes of ours and of each provider", async () => {
  expect((await shell.run("gw explain outcome-unknown")).out).toMatch(
    /^outcome-unknown\n.*\n {2}status +504$/m,
  );
  const both = await Promise.all(["hash-mismatch", "1050", "9009", "wrong password", "1310"].map(explained));
  expect(both).toEqual(["AggrePay", "PayU", "NICEPAY", "DreamzWallet", "Wibmo"]);
  async function explained(code: string) {
    return /of (\w+)$/m.exec((await shell.run(`gw explain "${code}"`)).out)?.[1];
  }
});

/** Each is one line on standard error and nothing on standard output. */
const wrong = {
  "gw recrods": "Unknown command 'recrods' (Did you mean records?)",
  "gw records --stat x": "Unknown option '--stat' (Did you mean --state?)",
  "gw records --state done":
    "Option '--state <state>' argument 'done' is invalid. Allowed choices are needs_attention, in_doubt, dispatched.",
  "gw records --customer 1 --transaction 2":
    "Give one of --state, --customer, --transaction, --reference and --key.",
  "gw records --customer 1 --since 2026-11-29": "--since goes with --state alone.",
  "gw records --key k": "--key needs --operation too.",
  "gw records --find x --state in_doubt": "--find goes with --customer alone.",
  "gw records --limit 0":
    "Option '--limit <n>' argument '0' is invalid. --limit must be a whole number from 1 to 100000.",
  "gw books --date yesterday": "--date must be like 2026-11-28.",
  "gw record": "Missing required argument 'id'",
  "gw record none-such":
    'No record has the id, merchantTransactionId or referenceNo "none-such": "gw records --find none-such" looks for more.',
  "gw resolve x": "Required option '--outcome <outcome>' not specified",
  "gw resolve x y --outcome succeeded --reason r --transaction-id 1":
    "--transaction-id belongs to one record: give one id.",
  "gw call debit-walet": 'There is no operation "debit-walet": did you mean debit-wallet?',
  "gw call xyzzy": 'There is no operation "xyzzy". "gw call" lists all of them.',
  "gw call debit-wallet customerId=1":
    'aggrepay/debit-wallet has no field "customerId": did you mean fromCustomerId?',
  "gw call debit-wallet frommobilenumber=1":
    'aggrepay/debit-wallet has no field "frommobilenumber": did you mean fromMobileNumber?',
  "gw call debit-wallet amount": '"amount" is no field: give each as name=value.',
  "gw call debit-wallet amount=1 amount=2": "The field amount is given twice.",
  "gw call debit-wallet amount=1":
    "aggrepay/debit-wallet needs fromCustomerId=... mpin=... merchantTransactionId=....",
  "gw call fetch-transactions pageSize=x": "pageSize must be a whole number.",
  "gw call get-sub-merchants --body {": "--body must be a JSON object.",
  "gw call fetch-balance customerId=1 --url http://example.com":
    '--url "http://example.com" must be https: only a loopback address may be http.',
  "gw call fetch-balance customerId=1 --url nowhere": '--url "nowhere" is no http address.',
  "gw call fetch-balance customerId=1 --token 'a b'": "--token is no bearer token.",
  "gw explain outcome": 'No table has the code "outcome": did you mean outcome-unknown?',
  "gw fault tmeout-after": 'The sandbox of aggrepay has no fault "tmeout-after": did you mean timeout-after?',
  "gw fault reset-after --path nowhere": /^The sandbox of aggrepay refuses: path is not one of .*\.$/,
  "gw fault reset-after --match x": '--match "x" must be field=value.',
  "gw new debit": '"gw new" needs the clone: run "npx gw new" there.',
  "gw ledger --provider payyu": 'There is no sandbox "payyu": did you mean payu?',
};

test.each(Object.entries(wrong))("%s is wrong, in one line", async (line, sentence) => {
  const { code, out, err } = await shell.run(line);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(/^.+\n$/);
  if (typeof sentence === "string") expect(err).toBe(`${sentence}\n`);
  else expect(err.trim()).toMatch(sentence);
});

test("a gateway or sandbox that is not there ends with 4 and says so in a line", async () => {
  const nowhere = { GW_URL: "http://127.0.0.1:1024", DATA_DIR: shell.folder };
  expect(await shell.run("gw records", nowhere)).toEqual({
    code: 4,
    out: "",
    err: 'http://127.0.0.1:1024: no answer: the connection failed (ECONNREFUSED). "gw start" starts it, and --url names another.\n',
  });
  expect(await shell.run("gw call fetch-balance customerId=1 --until-known", nowhere)).toMatchObject({
    code: 4,
  });
  expect((await shell.run("gw ledger", nowhere)).err).toMatch(
    /^There is no \S+sandbox-ports.json: start the gateway/,
  );
});

test("the packed command says of what needs the clone that it does", async () => {
  for (const command of ["start", "demo", "notify", "sign", "verify", "console", "smoke", "cost"])
    expect(await shell.run(`gw ${command}`)).toEqual({
      code: 2,
      out: "",
      err: `"gw ${command}" needs the clone: run "npx gw ${command}" there.\n`,
    });
});

test("the command of the clone knows what the packed one knows", async () => {
  const [ofClone, ofPackage] = await Promise.all([clone, shell].map((each) => each.run("gw call --json")));
  expect(ofClone).toEqual(ofPackage);
});
