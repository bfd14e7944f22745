import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { functions } from "../functions/index.ts";
import { routesOf } from "../lib/operation/definition.ts";
import { providerNames } from "../lib/providers/index.ts";
import { changes, struckNames } from "./faults/subjects.ts";

const project = resolve(import.meta.dirname, "..");
const sourcesIn = (...folders: readonly string[]) =>
  folders.flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: project })).toSorted();

/** What the clock runs is no operation. */
const clockRun = new Set(["functions/books.ts", "functions/reconcile.ts"]);
const files = sourcesIn("functions")
  .filter((file) => dirname(file) !== "functions" || clockRun.has(file))
  .filter((file) => !file.endsWith(".sample.ts"));

const providers: readonly string[] = providerNames;
const providerOf = (name: string) => name.split("/")[0] ?? "";
const routed = functions.flatMap((definition) =>
  definition.route === undefined ? [] : [{ ...definition, route: definition.route }],
);

describe("the registry", () => {
  test("lists every file under functions, once, in a line of its own", () => {
    expect(functions.map(({ name }) => `functions/${name}.ts`).toSorted()).toEqual(files);
    const lines = readFileSync(join(project, "functions/operations.ts"), "utf8").split("\n");
    for (const { name } of functions.filter(({ schedule }) => schedule === undefined))
      expect(lines.filter((line) => line.includes(`"./${name}.ts"`))).toHaveLength(1);
  });

  test.each(functions)("$name has a name and a summary for people", ({ name, summary }) => {
    expect(name).toMatch(/^[a-z]+(?:-[a-z]+)*(?:\/[a-z]+(?:-[a-z]+)*)*$/);
    expect(summary).toMatch(/^[A-Z].{10,99}[^.]$/);
  });

  test.each(functions)("$name is called by a route, the clock or a queue, and by one of them", (called) => {
    const { route, schedule, takesFrom } = called;
    expect([route, schedule, takesFrom].filter((each) => each !== undefined)).toHaveLength(1);
  });

  /** What is not `POST /v1/<name>`. */
  const ownRoutes = new Map([
    ["nicepay/account-binding-webhook", "POST /webhooks/nicepay/account-binding"],
    ["account-bindings/get", "GET /v1/account-bindings/{referenceNo}"],
    ["records/books", "GET /v1/books"],
    ["records/get", "GET /v1/records/{id}"],
    ["records/list", "GET /v1/records"],
    ["records/resolve", "POST /v1/records/{id}/resolve"],
  ]);

  test.each(routed)("$name is routed by its name", ({ name, route }) => {
    expect(`${route.method} ${route.path}`).toBe(ownRoutes.get(name) ?? `POST /v1/${name}`);
  });

  test("has no path twice", () => {
    const keys = functions.flatMap(routesOf).map(({ method, path }) => `${method} ${path}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("has more than one route for decisions alone: one of a record, one of many", () => {
    expect(functions.flatMap(({ name, alsoAt = [] }) => alsoAt.map((route) => ({ name, ...route })))).toEqual(
      [{ name: "records/resolve", method: "POST", path: "/v1/records/resolve" }],
    );
  });

  test("is open where a provider calls, and nowhere else", () => {
    expect(functions.filter(({ access }) => access === "open").map(({ name }) => name)).toEqual([
      "nicepay/account-binding-webhook",
    ]);
  });

  test("has two functions that the clock runs: one settles doubt, one looks at the books", () => {
    expect(functions.filter(({ schedule }) => schedule !== undefined)).toMatchObject([
      { name: "books", schedule: { everyMinutes: 15, isAlone: true }, access: "clock" },
      { name: "reconcile", schedule: { everyMinutes: 1 }, access: "clock" },
    ]);
  });

  test("what looks first has a place, so that nobody does it between look and claim", () => {
    const looking = functions.filter(
      (definition) =>
        "inquiry" in definition && (definition.inquiry as { readonly looksFirst?: true }).looksFirst,
    );
    expect(looking.map(({ name }) => name)).toEqual([
      "aggrepay/add-sub-merchant",
      "aggrepay/register-customer",
    ]);
    for (const definition of looking) expect(definition).toHaveProperty("place");
  });

  // A deactivation needs the record of its binding, and has test/gateway/deactivation.test.ts.
  test.each(
    changes.filter(({ name }) => name !== "nicepay/deactivate-account-binding"),
  )("$name, a change, is put through every fault: test/faults/subjects.ts has it", ({ name }) => {
    expect(struckNames).toContain(name);
  });

  test.each(functions)("$name names nothing twice", ({ variables, secrets, tableActions }) => {
    for (const list of [variables, secrets, tableActions]) expect(new Set(list).size).toBe(list.length);
  });

  test.each(
    functions.filter(({ name }) => providers.includes(providerOf(name))),
  )("$name may read its provider's secret, and the key rings only where it has records", ({
    name,
    secrets,
    tableActions,
  }) => {
    expect(secrets).toEqual([
      providerOf(name),
      ...(tableActions.length > 0 && secrets.includes("gateway") ? ["gateway"] : []),
    ]);
  });

  test.each(
    functions.filter(({ name }) => providers.includes(providerOf(name))),
  )("$name is configured by what is its provider's", ({ name, variables }) => {
    const others = providers
      .filter((provider) => provider !== providerOf(name))
      .map((each) => each.toUpperCase());
    expect(variables.filter((variable) => others.includes(variable.split("_")[0] ?? ""))).toEqual([]);
  });

  test.each(
    functions.filter(({ name }) => /^(account-bindings|records)\//.test(name)),
  )("$name, which asks no provider unless that is switched on, may read no provider's secret", ({
    name,
    secrets,
  }) => {
    expect(secrets).toEqual(name === "account-bindings/get" ? ["gateway"] : []);
  });

  test("what may be switched on is off in every deployment that does not choose it", () => {
    const switched = functions.filter(({ onlyWith, besides }) => onlyWith ?? besides);
    expect(switched.map(({ name, onlyWith, besides }) => [name, onlyWith ?? besides?.where])).toEqual([
      ["account-bindings/get", "NICEPAY_USER_DETAIL"],
      ["books", "BOOKS"],
      ["events/merchant-webhook", "MERCHANT_WEBHOOK_URL"],
      ["nicepay/deactivate-account-binding", "NICEPAY_USER_DETAIL"],
      ["nicepay/user-detail", "NICEPAY_USER_DETAIL"],
      ["records/books", "BOOKS"],
    ]);
    const asking = ["NICEPAY_USER_DETAIL", "NICEPAY_USER_DETAIL_PATH", "NICEPAY_REVOKED_CODES"];
    const besides = functions.flatMap(({ name, besides }) => (besides ? [[name, besides]] : []));
    expect(Object.fromEntries(besides)).toEqual({
      "account-bindings/get": {
        where: "NICEPAY_USER_DETAIL",
        variables: ["NICEPAY_BASE_URL", ...asking],
        secrets: ["nicepay"],
        tableActions: ["UpdateItem"],
      },
      // To open the tokens that it asks about.
      books: {
        where: "NICEPAY_USER_DETAIL",
        variables: ["NICEPAY_BASE_URL", "NICEPAY_ACCOUNT", ...asking],
        secrets: ["nicepay", "gateway"],
        tableActions: [],
      },
    });
  });

  test("what looks at the books may read every record and write none", () => {
    const books = functions.find(({ name }) => name === "books");
    expect(books?.writesKeysOf).toEqual(["books."]);
    expect(functions.filter(({ writesKeysOf }) => writesKeysOf).map(({ name }) => name)).toEqual(["books"]);
    expect(functions.find(({ name }) => name === "records/books")?.keysBeginWith).toEqual(["books."]);
  });

  test("what reveals or revokes user tokens is held to the keys of bindings and of what ends them", () => {
    const held = functions.filter(({ keysBeginWith }) => keysBeginWith?.includes("deactivation."));
    expect(held.map(({ name, keysBeginWith }) => [name, keysBeginWith])).toEqual([
      ["account-bindings/get", ["binding.", "deactivation."]],
      ["nicepay/deactivate-account-binding", ["binding.", "deactivation."]],
    ]);
  });

  test("lets the reconciler do what the operations do whose doubt it settles, and no more", () => {
    const reconcile = functions.find(({ name }) => name === "reconcile");
    const changes = functions.filter(
      ({ name, access, tableActions }) =>
        providers.includes(providerOf(name)) && access !== "open" && tableActions.includes("UpdateItem"),
    );
    const of = (list: "secrets" | "variables") => new Set(changes.flatMap((change) => change[list]));
    expect(new Set(reconcile?.secrets)).toEqual(of("secrets"));
    expect(new Set(reconcile?.variables)).toEqual(of("variables"));
    expect(new Set(reconcile?.tableActions)).toEqual(new Set(["GetItem", "Query", "UpdateItem"]));
  });
});

const ownVariables = new Set(functions.flatMap(({ variables }) => variables));

/** What a fresh process finds after it has imported a file, with nothing in its environment. Compiled code is kept for the next. */
const looksAround = `
  const [file, compiled] = process.argv.slice(1);
  if (compiled) (await import("node:module")).enableCompileCache(compiled);
  const read = [];
  process.env = new Proxy({}, { get: (_, name) => void read.push(String(name)), has: (_, name) => void read.push(String(name)) });
  const module = await import(file);
  const active = process.getActiveResourcesInfo().filter((name) => !/^(PipeWrap|TTYWrap|FSReqPromise)$/.test(name));
  const { handler } = module;
  console.log(JSON.stringify({ exports: Object.keys(module), handler: typeof handler, warm: typeof handler?.warm, parameters: handler?.length, active, read }));
`;

describe.concurrent("in a fresh process with an empty environment", () => {
  test.each(
    files,
  )("importing %s defines things, opens nothing, and the process ends by itself", async (file) => {
    const url = pathToFileURL(join(project, file)).href;
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--eval", looksAround, "--", url, process.env.NODE_COMPILE_CACHE ?? ""],
      { env: {}, cwd: "/", timeout: 20_000 },
    );
    expect(stderr).toBe("");
    const seen = JSON.parse(stdout);
    expect(seen).toMatchObject({ handler: "function", warm: "function", active: [] });
    // The reconciler's definition is made of the operations whose doubt it settles.
    const definition = file === "functions/reconcile.ts" ? "reconcileOf" : "operation";
    expect(seen.exports.toSorted()).toEqual(["handler", definition]);
    // Node 24 on Lambda refuses a handler with a callback.
    expect(seen.parameters).toBeLessThanOrEqual(2);
    // What the libraries look for is theirs; nothing of what the stack tells a function is read yet.
    const ours = seen.read.filter(
      (name: string) => /_(SECRET_ID|MS)$|^TABLE_NAME$|^AWS_(?!LAMBDA_)/.test(name) || ownVariables.has(name),
    );
    expect(ours).toEqual([]);
  });
});

interface Import {
  readonly from: string;
  readonly to: string;
  /** Erased before it runs. */
  readonly typeOnly: boolean;
}

function importsOf(from: string): readonly Import[] {
  const text = readFileSync(join(project, from), "utf8");
  const statements = text.matchAll(/^\s*(?:import|export)\s+(type\s)?([^;]*?\sfrom\s+)?"([^"]+)";/gms);
  const dynamic = text.matchAll(/\bimport\("([^"]+)"\)/g);
  const target = (specifier: string) =>
    specifier.startsWith(".") ? relative(project, resolve(project, dirname(from), specifier)) : specifier;
  return [
    ...[...statements].map(([, type, , specifier = ""]) => ({
      from,
      to: target(specifier),
      typeOnly: type !== undefined,
    })),
    ...[...dynamic].map(([, specifier = ""]) => ({ from, to: target(specifier), typeOnly: false })),
  ];
}

/** Samples are in no bundle and may know each other: what is said of functions is not said of them. */
const imports = sourcesIn("functions", "lib")
  .filter((file) => !/(?:^functions\/samples|\.sample)\.ts$/.test(file))
  .flatMap(importsOf);
const crossing = (from: RegExp, to: RegExp) =>
  imports
    .filter((each) => from.test(each.from) && to.test(each.to))
    .map((each) => `${each.from} -> ${each.to}`);

/** The other arrows are Biome's: `noRestrictedImports` in biome.json. */
describe("arrows go one way", () => {
  test("and imports were found at all", () => {
    expect(imports.length).toBeGreaterThan(150);
    expect(crossing(/^functions\/aggrepay\/debit-wallet/, /^lib\/operation\/change/)).toHaveLength(1);
  });

  test.each([
    ["a function does not know another", /^functions\/[^/]+\//, /^functions\//],
    [
      "the registry knows all of them, and only the reconciler and the list know the registry",
      /^functions\/(?!operations|reconcile|index)/,
      /^functions\/(operations|index)/,
    ],
  ])("%s", (_what, from, to) => {
    expect(crossing(from, to)).toEqual([]);
  });

  test.each(providers)("%s does not know another provider", (provider) => {
    const others = new RegExp(`^lib/providers/(?!${provider}/)[^/]+/`);
    expect(crossing(new RegExp(`^(lib/providers|functions)/${provider}/`), others)).toEqual([]);
    expect(crossing(others, new RegExp(`^lib/providers/${provider}/`))).toEqual([]);
  });

  test("only these packages are bundled into a function", () => {
    const packages = imports.map(({ to }) => to).filter((to) => !/^(node:|lib\/|functions\/)/.test(to));
    const allowed = [
      "@aws-sdk/client-dynamodb",
      "@aws-sdk/client-secrets-manager",
      "@aws-sdk/client-sqs",
      "@middy/core",
      "aws-lambda",
      "valibot",
    ];
    expect([...new Set(packages)].toSorted()).toEqual(allowed);
  });

  test("no module waits for itself to run", () => {
    expect(cycles(imports.filter(({ typeOnly }) => !typeOnly))).toEqual([]);
  });
});

/** Each strongly connected group of modules, by walking from each module back to itself. */
function cycles(among: readonly Import[]): readonly string[] {
  const next = Map.groupBy(among, ({ from }) => from);
  const reach = (start: string): ReadonlySet<string> => {
    const seen = new Set<string>();
    const open = [start];
    for (let file = open.pop(); file !== undefined; file = open.pop())
      for (const { to } of next.get(file) ?? []) {
        if (seen.has(to)) continue;
        seen.add(to);
        open.push(to);
      }
    return seen;
  };
  return [...next.keys()].filter((file) => reach(file).has(file));
}
