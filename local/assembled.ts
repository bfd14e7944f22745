import { createHash } from "node:crypto";
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";
import type { Json } from "./json.ts";
import { synthesize } from "./synthesize.ts";
import { writeWhole } from "./write-whole.ts";

type Chosen = Readonly<Record<string, Json>>;

/** Written last: an assembly without it is a synthesis that was killed. */
const mark = "sources.sha256";

/** As `synthesize`, unless `folder` holds the assembly of these sources and this choice already. */
export async function assembled(project: string, folder: string, chosen: Chosen = {}): Promise<void> {
  const sources = digestOf(project, chosen);
  if (marked(folder) === sources) return;
  await synthesize(project, folder, chosen);
  writeWhole(join(folder, mark), sources);
}

const longestUnusedMs = 24 * 3600_000;

/**
 * The assembly of these sources and this choice, kept under `.build` for all who run at the same time and later: tests and tools.
 * Nobody writes to it once it is there.
 */
export async function sharedAssembly(project: string, chosen: Chosen = {}): Promise<string> {
  const kept = join(project, ".build", "assemblies");
  const sources = digestOf(project, chosen);
  const folder = join(kept, sources);
  if (marked(folder) !== sources) {
    mkdirSync(kept, { recursive: true });
    const draft = mkdtempSync(join(kept, "draft-"));
    await synthesize(project, draft, chosen);
    writeWhole(join(draft, mark), sources);
    moveInto(folder, draft);
  }
  const now = new Date();
  utimesSync(folder, now, now);
  for (const name of readdirSync(kept)) {
    const path = join(kept, name);
    const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: now.getTime() };
    if (now.getTime() - mtimeMs > longestUnusedMs) rmSync(path, { recursive: true, force: true });
  }
  return folder;
}

/** Another process may have been first; then its assembly is the one. */
function moveInto(folder: string, draft: string): void {
  try {
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(join(folder, mark))) throw error;
  }
}

function marked(folder: string): string | undefined {
  const path = join(folder, mark);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

/** Everything that a synthesis reads. */
function digestOf(project: string, chosen: Chosen): string {
  const hash = createHash("sha256");
  const add = (name: string, content: string | Buffer) =>
    hash.update(`${name}\0${content.length}\0`).update(content);
  const environment = Object.entries(process.env).filter(([name]) =>
    /^CDK_|^AWS_(?:DEFAULT_)?REGION$/.test(name),
  );
  add("choice", JSON.stringify([chosen, process.version, process.arch, environment.toSorted()]));
  const files = globSync(
    [
      "{functions,infra,lib}/**/*",
      "{cdk,package,package-lock,tsconfig}.json",
      "node_modules/.package-lock.json",
    ],
    { cwd: project },
  );
  for (const file of files.toSorted()) {
    const path = join(project, file);
    if (statSync(path).isFile()) add(file, readFileSync(path));
  }
  return hash.digest("hex");
}
