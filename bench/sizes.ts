import { heading, kindsShown } from "./rows.ts";
import type { Part } from "./scale.ts";
import { type Kind, operations, type World } from "./world.ts";

export async function sizes(world: World): Promise<Part> {
  const data = Object.fromEntries(
    world.subjects.map(({ kind, operation, bytes }) => [`${operation} ${kind}`, bytes]),
  );
  const rows = operations.map((operation) => {
    const bytes = (kind: Kind) => world.of(kind, operation).bytes;
    return [
      operation,
      ...kindsShown.map((kind) => `${(bytes(kind) / 1000).toFixed(1)} kB`),
      (bytes("ours") / bytes("usual")).toFixed(2),
      (bytes("ours") / bytes("floor")).toFixed(2),
    ];
  });
  return { title: "Bundles, our layer included", rows: [heading, ...rows], data };
}

const leastShown = 1_000;

/** What our bundles are made of; the smallest parts are one row. */
export async function packages(world: World): Promise<Part> {
  const all = operations.map((operation) => world.of("ours", operation).shares ?? new Map<string, number>());
  const names = [...new Set(all.flatMap((shares) => [...shares.keys()]))];
  const most = (name: string) => Math.max(...all.map((shares) => shares.get(name) ?? 0));
  const shown = names.filter((name) => most(name) >= leastShown).toSorted((a, b) => most(b) - most(a));
  const row = (what: string, of: readonly string[]) => [
    what,
    ...all.map((shares) => of.reduce((sum, name) => sum + (shares.get(name) ?? 0), 0)).map(kilobytes),
  ];
  const others = names.filter((name) => !shown.includes(name));
  return {
    title: "Bundles by package",
    rows: [["", ...operations], ...shown.map((name) => row(name, [name])), row("others", others)],
    data: Object.fromEntries(all.map((shares, at) => [operations[at], Object.fromEntries(shares)])),
  };
}

const kilobytes = (bytes: number): string => (bytes === 0 ? "" : `${(bytes / 1000).toFixed(1)} kB`);
