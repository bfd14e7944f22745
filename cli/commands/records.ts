import { Command, Option } from "commander";
import { type Asked, type AskOptions, asksGateway, gatewayOf } from "../ask.ts";
import type { Ending } from "../exit.ts";
import { wrongInput } from "../exit.ts";
import type { Io } from "../io.ts";
import { listed, orTold } from "../list.ts";
import type { Run } from "../run.ts";
import { age, type JsonObject, table } from "../shown.ts";
import { wholeNumber } from "../whole-number.ts";

interface RecordsOptions extends AskOptions {
  readonly state?: string;
  readonly customer?: string;
  readonly transaction?: string;
  readonly operation?: string;
  readonly since?: string;
  readonly limit: number;
}

/** States whose records are listed, those that need somebody first. */
const states = ["needs_attention", "in_doubt", "dispatched"] as const;

/** `gw records`: what is unfinished, a customer's records, or those of an id. */
export const recordsCommand = (run: Run): Command =>
  asksGateway(new Command("records"))
    .description("lists records: all that is unfinished, unless told")
    .addOption(new Option("--state <state>", "one state alone").choices(states))
    .option("--customer <id>", "those of a customer, newest first")
    .option("--transaction <id>", "that of a merchantTransactionId, with its reversals")
    .option("--operation <name>", "of one operation, such as aggrepay/debit-wallet")
    .option("--since <time>", "what has waited, or was sent, since then: 2026-11-29T09:30:00Z, or a date")
    .option("--limit <n>", "at most so many of each list", wholeNumber("--limit", 1, 100_000), 25)
    .addHelpText(
      "after",
      `
Examples:
  gw records
  gw records --state needs_attention --operation aggrepay/debit-wallet --limit 1000 --json
  gw records --customer 991000017`,
    )
    .action((options: RecordsOptions) =>
      run((io) => orTold(io, options.json === true, () => records(options, io))),
    );

async function records(options: RecordsOptions, io: Io): Promise<Ending> {
  const queries = queriesOf(options);
  const asked = await gatewayOf(options, io);
  const rows = (await Promise.all(queries.map((query) => rowsOf(asked, query, options.limit)))).flat();
  if (options.json) io.out(JSON.stringify(rows));
  else if (rows.length === 0) io.out("No record.");
  else for (const line of table(rows.map(rowOf))) io.out(line);
  return "done";
}

type Query = Readonly<Record<string, string>>;

function queriesOf({ state, customer, transaction, operation, since }: RecordsOptions): readonly Query[] {
  const kinds = [state, customer, transaction].filter((each) => each !== undefined);
  if (kinds.length > 1) throw wrongInput("Give one of --state, --customer and --transaction.");
  const filters = { ...(operation !== undefined && { operation }), ...(since !== undefined && { since }) };
  if (customer === undefined && transaction === undefined)
    return (state === undefined ? states : [state]).map((each) => ({ state: each, ...filters }));
  if (Object.keys(filters).length > 0) throw wrongInput("--operation and --since go with --state alone.");
  return [customer === undefined ? { merchantTransactionId: transaction ?? "" } : { customerId: customer }];
}

/** `in_doubt` lists dispatched records past their lease too: each record is shown in the first list that has it. */
async function rowsOf(asked: Asked, query: Query, limit: number): Promise<readonly JsonObject[]> {
  const rows = await listed(asked, query, limit);
  return query.state === "dispatched" ? rows.filter((row) => !isPastLease(row)) : rows;
}

const isPastLease = ({ leaseEndsAt }: JsonObject): boolean =>
  typeof leaseEndsAt === "string" && Date.parse(leaseEndsAt) <= Date.now();

function rowOf(row: JsonObject): JsonObject {
  const { id, operation, identity, state, amount, customerId, ageSeconds, createdAt, flagged } = row;
  return {
    age: typeof ageSeconds === "number" ? age(ageSeconds) : "",
    state: flagged ? `${String(state)} (flagged)` : state,
    operation,
    identity,
    amount,
    customer: customerId,
    ...(ageSeconds === undefined && { created: createdAt }),
    id,
  };
}
