import { sentAnything } from "./invariants.ts";
import { effectOf, type Version, type World } from "./world.ts";

const clockToleranceMs = 5 * 60_000;
const unsettled = ["dispatched", "in_doubt", "needs_attention"];

/**
 * What must not be left to a person though nobody was told anything wrong, where all that the provider did can be read: money
 * that its own list shows, and what the gateway knows that it never sent.
 */
export function plainlyWrong(world: World): readonly string[] {
  return [...world.subjects].flatMap(([id, [subject]]) => {
    const versions = world.versions.filter(({ item }) => item.pk?.S === id);
    const last = versions.at(-1);
    if (!subject || !last || !unsettled.includes(last.item.state?.S ?? "")) return [];
    const isShown = world
      .effects(effectOf(subject, world))
      .some(
        ({ of, at }) => of.startsWith("money ") && at >= Number(last.item.dispatchedAt?.N) - clockToleranceMs,
      );
    const named = `${subject.name}: a person is asked (${last.item.failure?.S})`;
    return [
      ...(isShown ? [`${named}, and the provider shows it`] : []),
      ...(isKnownUnsent(versions, world) ? [`${named}, and nobody had sent it`] : []),
    ];
  });
}

/**
 * Whether the last claim's process ended in good order, sent nothing and settled nothing, and nobody had written anything else by
 * then: it can say so itself, and nothing struck it as it did. Its claim may have arrived after it had ended.
 */
export function isKnownUnsent(versions: readonly Version[], { told }: World): boolean {
  const claim = versions.findLast(({ write }) => write.startsWith("claim"));
  const end = told.find(({ run }) => run === claim?.by)?.seq ?? 0;
  if (!claim) return false;
  const { passed, ending } = claim.by;
  const isAlone = versions.every(({ seq }) => seq <= claim.seq || seq > end);
  const mayHaveSaidSo = passed.every(
    ({ point, fault }) =>
      point !== "settle" &&
      (point !== "withdraw" || fault === undefined || ["repeated", "lands again"].includes(fault)),
  );
  return ending?.kind === "threw" && isAlone && mayHaveSaidSo && !sentAnything(claim.by);
}
