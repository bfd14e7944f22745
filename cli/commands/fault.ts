import { Command } from "commander";
import type { Ending } from "../exit.ts";
import { wrongInput } from "../exit.ts";
import type { Io } from "../io.ts";
import type { Run } from "../run.ts";
import { asksSandbox, type SandboxOptions, sandboxSays } from "../sandbox.ts";
import { isObject, type JsonObject, lines, table } from "../shown.ts";
import { didYouMean } from "../suggest.ts";
import { wholeNumber } from "../whole-number.ts";

interface FaultOptions extends SandboxOptions {
  readonly path?: string;
  readonly times: number;
  readonly match?: readonly string[];
  readonly clear?: true;
}

/** `gw fault`: lists a sandbox's faults, arms one, disarms all. */
export const faultCommand = (run: Run): Command =>
  asksSandbox(new Command("fault"))
    .description("makes a sandbox fail; without a name it lists the faults, and those that are armed")
    .argument("[name]", "such as timeout-after")
    .option("--path <path>", "for calls of this path of the provider's alone, such as debitwallet")
    .option("--times <n>", "how many calls it spoils", wholeNumber("--times", 1, 1_000_000), 1)
    .option(
      "--match <field=value...>",
      "for calls whose fields have these values, by the provider's own names",
    )
    .option("--clear", "disarms all that are armed")
    .addHelpText(
      "after",
      `
Examples:
  gw fault
  gw fault reset-after --path debitwallet
  gw fault http-500-before --times 3 --match from_customer_id=991000017
  gw fault --clear`,
    )
    .action((name: string | undefined, options: FaultOptions) => run((io) => fault(name, options, io)));

async function fault(name: string | undefined, options: FaultOptions, io: Io): Promise<Ending> {
  if (options.clear) {
    if (name !== undefined) throw wrongInput("Give the name of a fault or --clear, not both.");
    return tell(await sandboxSays(options, "DELETE", "faults"), options, io);
  }
  const known = await sandboxSays(options, "GET", "faults");
  if (name === undefined) return tell(known, options, io);
  const names = Object.keys(isObject(known.faults) ? known.faults : {});
  if (!names.includes(name))
    throw wrongInput(
      `The sandbox of ${options.provider} has no fault "${name}"${didYouMean(name, names) || ': "gw fault" lists them.'}`,
    );
  const { path, times, match = [] } = options;
  const armed = {
    fault: name,
    times,
    ...(path !== undefined && { path }),
    match: Object.fromEntries(match.map(pairOf)),
  };
  return tell(await sandboxSays(options, "POST", "faults", armed), options, io);
}

function pairOf(text: string): readonly [string, string] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw wrongInput(`--match "${text}" must be field=value.`);
  return [name, value];
}

function tell(answer: JsonObject, { json }: FaultOptions, io: Io): Ending {
  if (json) {
    io.out(JSON.stringify(answer));
    return "done";
  }
  if (answer.faults !== undefined) for (const line of lines(answer.faults, "")) io.out(line);
  const armed = Array.isArray(answer.armed) ? answer.armed.filter(isObject) : [];
  io.out(armed.length === 0 ? "No fault is armed." : "Armed:");
  for (const line of table(armed.map(({ match, ...rest }) => ({ ...rest, match: matchShown(match) }))))
    io.out(line);
  return "done";
}

const matchShown = (match: unknown): string =>
  isObject(match) && Object.keys(match).length > 0 ? JSON.stringify(match) : "";
