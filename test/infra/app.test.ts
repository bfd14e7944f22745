import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "../../infra/bundle.ts";
import { byDefault, production } from "./synthesized.ts";

let scratch: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "assembly-"));
});

afterAll(() => rm(scratch, { recursive: true, force: true }));

/** As the CLI and the local host do, without an account or Region. */
async function synthesize(name: string, context: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const outdir = join(scratch, name);
  const { NODE_COMPILE_CACHE } = process.env;
  const CDK_CONTEXT_JSON = JSON.stringify(context);
  await promisify(execFile)(process.execPath, ["infra/app.ts"], {
    cwd: projectRoot,
    env: { NODE_COMPILE_CACHE, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON, CDK_VALIDATION: "false" },
  });
  return outdir;
}

let development: Promise<string> | undefined;
/** With nothing chosen. */
function inDevelopment(): Promise<string> {
  development ??= synthesize("one");
  return development;
}

interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Metadata?: Readonly<Record<string, unknown>> }>
  >;
}

test("two syntheses at once give the same template, with each function's code beside it", {
  timeout: 120_000,
}, async () => {
  const outdirs = await Promise.all([inDevelopment(), synthesize("two")]);
  const [one, two] = await Promise.all(
    outdirs.map((outdir) => readFile(join(outdir, "WalletGateway-dev.template.json"), "utf8")),
  );
  expect(one).toBe(two);
  const { Resources }: Template = JSON.parse(one ?? "");
  const code = (type: string, file: string) =>
    Object.values(Resources)
      .filter(({ Type }) => Type === type)
      .map(({ Metadata }) => join(outdirs[0] ?? "", String(Metadata?.["aws:asset:path"]), file));
  const files = [
    ...code("AWS::Lambda::Function", "index.mjs"),
    ...code("AWS::Lambda::LayerVersion", "nodejs/signing.mjs"),
  ];
  expect(files).toHaveLength(byDefault.length + 1);
  expect(files.filter((file) => !existsSync(file))).toEqual([]);
});

test("production is protected from being deleted as a whole, and development is not", {
  timeout: 120_000,
}, async () => {
  const protectedIn = async (outdir: string, stack: string) => {
    const { artifacts } = JSON.parse(await readFile(join(outdir, "manifest.json"), "utf8"));
    return artifacts[stack].properties.terminationProtection;
  };
  const outdir = await synthesize("prod", { stage: "prod", prod: production });
  expect(await protectedIn(outdir, "WalletGateway-prod")).toBe(true);
  expect(await protectedIn(await inDevelopment(), "WalletGateway-dev")).not.toBe(true);
});

test.each([
  [{ stage: "test" }, 'stage must be dev or prod, not "test"'],
  [{ calbackHosts: "shop.example" }, "calbackHosts is not a value that a deployment may choose"],
])("%j ends the synthesis with one sentence", async (context, sentence) => {
  await expect(synthesize("wrong", context)).rejects.toMatchObject({ code: 1, stderr: `${sentence}\n` });
});
