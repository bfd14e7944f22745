import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { gzipSync } from "node:zlib";
import { isObject, objectOf, parseJson, textOf } from "../../local/json.ts";
import type { Measured, Situation } from "./measured.ts";
import { type Subject, subjectsIn } from "./subjects.ts";
import { openWorld, type Taken, type World } from "./world.ts";

/** A read, a change, and what the clock runs: the three kinds of bundle. */
const startedCold = ["aggrepay/fetch-balance", "aggrepay/debit-wallet", "reconcile"] as const;

/** Runs every situation that often. What is counted must be the same each time; of what is timed it takes the median. */
export async function measure(runs: number): Promise<Measured> {
  const world = await openWorld();
  try {
    const situations: Record<string, Situation> = {};
    let logs = "";
    for (const subject of await subjectsIn(world)) {
      const taken = await repeated(world, subject, runs);
      situations[subject.name] = situationOf(subject, taken);
      logs += taken.map((each) => each.logs).join("");
    }
    const coldStarts: Record<string, Measured["coldStarts"][string]> = {};
    for (const name of startedCold) {
      const starts = [];
      for (let run = 0; run < runs; run += 1) starts.push(await world.coldStart(name));
      const secretCalls = Math.max(...starts.map((start) => start.secretCalls));
      coldStarts[name] = { initMicros: median(starts.map(({ initMicros }) => initMicros)), secretCalls };
    }
    return {
      measuredOn: new Date().toISOString().slice(0, 10),
      machine: `${process.arch}, ${cpus().length} x ${cpus()[0]?.model.trim() ?? "?"}, Node ${process.version}`,
      runs,
      situations,
      coldStarts,
      accessLogBytes: accessLogBytes(world.assembly),
      // CloudWatch keeps logs at gzip level 6.
      logsCompressedTo: Math.ceil((100 * gzipSync(logs, { level: 6 }).byteLength) / Buffer.byteLength(logs)),
    };
  } finally {
    await world.close();
  }
}

async function repeated(world: World, { name, of, status, ready }: Subject, runs: number) {
  const taken: Taken[] = [];
  // The first is not counted: its process has just started.
  for (let run = 0; run <= runs; run += 1) {
    const one = await world.invoke(of, await ready(run));
    if (one.answer.status !== status)
      throw new Error(`${name} answered ${one.answer.status}: ${JSON.stringify(one.answer.body)}`);
    if (run > 0) taken.push(one);
  }
  return taken;
}

function situationOf({ name, of }: Subject, taken: readonly Taken[]): Situation {
  const [first] = taken;
  if (first === undefined) throw new Error("at least one run is needed");
  const counted = ({ metered, providerCalls }: Taken) => {
    const { storedBytes: _, ...counts } = metered;
    return { ...counts, providerCalls };
  };
  const odd = taken.find((each) => !isDeepStrictEqual(counted(each), counted(first)));
  if (odd)
    throw new Error(`${name} is not the same each time: ${JSON.stringify([counted(first), counted(odd)])}`);
  const middle = (of: (each: Taken) => number) => median(taken.map(of));
  return {
    of,
    ...counted(first),
    storedBytes: {
      table: middle((each) => each.metered.storedBytes.table),
      indexes: middle((each) => each.metered.storedBytes.indexes),
    },
    providerBytes: middle((each) => each.providerBytes),
    responseBytes: middle((each) => each.responseBytes),
    logBytes: middle((each) => Buffer.byteLength(each.logs)),
    ownMicros: middle((each) => each.ownMicros),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** The line that API Gateway writes for each request, with values as long as they are in life. */
function accessLogBytes(assembly: string): number {
  const manifest = objectOf(parseJson(readFileSync(join(assembly, "manifest.json"), "utf8")));
  const stack = Object.values(objectOf(manifest.artifacts))
    .map(objectOf)
    .find(({ type }) => type === "aws:cloudformation:stack");
  const template = textOf(objectOf(stack?.properties).templateFile) ?? "";
  const { Resources } = objectOf(parseJson(readFileSync(join(assembly, template), "utf8")));
  const formats = Object.values(objectOf(Resources)).flatMap((resource) => {
    const settings = objectOf(objectOf(resource).Properties).AccessLogSettings;
    const format = isObject(settings) ? textOf(settings.Format) : undefined;
    return format === undefined ? [] : [format];
  });
  const [format] = formats;
  if (format === undefined) throw new Error("the stack writes no access log");
  return Buffer.byteLength(format.replace(/\$context\.[\w.]+/g, (name) => inLife[name] ?? "-"));
}

const inLife: Readonly<Record<string, string>> = {
  "$context.requestId": "JKJaXmPLvHcESHA=",
  "$context.requestTimeEpoch": "1795182248625",
  "$context.routeKey": "POST /v1/aggrepay/debit-wallet",
  "$context.status": "200",
  "$context.identity.userArn": "arn:aws:sts::123456789012:assumed-role/checkout/pod-7f9c6d5b8-x2x7q",
  "$context.identity.sourceIp": "203.0.113.211",
  "$context.responseLatency": "318",
  "$context.integrationLatency": "314",
};
