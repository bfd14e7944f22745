import { setTimeout as sleep } from "node:timers/promises";
import { median, quantile, ratio } from "./figures.ts";
import { losses } from "./link.ts";
import { type ByKind, inTurns, noneYet, rotated } from "./measure.ts";
import { type Kind, kinds, type Operation, operations, type Place, type World } from "./world.ts";

/** One table of results: a heading, its rows, and the same as data. */
export interface Part {
  readonly title: string;
  readonly rows: readonly (readonly string[])[];
  readonly data: object;
}

export interface Scale {
  /** Rounds of warm calls. */
  readonly rounds: number;
  /** Pauses, in seconds. */
  readonly idle: readonly number[];
  readonly freezes: number;
  readonly coldStarts: number;
}

export const scales: Readonly<Record<"whole" | "quick", Scale>> = {
  whole: { rounds: 200, idle: [1, 5.5, 30], freezes: 200, coldStarts: 25 },
  quick: { rounds: 25, idle: [1], freezes: 8, coldStarts: 3 },
};

export type PartName = "distance" | "idle" | "freeze" | "cold" | "sizes";

export const parts: Readonly<Record<PartName, (world: World, scale: Scale) => Promise<Part>>> = {
  distance,
  idle,
  freeze,
  cold,
  sizes,
};

const nameOf = ({ provider, store }: Place): string =>
  provider === "plain" ? "http, no distance" : `TLS, ${provider} ms; store ${store} ms`;

const heading = ["", "floor", "usual", "ours", "ours/usual", "ours/floor"];

function rowOf(what: string, unit: string, of: (kind: Kind) => readonly number[]): readonly string[] {
  const figure = (kind: Kind) => `${median(of(kind)).toFixed(1)} ${unit}`;
  return [
    ...[what, figure("floor"), figure("usual"), figure("ours")],
    ...[ratio(of("ours"), of("usual")).toFixed(2), ratio(of("ours"), of("floor")).toFixed(2)],
  ];
}

function rowsOf(what: string, taken: ByKind): readonly (readonly string[])[] {
  const tail = (kind: Kind) => quantile(taken[kind].milliseconds, 0.99);
  const failed = kinds.some((kind) => taken[kind].failed > 0);
  return [
    rowOf(what, "ms", (kind) => taken[kind].milliseconds),
    rowOf("  CPU", "ms", (kind) => taken[kind].cpu),
    [
      ...["  p99", ...(["floor", "usual", "ours"] as const).map((kind) => `${tail(kind).toFixed(1)} ms`)],
      ...[(tail("ours") / tail("usual")).toFixed(2), (tail("ours") / tail("floor")).toFixed(2)],
    ],
    ...(failed
      ? [
          [
            ...["  failed", ...(["floor", "usual", "ours"] as const).map((kind) => `${taken[kind].failed}`)],
            ...["", ""],
          ],
        ]
      : []),
  ];
}

/** One request after another, at several distances. */
async function distance(world: World, { rounds }: Scale): Promise<Part> {
  const places: readonly (readonly [Operation, Place])[] = [
    ["debit-wallet", { provider: 40, store: 3 }],
    ["debit-wallet", { provider: 10, store: 3 }],
    ["debit-wallet", { provider: 0, store: 0 }],
    ["debit-wallet", { provider: "plain", store: 0 }],
    ["fetch-balance", { provider: 40, store: 3 }],
    ["fetch-balance", { provider: 10, store: 3 }],
  ];
  const rows: (readonly string[])[] = [heading];
  const data: Record<string, ByKind> = {};
  for (const [operation, place] of places) {
    const name = `${operation}: ${nameOf(place)}`;
    data[name] = await inTurns(world, operation, place, rounds);
    rows.push(...rowsOf(name, data[name]));
  }
  return { title: "Back to back", rows, data };
}

