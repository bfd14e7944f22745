import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Contract, catalogueOf } from "../catalogue.ts";
import { Stopped, wrongInput } from "../exit.ts";
import { isObject } from "../shown.ts";
import type { Answers, InputField } from "./answers.ts";
import { idOf, type Known, operationFile, sampleFile, sandboxFile, toJudge } from "./operation.ts";
import {
  factsFile,
  linesOf,
  type ProviderAnswers,
  providerFile,
  providerSandboxFile,
  signingFile,
  signingTestFile,
  toJudgeOf,
  vectorsFile,
} from "./provider.ts";

/** Providers whose calls take fields by name: AggrePay's form, and whoever is sent a body of texts. Others have types of their own. */
export const formedIn = (project: string): readonly string[] =>
  globSync("lib/providers/*/index.ts", { cwd: project })
    .filter((file) => {
      const text = textOf(project, file);
      return (
        file.includes("/aggrepay/") ||
        text.includes("readonly body: Readonly<Record<string, string | undefined>>;")
      );
    })
    .map((file) => file.split("/")[2] ?? "")
    .toSorted();

/**
 * Writes a provider's files and its lines in the lists.
 *
 * @param project the folder of the clone
 * @returns the files that were written, and what is left to judge
 * @throws Stopped `wrongInput` where the provider is there already
 */
export function writeProvider(answers: ProviderAnswers, project: string) {
  const { name } = answers;
  if (existsSync(join(project, "lib/providers", name)))
    throw wrongInput(`lib/providers/${name} is there already.`);
  const files = new Map([
    [`lib/providers/${name}/facts.ts`, factsFile(answers)],
    [`lib/providers/${name}/index.ts`, providerFile(answers)],
    [`lib/signing/${name}.ts`, signingFile(answers)],
    [`local/sandbox/${name}.ts`, providerSandboxFile(answers)],
    [`test/vectors/${name}.json`, vectorsFile(answers)],
    [`test/signing/${name}.test.ts`, signingTestFile(answers)],
  ]);
  for (const { file, before, text } of linesOf(answers)) {
    const now = files.get(file) ?? textOf(project, file);
    const put = now.replace(before, (found: string) => text + found);
    if (put === now) throw new Stopped("fault", `${file} has another form than is known here.`);
    files.set(file, put);
  }
  writeAll(project, files);
  return { files: [...files.keys()], judge: toJudgeOf(answers) };
}

/**
 * Writes an operation, its sample, its lines in the registry and, for AggrePay, a stub of the sandbox.
 *
 * @param project the folder of the clone
 * @returns the files that were written, and what is left to judge
 * @throws Stopped `wrongInput` where the operation is there already
 */
export function writeOperation(answers: Answers, project: string) {
  const { provider, name } = answers;
  const base = `functions/${provider}/${name}`;
  const own = [`${base}.ts`, `${base}.sample.ts`];
  if (provider === "aggrepay") own.push(`local/sandbox/aggrepay/${name}.ts`);
  const there = own.find((file) => existsSync(join(project, file)));
  if (there !== undefined) throw wrongInput(`${there} is there already.`);
  const known = knownOf(project);
  const files = new Map([
    [`${base}.ts`, operationFile(answers)],
    [`${base}.sample.ts`, sampleFile(answers, known)],
    ["functions/operations.ts", withOperation(textOf(project, "functions/operations.ts"), answers)],
    ["functions/samples.ts", withSample(textOf(project, "functions/samples.ts"), answers)],
  ]);
  if (provider === "aggrepay") {
    const wallet = "local/sandbox/aggrepay/wallet.ts";
    files.set(`local/sandbox/aggrepay/${name}.ts`, sandboxFile(answers));
    files.set(wallet, withCall(textOf(project, wallet), answers));
  }
  writeAll(project, files);
  return { files: [...files.keys()], judge: toJudge(answers, known) };
}

