import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { itemsOf } from "../support/dynamodb.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import {
  brokenOff,
  formOf,
  hang,
  type Peer,
  planted,
  type Reply,
  refusal,
  reset,
  signed,
  signedText,
  startPeer,
  text,
} from "../support/peer.ts";

/**
 * Values that must never leave the way to the provider are sent through successes, refusals, doubts and bad requests, by a
 * gateway with the sandbox and by one whose provider echoes them. Then every byte that was left anywhere is searched.
 */
const fingerprintKey = Buffer.alloc(32, "planted-fingerprint-key!").toString("base64");
const sealingKey = Buffer.alloc(32, "planted-sealing-key-????").toString("base64");
const secretValues = {
  aggrepay: { apiKey: planted.apiKey, salt: planted.salt },
  gateway: {
    fingerprintKeys: [{ id: "f9", key: fingerprintKey }],
    sealingKeys: [{ id: "s9", key: sealingKey }],
  },
};
const searched = { ...planted, fingerprintKey, sealingKey };

const env = { PROVIDER_TIMEOUT_MS: "700", FUNCTION_TIMEOUT_MS: "8000", LEASE_MS: "9000", SCHEDULE_MS: "0" };

let folder: string;
let peer: Peer;
/** With the sandbox, and with a provider that echoes. */
let honest: Gateway;
let echoing: Gateway;
const answers: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "secrets-stay-in-"));
  const secretsFile = join(folder, "secrets.json");
  await writeFile(secretsFile, JSON.stringify(secretValues));
  peer = await startPeer();
  const common = { ...env, SECRETS_FILE: secretsFile };
  [honest, echoing] = await Promise.all([
    startGateway({ env: common }),
    startGateway({ env: { ...common, AGGREPAY_BASE_URL: peer.url } }),
  ]);
});

afterAll(async () => {
  await Promise.all([honest?.stop(), echoing?.stop()]);
  await peer?.close();
  await rm(folder, { recursive: true, force: true });
});

