/** The zones of the providers, none of which has summer time. */
export const indiaOffset = "+05:30";
export const jakartaOffset = "+07:00";

/** The two clocks, always passed in, so that a test can give its own. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. */
  readonly now: () => number;
  /** Monotonic clock, milliseconds from an arbitrary start; it may stand still while a process is frozen. */
  readonly monotonic: () => number;
}

export const systemClock: Clock = { now: Date.now, monotonic: () => performance.now() };

export const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** Whether `YYYY-MM-DD` names a day that exists. */
export function isCalendarDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

/**
 * A provider's `YYYY-MM-DD HH:mm:ss`, which names no zone, as ISO 8601 with the offset that it is taken to have.
 * Undefined where the text is no such time.
 */
export function withOffset(text: string, offset: string): string | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})[ T]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)$/.exec(text);
  if (!match?.[1] || !isCalendarDate(match[1])) return undefined;
  return `${match[1]}T${match[2]}:${match[3]}:${match[4]}${offset}`;
}

const offsetMs = (offset: string): number => {
  const [hours = 0, minutes = 0] = offset.slice(1).split(":").map(Number);
  return (offset.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
};

/** `YYYYMMDDHHmmss` of that moment in the zone of the offset. */
export const stamp = (milliseconds: number, offset: string): string =>
  iso(milliseconds + offsetMs(offset))
    .replace(/\D/g, "")
    .slice(0, 14);

/** A provider's `YYYYMMDDHHmmss` as ISO 8601 with the offset of its zone; undefined where the text is no such time. */
export function fromStamp(text: string, offset: string): string | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  return withOffset(`${year}-${month}-${day} ${hour}:${minute}:${second}`, offset);
}

/** The value of an HTTP Date header: `Thu, 17 Feb 2022 08:17:59 GMT`. */
export const httpDate = (milliseconds: number): string => new Date(milliseconds).toUTCString();
