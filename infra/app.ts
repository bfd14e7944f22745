import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { functions } from "../functions/index.ts";
import { bundle } from "./bundle.ts";
import { type Config, readConfig } from "./config.ts";
import { ConfigError, choicesOf } from "./context.ts";
import { checkFindings } from "./findings.ts";
import { WalletGateway } from "./stack.ts";

// The local host finds each function's code through the assembly's asset metadata, which only the CLI turns on.
const app = new App({ postCliContext: { "aws:cdk:enable-asset-metadata": true } });
try {
  const config = configure();
  // Inside the assembly, so that two syntheses at once never write to the same folder.
  const bundles = await bundle(functions, { outdir: join(app.outdir, "bundles") });
  new WalletGateway(app, `WalletGateway-${config.stage}`, { config, definitions: functions, bundles });
  checkFindings(app);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  // One sentence for the person who chose the value; a stack trace of our code would not help.
  console.error(error.message);
  process.exit(1);
}
app.synth();

function configure(): Config {
  // What the CDK and its CLI put there has a colon or an @ in its name.
  const given = Object.keys(app.node.getAllContext()).filter((name) => !/[@:]/.test(name));
  const { context, named } = choicesOf((name) => app.node.tryGetContext(name), given);
  return readConfig(context, named);
}
