import { here } from "../inhabitant.ts";

export * from "node:timers/promises";

/** Waits so long by the simulated clock, or until it is aborted. */
export const setTimeout = <T>(
  milliseconds: number,
  value?: T,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<T | undefined> =>
  new Promise((resolve, reject) => {
    const cancel = here().after(milliseconds, () => resolve(value));
    signal?.addEventListener("abort", () => {
      cancel();
      reject(signal.reason);
    });
  });
