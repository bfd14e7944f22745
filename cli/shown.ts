export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What a JSON text holds; undefined where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A value on one line. */
export const shown = (value: unknown): string => {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
};

/** `name  value`, a line for each member; a list is a line for each element. */
export function lines(value: unknown, name: string): readonly string[] {
  if (Array.isArray(value))
    return value.every(isObject) ? table(value) : value.map((each) => `  ${shown(each)}`);
  if (!isObject(value)) return value === undefined ? [] : [`  ${name}  ${shown(value)}`];
  const width = Math.max(0, ...Object.keys(value).map((key) => key.length));
  return Object.entries(value).map(([key, each]) => `  ${key.padEnd(width)}  ${shown(each) || "-"}`);
}

/** Rows of equal members as columns; what every row lacks is left out. */
export function table(rows: readonly JsonObject[]): readonly string[] {
  if (rows.length === 0) return [];
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((name) =>
    rows.some((row) => shown(row[name]) !== ""),
  );
  const cells = [names, ...rows.map((row) => names.map((name) => shown(row[name]) || "-"))];
  const widths = names.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd(),
  );
}

/** `41 s`, `3 min`, `2 h`, `5 d`. */
export function age(seconds: number): string {
  const units = [
    [86_400, "d"],
    [3_600, "h"],
    [60, "min"],
  ] as const;
  const unit = units.find(([size]) => seconds >= size);
  return unit ? `${Math.floor(seconds / unit[0])} ${unit[1]}` : `${Math.max(0, Math.floor(seconds))} s`;
}
