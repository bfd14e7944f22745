import { setTimeout as sleep } from "node:timers/promises";
import { Command, Option } from "commander";
import { addressOf, isLoopback } from "../../ops/smoke/address.ts";
import { localUrl } from "../ask.ts";
import { type Ending, Stopped, wrongInput } from "../exit.ts";
import type { Io } from "../io.ts";
import type { Run } from "../run.ts";
import { isObject, type JsonObject, shown } from "../shown.ts";
import { wholeNumber } from "../whole-number.ts";

interface EventsOptions {
  readonly url: string;
  readonly follow?: true;
  readonly last: number;
  readonly for: number;
  readonly json?: true;
}

const readEveryMs = 500;

/** `gw events`: what the pipe of the local gateway's table would put on the event bus. */
export const eventsCommand = (run: Run): Command =>
  new Command("events")
    .description(
      "shows the events that the local gateway's pipe would put on the bus, or those of one record",
    )
    .argument("[record]", "a record's id, or any other text of the event")
    .addOption(new Option("--url <url>", "the local gateway").default(localUrl).env("GW_URL"))
    .option("--follow", "shows new events as they come, until Ctrl-C")
    .option("--for <seconds>", "ends --follow by itself", wholeNumber("--for", 1, 86_400), 86_400)
    .option("--last <n>", "how many of the events that are there", wholeNumber("--last", 0, 1_000_000), 50)
    .option("--json", "prints each event as JSON, as the bus has it")
    .addHelpText(
      "after",
      `
A deployed gateway's events go to its bus, where a rule of your own takes them (docs/events.md).

Examples:
  gw events --follow
  gw events duMeKVHWTuqEuy6wY2VyIYNZOAGw-eK0lYLyFnzWybU --json`,
    )
    .action((record: string | undefined, options: EventsOptions) => run((io) => events(record, options, io)));

async function events(record: string | undefined, options: EventsOptions, io: Io): Promise<Ending> {
  const url = addressOf(options.url.replace(/\/+$/, ""), "--url");
  if (!isLoopback(url))
    throw wrongInput("A deployed gateway's bus is read by a rule of your own: docs/events.md.");
  const isMeant = (event: JsonObject) => record === undefined || JSON.stringify(event).includes(record);
  const tell = (found: readonly JsonObject[]) => {
    for (const event of found) io.out(options.json ? JSON.stringify(asSent(event)) : lineOf(event, io));
  };
  let read = await eventsAfter(0, url);
  tell(options.last === 0 ? [] : read.events.filter(isMeant).slice(-options.last));
  const end = performance.now() + options.for * 1000;
  while (options.follow && performance.now() < end) {
    await sleep(readEveryMs);
    read = await eventsAfter(read.next, url);
    tell(read.events.filter(isMeant));
  }
  return "done";
}

interface Read {
  readonly events: readonly JsonObject[];
  readonly next: number;
}

/** @throws Stopped `unreachable` where no local gateway answers */
async function eventsAfter(after: number, url: URL): Promise<Read> {
  try {
    const response = await fetch(new URL(`/console/events?after=${after}`, url), {
      signal: AbortSignal.timeout(10_000),
    });
    const body: unknown = await response.json();
    if (response.ok && isObject(body) && Array.isArray(body.events))
      return { events: body.events.filter(isObject), next: Number(body.next) };
    throw new Error(`HTTP ${response.status}`);
  } catch (cause) {
    throw new Stopped("unreachable", `No local gateway tells its events at ${url.origin}: is it running?`, {
      cause,
    });
  }
}

const asSent = ({ source, detailType, time, detail }: JsonObject): JsonObject => ({
  source,
  "detail-type": detailType,
  time,
  detail,
});

function lineOf({ time, detailType, detail }: JsonObject, io: Io): string {
  const { recordId, provider, operation, state, attempt } = isObject(detail) ? detail : {};
  const what = `${shown(provider)}/${shown(operation)}  ${shown(state)}, attempt ${shown(attempt)}`;
  return `${shown(time)}  ${io.paint("bold", shown(detailType).padEnd(22))}  ${what}  ${shown(recordId)}`;
}
