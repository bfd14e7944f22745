import { describe, expect, test } from "vitest";
import { retryAfterSeconds, secondsLeft } from "../lib/retry-after.ts";

const now = Date.UTC(1994, 10, 6, 8, 49, 37);

describe("retryAfterSeconds", () => {
  test.each([
    ["0", 1],
    ["1", 1],
    ["59", 59],
    [" 007 ", 7],
    ["3600", 3600],
    ["3601", 3600],
    ["9".repeat(500), 3600],
    // The examples of RFC 9110, section 5.6.7, a minute later.
    ["Sun, 06 Nov 1994 08:50:37 GMT", 60],
    ["Sunday, 06-Nov-94 08:50:37 GMT", 60],
    ["Sun Nov  6 08:50:37 1994", 60],
    ["sun, 06 nov 1994 08:50:37 gmt", 60],
    ["Sun, 06 Nov 1994 08:49:37 GMT", 1],
    ["Sun, 06 Nov 1994 08:49:60 GMT", 23],
    ["Mon, 07 Nov 1994 08:49:37 GMT", 3600],
    ["Thu, 01 Jan 1970 00:00:00 GMT", 1],
    ["1.0", 1],
    ["59.01", 60],
    ["7, 7", 7],
    ["7,7 , 7", 7],
    ["Sun, 06 Nov 1994 08:50:37 GMT, Sun, 06 Nov 1994 08:50:37 GMT", 60],
    ["Sun, 06 Nov 1994 08:50:37 UTC", 60],
    ["Sun, 06 Nov 1994 08:50:37 UT", 60],
    ["Sun, 06 Nov 1994 08:50:37 Z", 60],
    ["Sun, 06 Nov 1994 08:50:37 +0000", 60],
    ["Sun, 06 Nov 1994 14:20:37 +0530", 60],
    ["Sun, 06 Nov 1994 06:50:37 -02:00", 60],
    ["Sun, 6 Nov 1994 08:50:37 GMT", 60],
    ["Sunday, 06-Nov-1994 08:50:37 GMT", 60],
    ["Sun Nov 6 08:50:37 1994 UTC", 60],
    ["1994-11-06T08:50:37Z", 60],
    ["1994-11-06T14:20:37.250+05:30", 60],
    // At most 50 years ahead, and else of the century before.
    ["Sunday, 06-Nov-44 08:50:37 GMT", 3600],
    ["Sunday, 06-Nov-45 08:50:37 GMT", 1],
  ])("%s", (header, seconds) => {
    expect(retryAfterSeconds(header, now)).toBe(seconds);
  });

  test("takes the year of a date with two digits for one of this century", () => {
    const later = Date.UTC(2099, 11, 31, 23, 59, 30);
    expect(retryAfterSeconds("Thursday, 31-Dec-99 23:59:50 GMT", later)).toBe(20);
  });

  test.each([
    undefined,
    "",
    " ",
    "soon",
    "-1",
    "+1",
    "1,2",
    "1, 1, 2",
    ".5",
    "Sun, 06 Nov 1994 08:49:37 CET",
    "Sun, 06 Nov 1994 08:49:37",
    "1994-11-06T08:50:37",
    "1994-13-06T08:50:37Z",
    "1994-02-30T08:50:37Z",
    "0x1",
    "1e2",
    "١٢٠",
    "Sun, 31 Feb 1995 08:49:37 GMT",
    "Sun, 00 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nox 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:00:00 GMT",
    "Sun, 06 Nov 1994 08:60:00 GMT",
    "Sun, 06 Nov 1994 08:49:61 GMT",
    `Sun, 06 Nov 1994 08:50:37 GMT${" ".repeat(3)}x`,
  ])("%j is neither", (header) => {
    expect(retryAfterSeconds(header, now)).toBeUndefined();
  });
});

test("secondsLeft counts up, and ends at the moment", () => {
  expect(
    [now + 1, now + 1000, now + 1001, now, now - 1, undefined].map((at) => secondsLeft(at, now)),
  ).toEqual([1, 1, 2, undefined, undefined, undefined]);
});
