import { kindOf, type Schedule } from "./assembly.ts";
import type { Host } from "./host.ts";
import { minutesIn } from "./schedules.ts";
import type { Settings } from "./settings.ts";

/** What runs, for the person who started it. */
export function tableOf({ application, addresses }: Host, settings: Settings, tookMs: number): string {
  const { stack, functions, routes, schedules, eventSources } = application;
  const kinds = new Map(functions.map((lambda) => [lambda.name, kindOf(lambda)]));
  const every = (schedule: Schedule) =>
    settings.scheduleMs === 0 ? "never" : `every ${(settings.scheduleMs * minutesIn(schedule)) / 1000} s`;
  const served = [
    ...routes.map(({ key, functionName }) => [key, functionName, kinds.get(functionName) ?? ""]),
    ...[...Map.groupBy(schedules, ({ name }) => name).values()].flatMap(([first, ...more]) =>
      first ? [clockRow(first, more.length + 1)] : [],
    ),
    ...eventSources.map(({ queue, functionName }) => [
      `messages of ${queue.name}`,
      functionName,
      kinds.get(functionName) ?? "",
    ]),
  ];
  function clockRow(schedule: Schedule, workers: number): readonly string[] {
    const { expression, functionName } = schedule;
    const times = workers === 1 ? "" : `, ${workers} at a time`;
    return [
      `${every(schedule)}${times} (deployed: ${expression})`,
      functionName,
      kinds.get(functionName) ?? "",
    ];
  }
  const beside = [
    ...addresses.map(({ what, where, note }) => [what, where, note]),
    ["data", settings.dataDir, "logs/ has what each function prints"],
  ];
  return [
    `${stack}: ${functions.length} functions, started in ${(tookMs / 1000).toFixed(1)} s`,
    "",
    ...columns(served),
    "",
    ...columns(beside),
    "",
  ].join("\n");
}

function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const width = (column: number) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(width(column))).join("  ")}`.trimEnd());
}
