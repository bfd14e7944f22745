/** The judge knows the provider's ledger, what callers were told and what a target has written down, and nothing of how targets work. */

/** What a caller holds to be true in the end. */
export type Told =
  | { readonly kind: "yes"; readonly transactionId: string }
  | { readonly kind: "no"; readonly code: string }
  | { readonly kind: "not known" };

/** What a target's own table says of a debit when everything has ended. */
export type Recorded = "moved" | "not moved" | "waits for a person" | "open" | "nothing";

export interface Facts {
  readonly id: string;
  /** Ids of the ledger's movements of that identity. */
  readonly moved: readonly string[];
  /** Of each copy of its caller, and of each later question. */
  readonly told: readonly Told[];
  /** Of a question with another amount under the same identity. */
  readonly toldOther: readonly Told[];
  readonly recorded: Recorded;
}

export const verdictKinds = ["moved twice", "untrue", "lost"] as const;
export type VerdictKind = (typeof verdictKinds)[number];

export interface Verdict {
  readonly kind: VerdictKind;
  readonly why: string;
}

/** All that is wrong with one identity; nothing where all is well. */
export function judge({ moved, told, toldOther, recorded }: Facts): readonly Verdict[] {
  const verdicts: Verdict[] = [];
  const times = moved.length;
  if (times > 1) verdicts.push({ kind: "moved twice", why: `the ledger has it ${times} times` });
  const untrue = [
    ...told.map((each) => untruthOf(each, moved)),
    ...toldOther.map((each) => (each.kind === "yes" ? "said yes to another amount" : undefined)),
    recorded === "moved" && times === 0 ? "its record says that it moved, and it did not" : undefined,
    recorded === "not moved" && times > 0 ? "its record says that it did not move, and it did" : undefined,
  ].find((each) => each !== undefined);
  if (untrue !== undefined) verdicts.push({ kind: "untrue", why: untrue });
  const isKnown = told.some(({ kind }) => kind !== "not known");
  if (!isKnown && (recorded === "open" || recorded === "nothing"))
    verdicts.push({
      kind: "lost",
      why: `nobody was told, no record settles it, and nobody is asked to; it had ${times > 0 ? "moved" : "not moved"}`,
    });
  return verdicts;
}

function untruthOf(told: Told, moved: readonly string[]): string | undefined {
  if (told.kind === "no" && moved.length > 0) return `said no (${told.code}), and it had moved`;
  if (told.kind !== "yes") return undefined;
  if (moved.length === 0) return "said yes, and it had not moved";
  return moved.includes(told.transactionId)
    ? undefined
    : "said yes, and named a movement that is not its own";
}
