import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** One process's way to the table, which may be cut. */
export interface StoreDoor {
  readonly url: string;
  /** For so long, connections are refused, or open and silent; what has stood before ends with it. */
  away(how: "refuses" | "is silent", milliseconds: number): Promise<void>;
  close(): void;
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

export async function openStoreDoor(storeUrl: string): Promise<StoreDoor> {
  const { hostname: host, port: storePort } = new URL(storeUrl);
  const pairs = new Set<Pair>();
  let state: "open" | "refuses" | "is silent" = "open";
  const end = ({ near, far }: Pair) => {
    near.destroy();
    far.destroy();
  };
  const server = createServer({ noDelay: true }, (near) => {
    near.on("error", () => undefined);
    if (state === "refuses") {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ host, port: Number(storePort), noDelay: true });
    const pair = { near, far };
    pairs.add(pair);
    near.on("data", (chunk) => {
      if (state === "open") far.write(chunk);
    });
    far.on("data", (chunk) => {
      if (state === "open") near.write(chunk);
    });
    far.on("error", () => undefined);
    for (const each of [near, far])
      each.on("close", () => {
        end(pair);
        pairs.delete(pair);
      });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.close();
    for (const pair of pairs) end(pair);
  };
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    async away(how, milliseconds) {
      state = how;
      if (how === "refuses") for (const pair of pairs) end(pair);
      await sleep(milliseconds);
      // Bytes that were swallowed are lost, and so are the connections that they were on.
      for (const pair of pairs) end(pair);
      state = "open";
    },
    close,
  };
}
