import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { CannotInspect } from "../finding.ts";
import { carriedOut } from "./order.ts";
import { report } from "./report.ts";
import { jsonOf, type SecretSource } from "./secrets.ts";

export const help = `Usage: node inspect/main.ts sign|verify [--file F] [--secrets-file F | --secret-id ID] [options]

Shows the exact text that a signature covers, piece by piece, with every secret hidden. verify also says which piece differs
from what somebody else signed. It reads a question in JSON from --file or from standard input:

  {"operation": "aggrepay/debit-wallet", "input": {...}}        a request that the gateway would send
  {"provider": "aggrepay", "message": "api_key=...&hash=..."}   a request as it was sent: form, JSON, or headers and body
  {"provider": "aggrepay", "kind": "reply", "message": "{...}"} a reply; "notification" is NICEPAY's

  "expected": "..."   to verify: the hash that the other side computed; the message's own where it is left out
  "theirs": "..."     to verify: the other side's whole message
  "secret": {...}     the secret, where it is not read from elsewhere; "secrets": {"new": {...}, "old": {...}} for versions

  --file F            the question; standard input unless given
  --secrets-file F    the secret from a file in the form of SECRETS_FILE
  --secret-id ID      the secret from AWS Secrets Manager: name or ARN; with --profile, --region, --endpoint-url
                      the sandbox's secret where neither is given
  --json              prints the inspection as JSON

Ends with 0 where it agrees or was only signed, with 1 where it differs, with 2 where the question is wrong.
`;

export interface Output {
  out(text: string): void;
  err(text: string): void;
}

/** The command: its exit code. `input` gives the question where no file is named. */
export async function run(
  args: readonly string[],
  output: Output,
  input: () => Promise<string> = () => text(process.stdin),
): Promise<number> {
  try {
    const { verb, values } = optionsOf(args);
    if (values.help) {
      output.out(help);
      return 0;
    }
    if (verb !== "sign" && verb !== "verify") throw new CannotInspect("Say sign or verify.");
    const question = values.file === undefined ? await input() : textIn(values.file);
    const inspection = await carriedOut(verb, jsonOf(question, "The question"), sourceOf(values));
    output.out(values.json ? `${JSON.stringify(inspection, null, 2)}\n` : report(inspection));
    return inspection.verdict === "agrees" || inspection.verdict === "signed" ? 0 : 1;
  } catch (error) {
    if (!(error instanceof CannotInspect)) throw error;
    output.err(`${error.message}\n`);
    return 2;
  }
}

function optionsOf(args: readonly string[]) {
  const given = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const options = {
    ...{ file: given, "secrets-file": given, "secret-id": given },
    ...{ profile: given, region: given, "endpoint-url": given },
    json: flag,
    help: { ...flag, short: "h" },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (positionals.length > 1) throw new CannotInspect("Say sign or verify, and nothing else.");
    return { values, verb: positionals[0] };
  } catch (error) {
    if (error instanceof CannotInspect) throw error;
    // Its message quotes what was typed, which may be a secret that was put in the wrong place.
    throw new CannotInspect("An option is wrong; --help lists them.");
  }
}

function sourceOf(values: ReturnType<typeof optionsOf>["values"]): SecretSource {
  const { profile, region } = values;
  const [file, id, endpoint] = [values["secrets-file"], values["secret-id"], values["endpoint-url"]];
  return {
    ...(file !== undefined && { file }),
    ...(id !== undefined && { id }),
    ...(profile !== undefined && { profile }),
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
  };
}

function textIn(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new CannotInspect("The file of the question cannot be read.");
  }
}
