import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** A row of the runbook's table of failures: what a record says, and where a person looks. */
export interface Question {
  /** The words of `failure.detail`; `...` stands for any text. */
  readonly says: string;
  readonly look: string;
}

/** What may be said of a record that waits, from the runbook's table of outcomes. */
export interface Outcome {
  readonly outcome: string;
  readonly when: string;
  readonly repeat: string;
}

export interface Runbook {
  readonly questions: readonly Question[];
  /** Of stray notifications. */
  readonly strays: readonly Question[];
  readonly outcomes: readonly Outcome[];
}

/** Read from the runbook itself, so that page and document cannot differ. @throws where a table is not there any more. */
export async function readRunbook(): Promise<Runbook> {
  const text = await readFile(join(import.meta.dirname, "../docs/operations.md"), "utf8");
  return {
    questions: table(text, "| `failure.detail` ends with | Look |").map(([says = "", look = ""]) => ({
      says,
      look,
    })),
    strays: table(text, "| It says | Meaning | What to do |").map(([says = "", meaning = "", todo = ""]) => ({
      says,
      look: `${meaning}. ${todo}`,
    })),
    outcomes: table(text, "| `outcome` | Say it when | A repeat gets |").map(
      ([outcome = "", when = "", repeat = ""]) => ({ outcome, when, repeat }),
    ),
  };
}

/** The rows below this heading, each as the plain text of its cells. */
function table(text: string, heading: string): readonly (readonly string[])[] {
  const lines = text.split("\n");
  const at = lines.indexOf(heading);
  if (at < 0) throw new Error(`docs/operations.md has no table ${heading}`);
  const rows = lines.slice(at + 2);
  const end = rows.findIndex((line) => !line.startsWith("|"));
  return rows.slice(0, end < 0 ? undefined : end).map((row) => row.split("|").slice(1, -1).map(plain));
}

/** Without the marks of links, code and emphasis. "Below" leads nowhere outside the document. */
const plain = (cell: string): string =>
  cell
    .trim()
    .replace(/^\[Below\]\(#([^)]*)\)$/, 'See "Ids that AggrePay keeps" in the runbook')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[`*]/g, "");
