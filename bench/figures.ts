/** Figures of one quantity, and what they say. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The median of the ratios of pairs that were measured one after the other, so that a busy moment touches both. */
export function ratio(ours: readonly number[], theirs: readonly number[]): number {
  const pairs = ours.flatMap((value, index) => {
    const other = theirs[index];
    return other === undefined || other === 0 ? [] : [value / other];
  });
  return median(pairs);
}

/** A table of text, its first column to the left and the others to the right. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join("  "),
    )
    .join("\n");
}