/** After a pause, at 40 ms: the provider's server closes what has idled for 5 s. */
async function idle(world: World, scale: Scale): Promise<Part> {
  const rows: (readonly string[])[] = [heading];
  const data: Record<string, ByKind> = {};
  for (const seconds of scale.idle) {
    const name = `after ${seconds} s`;
    const rounds = Math.max(5, Math.round(60 / seconds / 3));
    data[name] = await inTurns(world, "debit-wallet", { provider: 40, store: 3 }, rounds, () =>
      sleep(seconds * 1000),
    );
    rows.push(...rowsOf(name, data[name]));
  }
  return { title: "After idling; TLS, 40 ms; store 3 ms", rows, data };
}

/** Frozen as Lambda freezes a process, while the provider's side loses the connection in one of three ways. */
async function freeze(world: World, { freezes }: Scale): Promise<Part> {
  const failed: Record<string, Record<Kind, number>> = {};
  const count = Math.ceil(freezes / losses.length);
  for (const how of losses) {
    const taken = noneYet();
    await inBatches(count, 10, async (index) => {
      const pausesMs = [2_100, 2_500, 4_000, 8_000, 15_000];
      const pauseMs = pausesMs[index % pausesMs.length] ?? 2_500;
      for (const kind of rotated(kinds, index)) {
        const link = await world.link(10);
        const process = await world.start(world.of(kind, "debit-wallet"), { provider: link, store: 0 });
        await process.initialized;
        await world.call(process, "debit-wallet");
        globalThis.process.kill(process.pid ?? 0, "SIGSTOP");
        await sleep(pauseMs / 2);
        await link.lose(how);
        await sleep(pauseMs / 2);
        globalThis.process.kill(process.pid ?? 0, "SIGCONT");
        const { status } = await world.call(process, "debit-wallet");
        if (status !== 200) taken[kind].failed += 1;
        process.kill();
        await link.close();
      }
    });
    failed[how] = { ours: taken.ours.failed, usual: taken.usual.failed, floor: taken.floor.failed };
  }
  const rows = Object.entries(failed).map(([how, { floor, usual, ours }]) => [
    `the peer ${how}`,
    ...[floor, usual, ours].map((number) => `${number} of ${count}`),
  ]);
  return {
    title: "Failed after a freeze of 2.1 to 15 s during which the connection was lost",
    rows: [["", "floor", "usual", "ours"], ...rows],
    data: failed,
  };
}

async function inBatches(count: number, atOnce: number, act: (index: number) => Promise<void>) {
  const indexes = Array.from({ length: count }, (_, index) => index);
  const work = async () => {
    for (let index = indexes.shift(); index !== undefined; index = indexes.shift()) await act(index);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

/** From the start of a process, with nothing compiled before, to its first answer. */
async function cold(world: World, { coldStarts }: Scale): Promise<Part> {
  const rows: (readonly string[])[] = [heading];
  const data: Record<string, unknown> = {};
  for (const operation of operations) {
    const total = noneYet();
    const init = noneYet();
    for (let round = 0; round < coldStarts; round += 1)
      for (const kind of rotated(kinds, round)) {
        const from = performance.now();
        const process = await world.start(world.of(kind, operation), { provider: 0, store: 0 });
        await process.initialized;
        init[kind].milliseconds.push(performance.now() - from);
        await world.call(process, operation);
        total[kind].milliseconds.push(performance.now() - from);
        process.kill();
        await process.ended;
      }
    data[operation] = { init, total };
    rows.push(rowOf(`${operation}: to the first answer`, "ms", (kind) => total[kind].milliseconds));
    rows.push(rowOf("  of it, import and init", "ms", (kind) => init[kind].milliseconds));
  }
  return { title: "Cold start; TLS, no distance", rows, data };
}

async function sizes(world: World): Promise<Part> {
  const data = Object.fromEntries(
    world.subjects.map(({ kind, operation, bytes }) => [`${operation} ${kind}`, bytes]),
  );
  const rows = operations.map((operation) => {
    const bytes = (kind: Kind) => world.of(kind, operation).bytes;
    return [
      operation,
      ...(["floor", "usual", "ours"] as const).map((kind) => `${(bytes(kind) / 1000).toFixed(1)} kB`),
      (bytes("ours") / bytes("usual")).toFixed(2),
      (bytes("ours") / bytes("floor")).toFixed(2),
    ];
  });
  return { title: "Bundles, our layer included", rows: [heading, ...rows], data };
}
