import { existsSync } from "node:fs";

/** A Chromium of this machine: Debian's, another system's, or `CHROMIUM_BIN`. */
const places = [
  process.env.CHROMIUM_BIN ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Undefined where there is none, and this is not where every change is tested; the reason is printed. */
export function findChromium(): string | undefined {
  const found = places.find((place) => place !== "" && existsSync(place));
  if (found !== undefined) return found;
  const sentence = "There is no Chromium here (apt-get install chromium, or CHROMIUM_BIN)";
  if (process.env.CI) throw new Error(`${sentence}, and where CI is set these tests are not left out.`);
  console.warn(`${sentence}: what web pages may not do is not tested.`);
  return undefined;
}
