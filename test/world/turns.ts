import type { Failure } from "../../lib/operation/answer.ts";
import type { Item } from "../faults/store.ts";
import type { Version } from "./world.ts";

/** By how much a clock of ours may be ahead, and a little more. */
const toleranceMs = 2_500;

const numberIn = (item: Item | undefined, name: string): number | undefined =>
  item?.[name]?.N === undefined ? undefined : Number(item[name].N);

/**
 * What must hold of the turns in which a record's doubt is looked into: one at a time, none before it is due or before the provider's
 * Retry-After is over, and a caller's own move none of the reconciler's times. `turns` are the names of those taken before.
 */
export function ofTurns(version: Version, before: Item | undefined, turns: Set<string>): readonly string[] {
  if (!before) return [];
  if (version.write === "takeTurn") return ofTaken(version, before, turns);
  const counted = (item: Item) => numberIn(item, "inquiries") ?? 0;
  // Of a run that has ended, only a copy is written, which finds what the owner's copy has brought back.
  const isOwn = version.write === "postpone" && version.by.ending === undefined;
  const isCounted = isOwn && counted(version.item) > counted(before);
  return isCounted && isOfCaller(version) ? ["a caller's repeat makes the reconciler's pauses longer"] : [];
}

const isOfCaller = ({ by }: Version): boolean => by.name.startsWith("caller ");

function ofTaken(version: Version, before: Item, turns: Set<string>): readonly string[] {
  const { at, item } = version;
  const turn = item.resolver?.S ?? "";
  const isHeldTwice = turns.has(turn);
  turns.add(turn);
  const moment = before.state?.S === "needs_attention" ? "askAt" : "due";
  const [due = 0, next = 0] = [numberIn(before, moment), numberIn(item, moment)];
  const { retryAt = 0 } = JSON.parse(before.failure?.S ?? "{}") as Partial<Failure>;
  const lasts = before.resolver === undefined ? 0 : (numberIn(before, "resolverLease") ?? 0);
  return [
    ...(isHeldTwice ? ["one turn was held twice"] : []),
    ...(lasts > at + toleranceMs && before.resolver?.S !== turn ? ["two look into it at a time"] : []),
    ...(retryAt > at + toleranceMs ? ["it is asked about before the provider's Retry-After is over"] : []),
    ...(isOfCaller(version)
      ? next - due > toleranceMs
        ? ["a caller's repeat puts off the reconciler"]
        : []
      : due > at + toleranceMs
        ? ["it is looked into before it is due"]
        : []),
  ];
}
