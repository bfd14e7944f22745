import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CannotStart } from "./cannot-start.ts";
import { isObject, type Json, objectOf, parseJson } from "./json.ts";
import { deathSignal } from "./tether.ts";

/**
 * Writes the cloud assembly of the project to `folder`, in a process of its own: the host never loads CDK, whose
 * 100 MB and half a second would stay with it. `chosen` is what `-c name=value` would give.
 */
export async function synthesize(
  project: string,
  folder: string,
  chosen: Readonly<Record<string, Json>> = {},
): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  // What the CDK CLI does for `cdk synth`: the project's own context, and where to write.
  const settings = parseJson(readFileSync(join(project, "cdk.json"), "utf8"));
  const context = isObject(settings) ? objectOf(settings.context) : {};
  const [command, ...args] = [...deathSignal, process.execPath, join("infra", "app.ts")];
  const child = spawn(command ?? process.execPath, args, {
    cwd: project,
    env: {
      ...process.env,
      CDK_OUTDIR: folder,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, ...chosen }),
      // CDK's check of its own template takes 7 of the 10 s of CPU; `npm run synth` makes it.
      CDK_VALIDATION: "false",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0) throw new CannotStart(`infra/app.ts could not synthesize the stack:\n${printed.trimEnd()}`);
}
