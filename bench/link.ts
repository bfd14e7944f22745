import { connect, createServer, type Server, type Socket } from "node:net";

/** A stretch of network between two places, on this machine: everything takes half the round trip each way. */
export interface Link {
  readonly port: number;
  /**
   * The far end gives up every connection that stands. `forgets` says nothing: what is written to it afterwards is reset.
   * `closes` ends both ways in order; `half closes` only its own. Of some alone, where it is said which, by their near port.
   */
  readonly lose: (how: Loss, isMeant?: (nearPort: number) => boolean) => void;
  /** The near port of the connection that the target sees come from that port. */
  readonly nearPortOf: (farPort: number) => number | undefined;
  readonly close: () => void;
}

export const losses = ["forgets", "closes", "half closes"] as const;
export type Loss = (typeof losses)[number];

export interface Target {
  readonly host: string;
  readonly port: number;
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  isForgotten: boolean;
}

/** A link to that place. Setting up a connection costs one round trip more than loopback shows. */
export async function linkTo(target: Target, roundTripMs: number): Promise<Link> {
  const pairs = new Set<Pair>();
  const server: Server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    const far = connect({ ...target, noDelay: true, allowHalfOpen: true });
    const pair: Pair = { near, far, isForgotten: false };
    pairs.add(pair);
    const stands = performance.now() + roundTripMs;
    relay(near, far, () => Math.max(0, stands - performance.now()) + roundTripMs / 2, pair);
    relay(far, near, () => roundTripMs / 2, pair);
    near.on("close", () => pairs.delete(pair));
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
  });
  return {
    port,
    lose(how, isMeant = () => true) {
      for (const pair of pairs) if (isMeant(pair.near.remotePort ?? 0)) give(pair, how);
    },
    nearPortOf: (farPort) => [...pairs].find(({ far }) => far.localPort === farPort)?.near.remotePort,
    close() {
      server.close();
      for (const { near, far } of pairs) for (const each of [near, far]) each.destroy();
    },
  };
}

function give(pair: Pair, how: Loss): void {
  const { near, far } = pair;
  pair.isForgotten = true;
  far.removeAllListeners("end");
  far.destroy();
  if (how === "half closes") near.end();
  if (how === "closes") near.destroySoon();
}

/** What arrives on one side is written to the other after the delay, in order. */
function relay(from: Socket, to: Socket, delayMs: () => number, pair: Pair): void {
  const later = (act: () => void) => {
    const delay = delayMs();
    if (delay === 0) act();
    else setTimeout(act, delay);
  };
  from.on("data", (chunk) => {
    if (pair.isForgotten) pair.near.resetAndDestroy();
    else later(() => to.write(chunk));
  });
  from.on("end", () => later(() => to.end()));
  from.on("error", () => undefined);
  from.on("close", () => {
    if (!pair.isForgotten) later(() => to.destroySoon());
  });
}
