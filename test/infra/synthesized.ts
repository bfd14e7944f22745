import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import cdk from "../../cdk.json" with { type: "json" };
import { functions } from "../../functions/index.ts";
import type { Bundle, Bundles } from "../../infra/bundle.ts";
import { readConfig } from "../../infra/config.ts";
import { checkFindings } from "../../infra/findings.ts";
import { WalletGateway } from "../../infra/stack.ts";
import { deployedBy } from "../../infra/switches.ts";
import type { FunctionDefinition } from "../../lib/operation/definition.ts";
import { settings } from "../../lib/settings.ts";

export type ChosenContext = Readonly<Record<string, string>>;

/** What production must choose, whatever a deployment has chosen in cdk.json. */
export const production: ChosenContext = Object.fromEntries(
  Object.entries(settings)
    .filter(([, { mustBeChosen }]) => mustBeChosen !== undefined)
    .map(([name, { kind }]) => [name, kind === "account" ? "main" : "none"]),
);

/** The functions of a deployment that switches nothing on. */
export const byDefault = deployedBy(
  functions,
  readConfig(() => undefined),
);

/** A synthesis takes a second or more, and files of this folder share a process: those of the same functions, by what was chosen. */
const templates = new WeakMap<readonly FunctionDefinition[], Map<string, Template>>();

/** The template of a deployment, to be looked at and not to be changed: the same one for the same choice. */
export function synthesized(
  context: ChosenContext = {},
  definitions: readonly FunctionDefinition[] = functions,
  name = "WalletGateway",
  layer = "",
): Template {
  const those = templates.get(definitions) ?? new Map<string, Template>();
  templates.set(definitions, those);
  const choice = JSON.stringify([Object.entries(context).toSorted(), name, layer]);
  const template =
    those.get(choice) ??
    inFolder((folder) => Template.fromStack(stackIn(appIn(folder), context, definitions, name, layer)));
  those.set(choice, template);
  return template;
}

/** What the packs of rules find in a deployment, by rule: what nobody has explained, and what somebody has. */
export const findingsIn = (context: ChosenContext) =>
  inFolder((folder) => {
    const app = appIn(folder);
    checkFindings(app);
    stackIn(app, context, functions, "WalletGateway");
    app.synth();
    const { pluginReports }: Report = JSON.parse(
      readFileSync(join(folder, "validation-report.json"), "utf8"),
    );
    const rules = (found: readonly Finding[] = []) => found.map(({ ruleName }) => ruleName);
    return {
      packs: pluginReports.map(({ pluginName }) => pluginName),
      unexplained: pluginReports.flatMap(({ violations }) => rules(violations)),
      explained: pluginReports.flatMap(({ suppressedViolations }) => rules(suppressedViolations)),
    };
  });

interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly violations: readonly Finding[];
    readonly suppressedViolations?: readonly Finding[];
  }[];
}

interface Finding {
  readonly ruleName: string;
}

/** As the CLI makes it: with the project's own flags. */
const appIn = (outdir: string): App => new App({ outdir, context: cdk.context });

function stackIn(
  app: App,
  context: ChosenContext,
  definitions: readonly FunctionDefinition[],
  name: string,
  layer = "",
): WalletGateway {
  const chosen: ChosenContext = context.stage === "prod" ? { ...production, ...context } : context;
  const config = readConfig((value) => chosen[value]);
  const bundles = emptyBundles(app.outdir, definitions, layer);
  return new WalletGateway(app, name, { config, definitions, bundles });
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "stack-"));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The stack looks at no code, so none is bundled. */
function emptyBundles(outdir: string, definitions: readonly FunctionDefinition[], layer: string): Bundles {
  const holding = (name: string, code: string): Bundle => {
    const folder = join(outdir, name);
    mkdirSync(folder);
    writeFileSync(join(folder, "index.mjs"), code);
    return { folder, bytes: code.length, inputs: [], shares: new Map() };
  };
  const bundle = holding("empty-function", "");
  return {
    functions: new Map(definitions.map(({ name }) => [name, bundle])),
    layer: holding("layer", layer),
  };
}
