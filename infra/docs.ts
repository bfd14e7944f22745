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
  const bundles = await bundle(functions, { outdir: join(outdir, "bundles") });
  const templateWith = (more: Readonly<Record<string, string>>): PolicyTemplate => {
    const chosen: Readonly<Record<string, unknown>> = {
      stage: "prod",
      prod: { ...cdk.context.prod, natGateways: undefined, egress: "any", nicepayUserDetail: "off", ...more },
    };
    const config = readConfig(choicesOf((name) => chosen[name], []).context);
    const app = new App({ outdir: join(outdir, Object.values(more).join()), context: cdk.context });
    const stack = new WalletGateway(app, "WalletGateway-prod", { config, definitions: functions, bundles });
    return app.synth().getStackByName(stack.stackName).template;
  };
  const document = permissionsDocument(
    templateWith({}),
    templateWith({ egress: "fixed" }),
    templateWith({ nicepayUserDetail: "on" }),
    functions,
  );
  await writeFile(join(projectRoot, "docs/permissions.md"), document);
} finally {
  await rm(outdir, { recursive: true });
}
