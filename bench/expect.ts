import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { median, ratio } from "./figures.ts";
import { rotated } from "./measure.ts";
import type { Part, Scale } from "./scale.ts";
import type { OwnLink, World } from "./world.ts";

/**
 * What a change could do after its connection has idled for longer than the gateway trusts it. `kept` writes to it all the same;
 * `expect` writes the headers with `Expect: 100-continue` while the claim is under way, and the body after both; `fresh` makes a
 * new connection, with a resumed session, while the claim is under way.
 */
const ways = ["kept", "expect", "fresh"] as const;
type Way = (typeof ways)[number];

/** Longer than the gateway trusts a kept connection, shorter than the sandbox's own patience of 5 s. */
const idleMs = 2_500;
/** Two writes of a store that is 3 ms away. */
const claimMs = 6;
const lengthsMs = [10, 40];

/** Round by round, each way over a connection of its own: once it stands, and once the peer has forgotten it meanwhile. */
export async function expect(world: World, { pauses }: Scale): Promise<Part> {
  const rows: (readonly string[])[] = [["", ...ways, "expect/kept", "fresh/kept"]];
  const data: Record<string, unknown> = {};
  for (const lengthMs of lengthsMs) {
    const standing = byWay<number[]>(() => []);
    const forgotten = byWay<number>(() => 0);
    for (let round = 0; round < pauses; round += 1)
      await Promise.all([
        ...rotated(ways, round).map(async (way) =>
          standing[way].push(await afterIdling(world, lengthMs, way)),
        ),
        ...ways.map(async (way) => {
          if (Number.isNaN(await afterIdling(world, lengthMs, way, "forgotten"))) forgotten[way] += 1;
        }),
      ]);
    data[lengthMs] = { standing, forgotten };
    rows.push(
      [
        `TLS, ${lengthMs} ms`,
        ...ways.map((way) => `${median(standing[way]).toFixed(1)} ms`),
        ratio(standing.expect, standing.kept).toFixed(2),
        ratio(standing.fresh, standing.kept).toFixed(2),
      ],
      ["  forgotten by the peer: lost", ...ways.map((way) => `${forgotten[way]} of ${pauses}`), "", ""],
    );
  }
  return {
    title: `A change after ${idleMs / 1000} s of idling, by what is done with the connection`,
    rows,
    data,
  };
}

const byWay = <T>(value: () => T): Record<Way, T> => ({ kept: value(), expect: value(), fresh: value() });

/** Milliseconds from the request to the whole reply; NaN where the body was written and no reply came. */
async function afterIdling(world: World, lengthMs: number, way: Way, peer?: "forgotten"): Promise<number> {
  const link = await world.link(lengthMs);
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: world.certificate });
  try {
    await sent(link, agent, "fresh");
    await sleep(idleMs);
    if (peer === "forgotten") await link.lose("forgets");
    const from = performance.now();
    // An agent that has closed its sockets still knows the TLS session.
    if (way === "fresh") agent.destroy();
    const outcome = await sent(link, agent, way);
    if (outcome === "dead") await sent(link, agent, "fresh");
    return outcome === "lost" ? Number.NaN : performance.now() - from;
  } finally {
    agent.destroy();
    await link.close();
  }
}

/** `dead` where the connection had gone before a byte of the body was written, `lost` where it broke afterwards. */
async function sent({ port }: OwnLink, agent: Agent, way: Way): Promise<"replied" | "dead" | "lost"> {
  const body = "customer_id=1";
  const headers = {
    "content-type": "application/x-www-form-urlencoded",
    "content-length": String(body.length),
    ...(way === "expect" && { expect: "100-continue" }),
  };
  const outgoing = request({ host: "localhost", port, path: "/v1/wallet/", method: "POST", agent, headers });
  let isBodyWritten = false;
  try {
    const replied = once(outgoing, "response") as Promise<[IncomingMessage]>;
    replied.catch(() => undefined);
    const claimed = sleep(claimMs);
    if (way === "expect") {
      outgoing.flushHeaders();
      await Promise.all([claimed, once(outgoing, "continue")]);
    } else await claimed;
    isBodyWritten = true;
    outgoing.end(body);
    const [incoming] = await replied;
    incoming.resume();
    await once(incoming, "end");
    return "replied";
  } catch {
    outgoing.destroy();
    return isBodyWritten ? "lost" : "dead";
  }
}
