import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";
import { providerNames, providers } from "../lib/providers/index.ts";
import { configurationDocument } from "../local/docs.ts";

const project = resolve(import.meta.dirname, "..");
const documents = globSync(["*.md", "docs/**/*.md", "test/**/*.md", "local/**/*.md", "client/**/*.md"], {
  cwd: project,
  exclude: (path) => path.includes("node_modules"),
});

const withoutCode = (text: string) => text.replace(/^```[\s\S]*?^```$/gm, "");

/** The anchors of a page, as GitHub makes them of its headings. */
function anchorsOf(path: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  for (const [, heading = ""] of withoutCode(readFileSync(path, "utf8")).matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, "")
      .replaceAll(" ", "-");
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    anchors.add(before === 0 ? slug : `${slug}-${before}`);
  }
  return anchors;
}

/** Each link of a page to a place of this project that is not there. */
function brokenIn(document: string): readonly string[] {
  const path = join(project, document);
  const links = [...withoutCode(readFileSync(path, "utf8")).matchAll(/\]\(([^)\s]+)\)/g)];
  return links
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [file = "", anchor] = target.split("#");
      const there = file === "" ? path : resolve(dirname(path), file);
      if (relative(project, there).startsWith("..") || !existsSync(there)) return true;
      return anchor !== undefined && statSync(there).isFile() && !anchorsOf(there).has(anchor);
    });
}

test("there are documents to look at", () => {
  expect(documents).toEqual(expect.arrayContaining(["README.md", "docs/api.md", "test/README.md"]));
});

test.each(documents)("every link of %s leads to a file and a heading that exist", (document) => {
  expect(brokenIn(document)).toEqual([]);
});

test("docs/configuration.md says what the settings say (npm run docs)", () => {
  expect(readFileSync(join(project, "docs/configuration.md"), "utf8")).toBe(configurationDocument());
});

test("the README is read in five minutes", () => {
  expect(readFileSync(join(project, "README.md"), "utf8").split("\n").length).toBeLessThanOrEqual(151);
});

test.each(providerNames)("the README has a row for %s", (name) => {
  expect(readFileSync(join(project, "README.md"), "utf8")).toContain(`\n| ${providers[name].title} | `);
});
