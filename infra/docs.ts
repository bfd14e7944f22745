import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import cdk from "../cdk.json" with { type: "json" };
import { functions } from "../functions/index.ts";
import { bundle, projectRoot } from "./bundle.ts";
import { readConfig } from "./config.ts";
import { choicesOf } from "./context.ts";
import { type PolicyTemplate, permissionsDocument } from "./permissions-document.ts";
import { WalletGateway } from "./stack.ts";

// What people read of the stack, written from the stack.
const outdir = await mkdtemp(join(tmpdir(), "wallet-gateway-docs-"));
try {
  const { context } = choicesOf(
    (name) => (name === "stage" ? "prod" : name === "prod" ? cdk.context.prod : undefined),
    [],
  );
  const config = readConfig(context);
  const bundles = await bundle(functions, { outdir: join(outdir, "bundles") });
  const app = new App({ outdir, context: cdk.context });
  const stack = new WalletGateway(app, "WalletGateway-prod", { config, definitions: functions, bundles });
  const template: PolicyTemplate = app.synth().getStackByName(stack.stackName).template;
  await writeFile(join(projectRoot, "docs/permissions.md"), permissionsDocument(template, functions));
} finally {
  await rm(outdir, { recursive: true });
}
