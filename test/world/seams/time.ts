import type { Clock } from "../../../lib/time.ts";
import { here } from "../inhabitant.ts";

export * from "../../../lib/time.ts";
export const systemClock: Clock = {
  now: () => here().runtime.clock.now(),
  monotonic: () => here().runtime.clock.monotonic(),
};
