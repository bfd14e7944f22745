import type { Runtime } from "../../lib/runtime.ts";

/** Of a world whose `send` is its own. */
export const noConnections: Runtime["connections"] = {
  dial: () => undefined,
  invoked: () => undefined,
  rest: () => undefined,
};
