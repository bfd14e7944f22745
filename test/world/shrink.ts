import { type History, historyBy, type Setting } from "./history.ts";
import type { Choices } from "./tape.ts";

/** How many histories are played to make one smaller. */
const mostTries = 4_000;

/** What is wrong, whatever it is wrong with. */
export const kindOf = (found: readonly string[]): string =>
  (found[0] ?? "").replace(/^[^:]*: /, "").replace(/\d+/g, "#");

/**
 * The same fault with as few steps, strikes and habits as are found: steps are taken away, many at a time and then one by one, and
 * what a step chooses becomes 0, which is what does least harm.
 */
export async function shrunk(history: History, setting: Setting): Promise<History> {
  const kind = kindOf(history.found);
  let best = history;
  let tries = 0;
  const isBetter = async (choices: Choices): Promise<boolean> => {
    if (tries >= mostTries) return false;
    tries += 1;
    const played = await historyBy(choices, setting);
    if (kindOf(played.found) !== kind) return false;
    // Choices that were not asked for are not written down again.
    best = { ...played, choices: choices.slice(0, played.choices.length) };
    return true;
  };
  for (let before = -1; before !== sizeOf(best.choices); ) {
    before = sizeOf(best.choices);
    await withoutSteps(() => best.choices, isBetter);
    await withZeros(() => best.choices, isBetter);
  }
  return best;
}

const sizeOf = (choices: Choices): number =>
  choices.length * 1_000 + choices.flat().filter((choice) => choice !== 0).length;

type Tried = (choices: Choices) => Promise<boolean>;

async function withoutSteps(choices: () => Choices, isBetter: Tried): Promise<void> {
  for (let size = Math.ceil(choices().length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let at = choices().length - size; at >= 1; at -= size) {
      const all = choices();
      await isBetter([...all.slice(0, at), ...all.slice(at + size)]);
    }
}

async function withZeros(choices: () => Choices, isBetter: Tried): Promise<void> {
  const replaced = (at: number, group: readonly number[]) => choices().with(at, group);
  for (let at = 0; at < choices().length; at++) {
    const whole = choices()[at] ?? [];
    if (whole.every((choice) => choice === 0) || (await isBetter(replaced(at, [])))) continue;
    for (let index = 0; index < (choices()[at] ?? []).length; index++) {
      const group = choices()[at] ?? [];
      const choice = group[index] ?? 0;
      if (choice === 0) continue;
      if (await isBetter(replaced(at, group.with(index, 0)))) continue;
      await isBetter(replaced(at, group.with(index, Math.floor(choice / 2))));
    }
  }
}
