import type { Question, Runbook } from "../runbook.ts";
import type { Detail } from "./shapes.ts";

/** The row whose words are in what the record says; of several, the one with the most words. */
export function matching(
  { failure, flagged, operation }: Pick<Detail, "failure" | "flagged" | "operation">,
  { questions, strays }: Pick<Runbook, "questions" | "strays">,
): Question | undefined {
  const text = simple(flagged ?? failure?.detail ?? "");
  const rows = operation === "nicepay/account-binding-webhook" ? strays : questions;
  return rows
    .filter(({ says }) => patternOf(says).test(text))
    .toSorted((a, b) => b.says.length - a.says.length)[0];
}

const simple = (text: string): string => text.toLowerCase().replace(/\s+/g, " ");

/** `...` and what stands in brackets is any text; the end punctuation is left out of account. */
function patternOf(says: string): RegExp {
  const parts = simple(says)
    .replace(/\([^)]*\)/g, "...")
    .replace(/[.:,\s]+$/, "")
    .split("...")
    .map((part) => part.trim().replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(parts.join(".*"));
}
