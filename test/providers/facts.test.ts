import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { functions } from "../../functions/index.ts";
import { operation as recordsList } from "../../functions/records/list.ts";
import { variableOf } from "../../lib/config.ts";
import { accountVariable, providerIn, providerNames, providers } from "../../lib/providers/index.ts";

const project = resolve(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(project, path), "utf8");

describe("a provider's facts", () => {
  test.each(providerNames)("%s: documents name its secret's parts and its settings", (name) => {
    const { secret, settings } = providers[name];
    const deploying = read("docs/deploying.md");
    const parts = [...secret.needed.map((part) => `"${part}"`), ...Object.keys(secret.optional)];
    for (const part of parts) expect(deploying).toContain(part);
    for (const values of Object.values(secret.optional).map((part) => part.values ?? []))
      for (const value of values) expect(deploying).toContain(value);
    const configuration = read("docs/configuration.md");
    for (const setting of [`${name}BaseUrl`, ...Object.keys(settings)])
      expect(configuration).toContain(`\`${setting}\``);
  });

  test.each(providerNames)("%s: its question is an operation of its own", (name) => {
    const { question } = providers[name];
    const operation = question?.operation ?? functions.find((each) => providerIn(each.name) === name)?.name;
    expect(functions.map((each) => each.name)).toContain(operation);
    expect(providerIn(operation ?? "")).toBe(name);
  });

  test.each(
    providerNames.filter((name) => providers[name].hasChanges),
  )("%s: the list of records is told of its account, to find records by their Idempotency-Key", (name) => {
    expect(recordsList.variables).toContain(accountVariable(name));
  });

  test.each(
    providerNames,
  )("%s: a function that has a variable of its own is one that is told of it", (name) => {
    const mine = functions.filter((each) => providerIn(each.name) === name);
    const variables = new Set(
      functions.flatMap((each) => [...each.variables, ...(each.besides?.variables ?? [])]),
    );
    expect(mine.length).toBeGreaterThan(0);
    for (const setting of Object.keys(providers[name].settings))
      expect(variables).toContain(variableOf(setting));
  });
});

/** A sixth provider is a folder with its facts, its functions and its sandbox: nothing else may hold a list of providers. */
describe("names of providers", () => {
  // They show one provider's own way: a customer's life, a notification, and a document of one switch with an example policy.
  const ownWays = ["local/demo.ts", "local/notify.ts", "infra/docs.ts", "infra/permissions-document.ts"];
  const files = globSync(["infra/*.ts", "local/*.ts"], { cwd: project }).filter(
    (file) => !ownWays.includes(file),
  );
  const withoutComments = (text: string) => text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");

  test.each(files)("%s holds none", (file) => {
    const found = withoutComments(read(file)).match(new RegExp(providerNames.join("|"), "gi"));
    expect(found ?? []).toEqual([]);
  });
});
