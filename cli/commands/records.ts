import { Command, Option } from "commander";
import { search } from "../../console/page/search.ts";
import { type Asked, type AskOptions, asksGateway, gatewayOf } from "../ask.ts";
import type { Ending } from "../exit.ts";
import { wrongInput } from "../exit.ts";
import type { Io } from "../io.ts";
import { catalogue } from "../known.ts";
import { gotRecord, listed, orTold, Refused } from "../list.ts";
import type { Run } from "../run.ts";
import { age, type JsonObject, shown, table } from "../shown.ts";
import { wholeNumber } from "../whole-number.ts";

interface RecordsOptions extends AskOptions {
  readonly state?: string;
  readonly customer?: string;
  readonly transaction?: string;
  readonly reference?: string;
  readonly key?: string;
  readonly caller?: string;
  readonly find?: string;
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
    .option("--reference <no>", "that of a referenceNo, with its deactivation")
    .option("--key <key>", "that of an Idempotency-Key, with --operation")
    .option("--caller <name>", "whose Idempotency-Key it is, as records name callers (your own unless told)")
    .option("--find <id>", "those that have this id, whatever it is an id of")
    .option("--operation <name>", "of one operation, such as aggrepay/debit-wallet")
    .option("--since <time>", "what has waited, or was sent, since then: 2026-11-29T09:30:00Z, or a date")
    .option("--limit <n>", "at most so many of each list", wholeNumber("--limit", 1, 100_000), 25)
    .addHelpText(
      "after",
      `
Examples:
  gw records
  gw records --state needs_attention --operation aggrepay/debit-wallet --limit 1000 --json
  gw records --customer 991000017
  gw records --find order-1
  gw records --key signup-17 --operation aggrepay/registration-otp --caller arn:aws:sts::111122223333:assumed-role/checkout

--find looks for a record, merchantTransactionId, referenceNo, customer, and an Idempotency-Key of your own. A provider's
transaction is found among what is unfinished, or among a customer's records with --customer too.`,
    )
    .action((options: RecordsOptions) =>
      run((io) => orTold(io, options.json === true, () => records(options, io))),
    );

async function records(options: RecordsOptions, io: Io): Promise<Ending> {
  const queries = queriesOf(options);
  const asked = await gatewayOf(options, io);
  const rows =
    options.find === undefined
      ? (await Promise.all(queries.map((query) => rowsOf(asked, query, options.limit)))).flat()
      : await found(options.find, options, asked);
  if (options.json) io.out(JSON.stringify(rows));
  else if (rows.length === 0) io.out("No record.");
  else for (const line of table(rows.map(rowOf))) io.out(line);
  return "done";
}

type Query = Readonly<Record<string, string>>;

const wayOf = {
  customer: "customerId",
  transaction: "merchantTransactionId",
  reference: "referenceNo",
  key: "idempotencyKey",
};

function queriesOf(options: RecordsOptions): readonly Query[] {
  const { state, operation, since, caller, find } = options;
  const ways = (["customer", "transaction", "reference", "key"] as const).filter(
    (way) => options[way] !== undefined,
  );
  const [way, ...others] = ways;
  if (others.length > 0 || (way !== undefined && state !== undefined))
    throw wrongInput("Give one of --state, --customer, --transaction, --reference and --key.");
  if (find !== undefined && (state !== undefined || (way !== undefined && way !== "customer")))
    throw wrongInput("--find goes with --customer alone.");
  if (way === "key" && operation === undefined) throw wrongInput("--key needs --operation too.");
  if (way !== "key" && caller !== undefined) throw wrongInput("--caller goes with --key alone.");
  if (since !== undefined && way !== undefined) throw wrongInput("--since goes with --state alone.");
  if (operation !== undefined && way !== undefined && way !== "key")
    throw wrongInput("--operation goes with --state and --key alone.");
  const filters = given({ operation, since, caller });
  if (way === undefined)
    return (state === undefined ? states : [state]).map((each) => ({ state: each, ...filters }));
  return [{ [wayOf[way]]: options[way] ?? "", ...filters }];
}

const given = (query: Readonly<Record<string, string | undefined>>): Query =>
  Object.fromEntries(
    Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );

/** By whatever id it is. With a customer, each of its records is read for a provider's transaction. */
async function found(
  id: string,
  { customer, limit }: RecordsOptions,
  asked: Asked,
): Promise<readonly JsonObject[]> {
  const unfinished = async () => {
    if (customer === undefined) return all(states, (state) => listed(asked, { state }, limit));
    const rows = await listed(asked, { customerId: customer }, limit);
    return all(rows, (row) => recordsAt(asked, shown(row.id)));
  };
  const rows = await search<Named>(id, {
    byRecord: async (record) => named(await orNone(recordsAt(asked, record))),
    by: async (query) => named(await orNone(listed(asked, query, limit))),
    unfinished: async () => named(await unfinished()),
    keyed: async () =>
      catalogue()
        .operations.filter(({ identity }) => identity.by === "idempotency-key")
        .map(({ name }) => name),
  });
  return rows.slice(0, limit);
}

/** What comes of each, one after another. */
async function all<Each>(
  list: readonly Each[],
  read: (each: Each) => Promise<readonly JsonObject[]>,
): Promise<readonly JsonObject[]> {
  const found: JsonObject[] = [];
  for (const each of list) found.push(...(await read(each)));
  return found;
}

type Named = JsonObject & { readonly id: string };
const named = (rows: readonly JsonObject[]): readonly Named[] =>
  rows.map((row) => ({ ...row, id: shown(row.id) }));

const recordsAt = async (asked: Asked, id: string): Promise<readonly JsonObject[]> => [
  await gotRecord(asked, id),
];

/** Nothing where the gateway knows of none, or finds the id in a form that none has. */
async function orNone(reading: Promise<readonly JsonObject[]>): Promise<readonly JsonObject[]> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Refused && [400, 404].includes(error.reply.status)) return [];
    throw error;
  }
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
