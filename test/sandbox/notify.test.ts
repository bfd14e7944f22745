import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { notify } from "../../local/notify.ts";
import { nicepaySandboxSecret as secret } from "../../local/sandbox/nicepay.ts";
import { type Merchant, startMerchant } from "./nicepay-merchant.ts";

let merchant: Merchant;

beforeAll(async () => {
  merchant = await startMerchant();
});

beforeEach(() => {
  merchant.got.length = 0;
  merchant.answers.length = 0;
});

afterAll(() => merchant.close());

const registered = ["--reference-no", "link-1", "--phone", "+6282112345678", "--client-user-key", "k-1"];

async function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  let [out, err] = ["", ""];
  const code = await notify(args, environment, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}

const tokenOf = (iMid: string, key: string) =>
  createHash("sha256").update(`${iMid}link-1+6282112345678${key}`).digest("hex");

it("posts a signed notification", async () => {
  const { code, out, err } = await run([...registered, "--url", merchant.url]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(merchant.got).toEqual([
    {
      type: "application/json",
      fields: {
        merchantToken: tokenOf(secret.iMid, secret.merchantKey),
        iMid: secret.iMid,
        referenceNo: "link-1",
        mitraCd: "KDVI",
        billingNm: "Jhon Doe",
        billingPhone: "+6282112345678",
        userToken: expect.stringMatching(/^[0-9a-f-]{36}$/),
        clientUserKey: "k-1",
      },
    },
  ]);
  expect(out).toContain(`200 from ${merchant.url}`);
  expect(out).toContain(merchant.got[0]?.fields.userToken);
  expect(out + err).not.toContain(secret.merchantKey);
});

it("takes everything from the command line but the key", async () => {
  const all = [
    "--user-token",
    "t-1",
    "--txid",
    "x-1",
    "--mitra",
    "OVOE",
    "--name",
    "Asha",
    "--email",
    "a@b.c",
  ];
  const own = ["--i-mid", "MERCHANT02", "--merchant-key-env", "NICEPAY_KEY", "--as", "form"];
  const { code } = await run([...registered, ...all, ...own, "--url", merchant.url], {
    NICEPAY_KEY: "key-2",
  });
  expect(code).toBe(0);
  expect(merchant.got).toMatchObject([
    {
      type: "application/x-www-form-urlencoded",
      fields: {
        merchantToken: tokenOf("MERCHANT02", "key-2"),
        iMid: "MERCHANT02",
        tXid: "x-1",
        mitraCd: "OVOE",
        billingNm: "Asha",
        billingEmail: "a@b.c",
        userToken: "t-1",
      },
    },
  ]);
});

it("ends with 1 where the answer is another one, or none", async () => {
  merchant.answers.push(401);
  expect(await run([...registered, "--url", merchant.url])).toMatchObject({
    code: 1,
    out: expect.stringMatching(/^401 from .*\nkept\n$/),
  });
  expect(await run([...registered, "--url", "http://127.0.0.1:9/"])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^No answer from /),
  });
});

it("prints the body alone, and beside it how to send it", async () => {
  const { code, out, err } = await run([...registered, "--print", "--url", merchant.url]);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ referenceNo: "link-1" });
  expect(err).toBe(`curl -H 'content-type: application/json' --data-binary @- '${merchant.url}'\n`);
  expect(merchant.got).toEqual([]);
});

it.each([
  [[], /^--reference-no is missing\./],
  [["--reference-no", "r"], /^--phone is missing\./],
  [[...registered.slice(0, 4)], /^--client-user-key is missing\./],
  [[...registered, "--phone", "0821"], /^--phone must be like \+62/],
  [[...registered, "--as", "xml"], /^--as must be json or form/],
  [[...registered, "--url", "merchant"], /^--url "merchant" is no http address/],
  [[...registered, "--i-mid", "OTHER"], /^--i-mid OTHER needs --merchant-key-env/],
  [[...registered, "--merchant-key-env", "NOT_SET"], /NOT_SET is empty or not set/],
  [[...registered, "--merchant-key", "k"], /--merchant-key/],
])("ends with 2 for %j", async (args, message) => {
  const { code, out, err } = await run(args);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(message);
  expect(err).toMatch(/--help/);
});

it("runs as a command", async () => {
  const script = fileURLToPath(new URL("../../local/notify.ts", import.meta.url));
  const command = spawn(process.execPath, [script, "--help"], { stdio: ["ignore", "pipe", "inherit"] });
  const [[text], [code]] = await Promise.all([once(command.stdout, "data"), once(command, "exit")]);
  expect(String(text)).toMatch(/^Usage: npm run notify/);
  expect(code).toBe(0);
});
