import { grouped, shownDollars } from "./dollars.ts";
import { egressOf } from "./egress.ts";
import { type Bill, billedMs, kinds, type Model, millionOf, monthOf, situationOf } from "./model.ts";
import { egressPrices, type Price, type PriceName, priceNames, prices } from "./prices.ts";
import { firstOf, type Load, loadsOf, providerCallsOf } from "./quotas.ts";

type Row = readonly string[];

/** A table of Markdown, which is read as it is in a terminal too. */
export function table(head: Row, rows: readonly Row[], rightFrom = 1): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: Row) =>
    `| ${row.map((cell, at) => (at < rightFrom ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(" | ")} |`;
  const rule = widths.map((width, at) => (at < rightFrom ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

const callNames = ["UpdateItem", "PutItem", "GetItem", "Query"];

/** `2 UpdateItem, 1 GetItem` */
const callsOf = (calls: Readonly<Record<string, number>>): string =>
  callNames.flatMap((name) => (calls[name] === undefined ? [] : [`${calls[name]} ${name}`])).join(", ") ||
  "none";

/** 13 halves are 6.5. */
const halves = (count: number): string => `${Math.floor(count / 2)}${count % 2 === 1 ? ".5" : ""}`;
const tenths = (micros: number): string => {
  const tenth = Math.round(micros / 100);
  return `${Math.floor(tenth / 10)}.${tenth % 10}`;
};

export function situationsTable(model: Model): string {
  const rows = Object.entries(model.measured.situations).map(([name, situation]) => [
    name,
    callsOf(situation.calls),
    String(situation.providerCalls),
    String(situation.writeUnits),
    halves(situation.readHalfUnits),
    String(situation.logBytes),
    String(situation.providerBytes + situation.responseBytes),
    tenths(situation.ownMicros),
    String(billedMs(model, name)),
    situation.of.includes("/") && !situation.of.startsWith("usual/")
      ? shownDollars(millionOf(model, name).total)
      : "",
  ]);
  const head = [
    "Situation",
    "DynamoDB",
    "Provider calls",
    "Write units",
    "Read units",
    "Log bytes",
    "Bytes out",
    "Processor ms",
    "Billed ms",
    "$ for a million",
  ];
  return table(head, rows, 2);
}

/** The months side by side, a column for each. */
export function billsTable(models: readonly Model[]): string {
  const bills = models.map(monthOf);
  const row = (name: PriceName) => [
    prices[name].what,
    ...bills.map(({ lines }) => shownDollars(lines.get(name) ?? 0n)),
  ];
  const idle = bills.map((_, at) => monthOf(idleOf(models[at] as Model)).total);
  return table(
    ["A month, in $", ...models.map(({ parameters }) => `${grouped(BigInt(parameters.rps))} requests/s`)],
    [
      ...priceNames.map(row),
      ["**All of it**", ...bills.map(({ total }) => `**${shownDollars(total)}**`)],
      ["Requests, millions", ...bills.map(({ requests }) => thousandths(requests / 1000n))],
      [
        "$ for a million, without what stands idle",
        ...bills.map((bill, at) => perMillion(bill, idle[at] ?? 0n)),
      ],
      ["The three largest", ...bills.map(largest)],
    ],
  );
}

const idleOf = (model: Model): Model => ({ ...model, parameters: { ...model.parameters, rps: 0 } });

const perMillion = ({ total, requests }: Bill, idle: bigint): string =>
  requests === 0n ? "" : shownDollars(((total - idle) * 1_000_000n) / requests);

function largest({ lines, total }: Bill): string {
  const sorted = [...lines].toSorted(([, a], [, b]) => Number(b - a)).slice(0, 3);
  return sorted.map(([name, cost]) => `${shortNames[name]} ${(100n * cost) / total}%`).join(", ");
}

const shortNames: Readonly<Record<PriceName, string>> = {
  invocation: "invocations",
  duration: "duration",
  request: "API requests",
  write: "writes",
  read: "reads",
  storage: "storage",
  backup: "backup",
  pipe: "pipe",
  event: "events",
  functionLog: "function logs",
  accessLog: "access log",
  logStorage: "kept logs",
  metric: "metrics",
  alarm: "alarms",
  dashboard: "dashboard",
  key: "key",
  keyUse: "key use",
  secret: "secrets",
  secretUse: "secret reads",
  transfer: "data out",
};

export function idleTable(model: Model): string {
  const { lines, total } = monthOf(idleOf(model));
  const rows = [...lines].flatMap(([name, cost]) =>
    cost === 0n ? [] : [[prices[name].what, shownDollars(cost)]],
  );
  return table(
    ["A month without a request", "$"],
    [...rows, ["**All of it**", `**${shownDollars(total)}**`]],
  );
}

/** What fixed addresses add to a month: a NAT gateway in each of two zones, and one for both. */
export function egressTable(models: readonly Model[]): string {
  const all = [idleOf(models[0] as Model), ...models];
  const [two, one] = [2, 1].map((natGateways) => all.map((model) => egressOf(model, natGateways)));
  const totals = (bills: typeof two = []) => bills.map(({ total }) => `**${shownDollars(total)}**`);
  return table(
    [
      "A month of `egress: fixed`, in $",
      "without traffic",
      ...models.map(({ parameters }) => `${grouped(BigInt(parameters.rps))} requests/s`),
    ],
    [
      ...(Object.keys(egressPrices) as (keyof typeof egressPrices)[]).map((name) => [
        egressPrices[name].what,
        ...(two ?? []).map(({ lines }) => shownDollars(lines.get(name) ?? 0n)),
      ]),
      ["**All of it, with two NAT gateways**", ...totals(two)],
      ["**All of it, with `natGateways: 1`**", ...totals(one)],
    ],
  );
}

/** 1234 thousandths are 1.2, and 12345 are 12. */
function thousandths(value: bigint): string {
  if (value >= 10_000n) return grouped((value + 500n) / 1000n);
  const tenth = (value + 50n) / 100n;
  return `${tenth / 10n}.${tenth % 10n}`;
}

function percent({ used, bound }: Load): string {
  const whole = (100n * used) / bound;
  return whole === 0n && used > 0n ? "<1%" : `${grouped(whole)}%`;
}

export function loadsTable(models: readonly Model[], stageRps: number): string {
  const all = models.map((model) => loadsOf(model, stageRps));
  const [first = []] = all;
  const cell = (load: Load | undefined) => (load ? `${thousandths(load.used)} (${percent(load)})` : "");
  const rows = first.map(({ what, unit, bound }, at) => [
    what,
    `${grouped(bound / 1000n)} ${unit}`,
    ...all.map((loads) => cell(loads[at])),
  ]);
  const reached = all.map((loads) => {
    const most = firstOf(loads);
    return most ? `${most.what}: ${percent(most)}` : "";
  });
  const calls = models.map((model) => `${thousandths(providerCallsOf(model))} calls/s`);
  return table(
    ["Bound", "Default", ...models.map(({ parameters }) => `${grouped(BigInt(parameters.rps))} requests/s`)],
    [...rows, ["The providers", "by contract", ...calls], ["**Reached first**", "", ...reached]],
    2,
  );
}

export function remediesTable(model: Model, stageRps: number): string {
  return table(
    ["Bound", "When it is reached", "Source"],
    loadsOf(model, stageRps).map(({ what, then, source }) => [what, then, source]),
    3,
  );
}

export function usualTable(model: Model): string {
  const rows = [kinds.debits, "debit as usually written"].map((name) => {
    const { calls, writeUnits, logBytes, ownMicros } = situationOf(model.measured, name);
    return [name, callsOf(calls), String(writeUnits), String(logBytes), tenths(ownMicros)];
  });
  return table(["", "DynamoDB", "Write units", "Log bytes", "Processor ms"], rows, 2);
}

export function pricesTable(): string {
  const all: readonly Price[] = [...priceNames.map((name) => prices[name]), ...Object.values(egressPrices)];
  const rows = all.map(({ what, unit, tiers, source, dated, check }) => {
    const shown = tiers.map(({ dollars }) => dollars).join(", then ");
    return [what, `${shown} per ${unit}`, `${source} (${dated})`, check ?? ""];
  });
  return table(["Price", "$", "Source", "To be checked"], rows, 4);
}
