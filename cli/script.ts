import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { join, resolve } from "node:path";
import { Stopped, wrongInput } from "./exit.ts";
import { isPacked } from "./known.ts";

/** The folder of the clone. */
const project = resolve(import.meta.dirname, "..");

/**
 * Runs a program of the clone with this terminal as its own.
 *
 * @param what for the sentence that the packed command prints instead
 * @returns its exit code
 * @throws Stopped `wrongInput` where this is the packed command
 */
export async function script(
  what: string,
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<number> {
  if (isPacked) throw wrongInput(`"gw ${what}" needs the clone: run "npx gw ${what}" there.`);
  const child = spawn(process.execPath, [join(project, file), ...args], {
    stdio: "inherit",
    env: { ...process.env, ...environment },
  });
  // Ctrl-C reaches the child by itself; what is sent to this process alone is passed on.
  const passOn = (signal: NodeJS.Signals) => void child.kill(signal);
  const stay = () => undefined;
  process.on("SIGTERM", passOn).on("SIGINT", stay);
  try {
    const [code, signal] = await once(child, "close");
    return code ?? 128 + (constants.signals[signal as NodeJS.Signals] ?? 0);
  } catch (cause) {
    throw new Stopped("fault", `${file} cannot be started.`, { cause });
  } finally {
    process.off("SIGTERM", passOn).off("SIGINT", stay);
  }
}
