import { randomInt } from "node:crypto";

const upperCase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/**
 * A debit's id of the greatest length, 64, that nobody has used: every character that the contract allows but `R`, which its
 * reversal's id has (`<id>_REVERSAL`, 73 characters with all 65). Kinds of characters take turns and the signs come early, so
 * that the beginning alone, where a provider may cut it, holds each kind.
 */
export function longestId(): string {
  const upper = shuffled(upperCase.replace("R", ""));
  const lower = shuffled(upperCase.toLowerCase());
  const digits = shuffled("0123456789");
  const text = lower.map((letter, at) => letter + (upper[at] ?? "") + (digits[at] ?? "")).join("");
  return `${text.slice(0, 4)}.${text.slice(4, 9)}-${text.slice(9, 13)}_${text.slice(13)}`;
}

function shuffled(text: string): string[] {
  const letters = [...text];
  for (let last = letters.length - 1; last > 0; last -= 1) {
    const drawn = randomInt(last + 1);
    [letters[last], letters[drawn]] = [letters[drawn] ?? "", letters[last] ?? ""];
  }
  return letters;
}
