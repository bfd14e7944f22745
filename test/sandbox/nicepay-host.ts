/** A sandbox in a process of its own, to be killed: `node nicepay-host.ts <data folder>` prints its address. */
import { nicepaySandboxSecret, startNicepaySandbox } from "../../local/sandbox/nicepay.ts";

const [, , dataDir] = process.argv;
if (dataDir === undefined) throw new Error("no data folder");
console.log((await startNicepaySandbox({ dataDir, secrets: () => [nicepaySandboxSecret] })).url);
