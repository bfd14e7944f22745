import type { Tell } from "./progress.ts";

/** Why a caller was refused, for the terminal of the person who runs the host: the answer itself says as little as AWS's does. */

/** `POST /v1/aggrepay/debit-walet` was asked for; what there is instead. */
export function whyNotFound(method: string, path: string, keys: readonly string[]): string {
  const asked = shown(`${method} ${path}`);
  const methods = keys.filter((key) => fits(key, path)).map((key) => key.split(" ")[0]);
  if (methods.length > 0) return `404 ${asked}: this path takes ${methods.join(", ")}.`;
  const [nearest] = keys
    .map((key) => ({ key, far: distance(key.slice(key.indexOf(" ") + 1), path.slice(0, longest)) }))
    .toSorted((a, b) => a.far - b.far);
  return nearest === undefined
    ? `404 ${asked}: there is no route.`
    : `404 ${asked}: there is no such route. The nearest is ${nearest.key}.`;
}

/** Every sentence once in ten seconds, and at most twenty: a page that scans must not fill the terminal. */
export function sparingly(tell: Tell, now: () => number = () => performance.now()): Tell {
  const everyMs = 10_000;
  const most = 20;
  let since = now();
  let told = new Set<string>();
  return (sentence) => {
    if (now() - since >= everyMs) {
      since = now();
      told = new Set();
    }
    if (told.has(sentence) || told.size > most) return;
    told.add(sentence);
    tell(told.size > most ? "More requests are refused; they are not told one by one." : sentence);
  };
}

const longest = 200;

/** What callers send may hold control characters, which a terminal would obey. */
export const shown = (text: string): string =>
  JSON.stringify(text.length > longest ? `${text.slice(0, longest)}...` : text)
    .slice(1, -1)
    .replace(/[\u007f-\u009f\u2028\u2029]/g, "?");

const fits = (key: string, path: string): boolean => {
  const wanted = key.slice(key.indexOf(" ") + 1).split("/");
  const given = path.split("/");
  return (
    wanted.length === given.length &&
    wanted.every((part, at) => part === given[at] || (part.startsWith("{") && given[at] !== ""))
  );
};

/** How many letters to put in, take out or change (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const changed = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