/** Writes and formats all of it, or leaves everything as it was. */
function writeAll(project: string, files: ReadonlyMap<string, string>): void {
  const before = new Map(
    [...files.keys()].map((file) => [
      file,
      existsSync(join(project, file)) ? textOf(project, file) : undefined,
    ]),
  );
  try {
    for (const [file, text] of files) {
      mkdirSync(dirname(join(project, file)), { recursive: true });
      writeFileSync(join(project, file), text.trimStart());
    }
    format(
      project,
      [...files.keys()].filter((file) => file.endsWith(".ts")),
    );
  } catch (error) {
    for (const [file, text] of before) {
      if (text === undefined) rmSync(join(project, file), { force: true });
      else writeFileSync(join(project, file), text);
    }
    throw error;
  }
}

const textOf = (project: string, file: string): string => readFileSync(join(project, file), "utf8");

/** Puts a line among those that begin alike, in the order of the alphabet. */
function amongLines(text: string, line: string, alike: RegExp): string {
  const lines = text.split("\n");
  const places = [...lines.keys()].filter((index) => alike.test(lines[index] ?? ""));
  const before = places.filter((index) => (lines[index] ?? "") < line).at(-1);
  const place = before === undefined ? places[0] : before + 1;
  if (place === undefined) throw new Stopped("fault", "The registry has another form than is known here.");
  return lines.toSpliced(place, 0, line).join("\n");
}

const withOperation = (text: string, answers: Answers): string =>
  amongLines(
    text,
    `export { operation as ${idOf(answers)} } from "./${answers.provider}/${answers.name}.ts";`,
    /^export \{ operation as /,
  );

function withSample(text: string, answers: Answers): string {
  const id = idOf(answers);
  const line = `import { sample as ${id} } from "./${answers.provider}/${answers.name}.sample.ts";`;
  const imported = amongLines(text, line, /^import \{ samples? as /);
  const start = imported.indexOf("export const samples = {");
  const end = imported.indexOf("\n}", start);
  const table = amongLines(imported.slice(start, end), `  ${id},`, /^ {2}\w+,$/);
  return imported.slice(0, start) + table + imported.slice(end);
}

/** The sandbox's table of calls. */
function withCall(text: string, { name }: Answers): string {
  const id = name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  const tabled = text.replace(/\.\.\.subMerchants\b/, `...subMerchants, ...${id}`);
  if (tabled === text)
    throw new Stopped("fault", "The sandbox's table of calls has another form than is known here.");
  return tabled.replace(/^import /m, `import { ${id} } from "./${name}.ts";\nimport `);
}

/** Examples and sentences of fields, from the contract. */
function knownOf(project: string): Known {
  const contract = JSON.parse(textOf(project, "docs/openapi.json"));
  const examples = new Map(examplesIn(contract).flatMap((each) => Object.entries(each)));
  const described = new Set(
    catalogueOf(contract as Contract).operations.flatMap(({ fields }) => fields.map((field) => field.name)),
  );
  return {
    isDescribed: (name) => described.has(name),
    example(field: InputField) {
      const found = examples.get(field.name) ?? examples.get(field.schema) ?? bySchema[field.schema];
      return JSON.stringify(found ?? "shown");
    },
  };
}

/** Schemas that no field of the contract is called by. */
const bySchema: Readonly<Record<string, string | boolean>> = {
  indianMobile: "+919900261104",
  date: "1990-01-31",
  boolean: true,
  addressLine: "1 Anna Salai",
};

const examplesIn = (value: unknown): readonly Record<string, unknown>[] => {
  if (!isObject(value)) return Array.isArray(value) ? value.flatMap(examplesIn) : [];
  const { full } = isObject(value.examples) ? value.examples : {};
  const own = isObject(full) && isObject(full.value) ? [full.value as Record<string, unknown>] : [];
  return [...own, ...Object.values(value).flatMap(examplesIn)];
};

function format(project: string, files: readonly string[]): void {
  const biome = join(project, "node_modules/.bin/biome");
  const { status, stderr } = spawnSync(biome, ["check", "--write", ...files], {
    cwd: project,
    encoding: "utf8",
  });
  if (status !== 0) throw new Stopped("fault", `What was written does not pass lint: ${stderr}`);
}
