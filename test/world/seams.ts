import { registerHooks } from "node:module";
import { inhabitant } from "./inhabitant.ts";

const root = new URL("../../", import.meta.url).href;
const seam = (name: string) => new URL(`./seams/${name}.ts`, import.meta.url).href;

/** The modules by which the product reaches its machine, and what stands in for each in a simulated process. */
const seams: Readonly<Record<string, string>> = {
  [`${root}lib/runtime.ts`]: seam("runtime"),
  [`${root}lib/records/process.ts`]: seam("process"),
  [`${root}lib/time.ts`]: seam("time"),
  [`${root}lib/queue.ts`]: seam("queue"),
  "node:timers/promises": seam("timers"),
  "node:crypto": seam("crypto"),
};

/** A seam itself has the real thing, and so has whatever is no part of the product. */
const isOfTheProduct = (parent: string | undefined): boolean =>
  parent?.startsWith(`${root}lib/`) === true || parent?.startsWith(`${root}functions/`) === true;

const { setTimeout, clearTimeout } = globalThis;

/**
 * From now on the product's modules are loaded over these seams, and what it takes from the global object is the simulated
 * process's: timers, chance, the monotonic clock, standard output. To be called once, before the product is loaded.
 */
export function simulate(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      const instead = seams[resolved.url];
      if (instead === undefined || !isOfTheProduct(context.parentURL)) return resolved;
      return { url: instead, shortCircuit: true };
    },
  });
  // A trace of each refusal takes a third of the time, and nobody reads it.
  Error.stackTraceLimit = 0;
  const cancels = new WeakMap<object, () => void>();
  const simulated = (act: () => void, milliseconds?: number) => {
    const process = inhabitant();
    if (!process) return setTimeout(act, milliseconds);
    const timer = { unref: () => timer, ref: () => timer };
    cancels.set(timer, process.after(milliseconds ?? 0, act));
    return timer;
  };
  const cancelled = (timer: object | undefined) => {
    const cancel = timer && cancels.get(timer);
    if (cancel) cancel();
    else clearTimeout(timer as NodeJS.Timeout | undefined);
  };
  Object.assign(globalThis, { setTimeout: simulated, clearTimeout: cancelled });

  const never = new AbortController().signal;
  const timeout = AbortSignal.timeout;
  // How long a write may take is what the simulated client itself keeps to.
  AbortSignal.timeout = (milliseconds) => (inhabitant() ? never : timeout.call(AbortSignal, milliseconds));
  const random = Math.random;
  Math.random = () => inhabitant()?.random() ?? random();
  const now = performance.now.bind(performance);
  performance.now = () => inhabitant()?.runtime.clock.monotonic() ?? now();
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = ((...all: Parameters<typeof write>) => {
    const process = inhabitant();
    if (!process) return write(...all);
    process.print(String(all[0]));
    return true;
  }) as typeof process.stdout.write;
}
