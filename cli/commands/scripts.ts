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

/** A command whose own program reads its options, and has its own help; `presets` are of what is not given. */
const passedOn =
  (name: string, file: string, description: string, presets: (io: Io) => Options = () => ({})) =>
  (run: Run) =>
    new Command(name)
      .description(description)
      .helpOption(false)
      .allowUnknownOption()
      .argument("[options...]")
      .action((options: string[]) =>
        run((io) => script(name, file, [...options, ...missingOf(options, presets(io))])),
      );

type Options = Readonly<Record<string, string>>;

const missingOf = (given: readonly string[], presets: Options): readonly string[] =>
  Object.entries(presets).flatMap(([option, value]) =>
    given.some((each) => each === option || each.startsWith(`${option}=`)) ? [] : [option, value],
  );

const urlOf = ({ environment }: Io): string => (environment.GW_URL || localUrl).replace(/\/+$/, "");

export const notifyCommand = passedOn(
  "notify",
  "local/notify.ts",
  "sends a signed NICEPAY notification; gw notify --help lists its options",
  (io) => ({ "--url": `${urlOf(io)}/webhooks/nicepay/account-binding` }),
);
export const smokeCommand = passedOn(
  "smoke",
  "ops/smoke/smoke.ts",
  "checks a gateway from outside, and changes nothing; gw smoke --help lists its options",
  (io) => ({ "--url": urlOf(io) }),
);
export const costCommand = passedOn(
  "cost",
  "ops/cost/cost.ts",
  "prints a month's bill and what is reached first; gw cost --help lists its options",
);