async function post(gateway: Gateway, route: string, body: string, headers: object = {}): Promise<number> {
  const response = await fetch(`${gateway.url}/v1/aggrepay/${route}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });
  const { status } = response;
  answers.push(`${route} ${status} ${JSON.stringify([...response.headers])} ${await response.text()}`);
  return status;
}

let count = 0;
const fresh = () => {
  count += 1;
  return `stay-${count}`;
};
const call = (gateway: Gateway, route: string, input: object) =>
  post(gateway, route, JSON.stringify(input), { "idempotency-key": fresh() });

const { mpin, newMpin, otp } = planted;
const customerId = "487420489";
const register = { mobileNumber: "+919800000001", otp, firstName: "Asha", lastName: "Rao", mpin };

/** One request of each operation that takes a secret; without its identity, which is fresh each time. */
const secretive: readonly (readonly [string, object])[] = [
  ["debit-wallet", { fromCustomerId: customerId, amount: "5.00", mpin }],
  ["wallet-to-wallet", { fromCustomerId: customerId, toCustomerId: "487420490", amount: "5.00", mpin }],
  ["forgot-mpin", { customerId, otp, newMpin }],
  ["change-mpin", { customerId, oldMpin: mpin, newMpin }],
];
const paths: Readonly<Record<string, string>> = {
  "debit-wallet": "debitwallet",
  "wallet-to-wallet": "wallettowallet",
  "forgot-mpin": "forgotmpin",
  "change-mpin": "changempin",
};

async function callEach(gateway: Gateway): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (const [route, input] of secretive) {
    const id = fresh();
    const money = route === "debit-wallet" || route === "wallet-to-wallet";
    const body = JSON.stringify({ ...input, ...(money && { merchantTransactionId: id }) });
    // Once, and again, so that what a record keeps is told, too.
    statuses.push(await post(gateway, route, body, { "idempotency-key": id }));
    await post(gateway, route, body, { "idempotency-key": id });
  }
  return statuses;
}

/** The secrets of a request, as a careless provider might say them back. */
type Echo = (said: string) => Reply;
const saidBack =
  (reply: Echo): Reply =>
  (response, request) => {
    const fields = Object.entries(formOf(request)).filter(([name]) => /mpin|otp|api_key/.test(name));
    reply(fields.map(([name, value]) => `${name}=${value}`).join("&"))(response, request);
  };

const everywhere = (said: string) => ({ transaction_id: 7, mpin_updated: true, note: said, list: [said] });
const echoes: Readonly<Record<string, Echo>> = {
  "a success with more in it than was asked for": (said) => signed(everywhere(said)),
  "a success that holds an echo where an id belongs": (said) =>
    signed({ transaction_id: [said], mpin_updated: said }),
  "a listed refusal whose text echoes": (said) => refusal("INVALID-PARAMS", `Invalid: ${said}`),
  "a listed refusal whose text echoes without a pause": (said) =>
    refusal("INVALID-MPIN", (said + said).replaceAll(/[a-z_]+=|&/g, "")),
  "a refusal of ours that echoes": (said) => refusal("UNAUTHORIZED", `Not authorized: ${said}`),
  "an unlisted refusal whose text echoes": (said) => refusal("SOMETHING-NEW", said),
  "a refusal whose code echoes": (said) => refusal(`CODE ${said}`, "Refused."),
  "an error that is no object": (said) =>
    text(JSON.stringify({ data: null, error: said, page: null, hash: null })),
  "a page of HTML": (said) => text(`<h1>${said}</h1>`, 200, "text/html"),
  "HTTP 500 with an echo": (said) => text(said, 500, "text/plain"),
  "HTTP 400 with an echo": (said) => text(JSON.stringify({ message: said }), 400),
  "a reply that is not signed": (said) =>
    text(JSON.stringify({ data: everywhere(said), error: null, page: null, hash: null })),
  "a reply that is signed with another salt": (said) => signed(everywhere(said), null, { salt: "another" }),
  "a reply that breaks off": (said) => brokenOff(signedText({ data: everywhere(said) })),
  "no reply": () => reset,
};

describe("values that must stay in are sent", () => {
  test("through successes of the sandbox", async () => {
    const statuses = [
      await call(honest, "registration-otp", { email: "asha@example.com", mobileNumber: "+919800000001" }),
      // The sandbox's own OTP, which is no secret; the planted one it refuses.
      await call(honest, "register-customer", { ...register, otp: "123456" }),
    ];
    const registered = /"customerId":"(\d+)"/.exec(answers.at(-1) ?? "")?.[1] ?? "";
    const credit = {
      toCustomerId: registered,
      amount: "100",
      merchantTransactionId: fresh(),
      pgTransactionId: "pg-1",
    };
    const debit = { fromCustomerId: registered, amount: "5", mpin, merchantTransactionId: fresh() };
    statuses.push(
      await post(honest, "credit-wallet", JSON.stringify(credit)),
      await post(honest, "debit-wallet", JSON.stringify(debit)),
      await post(honest, "debit-wallet", JSON.stringify(debit)),
      await call(honest, "change-mpin", { customerId: registered, oldMpin: mpin, newMpin }),
      await call(honest, "fetch-balance", { customerId: registered }),
    );
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 200]);
  });

  test("through refusals and doubts of the sandbox", async () => {
    expect(await call(honest, "register-customer", { ...register, mobileNumber: "+919800000002" })).toBe(422);
    expect((await callEach(honest)).every((status) => status >= 400)).toBe(true);
    for (const fault of ["timeout-after", "garbage", "wrong-hash", "unknown-code", "invalid-mpin"]) {
      const merchantTransactionId = `${fresh()}.sandbox.${fault}`;
      const debit = { fromCustomerId: "991000001", amount: "5", mpin, merchantTransactionId };
      expect(await post(honest, "debit-wallet", JSON.stringify(debit))).toBeGreaterThanOrEqual(422);
    }
  });

  test.each(Object.entries(echoes))("through %s", async (_what, echo) => {
    peer.script(Object.fromEntries(Object.values(paths).map((path) => [path, saidBack(echo)])));
    const before = answers.length;
    await callEach(echoing);
    expect(found(answers.slice(before).join("\n"))).toEqual([]);
  });

  test("through a refusal that echoes across the place where long texts are cut", async () => {
    for (let at = 192; at <= 200; at += 1) {
      peer.script({ debitwallet: refusal("INVALID-MPIN", `${"x".repeat(at)}${mpin}`) });
      const before = answers.length;
      const debit = { fromCustomerId: customerId, amount: "5", mpin, merchantTransactionId: fresh() };
      expect(await post(echoing, "debit-wallet", JSON.stringify(debit))).toBe(422);
      // Four digits of an MPIN are half of it, and all of a short one.
      expect(answers[before]).not.toContain(`x${mpin.slice(0, 4)}`);
    }
  });

  test("through a refusal that echoes one MPIN that begins with the other", async () => {
    peer.script({ changempin: refusal("INVALID-MPIN", "The new mpin 84621111 is wrong") });
    const before = answers.length;
    await call(echoing, "change-mpin", { customerId, oldMpin: "8462", newMpin: "84621111" });
    expect(answers[before]).not.toMatch(/\]\d|\d\[/);
  });

  test("through a provider that never answers", async () => {
    peer.script({ debitwallet: hang });
    const debit = { fromCustomerId: customerId, amount: "5", mpin, merchantTransactionId: fresh() };
    expect(await post(echoing, "debit-wallet", JSON.stringify(debit))).toBe(504);
  });

  test.each([
    ["a number for an MPIN", `{"mpin":${mpin}}`],
    ["an MPIN that is too long", `{"mpin":"${mpin}${mpin}"}`],
    ["an MPIN that is no text", `{"mpin":["${mpin}"],"otp":{"otp":"${otp}"}}`],
    ["an MPIN in a field that is not one of ours", `{"pin":"${mpin}","oldMpin":"${newMpin}","otp":"${otp}"}`],
    [
      "an MPIN in every other field",
      JSON.stringify({
        fromCustomerId: `${mpin}x`,
        amount: mpin + mpin,
        fromMobileNumber: otp,
        description: `${mpin}\n`,
        merchantTransactionId: `${otp} ${mpin}`,
      }),
    ],
    ["an MPIN given twice", `{"mpin":"${mpin}","mpin":"${newMpin}"}`],
    ["JSON that breaks off after an MPIN", `{"mpin":"${mpin}`],
    ["JSON with an MPIN where nothing belongs", `{"mpin" "${mpin}"}`],
    ["JSON with a bare MPIN", `{"mpin": 0${mpin}}`],
    ["no object", `"${mpin}"`],
    ["nothing that is JSON", `mpin=${mpin}&otp=${otp}`],
  ])("in bad requests: %s", async (_what, body) => {
    expect(await post(honest, "debit-wallet", body)).toBe(400);
  });

  test("in what is no JSON, and too long", async () => {
    expect(await post(honest, "debit-wallet", `mpin=${mpin}`, { "content-type": "text/plain" })).toBe(415);
    expect(await post(honest, "debit-wallet", JSON.stringify({ mpin: mpin.repeat(20_000) }))).toBe(413);
  });
});

