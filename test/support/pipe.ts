import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Pipe } from "../../local/pipe.ts";

export { type BusEvent, type Pipe, streamOf, through } from "../../local/pipe.ts";

/** The pipe of the stack that the gateway serves. */
export async function pipeOf(assembly: string): Promise<Pipe> {
  for await (const file of glob(join(assembly, "*.template.json"))) {
    const { Resources: resources } = JSON.parse(await readFile(file, "utf8"));
    for (const { Type, Properties } of Object.values<{ Type: string; Properties: Pipe }>(resources))
      if (Type === "AWS::Pipes::Pipe") return Properties;
  }
  throw new Error("the assembly has no pipe");
}
