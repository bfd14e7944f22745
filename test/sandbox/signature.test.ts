import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Json, phpJson, replyHash, requestHash } from "../../local/sandbox/aggrepay/signature.ts";
import { type Sandbox, startAggrepaySandbox } from "../../local/sandbox/aggrepay.ts";
import { secret, signedForm, temporaryFolder, Wallet } from "./running.ts";

interface Vectors {
  readonly request: readonly {
    readonly name: string;
    readonly salt: string;
    readonly fields: Readonly<Record<string, string>>;
    readonly hash: string;
  }[];
  readonly response: readonly { readonly name: string; readonly salt: string; readonly body: string }[];
}

const vectors = JSON.parse(
  readFileSync(new URL("../vectors/aggrepay.json", import.meta.url), "utf8"),
) as Vectors;

describe("hashes of the document's own PHP functions", () => {
  it.each(vectors.request)("request: $name", ({ fields, salt, hash }) => {
    expect(requestHash(new Map(Object.entries(fields)), salt)).toBe(hash);
  });

  it.each(
    vectors.response.filter(({ name }) => ["string balance", "slashes and non-ASCII"].includes(name)),
  )("reply: $name", ({ body, salt }) => {
    const { hash, ...reply } = JSON.parse(body) as Record<string, Json>;
    expect(replyHash(reply, salt)).toBe(hash);
  });

  it("writes JSON as PHP does", () => {
    expect(phpJson({ path: "a/b", name: "Zoë 😀", "line\n": [null, true, 41.5] })).toBe(
      '{"path":"a\\/b","name":"Zo\\u00eb \\ud83d\\ude00","line\\n":[null,true,41.5]}',
    );
  });
});

describe("a call's signature", () => {
  const folder = temporaryFolder();
  const next = { apiKey: secret.apiKey, salt: "the next salt" };
  let sandbox: Sandbox;

  const post = async (form: URLSearchParams): Promise<unknown> =>
    (await fetch(`${sandbox.url}/api/v1/checkcustomer`, { method: "POST", body: form })).json();

  const refused = (code: string, message: string) => ({
    data: null,
    error: { code, message },
    page: null,
    hash: null,
  });

  beforeAll(async () => {
    sandbox = await startAggrepaySandbox({ dataDir: folder.path, secrets: () => [secret, next] });
  });

  afterAll(async () => {
    await sandbox.close();
    folder.remove();
  });

  it("is answered under the salt that signed it, while two are live", async () => {
    const reply = { data: { customer_exists: "false" }, error: null, page: null };
    for (const live of [secret, next]) {
      const form = signedForm({ email: "asha@example.com" }, live);
      expect(await post(form)).toEqual({ ...reply, hash: replyHash(reply, live.salt) });
    }
  });

  it("is refused under another api key, or none", async () => {
    const stranger = signedForm({ email: "asha@example.com" }, { ...secret, apiKey: "k-2" });
    expect(await post(stranger)).toEqual(refused("UNAUTHORIZED", "Unauthorized"));
    expect(await post(new URLSearchParams({ email: "asha@example.com" }))).toEqual(
      refused("UNAUTHORIZED", "Unauthorized"),
    );
  });

  it("is refused under another salt, in lower case, without a hash, or over other fields", async () => {
    const signed = signedForm({ email: "asha@example.com" });
    const lower = new URLSearchParams(signed);
    lower.set("hash", (signed.get("hash") ?? "").toLowerCase());
    const without = new URLSearchParams(signed);
    without.delete("hash");
    const changed = new URLSearchParams(signed);
    changed.set("email", "ravi@example.com");
    const other = signedForm({ email: "asha@example.com" }, { ...secret, salt: "another" });
    for (const form of [other, lower, without, changed]) {
      expect(await post(form)).toEqual(refused("HASH-MISMATCH", "Hash Mismatch"));
    }
  });

  it("comes as a form post", async () => {
    const address = `${sandbox.url}/api/v1/checkcustomer`;
    expect((await fetch(address)).status).toBe(405);
    expect((await fetch(address, { method: "POST", body: "{}" })).status).toBe(415);
    expect((await fetch(address.toUpperCase(), { method: "POST", body: signedForm({}) })).status).toBe(404);
    const large = signedForm({ email: "a".repeat(70_000) });
    expect((await fetch(address, { method: "POST", body: large })).status).toBe(413);
  });

  it("is seen in the calls, without any secret", async () => {
    const wallet = new Wallet(sandbox.url);
    await wallet.call("changempin", { customer_id: "1", old_mpin: "8642", new_mpin: "9753", Extra: "x" });
    const calls = await wallet.calls();
    expect(calls.at(-1)).toMatchObject({
      path: "changempin",
      fields: ["customer_id", "old_mpin", "new_mpin", "Extra", "api_key", "hash"],
      undocumented: ["Extra"],
      shown: { customer_id: "1" },
      signed: true,
      fault: null,
      verdict: "INVALID-PARAMS",
      effect: null,
    });
    // Digits of a moment may be those of an MPIN.
    const shown = JSON.stringify(calls, (name, value: unknown) => (name === "at" ? undefined : value));
    expect(shown).not.toMatch(/8642|9753|k-1|c0ffee5a17/);
  });
});
