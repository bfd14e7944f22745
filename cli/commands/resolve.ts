import { Command, Option } from "commander";
import { expectedOf } from "../../client/src/answer.ts";
import { operations } from "../../client/src/contract.ts";
import { endingOf, saysDoubt, tellReply } from "../answer.ts";
import { type AskOptions, asksGateway, gatewayOf, unlessUnsent } from "../ask.ts";
import type { Ending } from "../exit.ts";
import { wrongInput } from "../exit.ts";
import type { Io } from "../io.ts";
import type { Run } from "../run.ts";
import { isObject, type JsonObject, shown, table } from "../shown.ts";
import { wholeNumber } from "../whole-number.ts";

interface ResolveOptions extends AskOptions {
  readonly outcome: string;
  readonly reason: string;
  readonly transactionId?: string;
  readonly attempt?: number;
}

/** `gw resolve`: a person's decision on one record or many. */
export const resolveCommand = (run: Run): Command =>
  asksGateway(new Command("resolve"))
    .description("settles records that wait for a person; see the runbook for what to look at first")
    .argument("<id...>", "the records' ids, at most 100")
    .addOption(
      new Option("--outcome <outcome>", "what is true of it; withdraw takes back a proposal of your own")
        .choices(["succeeded", "declined", "not_executed", "withdraw"])
        .makeOptionMandatory(),
    )
    .requiredOption("--reason <text>", "how you know; it is kept with the record")
    .option("--transaction-id <id>", "the provider's, of one record that succeeded")
    .option("--attempt <n>", "the attempt that you looked at", wholeNumber("--attempt", 0, 1_000_000))
    .addHelpText(
      "after",
      `
Examples:
  gw resolve duMeKVHWTuqEuy6wY2VyIYNZOAGw-eK0lYLyFnzWybU --outcome succeeded --reason "Statement of 29 November, row 12" \\
    --transaction-id 887420489
  gw resolve $(gw records --state needs_attention --json | jq -r '.[].id') --outcome not_executed --reason "Ticket 4711"`,
    )
    .action((ids: string[], options: ResolveOptions) => run((io) => resolve(ids, options, io)));

async function resolve(ids: readonly string[], options: ResolveOptions, io: Io): Promise<Ending> {
  const { outcome, reason, transactionId, attempt } = options;
  const [id, ...others] = ids;
  if (others.length > 0 && transactionId !== undefined)
    throw wrongInput("--transaction-id belongs to one record: give one id.");
  const asked = await gatewayOf(options, io);
  const said = { outcome, reason, ...(attempt !== undefined && { attempt }) };
  const isOne = id !== undefined && others.length === 0;
  // A decision changes a record, though it has no identity under which it could be repeated.
  const { recordsResolve, recordsResolveMany } = operations;
  const expected = {
    ...(isOne
      ? expectedOf(recordsResolve, { id }, undefined)
      : expectedOf(recordsResolveMany, {}, undefined)),
    isChange: true,
  };
  const request = {
    method: "POST" as const,
    path: isOne ? `/v1/records/${encodeURIComponent(id)}/resolve` : "/v1/records/resolve",
    contentType: "application/json",
    body: JSON.stringify(
      isOne ? { ...said, ...(transactionId !== undefined && { transactionId }) } : { ids, ...said },
    ),
  };
  const reply = await asked.send(request).catch((error: unknown) => {
    throw unlessUnsent(error, `The decision may have been written: ${look}.`);
  });
  const ends = endingOf(reply, expected);
  const results = ends === "done" && isObject(reply.body) ? reply.body.result : undefined;
  if (options.json || !Array.isArray(results)) {
    tellReply(reply, expected, io, options.json === true);
    if (ends === "inDoubt" && !saysDoubt(reply, expected))
      io.err(`The decision may have been written: ${look}.`);
  } else for (const line of table(results.filter(isObject).map(rowOf))) io.out(line);
  if (ends !== "done") return ends;
  const statuses = Array.isArray(results)
    ? results.map((each) => (isObject(each) ? Number(each.status) : 0))
    : [reply.status];
  if (statuses.includes(202)) io.err("It is proposed, not settled: a second person has to say the same.");
  if (Array.isArray(results) && statuses.some((status) => status >= 300)) return "refused";
  return statuses.includes(202) ? "proposed" : "done";
}

const look = '"gw record <id>" shows it, and it may be sent again as it is';

function rowOf({ id, status, record, problem }: JsonObject): JsonObject {
  const why = isObject(problem) ? `${shown(problem.code)}: ${shown(problem.detail)}` : undefined;
  return { id, status, state: isObject(record) ? record.state : undefined, why };
}
