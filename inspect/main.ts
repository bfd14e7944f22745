/** `node inspect/main.ts sign|verify`: what a signature covers, and why one differs. */
import { run } from "./command/run.ts";

process.exitCode = await run(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
