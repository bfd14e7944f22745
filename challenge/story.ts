/** What happened to one identity, in the order of time, as a person can read it. */
export interface Story {
  tell(id: string, text: string, at?: number): void;
  /** Lines with the seconds since the first of them. */
  of(id: string): readonly string[];
}

export function newStory(): Story {
  const lines = new Map<string, { readonly at: number; readonly text: string }[]>();
  return {
    tell(id, text, at = Date.now()) {
      const known = lines.get(id) ?? [];
      known.push({ at, text });
      lines.set(id, known);
    },
    of(id) {
      const sorted = (lines.get(id) ?? []).toSorted((a, b) => a.at - b.at);
      const first = sorted[0]?.at ?? 0;
      return sorted.map(({ at, text }) => `${((at - first) / 1000).toFixed(1)} s  ${text}`);
    },
  };
}
