import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  decodeJson,
  encodePhpJson,
  JsonError,
  type JsonValue,
  openAggrepayReply,
  signAggrepay,
} from "../../lib/signing/index.ts";
import { Cases } from "./php/cases.ts";

const program = fileURLToPath(new URL("php/aggrepay.php", import.meta.url));
const hasPhp = spawnSync("php", ["-n", "-v"]).status === 0;
const title = hasPhp
  ? "PHP's own functions agree"
  : "PHP's own functions agree (not run: there is no php on this machine)";

const seed = Number(process.env.SIGNING_SEED ?? Date.now() % 2 ** 31);
const count = 10_000;

/** Sends all cases to one php process, and gives its answers. */
function askPhp(cases: readonly (readonly (string | Buffer)[])[]): string[][] {
  const lines = cases.map((parts) => parts.map((part) => Buffer.from(part).toString("base64")).join("\t"));
  const run = spawnSync(
    "php",
    ["-n", "-d", "serialize_precision=-1", "-d", "display_errors=stderr", program],
    { input: `${lines.join("\n")}\n`, encoding: "utf8", maxBuffer: 2 ** 30 },
  );
  expect(run.stderr).toBe("");
  expect(run.status).toBe(0);
  const answers = run.stdout.trimEnd().split("\n");
  expect(answers).toHaveLength(cases.length);
  return answers.map((answer) => answer.split("\t"));
}

function hashOf(salt: string, text: string): string {
  return createHash("sha512")
    .update(salt + text)
    .digest("hex")
    .toUpperCase();
}

function decoded(body: Buffer): JsonValue | undefined {
  try {
    return decodeJson(body);
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}

function encoded(value: JsonValue, bareSlashes = false): string | undefined {
  try {
    return encodePhpJson(value, { bareSlashes });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function withoutHash(value: ReadonlyMap<string, JsonValue>): ReadonlyMap<string, JsonValue> {
  return new Map([...value].filter(([key]) => key !== "hash"));
}

/** What our side says of a reply, in the words of aggrepay.php. */
function ourAnswer(body: Buffer, salts: readonly string[]): string[] {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const reply = openAggrepayReply(body, salts);
  const value = decoded(body);
  if (value === undefined) {
    expect(reply).toEqual({
      verified: false,
      why: expect.stringMatching(/^(not JSON that PHP decodes|UTF-16, not UTF-8)$/),
    });
    return ["undecodable"];
  }
  const text = encoded(value);
  const whole = text === undefined ? "unencodable" : base64(text);
  if (!(value instanceof Map)) {
    expect(reply).toEqual({ verified: false, why: "not a JSON object" });
    return ["not-an-object", whole];
  }
  const escaped = encoded(withoutHash(value));
  const bare = encoded(withoutHash(value), true);
  if (escaped === undefined || bare === undefined) {
    expect(reply).toEqual({ verified: false, why: "holds a number that PHP cannot encode" });
    return ["unencodable", whole];
  }
  const verdict = reply.verified ? (reply.signed ? "signed" : "unsigned") : "unverified";
  return [verdict, whole, base64(escaped), base64(bare)];
}

/** A reply with its hash filled in: mostly a genuine one. */
function fillIn(cases: Cases, body: Buffer, placeholder: string, salts: readonly [string, string]): Buffer {
  const value = decoded(body);
  const text = value instanceof Map ? encoded(withoutHash(value), cases.chance(0.5)) : undefined;
  let hash = hashOf(cases.chance(0.95) ? cases.pick(salts) : "another", text ?? "");
  if (cases.chance(0.05)) hash = hash.toLowerCase();
  if (cases.chance(0.05)) hash = hash.slice(0, cases.below(128));
  if (cases.chance(0.05)) hash = `${cases.below(10)}${hash.slice(1)}`;
  return Buffer.from(body.toString("latin1").replaceAll(placeholder, hash), "latin1");
}

describe.skipIf(!hasPhp)(title, () => {
  it(`on ${count} requests (SIGNING_SEED=${seed})`, () => {
    console.info(`SIGNING_SEED=${seed}`);
    const cases = new Cases(seed);
    const requests = Array.from({ length: count }, () => cases.request());
    const signed = requests.map(({ salt, apiKey, fields }) => signAggrepay({ apiKey, salt }, fields));
    const answers = askPhp(signed.map(({ body }, index) => ["request", requests[index]?.salt ?? "", body]));
    expect(answers).toEqual(
      signed.map(({ fields }) => ["same", fields.at(-1)?.[1], String(fields.length - 1)]),
    );
  });

  it(`on ${count} replies (SIGNING_SEED=${seed})`, () => {
    const cases = new Cases(seed + 1);
    const salts = ["c0ffee5a17", "sält/2"] as const;
    const placeholder = "H".repeat(128);
    const bodies = Array.from({ length: count }, () =>
      fillIn(cases, cases.reply(placeholder), placeholder, salts),
    );
    const answers = askPhp(bodies.map((body) => ["reply", body, ...salts]));

    const verdicts = new Map<string, number>();
    for (const [index, body] of bodies.entries()) {
      const answer = answers[index] ?? [];
      const verdict = answer[0] ?? "";
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
      expect(
        ourAnswer(body, salts),
        `SIGNING_SEED=${seed}, reply ${index}: ${body.toString("base64")}`,
      ).toEqual(answer);
    }
    console.info(Object.fromEntries(verdicts));
    // Every verdict must really be exercised, or the comparison says little.
    for (const verdict of [
      "signed",
      "unsigned",
      "unverified",
      "undecodable",
      "unencodable",
      "not-an-object",
    ]) {
      expect(verdicts.get(verdict) ?? 0, verdict).toBeGreaterThan(20);
    }
    expect(verdicts.get("signed")).toBeGreaterThan(count / 4);
  });
});
