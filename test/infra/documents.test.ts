import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { functions } from "../../functions/index.ts";
import { projectRoot } from "../../infra/bundle.ts";
import { type PolicyTemplate, permissionsDocument } from "../../infra/permissions-document.ts";
import { synthesized } from "./synthesized.ts";

const template = synthesized({ stage: "prod" }, functions, "WalletGateway-prod");
const fixed = synthesized({ stage: "prod", egress: "fixed" }, functions, "WalletGateway-prod");
const asking = synthesized({ stage: "prod", nicepayUserDetail: "on" }, functions, "WalletGateway-prod");

test("docs/permissions.md says what the template says (npm run docs)", () => {
  const written = readFileSync(join(projectRoot, "docs/permissions.md"), "utf8");
  const of = (each: typeof template) => each.toJSON() as PolicyTemplate;
  expect(written).toBe(permissionsDocument(of(template), of(fixed), of(asking), functions));
});

/** Line by line, so that a difference names its resource. What changes with every line of code is left out. */
function snapshot(): string {
  const { Resources, Outputs } = template.toJSON() as Readonly<Record<string, object>>;
  const lines = [...Object.entries(Resources ?? {}), ...Object.entries(Outputs ?? {})]
    .map(([id, resource]) => `${id} ${JSON.stringify(resource)}`)
    .toSorted();
  return `${lines
    .join("\n")
    .replace(/[0-9a-f]{64}/g, "<hash of the code>")
    .replace(/(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}/g, "$1<hash of the version>")}\n`;
}

test("the template of production is the one that was last looked at", async () => {
  await expect(snapshot()).toMatchFileSnapshot("template.prod.txt");
});
