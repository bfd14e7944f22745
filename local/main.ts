import { resolve } from "node:path";
import { CannotStart } from "./cannot-start.ts";
import { type Host, startHost } from "./host.ts";
import { readSettings, type Settings } from "./settings.ts";
import { tableOf } from "./table.ts";

/** How long requests in flight may still take after a Ctrl-C; a second one ends them at once. */
const graceMs = 3000;

// A hangup ends this process at once, and its children with it, unless `nohup` has asked for the contrary.
const signals = ["SIGINT", "SIGTERM"] as const;

export async function main(): Promise<void> {
  const started = performance.now();
  // Other users of this machine may not read records, keys and logs; files of child processes neither.
  process.umask(0o077);
  // Before it is up there is nothing to be careful of: whatever has started is tethered and ends with this process.
  const quit = () => process.exit(0);
  for (const signal of signals) process.once(signal, quit);
  try {
    if (process.argv.length > 2)
      throw new CannotStart(
        "npm start takes no options: PORT, DATA_DIR and the other variables of docs/configuration.md do.",
      );
    const project = resolve(import.meta.dirname, "..");
    const settings = readSettings(process.env, process.cwd());
    tell(beginning(settings));
    process.on("uncaughtException", (error) => {
      console.error(whyFull(error, settings) ?? error);
      process.exit(1);
    });
    const host = await startHost(settings, project, tell);
    for (const signal of signals) process.off(signal, quit);
    stopOnSignal(host);
    console.log(tableOf(host, settings, performance.now() - started));
    console.log(`ready ${host.url}`);
  } catch (error) {
    console.error(error instanceof CannotStart ? error.message : error);
    process.exit(1);
  }
}

/** The sentence for a write that the disk had no room for; undefined for another error. */
export const whyFull = (error: unknown, { dataDir }: Pick<Settings, "dataDir">): string | undefined =>
  error instanceof Error && "code" in error && error.code === "ENOSPC"
    ? `The disk of DATA_DIR ${dataDir} is full: make room there, or choose another folder, and start again.`
    : undefined;

const tell = (sentence: string) => void process.stderr.write(`${sentence}\n`);

const beginning = ({ assemblyDir, dataDir }: Settings): string =>
  assemblyDir === undefined
    ? `Starting, with data in ${dataDir}. Synthesizing the stack takes longest, some 5 s.`
    : `Starting the stack that is in ${assemblyDir}, with data in ${dataDir}.`;

function stopOnSignal(host: Host): void {
  let stopping = false;
  const stop = async () => {
    if (stopping) process.exit(0);
    stopping = true;
    await host.stop(graceMs);
    process.exit(0);
  };
  for (const signal of signals) process.on(signal, stop);
}
