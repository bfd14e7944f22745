import type { Random } from "../soak/random.ts";
import { treatments } from "./habits.ts";
import { type Accident, type Leaning, leanings, type PathStep } from "./leanings.ts";
import { personLeanings } from "./person-leanings.ts";
import { type Kind, strikes } from "./points.ts";

/** How many of the leanings that are picked from are drawn step by step. */
const drawnShare = 16;

/** Points at which something is decided. */
const points: readonly (readonly [Kind, string])[] = [
  ["write", "claim"],
  ["write", "claimAgain"],
  ["write", "settle"],
  ["write", "withdraw"],
  ["write", "takeTurn"],
  ["write", "postpone"],
  ["write", "conclude"],
  ["write", "decide"],
  ["write", "propose"],
  ["write", "flag"],
  ["write", "bind"],
  ["read", "get"],
  ["connect", ""],
  ["change", ""],
  ["question", ""],
  ["secret", ""],
];

const steps: readonly PathStep[] = [
  ...(["call 0", "call 0", "call 0", "call 1", "call 1", "call 2", "reconcile 0", "reconcile 0"] as const),
  ...(["reconcile 1", "a second", "a lease", "a minute", "the quiet period", "the quiet period"] as const),
  ...(["a day", "what is late arrives", "all that is frozen goes on", "the gateway's keys rotate"] as const),
];

/** Some accidents at some points on some path: what nobody has thought of comes together as often as what somebody has. */
function drawn(random: Random, families: readonly string[]): Leaning {
  const accidents = Array.from({ length: random.between(1, 3) }, (): Accident => {
    const [kind, name] = random.pick(points);
    return { at: `${kind} ${name}`, strike: random.pick(strikes[kind]), chance: 0.7 };
  });
  const between = Array.from({ length: random.between(2, 7) }, () => random.pick(steps));
  return {
    name: `${accidents.map(({ at, strike }) => `${at} (${strike})`).join(", ")}; then ${between.join(", ")}`,
    families,
    accidents,
    treatments: Array.from({ length: 3 }, () => random.pick(treatments)),
    path: ["call 0", ...between, "all that is frozen goes on"],
  };
}

/** One of the leanings, or one that is drawn step by step. */
export function leaningOf(random: Random, families: readonly string[]): Leaning {
  const at = random.below(leanings.length + drawnShare + personLeanings.length);
  return leanings[at] ?? personLeanings[at - leanings.length - drawnShare] ?? drawn(random, families);
}
