import { offsetMs } from "./time.ts";

/** The least and the most that a provider may have us and our callers wait, seconds. */
const least = 1;
const most = 3600;

/**
 * The seconds that a Retry-After header asks for, from 1 to 3600: a number of seconds, or a date in one of the three forms of
 * HTTP. Read as well are a fraction, which is rounded up, UTC or an offset in place of GMT, ISO 8601 with its zone, and one value
 * that came more than once. Undefined where there is none, or it is neither.
 * @param now Milliseconds since 1970.
 * Source: RFC 9110, sections 10.2.3 and 5.6.7.
 */
export function retryAfterSeconds(header: string | undefined, now: number): number | undefined {
  const text = (header?.trim() ?? "").replace(/^(.+?)(?:\s*,\s*\1)+$/, "$1");
  const seconds = /^\d+(?:\.\d*)?$/.test(text)
    ? Math.ceil(Number(text))
    : secondsUntil(momentOf(text, now), now);
  return seconds === undefined ? undefined : Math.min(most, Math.max(least, seconds));
}

const secondsUntil = (moment: number | undefined, now: number): number | undefined =>
  moment === undefined ? undefined : Math.ceil((moment - now) / 1000);

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const clock = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`;
const zone = String.raw`(?: ?(?:GMT|UTC?|Z|(?<offset>[+-]\d\d:?\d\d)))`;
/** `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`, `1994-11-06T08:49:37Z`. */
const forms = [
  String.raw`[a-z]{3,9}, (?<day>\d{1,2})[ -](?<month>[a-z]{3})[ -](?<year>\d{4}|\d\d) ${clock}${zone}`,
  String.raw`[a-z]{3} (?<month>[a-z]{3}) (?<day>[ \d]?\d) ${clock} (?<year>\d{4})${zone}?`,
  String.raw`(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)[T ]${clock}(?:\.\d+)?${zone}`,
].map((form) => new RegExp(`^${form}$`, "i"));

/** Milliseconds since 1970 of a date; undefined where the text is none, or names no day that exists. */
function momentOf(text: string, now: number): number | undefined {
  const parts = forms.map((form) => form.exec(text)?.groups).find((found) => found !== undefined);
  if (!parts) return undefined;
  const [day, hour, minute, second] = [parts.day, parts.hour, parts.minute, parts.second].map(Number);
  if (day === undefined || hour === undefined || minute === undefined || second === undefined)
    return undefined;
  const name = parts.month?.toLowerCase() ?? "";
  const month = /^\d/.test(name) ? Number(name) - 1 : months.indexOf(name);
  const at = new Date(Date.UTC(yearOf(parts.year ?? "", now), month, day, hour, minute, second));
  // 60 is a leap second.
  const exists = month >= 0 && at.getUTCMonth() === month && hour < 24 && minute < 60 && second <= 60;
  return exists ? at.getTime() - offsetMs(parts.offset ?? "+0000") : undefined;
}

/** Two digits name the next year that has them, unless that is more than 50 years ahead: then the latest that had. */
function yearOf(text: string, now: number): number {
  if (text.length === 4) return Number(text);
  const thisYear = new Date(now).getUTCFullYear();
  const year = thisYear + ((Number(text) + 100 - (thisYear % 100)) % 100);
  return year > thisYear + 50 ? year - 100 : year;
}

/** The seconds until a moment that a provider named, for our own Retry-After; undefined where it has passed, or there is none. */
export const secondsLeft = (retryAt: number | undefined, now: number): number | undefined =>
  retryAt !== undefined && retryAt > now ? Math.ceil((retryAt - now) / 1000) : undefined;
