import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** What a function's own process saw of its start: milliseconds, of the clock or of CPU, from just before its import. */
export interface Marks {
  /** The import; whatever the function awaits in it, too. */
  readonly importMs: number;
  readonly importCpu: number;
  /** From the secret's request to its reply, in the import or in the first request. */
  readonly secretMs: number;
  /** The first request, from its event to its answer. */
  readonly firstMs: number;
  readonly firstCpu: number;
}

/** The header of the first answer that holds them, as JSON. */
export const marksHeader = "x-bench-marks";

/** Writes an entry that imports this one and tells what it took. Of Node it brings nothing that the import would have to load. */
export async function timedEntry(folder: string, entry: string): Promise<string> {
  const path = join(folder, "timed.mjs");
  await writeFile(
    path,
    `
const now = () => Number(process.hrtime.bigint()) / 1e6;
const cpu = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e3; };
const { subscribe } = process.getBuiltinModule("node:diagnostics_channel");
const secrets = new URL(process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER).host;
const seen = (event, act) => subscribe(event, ({ request }) => { if (request.getHeader("host") === secrets) act(now()); });
let asked = 0, secretMs = 0;
seen("http.client.request.start", (at) => { asked = at; });
seen("http.client.response.finish", (at) => { secretMs = at - asked; });

const [from, cpuFrom] = [now(), cpu()];
const { handler: real } = await import(${JSON.stringify(pathToFileURL(entry).href)});
const [importMs, importCpu] = [now() - from, cpu() - cpuFrom];
let isFirst = true;
export async function handler(event, context) {
  const [began, cpuBegan] = [now(), cpu()];
  const answer = await real(event, context);
  if (!isFirst) return answer;
  isFirst = false;
  const marks = { importMs, importCpu, secretMs, firstMs: now() - began, firstCpu: cpu() - cpuBegan };
  return { ...answer, headers: { ...answer.headers, ${JSON.stringify(marksHeader)}: JSON.stringify(marks) } };
}
`,
  );
  return path;
}
