import { heading } from "./rows.ts";
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
      ...(["floor", "usual", "ours"] as const).map((kind) => `${(bytes(kind) / 1000).toFixed(1)} kB`),
      (bytes("ours") / bytes("usual")).toFixed(2),
      (bytes("ours") / bytes("floor")).toFixed(2),
    ];
  });
  return { title: "Bundles, our layer included", rows: [heading, ...rows], data };
}
