import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { type Asked, type AskOptions, asksGateway, gatewayOf } from "../ask.ts";
import type { Ending } from "../exit.ts";
import { wrongInput } from "../exit.ts";
import { isRecordId } from "../ids.ts";
import type { Io } from "../io.ts";
import { gotRecord, listed, orTold } from "../list.ts";
import type { Run } from "../run.ts";
import { age, isObject, type JsonObject, lines, shown } from "../shown.ts";
import { wholeNumber } from "../whole-number.ts";

interface RecordOptions extends AskOptions {
  readonly follow?: true;
  readonly for: number;
}

const readEveryMs = 1_000;

/** `gw record`: one record's life, once or until it has ended. */
export const recordCommand = (run: Run): Command =>
  asksGateway(new Command("record"))
    .description("shows a record and its history")
    .argument("<id>", "a record's id, a merchantTransactionId or a referenceNo")
    .option("--follow", "shows each change of state, until the outcome is known or waits for a person")
    .option("--for <seconds>", "how long --follow waits", wholeNumber("--for", 1, 86_400), 900)
    .addHelpText(
      "after",
      `
Examples:
  gw record order-1
  gw record order-3.sandbox.reset-after --follow
  gw record duMeKVHWTuqEuy6wY2VyIYNZOAGw-eK0lYLyFnzWybU --json`,
    )
    .action((id: string, options: RecordOptions) =>
      run((io) => orTold(io, options.json === true, () => record(id, options, io))),
    );

async function record(id: string, options: RecordOptions, io: Io): Promise<Ending> {
  const asked = await gatewayOf(options, io);
  const read = await readerOf(id, asked);
  const found = await read();
  const last = options.follow ? await followed(found, read, options, io) : found;
  if (options.json) io.out(JSON.stringify(last));
  else for (const line of told(last, io)) io.out(line);
  return options.follow ? endOf(last) : "done";
}

async function readerOf(id: string, asked: Asked): Promise<() => Promise<JsonObject>> {
  const found = isRecordId(id) ? id : await ofTransaction(id, asked);
  return () => gotRecord(asked, found);
}

async function ofTransaction(id: string, asked: Asked): Promise<string> {
  const lists = [{ merchantTransactionId: id }, { referenceNo: id }].map((query) => listed(asked, query, 20));
  const rows = (await Promise.all(lists)).flat();
  const [first, ...others] = rows;
  if (!first)
    throw wrongInput(
      `No record has the id, merchantTransactionId or referenceNo "${id}": "gw records --find ${id}" looks for more.`,
    );
  if (others.length === 0) return shown(first.id);
  const all = rows.map((row) => `${shown(row.id)} (${shown(row.operation)})`);
  throw wrongInput(`"${id}" has ${rows.length} records, name one: ${all.join(", ")}.`);
}

const states: Readonly<Record<string, Ending>> = {
  succeeded: "done",
  declined: "refused",
  not_executed: "notDone",
  not_sent: "notDone",
};

const endOf = ({ state }: JsonObject): Ending => states[shown(state)] ?? "inDoubt";

/** Reads until the record has ended or waits for a person, and tells each entry of its history once. */
async function followed(
  found: JsonObject,
  read: () => Promise<JsonObject>,
  options: RecordOptions,
  io: Io,
): Promise<JsonObject> {
  const end = performance.now() + options.for * 1000;
  let toldEntries = 0;
  let toldInquiries = 0;
  for (let now = found; ; now = await read()) {
    for (const entry of historyOf(now).slice(toldEntries)) io.err(entryLine(entry));
    toldEntries = historyOf(now).length;
    const asked = inquiryLine(now);
    if (asked && Number(now.inquiries) > toldInquiries) io.err(asked);
    toldInquiries = Number(now.inquiries);
    if (shown(now.state) in states || now.state === "needs_attention" || performance.now() > end) return now;
    await sleep(readEveryMs);
  }
}

const historyOf = ({ history }: JsonObject): readonly JsonObject[] =>
  Array.isArray(history) ? history.filter(isObject) : [];

const entryLine = ({ at, state }: JsonObject): string => `  ${shown(at)}  ${shown(state)}`;

function inquiryLine({ lastInquiry, inquiries }: JsonObject): string | undefined {
  if (!isObject(lastInquiry)) return undefined;
  const { at, ...shows } = lastInquiry;
  return `  ${shown(at)}  inquiry ${shown(inquiries)}: ${Object.values(shows).map(shown).filter(Boolean).join(", ")}`;
}

function told(record: JsonObject, io: Io): readonly string[] {
  const {
    id,
    operation,
    identity,
    state,
    attempt,
    ageSeconds,
    history: _history,
    lastInquiry: _last,
    ...rest
  } = record;
  const known = Object.fromEntries(
    Object.entries(rest).filter(([, value]) => value !== null && value !== false && value !== undefined),
  );
  return [
    `${io.paint("bold", shown(operation))} ${shown(identity)}: ${shown(state)}, attempt ${shown(attempt)}, ${age(Number(ageSeconds))} old`,
    ...lines({ id, ...known }, ""),
    "history",
    ...historyOf(record).map(entryLine),
    ...[inquiryLine(record) ?? []].flat(),
  ];
}
