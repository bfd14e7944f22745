import type { Random } from "../soak/random.ts";
import type { Strike } from "./points.ts";

/** One point, struck in one way whenever somebody comes to it: what takes that strike and another event is rare by chance alone. */
export interface Recurring {
  readonly point: string;
  readonly strike: Strike;
}

const writes = {
  ofAll: {
    ...{ settle: 5, conclude: 3, takeTurn: 1, claim: 1, claimAgain: 1, withdraw: 1 },
    ...{ decide: 3, decideFlag: 1, propose: 2 },
  },
  ofBindings: { settle: 4, bind: 4, keep: 1, decide: 1, claim: 1 },
} as const;

/** A point that is struck again and again in this history; undefined in most. */
export function drawRecurring(random: Random, isAboutBinding: boolean): Recurring | undefined {
  if (!random.chance(0.5)) return undefined;
  if (isAboutBinding && random.chance(0.2)) return { point: "read get", strike: "request lost" };
  const point = isAboutBinding ? random.weighted(writes.ofBindings) : random.weighted(writes.ofAll);
  const strike = random.weighted({
    "frozen before": 6,
    late: 2,
    "lands again": 2,
    "reply lost": 2,
    repeated: 1,
    "request lost": 1,
  });
  return { point: `write ${point}`, strike };
}
