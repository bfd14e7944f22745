import { Console } from "node:console";
import { Writable } from "node:stream";
import { format, inspect } from "node:util";
import { assert, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { Secret, scrub } from "../../lib/secrets/secret.ts";

const text = "planted-salt-9d1e";
const secret = new Secret(text);

function printed(print: (console: Console) => void): string {
  let all = "";
  const sink = new Writable({
    write(chunk, _encoding, done) {
      all += String(chunk);
      done();
    },
  });
  print(new Console({ stdout: sink, stderr: sink, inspectOptions: { showHidden: true, depth: null } }));
  return all;
}

describe("a secret", () => {
  test.each<readonly [string, () => string]>([
    ["in a template", () => `${secret}`],
    ["added to a text", () => `x${String(secret)}`],
    ["in a list that is joined", () => [secret, secret].join()],
    ["in JSON", () => JSON.stringify({ secret, list: [secret], deep: { secret } })],
    ["inspected", () => inspect(secret)],
    [
      "inspected with all that is hidden",
      () => inspect({ deep: { secret } }, { showHidden: true, depth: null, getters: true }),
    ],
    ["formatted", () => format("%s %o %O %j %d", secret, secret, secret, secret, secret)],
    [
      "on the console",
      () => printed((console) => console.log(secret, { secret }, [secret], new Map([["k", secret]]))),
    ],
    ["in a table on the console", () => printed((console) => console.table([{ secret }]))],
    [
      "on the console as an object",
      () => printed((console) => console.dir({ secret }, { showHidden: true })),
    ],
    ["as the cause of an error", () => inspect(new Error("x", { cause: secret }), { showHidden: true })],
    ["as a key of an object", () => Object.keys({ [`${secret}`]: 1 }).join()],
    [
      "copied",
      () => JSON.stringify([{ ...secret }, Object.entries(secret), Object.getOwnPropertyNames(secret)]),
    ],
    ["cloned", () => inspect(structuredClone({ secret }), { showHidden: true })],
  ])("does not show %s", (_how, show) => {
    expect(show()).not.toContain(text);
    expect(show()).not.toContain("planted");
  });

  test("is given only by reveal", () => {
    expect(secret.reveal()).toBe(text);
    expect(`${secret}`).toBe("[secret]");
    expect(inspect(secret)).toBe("[secret]");
    expect(JSON.stringify(secret)).toBe('"[secret]"');
  });
});

describe("scrub", () => {
  test("takes every occurrence of every secret out of a text", () => {
    const mpin = new Secret("73917391");
    const said = `The mpin 73917391 (73917391) of ${text} is wrong`;
    expect(scrub(said, [mpin, secret])).toBe("The mpin [secret] ([secret]) of [secret] is wrong");
  });

  test("takes a secret for itself and not for a pattern or a replacement", () => {
    expect(scrub("a.c abc $& $1", [new Secret("a.c")])).toBe("[secret] abc $& $1");
    expect(scrub("x$&y", [new Secret("$&")])).toBe("x[secret]y");
  });

  test("takes the longest first: of one that begins, ends or holds another no rest is left", () => {
    const secrets = ["1234", "123456", "561234", "91234569"].map((each) => new Secret(each));
    for (const order of [secrets, secrets.toReversed()])
      expect(scrub("123456 91234569 561234 1234", order)).toBe("[secret] [secret] [secret] [secret]");
  });

  test("leaves a text without them as it is", () => {
    expect(scrub("Invalid MPIN", [new Secret("1234")])).toBe("Invalid MPIN");
    expect(scrub("Invalid MPIN", [])).toBe("Invalid MPIN");
  });

  test("of any text leaves no secret of an MPIN's form in it", () => {
    assert(
      property(string(), string(), (before, after) => {
        expect(scrub(`${before}73917391${after}`, [new Secret("73917391")])).not.toContain("73917391");
      }),
    );
  });
});
