import { Command, Option } from "commander";
import { isLoopback } from "../../ops/smoke/address.ts";
import type { Finding } from "../../ops/smoke/finding.ts";
import { type AskOptions, asksGateway, gatewayOf } from "../ask.ts";
import { accountChecks } from "../doctor/aws.ts";
import { dataDir, freePort, nodeVersion, notAsked } from "../doctor/machine.ts";
import { gatewaySaid, providersReached } from "../doctor/reach.ts";
import { secretsIn } from "../doctor/secrets.ts";
import { type Ending, Stopped } from "../exit.ts";
import type { Io } from "../io.ts";
import type { Run } from "../run.ts";

interface DoctorOptions extends AskOptions {
  readonly secrets?: string;
  readonly providers?: "dev" | "prod";
  readonly stack?: string;
}

/** `gw doctor`: why it may not work here, each check a line. */
export const doctorCommand = (run: Run): Command =>
  asksGateway(new Command("doctor"))
    .description("looks for what is wrong: Node, ports, gateway, clock, secrets, providers, AWS account")
    .addOption(
      new Option("--secrets <file>", "a file of secrets, whose shape is looked at").env("SECRETS_FILE"),
    )
    .addOption(
      new Option("--providers <stage>", "connects to the providers' hosts of this stage").choices([
        "dev",
        "prod",
      ]),
    )
    .option("--stack <name>", "a stack that is looked at, such as WalletGateway-prod")
    .addHelpText(
      "after",
      `
Nothing is changed, and no value of a secret is shown. Ends with 1 where a check failed. Where MERCHANT_WEBHOOK_URL is set, the
file of secrets must have what events are signed with ("webhook").

Examples:
  gw doctor
  gw doctor --secrets secrets.json --providers dev
  gw doctor --url https://pay.example.com --profile shop --region eu-central-1 --stack WalletGateway-prod`,
    )
    .action((options: DoctorOptions) => run((io) => doctor(options, io)));

async function doctor(options: DoctorOptions, io: Io): Promise<Ending> {
  const findings: Finding[] = [];
  const tell = (...more: readonly Finding[]) => {
    findings.push(...more);
    if (!options.json) for (const each of more) io.out(lineOf(each, io));
  };
  tell({ check: "Node", ...nodeVersion(process.version) }, { check: "data", ...dataDir(options.dataDir) });
  tell(...(await gatewayChecks(options, io)));
  if (options.secrets !== undefined) tell(...secretsIn(options.secrets, io.environment));
  if (options.providers !== undefined) tell(...(await providersReached(options.providers, io.environment)));
  tell(...(await awsChecks(options, io)));
  if (options.json) io.out(JSON.stringify(findings));
  return findings.some(({ verdict }) => verdict === "failed") ? "refused" : "done";
}

async function gatewayChecks(options: DoctorOptions, io: Io): Promise<readonly Finding[]> {
  const asked = await gatewayOf(options, io);
  try {
    const reply = await asked.send({ method: "GET", path: "/v1/records?limit=1&state=dispatched" });
    return gatewaySaid(reply, Date.now());
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    const silent: Finding = { check: "gateway", verdict: "failed", why: error.message };
    return isLoopback(asked.url) ? [silent, await freePort(asked.url)] : [silent];
  }
}

async function awsChecks(
  { profile, region, stack }: DoctorOptions,
  { environment }: Io,
): Promise<readonly Finding[]> {
  if (profile === undefined && !environment.AWS_ACCESS_KEY_ID && stack === undefined)
    return [{ check: "AWS identity", ...notAsked }];
  const place = region ?? environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION;
  if (!place)
    return [{ check: "AWS identity", verdict: "failed", why: "the Region is not known: give --region" }];
  return accountChecks({
    signing: { profile, region: place },
    stack,
    endpoint: environment.AWS_ENDPOINT_URL,
  });
}

const colours = { ok: "green", warning: "yellow", failed: "red", skipped: "dim" } as const;

const lineOf = ({ verdict, check, why }: Finding, io: Io): string =>
  `${io.paint(colours[verdict], verdict.padEnd(8))} ${check}: ${why}`;
