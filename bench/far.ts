/**
 * The far side of every measurement, in a process of its own, so that what it takes is nobody's CPU: the wallet behind TLS,
 * and links of several lengths to it and to the store. Told what to do over the channel to its parent.
 */
import { connect } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { startAggrepaySandbox } from "../local/sandbox/aggrepay.ts";
import { type Link, type Loss, linkTo, type Target } from "./link.ts";

export interface FarOptions {
  readonly dataDir: string;
  readonly secret: { readonly apiKey: string; readonly salt: string };
  readonly key: string;
  readonly certificate: string;
  readonly store: Target;
  readonly roundTripsMs: readonly number[];
  readonly storeRoundTripsMs: readonly number[];
}

/** Ports, by round trip. */
export interface FarPorts {
  readonly plain: number;
  readonly provider: Readonly<Record<number, number>>;
  readonly store: Readonly<Record<number, number>>;
}

/** How late replies come, in milliseconds. */
export type Lateness = number | "never";

export type FarCommand = { readonly id: number } & (
  | { readonly open: number }
  | { readonly slow: Lateness }
  | { readonly lose: Loss; readonly port: number }
  | { readonly close: number }
);

/** `port` of the link that was opened. */
export interface FarAnswer {
  readonly id: number;
  readonly port?: number;
}

const [given = "{}"] = process.argv.slice(2);
const options = JSON.parse(given) as FarOptions;
process.on("disconnect", () => process.exit(0));

const sandbox = await startAggrepaySandbox({ dataDir: options.dataDir, secrets: () => [options.secret] });
const sandboxPort = Number(new URL(sandbox.url).port);
const named = (chunk: Buffer): string =>
  chunk.toString("latin1").replace(/(\r\nhost: )[^\r]+/i, `$1127.0.0.1:${sandboxPort}`);
/** The wallet behind TLS; it takes every request, also where replies never come. */
async function wallet(late: Lateness): Promise<Target & { readonly close: () => void }> {
  const tls = createTlsServer(
    { key: options.key, cert: options.certificate, noDelay: true, allowHalfOpen: true },
    (near) => {
      const far = connect({ port: sandboxPort, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
      // The sandbox answers to its own name alone.
      near.on("data", (chunk: Buffer) => far.write(named(chunk), "latin1"));
      near.on("end", () => far.end());
      if (late === 0) far.pipe(near);
      else if (late !== "never") far.on("data", (chunk) => setTimeout(() => near.write(chunk), late));
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        one.on("error", () => other.destroy());
        one.on("close", () => other.destroy());
      }
    },
  );
  tls.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => tls.listen(0, "127.0.0.1", resolve));
  const { port } = tls.address() as { port: number };
  return { host: "127.0.0.1", port, close: () => tls.close() };
}
const prompt = await wallet(0);

const links = async (target: Target, lengths: readonly number[]) =>
  new Map(
    await Promise.all(lengths.map(async (ms) => [ms, await linkTo(target, ms)] as readonly [number, Link])),
  );
const provider = await links(prompt, options.roundTripsMs);
const store = await links(options.store, options.storeRoundTripsMs);
const portsOf = (all: ReadonlyMap<number, Link>) =>
  Object.fromEntries([...all].map(([ms, { port }]) => [ms, port]));

/** Links, and slow wallets, that one process has to itself. */
const own = new Map<number, Pick<Link, "close"> & Partial<Link>>();

async function obey(command: FarCommand): Promise<number | undefined> {
  if ("open" in command) {
    const link = await linkTo(prompt, command.open);
    own.set(link.port, link);
    return link.port;
  }
  if ("slow" in command) {
    const slow = await wallet(command.slow);
    own.set(slow.port, slow);
    return slow.port;
  }
  if ("lose" in command) own.get(command.port)?.lose?.(command.lose);
  else {
    own.get(command.close)?.close();
    own.delete(command.close);
  }
  return undefined;
}

process.on("message", async (command: FarCommand) => {
  const port = await obey(command);
  process.send?.({ id: command.id, ...(port !== undefined && { port }) } satisfies FarAnswer);
});
process.send?.({
  plain: sandboxPort,
  provider: portsOf(provider),
  store: portsOf(store),
} satisfies FarPorts);
