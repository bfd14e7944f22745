import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const situation = v.strictObject({
  of: v.string(),
  calls: v.record(v.string(), whole),
  writeUnits: whole,
  readHalfUnits: whole,
  streamRecords: whole,
  events: whole,
  storedBytes: v.strictObject({ table: whole, indexes: whole }),
  providerCalls: whole,
  providerBytes: whole,
  responseBytes: whole,
  logBytes: whole,
  ownMicros: whole,
});

const coldStart = v.strictObject({ initMicros: whole, secretCalls: whole });

const measuredShape = v.strictObject({
  measuredOn: v.string(),
  machine: v.string(),
  runs: whole,
  situations: v.record(v.string(), situation),
  coldStarts: v.record(v.string(), coldStart),
  accessLogBytes: whole,
  /** What gzip leaves of the functions' log lines, in percent. */
  logsCompressedTo: whole,
});

export type Measured = v.InferOutput<typeof measuredShape>;
export type Situation = v.InferOutput<typeof situation>;

const file = join(import.meta.dirname, "measured.json");

/** What was measured last, on the machine that it names. */
export const readMeasured = (): Measured => v.parse(measuredShape, JSON.parse(readFileSync(file, "utf8")));

export const writeMeasured = (measured: Measured): void =>
  writeFileSync(file, `${JSON.stringify(measured, null, 2)}\n`);
