/** `npm run smoke`: whether a deployed gateway is what it should be. It only looks, unless it is told `--ids-kept`. */
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { functions } from "../../functions/index.ts";
import type { ProviderName } from "../../lib/secrets/names.ts";
import { addressOf, identityOf, isLoopback, Usage } from "./address.ts";
import { checks, providersOf } from "./checks.ts";
import type { Finding } from "./finding.ts";
import { type Gateway, openGateway } from "./gateway.ts";
import { Unsigned } from "./identity.ts";
import { idsKept } from "./ids-kept.ts";

const help = `Usage: npm run smoke -- --url https://... [--profile NAME] [options]
       SMOKE_TOKEN=... npm run smoke -- --url https://... [options]

Checks a deployed gateway from outside, and changes nothing: each check is a line, and one that fails ends it with 1.

  --url U          the stack's Url, or a domain of your own
  --webhook-url U  the stack's WebhookUrl; that of --url unless given, as with a domain of your own
  --profile NAME   whose credentials sign (SigV4); those of the environment unless given
  --region R       unless the URL, the profile or the environment says it
  --ask            asks the providers for real as well: whether each accepts its secret
  --provider P     with --ask: this provider alone; may be given more than once (${providersOf(functions).join(", ")})
  --open           it is meant that nobody is asked who calls
  --ids-kept       in AggrePay's TEST system alone: debits a test customer 1.00 under the longest id, reverses it, and says what
                   aggrepayIdsKept may be set to. Asks for the customer's id again before it debits
  --customer ID    with --ids-kept: the test customer, whose MPIN is in SMOKE_MPIN

SMOKE_TOKEN in the environment is a token for a gateway with auth=jwt, and is sent in place of a signature.
A loopback address is asked unsigned unless --profile is given or AWS_ACCESS_KEY_ID or SMOKE_TOKEN is set, and may be open.
The caller needs execute-api:Invoke, or the scopes, of GET/v1/records*, POST/v1/aggrepay/fetch-balance and what --ask calls;
for --ids-kept also of POST/v1/aggrepay/debit-wallet, debit-reversal, fetch-transactions and fetch-by-merchant-transaction-id.

Ends with 0 where nothing failed, with 1 where something did, with 2 where the options are wrong.
`;

interface Output {
  out(text: string): void;
  err(text: string): void;
  /** The line that is typed in answer; empty where nobody answers. */
  ask(question: string): Promise<string>;
}

type Environment = Readonly<Record<string, string | undefined>>;

function optionsOf(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        url: text,
        "webhook-url": text,
        profile: text,
        region: text,
        ask: flag,
        provider: { ...text, multiple: true },
        open: flag,
        "ids-kept": flag,
        customer: text,
        help: { ...flag, short: "h" },
      },
    }).values;
  } catch (error) {
    throw new Usage(error instanceof Error ? error.message : String(error));
  }
}

type Options = ReturnType<typeof optionsOf>;

function askedOf({ ask, provider }: Options): readonly ProviderName[] {
  const known = providersOf(functions);
  const asked = known.filter((name) => provider?.includes(name) ?? true);
  const stranger = provider?.find((name) => !known.some((each) => each === name));
  if (stranger !== undefined) throw new Usage(`--provider "${stranger}" is none of ${known.join(", ")}.`);
  if (provider !== undefined && ask !== true) throw new Usage("--provider says whom to --ask: give both.");
  return ask === true ? asked : [];
}

/** Whom to debit for `--ids-kept`; undefined where it is not asked for. */
function testCustomerOf(options: Options, environment: Environment) {
  const { customer, "ids-kept": isWanted } = options;
  if (isWanted !== true) {
    if (customer !== undefined) throw new Usage("--customer says whom to debit for --ids-kept: give both.");
    return undefined;
  }
  if (customer === undefined) throw new Usage("--ids-kept debits a test customer: give --customer.");
  const mpin = environment.SMOKE_MPIN;
  if (!mpin) throw new Usage("SMOKE_MPIN is missing: --ids-kept needs the test customer's MPIN.");
  return { customerId: customer, mpin };
}

const lineOf = ({ verdict, check, why }: Finding): string => `${verdict.padEnd(8)} ${check}: ${why}\n`;

/** Gives the exit code. */
export async function smoke(
  args: readonly string[],
  environment: Environment,
  output: Output,
): Promise<number> {
  try {
    const options = optionsOf(args);
    if (options.help === true) {
      output.out(help);
      return 0;
    }
    if (options.url === undefined) throw new Usage("--url is missing.");
    const url = addressOf(options.url, "--url");
    const webhookUrl = addressOf(options["webhook-url"] ?? options.url, "--webhook-url");
    const ask = askedOf(options);
    const testCustomer = testCustomerOf(options, environment);
    const gateway = await openGateway(
      url,
      identityOf(url, { ...options, token: environment.SMOKE_TOKEN, tokenFrom: "SMOKE_TOKEN" }, environment),
    );
    const webhooks = await openGateway(webhookUrl, undefined);
    const open = options.open === true || isLoopback(url);
    let failures = 0;
    for await (const finding of all(gateway)) {
      output.out(lineOf(finding));
      if (finding.verdict === "failed") failures += 1;
    }
    output.out(failures === 0 ? `\n${url.origin} is as it should be.\n` : `\n${failures} failed.\n`);
    return failures === 0 ? 0 : 1;

    async function* all(asked: Gateway): AsyncGenerator<Finding> {
      yield* checks(asked, { functions, open, webhooks, ask });
      // Nothing is debited through a gateway that is not as it should be.
      if (testCustomer && failures === 0)
        yield* idsKept(asked, { ...testCustomer, functions, ask: output.ask });
    }
  } catch (error) {
    if (!(error instanceof Usage) && !(error instanceof Unsigned)) throw error;
    output.err(`${error.message}\n`);
    if (error instanceof Usage) output.err("npm run smoke -- --help lists the options.\n");
    return 2;
  }
}

async function typed(question: string): Promise<string> {
  process.stdout.write(question);
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) return line;
  return "";
}

if (import.meta.main) {
  process.exitCode = await smoke(process.argv.slice(2), process.env, {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    ask: typed,
  });
}
