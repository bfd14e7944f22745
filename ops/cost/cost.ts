/** `npm run cost`: what the gateway costs on AWS, and what it reaches first, computed from measured calls. */
import { parseArgs } from "node:util";
import { presetMix, stageRps, updateDocument } from "./document.ts";
import { readMeasured, writeMeasured } from "./measured.ts";
import { memoryTable } from "./memory.ts";
import { kinds, type Model, type Parameters, presets } from "./model.ts";
import { outageTable } from "./outage.ts";
import { billsTable, egressTable, idleTable, loadsTable, situationsTable } from "./tables.ts";

/** What may be chosen, with what it says; each is a whole number. */
const numbers = {
  "provider-ms": ["providerMs", "until a provider has answered"],
  "doubt-ms": ["doubtMs", "the same where it never answers"],
  "table-ms": ["tableMs", "one call of DynamoDB"],
  slowdown: ["slowdownPercent", "our own time on Lambda, in percent of what was measured"],
  cold: ["coldPerMillion", "of a million requests, those that wait for a new environment"],
  memory: ["memoryMb", "MB of a function; --slowdown goes with it"],
  "reconcile-memory": ["reconcileMemoryMb", "MB of reconcile"],
  "settle-micros": ["settleMicros", "of a processor for each record that reconcile settles"],
  "tls-bytes": ["tlsBytes", "that a TLS handshake sends to a provider"],
  months: ["months", "of records in the table"],
  "log-months": ["logMonths", "for which logs are kept"],
  metrics: ["metrics", "custom metrics"],
  "idle-metrics": ["idleMetrics", "those that come without traffic"],
  alarms: ["alarms", "metrics that alarms watch"],
  workers: ["workers", "that a minute's run of reconcile is divided among"],
  dashboards: ["dashboards", ""],
  secrets: ["secrets", ""],
  "nat-bytes": ["natBytes", "that come back for a call of a provider, with egress fixed"],
  "flow-log-bytes": ["flowLogBytes", "of a call in the flow log, with egress fixed"],
  "endpoint-bytes": ["endpointBytes", "of reading a secret through the endpoint, with egress fixed"],
} as const satisfies Readonly<Record<string, readonly [keyof typeof presets, string]>>;

const help = `Usage: npm run cost -- [options]

Prints a month's bill in us-east-1, what is reached first, and what each situation takes.

  --rps N[,N...]       requests a second; 1,100,10000 unless given
  --mix NAME=SHARE,... what they are, as decimals that add up to 1; the preset is of docs/cost.md
                       (${Object.keys(kinds).join(", ")})
  --stage-rps N        what the stage accepts (${stageRps})
${Object.entries(numbers)
  .map(([name, [of, what]]) => `  --${`${name} N`.padEnd(18)} ${what && `${what} `}(${presets[of]})`)
  .join("\n")}

  --measure            measures calls, units, bytes and times anew, into ops/cost/measured.json, and does as --update
  --update             writes the tables of docs/cost.md

Ends with 0, or with 2 where the options are wrong.
`;

/** A sentence for the reader instead of a stack. */
class Usage extends Error {}

interface Output {
  out(text: string): void;
  err(text: string): void;
}

function optionsOf(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const options = {
    rps: text,
    mix: text,
    "stage-rps": text,
    measure: flag,
    update: flag,
    help: { ...flag, short: "h" },
  } as const;
  const more = Object.fromEntries(Object.keys(numbers).map((name) => [name, text]));
  try {
    return parseArgs({ args: [...args], options: { ...more, ...options } }).values;
  } catch (error) {
    throw new Usage(error instanceof Error ? error.message : String(error));
  }
}

function wholeOf(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Usage(`--${name} must be a whole number, not "${text}".`);
}

/** `0.27` of a million, without a floating-point number on the way. */
function partsOf(share: string): number {
  const [, whole, fraction = ""] = /^([01])(?:\.(\d{1,6}))?$/.exec(share) ?? [];
  if (whole === undefined)
    throw new Usage(`--mix "${share}" must be a decimal from 0 to 1 with at most 6 places.`);
  return Number(whole + fraction.padEnd(6, "0"));
}

function mixOf(text: string): Parameters["mix"] {
  const mix = new Map<string, number>();
  for (const entry of text.split(",")) {
    const [name = "", share = ""] = entry.split("=");
    const situation = Object.entries(kinds).find(([kind]) => kind === name)?.[1];
    if (situation === undefined)
      throw new Usage(`--mix knows no "${name}", only ${Object.keys(kinds).join(", ")}.`);
    mix.set(situation, (mix.get(situation) ?? 0) + partsOf(share));
  }
  const sum = [...mix.values()].reduce((total, parts) => total + parts, 0);
  if (sum !== 1_000_000) throw new Usage("The shares of --mix must add up to 1.");
  return mix;
}

type Options = ReturnType<typeof optionsOf>;

const given = (options: Options, name: string): string | undefined => {
  const value: unknown = options[name as keyof Options];
  return typeof value === "string" ? value : undefined;
};

function modelsOf(options: Options): readonly Model[] {
  const chosen = Object.entries(numbers).flatMap(([name, [parameter]]) => {
    const text = given(options, name);
    return text === undefined ? [] : [[parameter, wholeOf(name, text)] as const];
  });
  const mix = options.mix === undefined ? presetMix : mixOf(options.mix);
  const measured = readMeasured();
  return (options.rps ?? "1,100,10000").split(",").map((rps) => ({
    measured,
    parameters: { ...presets, ...Object.fromEntries(chosen), mix, rps: wholeOf("rps", rps) },
  }));
}

/** Gives the exit code. */
export async function cost(args: readonly string[], { out, err }: Output): Promise<number> {
  try {
    const options = optionsOf(args);
    if (options.help === true) {
      out(help);
      return 0;
    }
    if (options.measure === true) {
      // Loaded where it is wanted: it brings the local host with it.
      const { measure } = await import("./measure.ts");
      writeMeasured(await measure(15));
    }
    if (options.measure === true || options.update === true) {
      updateDocument(readMeasured());
      return 0;
    }
    const models = modelsOf(options);
    const [first] = models;
    if (first === undefined) throw new Usage("--rps is empty.");
    const accepted = wholeOf("stage-rps", options["stage-rps"] ?? String(stageRps));
    const parts = [
      billsTable(models),
      loadsTable(models, accepted),
      idleTable(first),
      egressTable(models),
      situationsTable(first),
      memoryTable(first),
      outageTable(first),
    ];
    out(`${parts.join("\n\n")}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof Usage)) throw error;
    err(`${error.message}\nnpm run cost -- --help lists the options.\n`);
    return 2;
  }
}

if (import.meta.main) {
  process.exitCode = await cost(process.argv.slice(2), {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  });
}
