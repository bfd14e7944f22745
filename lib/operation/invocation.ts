import type { Runtime } from "../runtime.ts";
import type { Request } from "./handler.ts";

/**
 * Runs one invocation over the process's connections. They are told when it began by the host's clock, which cannot stand
 * still while this process is frozen: the later of Lambda's deadline less the function's timeout, and API Gateway's own time.
 * A timeout of another length, as the reconciler's, shifts each beginning by the same, and only differences are used.
 */
export async function served<T>(
  { remainingMs, takenAt }: Pick<Request<never>, "remainingMs" | "takenAt">,
  { clock, config, connections }: Runtime,
  run: () => Promise<T>,
): Promise<T> {
  const began = clock.now() + remainingMs() - config.functionTimeoutMs;
  connections.invoked(Math.max(began, takenAt ?? began));
  try {
    return await run();
  } finally {
    connections.rest();
  }
}
