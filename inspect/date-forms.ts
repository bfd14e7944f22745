import type { Form } from "./forms.ts";

const kind = "date";
const zones = [
  ["India's time", 330],
  ["Jakarta's time", 420],
] as const;

/** A time in HTTP's form (`Thu, 17 Feb 2022 08:17:59 GMT`) or in fourteen digits, and how to write another one so. */
function timeIn(value: string) {
  const isHttp = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} (?:GMT|UTC|[+-]\d{4})$/.test(
    value,
  );
  const at = isHttp ? Date.parse(value) : stampOf(value);
  return { at, isHttp, isTime: !Number.isNaN(at), write: isHttp ? httpDate : stamp };
}

/** The forms of a time, and the mistakes of a zone. */
export function* dateForms(value: string): Iterable<Form> {
  const { at, isHttp, isTime, write } = timeIn(value);
  if (!isTime) return;
  if (isHttp) yield* httpForms(at);
  for (const [name, minutes] of zones) {
    yield { kind, says: `is in ${name}`, value: write(at + minutes * 60_000) };
    yield { kind, says: `is ${name} taken for UTC`, value: write(at - minutes * 60_000) };
  }
}

/** Other times near it: signed at one moment and sent at another. */
export function* rareDateForms(value: string): Iterable<Form> {
  const { at, isTime, write } = timeIn(value);
  if (!isTime) return;
  yield { kind, says: "is 1 day later", value: write(at + 86_400_000) };
  yield { kind, says: "is 1 day earlier", value: write(at - 86_400_000) };
  for (let seconds = 1; seconds <= 3600; seconds += 1) {
    yield { kind, says: `is ${seconds} s earlier`, value: write(at - seconds * 1000) };
    yield { kind, says: `is ${seconds} s later`, value: write(at + seconds * 1000) };
  }
}

function* httpForms(at: number): Iterable<Form> {
  const date = new Date(at);
  const [, day = "", rest = ""] = /^(..., )\d\d( .*)$/.exec(httpDate(at)) ?? [];
  yield { kind, says: "has a day without its zero", value: `${day}${date.getUTCDate()}${rest}` };
  yield { kind, says: "ends with UTC", value: httpDate(at).replace("GMT", "UTC") };
  yield { kind, says: "ends with +0000", value: httpDate(at).replace("GMT", "+0000") };
  yield { kind, says: "is without its zone", value: httpDate(at).replace(" GMT", "") };
  yield { kind, says: "is in ISO 8601 with milliseconds", value: date.toISOString() };
  yield { kind, says: "is in ISO 8601", value: date.toISOString().replace(".000", "") };
  yield { kind, says: "is in milliseconds since 1970", value: String(at) };
  yield { kind, says: "is in seconds since 1970", value: String(Math.trunc(at / 1000)) };
}

const httpDate = (at: number): string => new Date(at).toUTCString();
const stamp = (at: number): string => new Date(at).toISOString().replaceAll(/\D/g, "").slice(0, 14);

function stampOf(value: string): number {
  const [, ...groups] = /^(20\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(value) ?? [];
  const [year, month, day, hour, minute, second] = groups;
  return groups.length === 0
    ? Number.NaN
    : Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
