import { Command, Option } from "commander";
import { localUrl, withDataDir } from "../ask.ts";
import type { Io } from "../io.ts";
import type { Run } from "../run.ts";
import { script } from "../script.ts";

interface StartOptions {
  readonly port?: string;
  readonly dataDir: string;
  readonly auth?: string;
  readonly log?: true;
}

/** `gw start`: the local gateway, in this terminal until Ctrl-C. */
export const startCommand = (run: Run): Command =>
  withDataDir(new Command("start"))
    .description("starts the local gateway with its sandboxes, until Ctrl-C")
    .addOption(new Option("--port <n>", "0 takes any free one (3000 unless told)").env("PORT"))
    .addOption(
      new Option("--auth <kind>", "iam: who calls must sign (open unless told)")
        .choices(["open", "iam"])
        .env("AUTH"),
    )
    .option("--log", "prints every line of the functions, not the errors alone")
    .addHelpText(
      "after",
      `
Other settings are variables of the environment: docs/configuration.md lists them.

Examples:
  gw start
  QUIET_PERIOD_MS=1000 gw start --port 3001 --data-dir /tmp/try --log`,
    )
    .action(({ port, dataDir, auth, log }: StartOptions) =>
      run(() =>
        script("start", "local/start.ts", [], {
          DATA_DIR: dataDir,
          ...(port !== undefined && { PORT: port }),
          ...(auth !== undefined && { AUTH: auth }),
          ...(log && { LOG: "1" }),
        }),
      ),
    );

/** `gw demo`: a customer's life, a doubt and its end. */
export const demoCommand = (run: Run): Command =>
  withDataDir(new Command("demo"))
    .description("plays a customer's life, a doubt and its end, and a call of each provider")
    .addOption(new Option("--url <url>", "the gateway to play against").default(localUrl).env("GW_URL"))
    .option("--curl", "prints each call as curl")
    .addHelpText("after", "\nExamples:\n  gw demo\n  gw demo --curl --url http://127.0.0.1:3001")
    .action(
      ({ url, curl, dataDir }: { readonly url: string; readonly curl?: true; readonly dataDir: string }) =>
        run(() =>
          script("demo", "local/demo.ts", ["--url", url, ...(curl ? ["--curl"] : [])], { DATA_DIR: dataDir }),
        ),
    );

/** A command whose own program reads its options, and has its own help. */
interface Passed {
  readonly file: string;
  /** Completes the command's line in the list of commands. */
  readonly does: string;
  /** What its program is told before all options. */
  readonly first?: readonly string[];
  /** Options that are added where they are not given. */
  readonly presets?: (io: Io) => Options;
}

const passedOn =
  (name: string, { file, does, first = [], presets = () => ({}) }: Passed) =>
  (run: Run) =>
    new Command(name)
      .description(`${does}; "gw ${name} --help" lists its options`)
      .helpOption(false)
      .allowUnknownOption()
      .argument("[options...]")
      .action((options: string[]) =>
        run((io) => script(name, file, [...first, ...options, ...missingOf(options, presets(io))])),
      );

type Options = Readonly<Record<string, string>>;

const missingOf = (given: readonly string[], presets: Options): readonly string[] =>
  Object.entries(presets).flatMap(([option, value]) =>
    given.some((each) => each === option || each.startsWith(`${option}=`)) ? [] : [option, value],
  );

const urlOf = ({ environment }: Io): string => (environment.GW_URL || localUrl).replace(/\/+$/, "");

export const notifyCommand = passedOn("notify", {
  file: "local/notify.ts",
  does: "sends a signed NICEPAY notification",
  presets: (io) => ({ "--url": `${urlOf(io)}/webhooks/nicepay/account-binding` }),
});
export const smokeCommand = passedOn("smoke", {
  file: "ops/smoke/smoke.ts",
  does: "checks a gateway from outside, and changes nothing",
  presets: (io) => ({ "--url": urlOf(io) }),
});
export const costCommand = passedOn("cost", {
  file: "ops/cost/cost.ts",
  does: "prints a month's bill and what is reached first",
});
export const signCommand = passedOn("sign", {
  file: "inspect/main.ts",
  does: "shows the exact text that a signature covers, with secrets hidden",
  first: ["sign"],
});
export const verifyCommand = passedOn("verify", {
  file: "inspect/main.ts",
  does: "says which piece of a signed text differs from the other side's",
  first: ["verify"],
});
export const consoleCommand = passedOn("console", {
  file: "console/serve.ts",
  does: "serves the console of a gateway in the browser",
  presets: (io) => ({ "--url": urlOf(io) }),
});
