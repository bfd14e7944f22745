/**
 * `npm run check`: lint, types and synthesis at once, each printed as it ends. All of them run to their ends; exits with 1 where one
 * failed.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

const parts = ["lint", "types", "synth"];

const passed = await Promise.all(
  parts.map(async (part) => {
    // npm is a script of the shell on Windows.
    const child = spawn("npm", ["run", part], {
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
    const [out, err, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close"),
    ]);
    process.stdout.write(out);
    process.stderr.write(err);
    return code === 0;
  }),
);
process.exit(passed.every(Boolean) ? 0 : 1);