/** A value as it is, and in the forms that it takes in other texts: a plain hash of a PIN is as good as the PIN. */
function formsOf(value: string): ReadonlyMap<string, string> {
  const bytes = Buffer.from(value);
  const hash = (algorithm: string, encoding: "hex" | "base64url") =>
    createHash(algorithm).update(value).digest(encoding).slice(0, 40);
  const forms = new Map([
    ["as it is", value],
    ["UTF-16", [...value].map((unit) => `${unit}\0`).join("")],
    ["hex", bytes.toString("hex")],
    ["HEX", bytes.toString("hex").toUpperCase()],
    ["reversed", [...value].toReversed().join("")],
    ["escaped", [...value].map((unit) => `\\u00${unit.charCodeAt(0).toString(16)}`).join("")],
  ]);
  for (const algorithm of ["md5", "sha1", "sha256", "sha512"]) {
    forms.set(`${algorithm} hex`, hash(algorithm, "hex"));
    forms.set(`${algorithm} HEX`, hash(algorithm, "hex").toUpperCase());
    forms.set(`${algorithm} base64url`, hash(algorithm, "base64url"));
  }
  // Within a longer text, base64 of a value has one of three forms; their ends depend on what stands around.
  for (let shift = 0; shift < 3; shift += 1) {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const inner = encoded.slice(shift === 0 ? 0 : shift + 1, encoded.length - 1);
    forms.set(`base64, shifted by ${shift}`, inner);
    forms.set(`base64url, shifted by ${shift}`, inner.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return forms;
}

const forms = Object.entries(searched).flatMap(([name, value]) =>
  [...formsOf(value)].map(([form, text]) => ({
    what: `${name}, ${form}`,
    bytes: Buffer.from(text, "latin1"),
  })),
);

function found(where: string | Buffer): readonly string[] {
  const bytes = typeof where === "string" ? Buffer.from(where, "utf8") : where;
  return forms.filter((form) => bytes.includes(form.bytes)).map(({ what }) => what);
}

/** Every file of a data directory, but the one in which the host keeps key rings of its own. */
function filesOf(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "gateway-secret.json")
    .map((entry) => join(entry.parentPath, entry.name));
}

const foundIn = (files: readonly string[]) =>
  files.flatMap((file) => found(readFileSync(file)).map((what) => `${basename(file)}: ${what}`));

const textsOf = async (gateway: Gateway) => (await itemsOf(gateway)).map((item) => JSON.stringify(item));

describe("and afterwards are found", () => {
  const gateways = () => [honest, echoing];

  test("in no answer", () => {
    expect(answers.length).toBeGreaterThan(150);
    expect([...new Set(answers.flatMap(found))]).toEqual([]);
  });

  test("in no output of the host and of its functions", () => {
    for (const gateway of gateways()) {
      expect(gateway.logs().length).toBeGreaterThan(5_000);
      expect(found(gateway.logs())).toEqual([]);
    }
  });

  test("in no item of the table", async () => {
    for (const gateway of gateways()) {
      const items = await textsOf(gateway);
      expect(items.length).toBeGreaterThan(10);
      expect([...new Set(items.flatMap(found))]).toEqual([]);
    }
  });

  test("in no file of the data directory", () => {
    for (const gateway of gateways()) {
      const files = filesOf(gateway.dataDir);
      // Logs, the table with its write-ahead log, and the sandbox's ledger are there, and not empty.
      const names = files.map((file) => basename(file));
      expect(names).toEqual(expect.arrayContaining(["dynamodb.sqlite", "dynamodb.sqlite-wal"]));
      expect(names.filter((name) => /debit-?wallet.*\.log$/i.test(name))).toHaveLength(1);
      expect(foundIn(files)).toEqual([]);
    }
    expect(filesOf(honest.dataDir).map((file) => basename(file))).toContain("aggrepay-sandbox.jsonl");
  });
});

describe("the search", () => {
  test("finds what is planted on purpose in each of these forms", () => {
    for (const { what, bytes } of forms)
      expect(found(Buffer.concat([Buffer.from("…"), bytes, Buffer.from("…")]))).toContain(what);
    expect(
      found(
        Buffer.from(JSON.stringify({ body: Buffer.from(`ab${mpin}, ${planted.salt}`).toString("base64") })),
      ),
    ).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^mpin, base64/),
        expect.stringMatching(/^salt, base64/),
      ]),
    );
    expect(found("739173 91391 planted-api-key planted-salt")).toEqual([]);
  });

  test("finds a canary in a log, and one in the table through the file that it is kept in", async () => {
    const canary = join(honest.dataDir, "logs", "canary.log");
    writeFileSync(canary, `{"message":"the mpin is ${mpin}"}\n`);
    expect(foundIn(filesOf(honest.dataDir))).toEqual(["canary.log: mpin, as it is"]);
    await rm(canary);
    // A description is not secret and not kept; an identity is kept, so it stands in for a leak.
    const merchantTransactionId = `canary-${newMpin}`;
    const debit = { fromCustomerId: customerId, amount: "5", mpin: "1234", merchantTransactionId };
    await post(honest, "debit-wallet", JSON.stringify(debit));
    expect((await textsOf(honest)).flatMap(found)).toEqual(["newMpin, as it is"]);
    expect(foundIn(filesOf(honest.dataDir)).join()).toMatch(/dynamodb\.sqlite(-wal)?: newMpin, as it is/);
    expect(found(answers.at(-1) ?? "")).toEqual(["newMpin, as it is"]);
  });
});
