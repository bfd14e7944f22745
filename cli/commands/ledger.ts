import { Command } from "commander";
import type { Ending } from "../exit.ts";
import type { Io } from "../io.ts";
import type { Run } from "../run.ts";
import { asksSandbox, type SandboxOptions, sandboxSays } from "../sandbox.ts";
import { isObject, type JsonObject, shown, table } from "../shown.ts";

interface LedgerOptions extends SandboxOptions {
  readonly customer?: string;
  readonly calls?: true;
}

/** `gw ledger`: what a sandbox has done, and what came in. */
export const ledgerCommand = (run: Run): Command =>
  asksSandbox(new Command("ledger"))
    .description("shows every effect and balance of a sandbox")
    .option("--customer <id>", "of one customer alone")
    .option("--calls", "shows the calls that came in instead, and whether they were signed")
    .addHelpText(
      "after",
      "\nExamples:\n  gw ledger --customer 991000017\n  gw ledger --calls --provider payu",
    )
    .action((options: LedgerOptions) => run((io) => ledger(options, io)));

async function ledger(options: LedgerOptions, io: Io): Promise<Ending> {
  const answer = await sandboxSays(options, "GET", options.calls ? "calls" : "ledger");
  const of = (name: string) => (Array.isArray(answer[name]) ? answer[name].filter(isObject) : []);
  if (options.calls) {
    if (options.json) io.out(JSON.stringify(of("calls")));
    else for (const line of table(of("calls").map(callRow))) io.out(line);
    return "done";
  }
  const { customer } = options;
  const isMeant = (row: JsonObject) =>
    customer === undefined || [row.from, row.to, row.customerId].includes(customer);
  const [effects, customers] = [of("effects").filter(isMeant), of("customers").filter(isMeant)];
  if (options.json) {
    io.out(JSON.stringify({ effects, customers }));
    return "done";
  }
  io.out(effects.length === 0 ? "No effect." : "Effects:");
  for (const line of table(effects.map(effectRow))) io.out(line);
  if (customers.length > 0) io.out("Balances:");
  for (const line of table(
    customers.map(({ balancePaise, ...rest }) => ({ ...rest, balance: rupees(balancePaise) })),
  ))
    io.out(line);
  return "done";
}

/** Hundredths as rupees; empty for what is no amount. */
function rupees(paise: unknown): string {
  const [, sign, digits] = /^(-?)(\d+)$/.exec(shown(paise)) ?? [];
  if (digits === undefined) return "";
  const padded = digits.padStart(3, "0");
  return `${sign}${padded.slice(0, -2)}.${padded.slice(-2)}`;
}

const timeOf = (at: unknown): string => (typeof at === "number" ? new Date(at).toISOString() : shown(at));

const effectRow = ({ at, amountPaise, ...rest }: JsonObject): JsonObject => ({
  at: timeOf(at),
  amount: rupees(amountPaise),
  ...rest,
});

const callRow = ({ number, at, path, signed, fault, verdict, effect }: JsonObject): JsonObject => ({
  number,
  at: timeOf(at),
  path,
  signed,
  fault,
  verdict,
  effect,
});
