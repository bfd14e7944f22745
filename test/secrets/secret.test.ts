import { Console } from "node:console";
import { Writable } from "node:stream";
import { format, inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { Secret } from "../../lib/secrets/secret.ts";

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
