import { Command } from "commander";
import { expectedOf } from "../../client/src/answer.ts";
import { operations } from "../../client/src/contract.ts";
import { type AskOptions, asksGateway, gatewayOf } from "../ask.ts";
import { type Ending, Stopped, wrongInput } from "../exit.ts";
import type { Io } from "../io.ts";
import { got, orTold } from "../list.ts";
import type { Run } from "../run.ts";
import { isObject, type JsonObject, lines, shown, table } from "../shown.ts";

interface BooksOptions extends AskOptions {
  readonly date?: string;
  readonly run?: true;
}

/** `gw books`: where a provider's own lists and our records do not agree, of the latest days or of one. */
export const booksCommand = (run: Run): Command =>
  asksGateway(new Command("books"))
    .description("shows what the providers' own lists differ in from the records, day by day")
    .option("--date <date>", "one day, in the provider's zone, such as 2026-11-28")
    .option("--run", "looks at that day, or else today, now: of the local gateway alone")
    .addHelpText(
      "after",
      `
Ends with 1 where a day differs.

Examples:
  gw books
  gw books --date 2026-11-28 --json
  gw books --run`,
    )
    .action((options: BooksOptions) =>
      run((io) => orTold(io, options.json === true, () => books(options, io))),
    );

async function books(options: BooksOptions, io: Io): Promise<Ending> {
  const { date } = options;
  if (date !== undefined && !/^\d{4}-\d\d-\d\d$/.test(date))
    throw wrongInput("--date must be like 2026-11-28.");
  const asked = await gatewayOf(options, io);
  if (options.run) {
    const { status, body } = await asked.send({
      ...{ method: "POST", path: "/console/books", contentType: "application/json" },
      body: JSON.stringify({ date }),
    });
    if (status !== 200) throw new Stopped("refused", whyNotLooked(status, body));
  }
  const path = `/v1/books${date === undefined ? "" : `?date=${date}`}`;
  const { result } = await got(asked, path, expectedOf(operations.recordsBooks, {}, undefined));
  const days = Array.isArray(result) ? result.filter(isObject) : [];
  if (options.json) io.out(JSON.stringify(days));
  else if (days.length === 0) io.out("Nobody has looked at the books of that day.");
  else for (const line of date === undefined ? table(days.map(rowOf)) : days.flatMap(told)) io.out(line);
  return days.some(({ state }) => state === "differs") ? "refused" : "done";
}

/** Its own sentence where it is the local gateway that refused; a deployed one has no such route. */
function whyNotLooked(status: number, body: unknown): string {
  const { message } = part(body);
  if (status === 502 && typeof message === "string") return message;
  return `Only the local gateway looks at the books when it is told to; this one answered ${status}.`;
}

const part = (value: unknown): JsonObject => (isObject(value) ? value : {});

function rowOf({
  date,
  provider,
  state,
  customers,
  records,
  movements,
  differences,
  sums,
}: JsonObject): JsonObject {
  return {
    ...{ date, provider, state, differences: part(differences).count },
    customers: `${shown(part(customers).lookedAt)} of ${shown(part(customers).found)}`,
    ...{
      "borne out": part(records).borneOut,
      open: part(records).open,
      "not proven": part(records).notProven,
    },
    ...{ movements: part(movements).shown, "not looked at": part(sums).notLookedAt },
  };
}

function told(day: JsonObject): readonly string[] {
  const { differences, notProven, customers, records, movements, sums, ...head } = day;
  const { shown: list, count } = part(differences);
  const rows = Array.isArray(list) ? list.filter(isObject) : [];
  const why = Array.isArray(notProven) ? notProven : [];
  return [
    ...lines(head, ""),
    ...Object.entries({ customers, records, movements, sums }).flatMap(([name, value]) => [
      name,
      ...lines(value, ""),
    ]),
    `differences: ${shown(count)}`,
    ...rows.flatMap(({ says, ...row }) => [shown(says), ...lines(row, "")]),
    ...(why.length > 0 ? ["not proven", ...lines(why, "")] : []),
  ];
}
