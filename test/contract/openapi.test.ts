import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { contractDocuments } from "../../contract/documents.ts";
import { problems, typeOf } from "../../contract/problems.ts";
import { own, sampled } from "../../contract/registry.ts";
import { fieldSentences } from "../../functions/fields.sample.ts";
import { functions } from "../../functions/index.ts";
import { routesOf } from "../../lib/operation/definition.ts";
import { operationsIn } from "../support/contract.ts";

const project = resolve(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(project, path), "utf8");

test.each([...contractDocuments()])("%s is what the code says (npm run docs)", (path, text) => {
  expect(read(path)).toBe(text);
});

test("Redocly's strict rules find nothing in it", async () => {
  const { stdout, stderr } = await promisify(execFile)(
    join(project, "node_modules/.bin/redocly"),
    ["lint", "--config", "contract/redocly.yaml", "--format", "json", "docs/openapi.json"],
    {
      cwd: project,
      env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
    },
  );
  expect(JSON.parse(stdout || stderr).totals).toEqual({ errors: 0, warnings: 0, ignored: 0 });
});

describe("every route", () => {
  test("of the registry is there, under its method", () => {
    const routes = functions.filter(({ access }) => access !== "open").flatMap(routesOf);
    expect(
      operationsIn()
        .map(({ method, path }) => `${method} ${path}`)
        .toSorted(),
    ).toEqual(routes.map(({ method, path }) => `${method} ${path}`).toSorted());
  });

  test("has its name in the registry for its id, once", () => {
    const ids = operationsIn().map(({ operation }) => operation.operationId);
    expect(ids.toSorted()).toEqual(
      [...sampled.map(({ id }) => id), ...own.map(({ id }) => id), "recordsResolveMany"].toSorted(),
    );
  });
});

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** Every property of a schema, however deep, with its path. */
function propertiesIn(value: unknown, path = ""): [string, Schema][] {
  if (typeof value !== "object" || value === null) return [];
  const { properties } = value as Schema;
  const below = Object.entries(value).flatMap(([key, member]) =>
    key === "properties" || key === "examples" ? [] : propertiesIn(member, path),
  );
  const own = Object.entries(properties ?? {}).flatMap(([name, each]): [string, Schema][] => [
    [`${path}/${name}`, each],
    ...propertiesIn(each, `${path}/${name}`),
  ]);
  return [...own, ...below];
}

describe("every field", () => {
  test("of requests and answers has a sentence", () => {
    const silent = operationsIn().flatMap(({ operation, path }) =>
      propertiesIn([operation.requestBody, operation.responses])
        .filter(
          ([at, each]) => !each.description && !("$ref" in each) && !/^\/(result|page|record)$/.test(at),
        )
        .map(([at]) => `${path} ${at}`),
    );
    expect(silent).toEqual([]);
  });

  test("that has a sentence of its own is a field of some operation", () => {
    const names = new Set(
      operationsIn().flatMap(({ operation }) =>
        propertiesIn(operation.requestBody).map(([at]) => at.slice(1)),
      ),
    );
    expect(Object.keys(fieldSentences).filter((name) => !names.has(name))).toEqual([]);
  });

  test("of a result has the provider's own name, but for what the gateway adds", () => {
    const unnamed = operationsIn().flatMap(({ operation }) => {
      if (!("x-provider" in operation)) return [];
      const schema = operation.responses["200"]?.content?.["application/json"]?.schema as Schema | undefined;
      return propertiesIn(schema?.properties?.result)
        .filter(([, each]) => !("x-provider-name" in each))
        .map(([at]) => `${operation.operationId}${at}`);
    });
    expect(unnamed).toEqual([
      "nicepayDeactivateAccountBinding/referenceNo",
      "wibmoEncrypt/clientTxnId",
      "wibmoRetrieveCustomerRecord/customer",
    ]);
  });
});

describe("every problem", () => {
  const anchors = (page: string) =>
    [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, "")
        .replaceAll(" ", "-"),
    );

  test.each([
    ...problems,
  ])("%s has a section that its type names, and a runbook where an operator acts", (code, guide) => {
    const section = read("docs/problems.md")
      .split(/^## /m)
      .find((each) => each.startsWith(`${code}\n`));
    expect(section).toContain(`\`${typeOf(code)}\``);
    if (guide.operator) expect(anchors("docs/operations.md")).toContain(guide.operator.runbook);
  });

  test("is answered by some operation", () => {
    const answered = new Set(operationsIn().flatMap(({ codes }) => [...codes.values()].flat()));
    expect([...problems.keys()].filter((code) => !answered.has(code))).toEqual([]);
  });
});
