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

const yearFirst = /^(?<year>\d{4})(?<between>[-/.])(?<month>\d\d)\k<between>(?<day>\d\d)$/;
const dayFirst = /^(?<day>\d\d)(?<between>[-/.])(?<month>\d\d)\k<between>(?<year>\d{4})$/;
const dateAndTime =
  /^([-/.\d]{10})(?:\s+|t)([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:[.,]\d{1,9})?)?(?: ?(z|utc|gmt|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?))?$/i;
const stamped = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/;

/**
 * A provider's time as ISO 8601 with an offset: its own where it names one, else the one that its times are taken to have.
 * Read are `2026-11-28 15:40:11`, the same with `T`, with `/` or `.` in the date, with a fraction or without seconds, with
 * `Z`, `UTC`, `+05:30`, `+0530` or `+05` after it, `28-11-2026 15:40:11` and `20261128154011`. A fraction is left out.
 * Undefined where the text is no such time, and where day and month could be each other (`05-11-2026`).
 */
export function withOffset(text: string, offset: string): string | undefined {
  const plain = text.trim().replace(stamped, "$1-$2-$3 $4:$5:$6");
  const [, date = "", hour, minute, second = "00", zone] = dateAndTime.exec(plain) ?? [];
  const day = calendarDate(date);
  if (day === undefined || hour === undefined) return undefined;
  const time = `${day}T${hour}:${minute}:${second}${zone === undefined ? offset : offsetOf(zone)}`;
  // What is no moment would be neither before nor after another: no comparison may meet it.
  return Number.isNaN(Date.parse(time)) ? undefined : time;
}

const offsetOf = (zone: string): string => {
  const [, hours, minutes = "00"] = /^([+-]\d\d):?(\d\d)?$/.exec(zone) ?? [];
  return hours === undefined ? "+00:00" : `${hours}:${minutes}`;
};

/** `YYYY-MM-DD` of a date in one of the forms; undefined where it is none, or could be two. */
function calendarDate(text: string): string | undefined {
  const { year, month, day } = (yearFirst.exec(text) ?? dayFirst.exec(text))?.groups ?? {};
  const date = `${year}-${month}-${day}`;
  const isAmbiguous = dayFirst.test(text) && day !== month && Number(day) <= 12;
  return isAmbiguous || !isCalendarDate(date) ? undefined : date;
}

/** Milliseconds of `+05:30` or `+0530`. */
export const offsetMs = (offset: string): number => {
  const [hours = 0, minutes = 0] = [offset.slice(1, 3), offset.slice(-2)].map(Number);
  return (offset.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
};

/** `YYYYMMDDHHmmss` of that moment in the zone of the offset. */
export const stamp = (milliseconds: number, offset: string): string =>
  iso(milliseconds + offsetMs(offset))
    .replace(/\D/g, "")
    .slice(0, 14);

/** The value of an HTTP Date header: `Thu, 17 Feb 2022 08:17:59 GMT`. */
export const httpDate = (milliseconds: number): string => new Date(milliseconds).toUTCString();
