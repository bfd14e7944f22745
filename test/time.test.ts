import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isCalendarDate, iso, withOffset } from "../lib/time.ts";

const pad = (number: number, length = 2) => String(number).padStart(length, "0");
const isLeap = (year: number) => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
const daysIn = (year: number, month: number) =>
  [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;

describe("isCalendarDate", () => {
  test("takes each day of the calendar and no other", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9999 }),
        fc.integer({ min: 0, max: 14 }),
        fc.integer({ min: 0, max: 33 }),
        (year, month, day) => {
          const exists = day >= 1 && day <= daysIn(year, month);
          expect(isCalendarDate(`${pad(year, 4)}-${pad(month)}-${pad(day)}`)).toBe(exists);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test.each(["2024-02-29", "2000-02-29", "1999-12-31", "0001-01-01", "9999-12-31"])("%s exists", (text) =>
    expect(isCalendarDate(text)).toBe(true));

  test.each([
    "2023-02-29",
    "1900-02-29",
    "2024-02-30",
    "2024-13-01",
    "2024-00-01",
    "2024-01-00",
    "2024-1-1",
    "24-01-01",
    "2024-01-01 ",
    "2024-01-01\n",
    "2024-01-01T00:00:00Z",
    "+02024-01-01",
    "２０２４-01-01",
    "",
  ])("%j does not", (text) => expect(isCalendarDate(text)).toBe(false));
});

describe("withOffset", () => {
  const time = fc.date({
    min: new Date("0001-01-01T00:00:00Z"),
    max: new Date("9999-12-31T23:59:59Z"),
    noInvalidDate: true,
  });

  test("names the instant that the provider's clock showed at that offset", () => {
    fc.assert(
      fc.property(time, fc.constantFrom(" ", "T"), (date, between) => {
        const seconds = Math.floor(date.getTime() / 1000) * 1000;
        const clock = new Date(seconds).toISOString().slice(0, 19).replace("T", between);
        const shown = withOffset(clock, "+05:30") ?? "";
        expect(shown).toBe(`${clock.replace(between, "T")}+05:30`);
        expect(Date.parse(shown)).toBe(seconds - 5.5 * 3_600_000);
      }),
    );
  });

  test("of any text makes a time that every reader can read, or nothing", () => {
    const near = fc
      .tuple(
        fc.stringMatching(/^\d{3,5}-\d\d?-\d\d?$/),
        fc.constantFrom(" ", "T", "  ", ""),
        fc.stringMatching(/^\d\d?:\d\d:\d\d$/),
      )
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.oneof(near, fc.string()), (text) => {
        const shown = withOffset(text, "+05:30");
        if (shown === undefined) return;
        expect(shown).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\+05:30$/);
        expect(Date.parse(shown)).not.toBeNaN();
      }),
    );
  });

  test.each([
    ["2026-11-28 15:40:11", "2026-11-28T15:40:11+05:30"],
    ["2026-11-28 15:40:11.0", "2026-11-28T15:40:11+05:30"],
    ["2026-11-28 15:40:11.123456", "2026-11-28T15:40:11+05:30"],
    ["2026-11-28T15:40:11,9", "2026-11-28T15:40:11+05:30"],
    ["2026-11-28T15:40:11+05:30", "2026-11-28T15:40:11+05:30"],
    ["2026-11-28T15:40:11.000+0530", "2026-11-28T15:40:11+05:30"],
    ["2026-11-28 10:10:11+00", "2026-11-28T10:10:11+00:00"],
    ["2026-11-28T10:10:11Z", "2026-11-28T10:10:11+00:00"],
    ["2026-11-28t10:10:11.5z", "2026-11-28T10:10:11+00:00"],
    ["2026-11-28 10:10:11 UTC", "2026-11-28T10:10:11+00:00"],
    ["2026-11-28 05:40:11 -04:30", "2026-11-28T05:40:11-04:30"],
    ["2026/11/28 15:40:11", "2026-11-28T15:40:11+05:30"],
    ["2026.11.28  15:40", "2026-11-28T15:40:00+05:30"],
    [" 2026-11-28 15:40:11\n", "2026-11-28T15:40:11+05:30"],
    ["28-11-2026 15:40:11", "2026-11-28T15:40:11+05:30"],
    ["28/11/2026 15:40", "2026-11-28T15:40:00+05:30"],
    ["11-11-2026 15:40:11", "2026-11-11T15:40:11+05:30"],
    ["20261128154011", "2026-11-28T15:40:11+05:30"],
  ])("%j is %s", (text, shown) => expect(withOffset(text, "+05:30")).toBe(shown));

  test.each([
    "2017-03-03 24:00:00",
    "2017-03-03 23:60:00",
    "2017-03-03 23:59:60",
    "2017-02-29 10:00:00",
    "2017-03-03",
    "2017-03/03 10:00:00",
    "2017-03-03 10:00:00.",
    "2017-03-03 10:00:00+15:00",
    "2017-03-03 10:00:00 PM",
    "2017-03-03 1:00:00",
    // Day and month, or month and day.
    "05-11-2026 15:40:11",
    "11/05/2026 15:40:11",
    "11-28-2026 15:40:11",
    "1795182011",
    "",
  ])("%j is no such time, or could be two", (text) => expect(withOffset(text, "+05:30")).toBeUndefined());
});

test("iso is the instant in UTC, to the millisecond", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (milliseconds) => {
      expect(Date.parse(iso(milliseconds))).toBe(milliseconds);
      expect(iso(milliseconds)).toMatch(/Z$/);
    }),
  );
});
