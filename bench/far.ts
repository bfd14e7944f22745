/**
 * The far side of every measurement, in a process of its own, so that what it takes is nobody's CPU: the wallet behind TLS,
 * and links of several lengths to it and to the store. Told what to do over the channel to its parent.
 */
import { connect } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { startAggrepaySandbox } from "../local/sandbox/aggrepay.ts";
import { type Link, type Loss, linkTo } from "./link.ts";

export interface FarOptions {
  readonly dataDir: string;
  readonly secret: { readonly apiKey: string; readonly salt: string };
  readonly key: string;
  readonly certificate: string;
  readonly storePort: number;
  readonly roundTripsMs: readonly number[];
  readonly storeRoundTripsMs: readonly number[];
}

/** Ports, by round trip. */
export interface FarPorts {
  readonly plain: number;
  readonly provider: Readonly<Record<number, number>>;
  readonly store: Readonly<Record<number, number>>;
}

export type FarCommand =
  | { readonly lose: Loss; readonly roundTripMs: number }
  | { readonly count: true; readonly roundTripMs: number };

const [given = "{}"] = process.argv.slice(2);
const options = JSON.parse(given) as FarOptions;
process.on("disconnect", () => process.exit(0));

const sandbox = await startAggrepaySandbox({ dataDir: options.dataDir, secrets: () => [options.secret] });
const sandboxPort = Number(new URL(sandbox.url).port);
const tls = createTlsServer(
  { key: options.key, cert: options.certificate, noDelay: true, allowHalfOpen: true },
  (near) => {
    const far = connect({ port: sandboxPort, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    near.pipe(far);
    far.pipe(near);
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
const tlsPort = (tls.address() as { port: number }).port;

const links = async (target: number, lengths: readonly number[]) =>
  new Map(
    await Promise.all(lengths.map(async (ms) => [ms, await linkTo(target, ms)] as readonly [number, Link])),
  );
const provider = await links(tlsPort, options.roundTripsMs);
const store = await links(options.storePort, options.storeRoundTripsMs);
const portsOf = (all: ReadonlyMap<number, Link>) =>
  Object.fromEntries([...all].map(([ms, { port }]) => [ms, port]));

process.on("message", (command: FarCommand) => {
  const link = provider.get(command.roundTripMs);
  if ("lose" in command) link?.lose(command.lose);
  process.send?.({ connections: link?.connections() ?? 0 });
});
process.send?.({
  plain: sandboxPort,
  provider: portsOf(provider),
  store: portsOf(store),
} satisfies FarPorts);
