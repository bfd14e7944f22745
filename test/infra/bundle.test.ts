import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { functions } from "../../functions/index.ts";
import { type Bundles, bundle, projectRoot, signingLayerPath } from "../../infra/bundle.ts";
import { sdkStubs, trimmedSdk } from "../../infra/sdk-stubs.ts";

/** The reconciler has every change in it. */
const limits = { change: 300_000, reconcile: 313_000, read: 174_000, layer: 15_000 };

let scratch: string;
let bundles: Bundles;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "bundles-"));
  bundles = await bundle(functions, { outdir: join(scratch, "here") });
});

afterAll(() => rm(scratch, { recursive: true, force: true }));

const inputsOf = (name: string): readonly string[] => bundles.functions.get(name)?.inputs ?? [];

test.each(functions)("$name is small", ({ name, schedule, tableActions }) => {
  const ofKind = schedule ? limits.reconcile : limits.change;
  const limit = tableActions.length > 0 ? ofKind : limits.read;
  expect(bundles.functions.get(name)?.bytes).toBeLessThanOrEqual(limit);
});

test("the signing layer is small", () => {
  expect(bundles.layer.bytes).toBeLessThanOrEqual(limits.layer);
});

test.each(
  functions.filter(({ tableActions }) => tableActions.length === 0),
)("$name, a read, has no client of DynamoDB", ({ name }) => {
  expect(inputsOf(name).filter((input) => /dynamodb|lib\/records\/store/.test(input))).toEqual([]);
});

test.each(functions)("$name imports the signing layer and nothing else", async ({ name }) => {
  const code = await readFile(join(bundles.functions.get(name)?.folder ?? "", "index.mjs"), "utf8");
  const imports = Array.from(code.matchAll(/\b(?:from|import)\(?"([^"]+)"/g), ([, path]) => path);
  expect(new Set(imports)).toEqual(new Set([signingLayerPath]));
});

test("a function that starts loads nothing of Node's that it does not use", async () => {
  const [entry, layer] = [
    join(bundles.functions.get("aggrepay/debit-wallet")?.folder ?? "", "index.mjs"),
    join(bundles.layer.folder, "nodejs/signing.mjs"),
  ].map((path) => pathToFileURL(path).href);
  const script = `
    import { registerHooks } from "node:module";
    registerHooks({
      resolve: (specifier, context, next) =>
        next(specifier === ${JSON.stringify(signingLayerPath)} ? ${JSON.stringify(layer)} : specifier, context),
    });
    await import(${JSON.stringify(entry)});
    console.log(process.moduleLoadList.join("\\n"));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
  const loaded = stdout.split("\n").map((line) => line.replace(/^NativeModule /, ""));
  const wanted = ["https", "tls"];
  // fetch; what `node:util` would load on first use.
  const unwanted = ["internal/deps/undici/undici", "internal/util/diff"];
  const ofThese = loaded.filter((name) => [...wanted, ...unwanted].includes(name));
  expect(ofThese.toSorted()).toEqual(wanted);
});

test("every stub of the SDK stands in for something that a change or the webhook would bring", () => {
  const change = functions.find(({ tableActions }) => tableActions.includes("UpdateItem"));
  const webhook = functions.find(({ putsInto }) => putsInto !== undefined);
  const inputs = [change, webhook].flatMap((each) => inputsOf(each?.name ?? ""));
  const modules = new Set(inputs.map((input) => input.split("node_modules/").at(-1)));
  expect(Object.keys(sdkStubs).filter((path) => !modules.has(path))).toEqual([]);
});

test.each([
  "PutItemCommand",
  "ThrottlingException",
  "paginateQuery",
])("%s, which no function uses, cannot be imported by mistake", async (name) => {
  const contents = `export { ${name} } from "@aws-sdk/client-dynamodb";`;
  const mistake = build({
    stdin: { contents, resolveDir: projectRoot },
    plugins: [trimmedSdk],
    bundle: true,
    platform: "node",
    mainFields: ["module", "main"],
    write: false,
    logLevel: "silent",
  });
  await expect(mistake).rejects.toThrow(/No matching export in ".*" for import/);
});

test("a bundle is the same wherever it is built", async () => {
  const elsewhere = join(scratch, "another-machine");
  await Promise.all(
    ["functions", "lib", "package.json"].map((path) =>
      cp(join(projectRoot, path), join(elsewhere, path), { recursive: true }),
    ),
  );
  await symlink(join(projectRoot, "node_modules"), join(elsewhere, "node_modules"));
  const others = await bundle(functions, { outdir: join(elsewhere, "out"), root: elsewhere });
  expect(await hashes(others)).toEqual(await hashes(bundles));
});

const hashes = ({ functions, layer }: Bundles) =>
  Promise.all(
    [
      ...[...functions.values()].map(({ folder }) => join(folder, "index.mjs")),
      join(layer.folder, "nodejs/signing.mjs"),
    ].map(async (path) =>
      createHash("sha256")
        .update(await readFile(path))
        .digest("hex"),
    ),
  );
