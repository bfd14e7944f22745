import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { gw } from "../../cli/program.ts";
import { listening } from "../support/listening.ts";
import { started } from "../support/started.ts";

/** Ids as one in 64 is; the others look like an option's short form, a long option, and a namespace's. */
const plain = `-${"aB9_".repeat(10)}xy`;
const asHelp = `-h${"Zz-_".repeat(10)}q`;
const doubled = `--${"k7".repeat(20)}0`;
const other = "duMeKVHWTuqEuy6wY2VyIYNZOAGw-eK0lYLyFnzWybU";
const ids = [plain, asHelp, doubled];

const asked: { readonly url: string; readonly body: string }[] = [];
const { gateway } = started({
  gateway: () =>
    listening((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        asked.push({ url: request.url ?? "", body });
        const id = request.url?.split("/")[3] ?? "";
        const record = { id: decodeURIComponent(id), operation: "aggrepay/debit-wallet", state: "succeeded" };
        const many = request.url === "/v1/records/resolve";
        response
          .writeHead(200, { "content-type": "application/json" })
          .end(JSON.stringify(many ? { result: [] } : { record: { ...record, attempt: 1, history: [] } }));
      });
    }),
});
const folder = mkdtempSync(join(tmpdir(), "gw-ids-"));
mkdirSync(join(folder, "logs"));
writeFileSync(
  join(folder, "logs", "one.log"),
  `${[...ids, other].map((id) => `a line of ${id}`).join("\n")}\n`,
);
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  asked.length = 0;
});

/** What the command printed, and how it ended. */
async function run(...line: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await gw(line, {
    out: (each) => void out.push(each),
    err: (each) => void err.push(each),
    paint: (_, text) => text,
    input: async () => "",
    environment: {},
  });
  return { code, out, err };
}

const at = () => ["--url", gateway.url];
const decided = ["--outcome", "declined", "--reason", "ticket 4711"];

test.each(ids)("record and resolve take %s for an id, before and after options", async (id) => {
  await run("record", id, ...at());
  await run("record", ...at(), "--json", id);
  expect(asked.map(({ url }) => url)).toEqual([`/v1/records/${id}`, `/v1/records/${id}`]);
  asked.length = 0;
  await run("resolve", id, ...decided, ...at());
  await run("resolve", ...decided, id, ...at(), "--attempt", "2");
  await run("resolve", ...decided, ...at(), "--", id);
  expect(asked.map(({ url }) => url)).toEqual(Array(3).fill(`/v1/records/${id}/resolve`));
  expect(asked.map(({ body }) => JSON.parse(body))).toEqual([
    { outcome: "declined", reason: "ticket 4711" },
    { outcome: "declined", reason: "ticket 4711", attempt: 2 },
    { outcome: "declined", reason: "ticket 4711" },
  ]);
});

test("resolve takes several at once, wherever they stand", async () => {
  await run("resolve", plain, other, ...decided, asHelp, ...at(), doubled);
  expect(asked.map(({ url }) => url)).toEqual(["/v1/records/resolve"]);
  expect(new Set(JSON.parse(asked[0]?.body ?? "").ids)).toEqual(new Set([plain, other, asHelp, doubled]));
});

test("an option's value of that form stays the option's", async () => {
  await run("resolve", other, "--outcome", "declined", "--reason", plain, ...at());
  expect(asked.map(({ url, body }) => [url, JSON.parse(body).reason])).toEqual([
    [`/v1/records/${other}/resolve`, plain],
  ]);
});

test.each(ids)("logs shows the lines of %s", async (id) => {
  for (const line of [
    ["--data-dir", folder, "--last", "5", id],
    [id, "--data-dir", folder],
  ])
    expect(await run("logs", ...line)).toMatchObject({ code: 0, out: [`one: a line of ${id}`], err: [] });
});

test("events takes such an id", async () => {
  const { err } = await run("events", plain, "--url", "https://pay.example.com");
  expect(err.join()).toContain("deployed gateway's bus");
});

test.each(ids)("options are completed behind %s", async (id) => {
  const { code, out } = await run("__complete", "resolve", id, "--out");
  expect({ code, out }).toEqual({ code: 0, out: ["--outcome"] });
});

test("a misspelt option is still one", async () => {
  const { code, err } = await run("record", other, "--folow");
  expect({ code, err }).toMatchObject({ code: 2, err: [expect.stringMatching(/Unknown option '--folow'/)] });
});
