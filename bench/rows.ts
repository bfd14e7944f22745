import { median, quantile, ratio } from "./figures.ts";
import type { ByKind } from "./measure.ts";
import { type Kind, kinds } from "./world.ts";

/** In the order in which tables show them. */
export const kindsShown = ["floor", "usual", "ours"] as const satisfies readonly Kind[];
export const heading = ["", ...kindsShown, "ours/usual", "ours/floor"];

export function rowOf(what: string, unit: string, of: (kind: Kind) => readonly number[]): readonly string[] {
  const figure = (kind: Kind) => `${median(of(kind)).toFixed(1)} ${unit}`;
  return [
    ...[what, figure("floor"), figure("usual"), figure("ours")],
    ...[ratio(of("ours"), of("usual")).toFixed(2), ratio(of("ours"), of("floor")).toFixed(2)],
  ];
}

export function rowsOf(what: string, taken: ByKind): readonly (readonly string[])[] {
  const tail = (kind: Kind) => quantile(taken[kind].milliseconds, 0.99);
  const failed = kinds.some((kind) => taken[kind].failed > 0);
  return [
    rowOf(what, "ms", (kind) => taken[kind].milliseconds),
    rowOf("  CPU", "ms", (kind) => taken[kind].cpu),
    [
      ...["  p99", ...kindsShown.map((kind) => `${tail(kind).toFixed(1)} ms`)],
      ...[(tail("ours") / tail("usual")).toFixed(2), (tail("ours") / tail("floor")).toFixed(2)],
    ],
    ...(failed ? [[...["  failed", ...kindsShown.map((kind) => `${taken[kind].failed}`)], ...["", ""]]] : []),
  ];
}
