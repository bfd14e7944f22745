export const indiaHours = 5.5;
export const jakartaHours = 7;

/** `YYYYMMDDHHMMSS` so many hours east of Greenwich; neither India nor Jakarta has summer time. */
export function localTime(at: number, hours: number): string {
  return new Date(at + hours * 3_600_000).toISOString().replace(/\D/g, "").slice(0, 14);
}

/** The moment that fourteen digits name, or undefined where they name none, such as 30 February. */
export function momentOf(digits: string, hours: number): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(digits);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) - hours * 3_600_000;
  // Date.parse takes 30 February for 2 March.
  return !Number.isNaN(at) && localTime(at, hours) === digits ? at : undefined;
}

export const isDay = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d$/.test(text) && momentOf(`${text.replaceAll("-", "")}000000`, 0) !== undefined;
