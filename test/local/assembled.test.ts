import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { assembled, sharedAssembly } from "../../local/assembled.ts";
import { newFolder } from "./fixture.ts";

/** A project whose synthesis writes a number that no other synthesis writes. */
let project: string;
beforeEach(() => {
  project = newFolder("assembled");
  for (const folder of ["functions", "infra", "lib"]) mkdirSync(join(project, folder));
  writeFileSync(join(project, "cdk.json"), "{}");
  writeFileSync(
    join(project, "infra/app.ts"),
    `import { mkdirSync, writeFileSync } from "node:fs";
     if (process.env.CDK_CONTEXT_JSON?.includes("fails")) process.exit(1);
     const folder = process.env.CDK_OUTDIR ?? "";
     mkdirSync(folder, { recursive: true });
     writeFileSync(folder + "/manifest.json", String(process.hrtime.bigint()));`,
  );
});

const made = (folder: string) => readFileSync(join(folder, "manifest.json"), "utf8");
const kept = () => readdirSync(join(project, ".build/assemblies"));

test("sources that have not changed are synthesized once, and each change is seen", async () => {
  const folder = join(project, "out");
  const madeAfter = async (change: () => void, chosen = {}) => {
    change();
    await assembled(project, folder, chosen);
    return made(folder);
  };
  const first = await madeAfter(() => undefined);
  expect(await madeAfter(() => undefined)).toBe(first);
  const all = [
    first,
    await madeAfter(() => writeFileSync(join(project, "lib/a.ts"), "1")),
    await madeAfter(() => writeFileSync(join(project, "lib/a.ts"), "2")),
    await madeAfter(() => writeFileSync(join(project, "functions/b.ts"), "2")),
    await madeAfter(() => writeFileSync(join(project, "cdk.json"), '{"context":{}}')),
    await madeAfter(() => writeFileSync(join(project, "package-lock.json"), "{}")),
    await madeAfter(() => rmSync(join(project, "lib/a.ts"))),
    await madeAfter(() => undefined, { stage: "prod" }),
  ];
  expect(new Set(all).size).toBe(all.length);
});

test("a synthesis that was killed is none", async () => {
  const folder = join(project, "out");
  await assembled(project, folder);
  const first = made(folder);
  rmSync(join(folder, "sources.sha256"));
  await assembled(project, folder);
  expect(made(folder)).not.toBe(first);
});

test("all who share an assembly get one, whoever is first", async () => {
  const folders = await Promise.all([1, 2, 3].map(() => sharedAssembly(project)));
  expect(new Set(folders).size).toBe(1);
  expect(kept()).toHaveLength(1);
  expect(await sharedAssembly(project, { stage: "prod" })).not.toBe(folders[0]);
  expect(kept()).toHaveLength(2);
});

test("one that nobody has used for a day goes, and a failed one is not kept", async () => {
  const old = await sharedAssembly(project);
  const yesterday = new Date(Date.now() - 25 * 3600_000);
  utimesSync(old, yesterday, yesterday);
  const other = await sharedAssembly(project, { stage: "prod" });
  expect(kept().map((name) => join(project, ".build/assemblies", name))).toEqual([other]);
  await expect(sharedAssembly(project, { fails: "yes" })).rejects.toThrow("could not synthesize");
  expect(await sharedAssembly(project, { stage: "prod" })).toBe(other);
});
