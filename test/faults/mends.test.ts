import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mends } from "./mends.ts";

/** Many times as many as each takes by this seed. */
const flags = ["--seed", "5000", "--identities", "2000"];

/** In a process of its own, which loads the product without the mend. */
const campaignWithout = (name: string): Promise<string> =>
  new Promise((resolve) => {
    const run = join(import.meta.dirname, "run.ts");
    execFile(process.execPath, [run, ...flags, "--without", name], (_error, stdout, stderr) =>
      resolve(`${stdout}${stderr}`),
    );
  });

test.concurrent.for(mends.map(({ name }) => name))("the campaign misses: %s", async (name) => {
  expect(await campaignWithout(name)).toMatch(/^found +after \d+ identities/m);
});
