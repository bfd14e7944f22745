import { setTimeout as sleep } from "node:timers/promises";
import { type ByKind, inTurns } from "./measure.ts";
import { heading, rowsOf } from "./rows.ts";
import type { Part, Scale } from "./scale.ts";
import { kinds, type Place, type World } from "./world.ts";

const nameOf = ({ provider, store }: Place): string =>
  provider === "plain" ? "http, no distance" : `TLS, ${provider} ms; store ${store} ms`;

/** One request after another, at several distances. */
export async function distance(world: World, { places, rounds }: Scale): Promise<Part> {
  const rows: (readonly string[])[] = [heading];
  const data: Record<string, ByKind> = {};
  for (const [operation, place] of places) {
    const name = `${operation}: ${nameOf(place)}`;
    data[name] = await inTurns(world, operation, place, rounds);
    rows.push(...rowsOf(name, data[name]));
  }
  return { title: "Back to back", rows, data };
}

/** After a pause, at 40 ms: the provider's server closes what has idled for 5 s. */
export async function idle(world: World, scale: Scale): Promise<Part> {
  const rows: (readonly string[])[] = [heading];
  const data: Record<string, ByKind> = {};
  for (const [seconds, rounds] of scale.idle) {
    const name = `after ${seconds} s`;
    let calls = 0;
    // All of them idle at once: whoever is called second or third has idled for the calls before it, too.
    data[name] = await inTurns(world, "debit-wallet", { provider: 40, store: 3 }, rounds, async () => {
      if (calls++ % kinds.length === 0) await sleep(seconds * 1000);
    });
    rows.push(...rowsOf(name, data[name]));
  }
  return { title: "After idling; TLS, 40 ms; store 3 ms", rows, data };
}
