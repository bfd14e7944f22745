/**
 * The known name that is most like a name that was typed: letter case, hyphens and a word more or less do not count for much.
 * Undefined where none is like it.
 */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  const wanted = plain(typed);
  if (wanted === "") return undefined;
  const scored = known.map((name) => ({ name, distance: distanceOf(wanted, plain(name)) }));
  const [best] = scored.toSorted((one, other) => one.distance - other.distance);
  return best && best.distance <= Math.max(1, Math.floor(wanted.length / 3)) ? best.name : undefined;
}

/** ` (did you mean x?)`, or nothing. */
export function didYouMean(typed: string, known: readonly string[]): string {
  const name = nearest(typed, known);
  return name === undefined ? "" : `: did you mean ${name}?`;
}

/** How many letters differ; a word that is a part of the other one is one step away. */
function distanceOf(one: string, other: string): number {
  if (one === other) return 0;
  if (Math.min(one.length, other.length) >= 4 && (one.includes(other) || other.includes(one))) return 1;
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1];
    for (const [j, wanted] of [...other].entries())
      next.push(
        Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (letter === wanted ? 0 : 1)),
      );
    row = next;
  }
  return row.at(-1) ?? 0;
}
