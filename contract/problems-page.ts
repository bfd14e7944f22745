import { problemKinds } from "../lib/problem.ts";
import { gatewayAnswers, problems, typeOf } from "./problems.ts";

const made = "<!-- Made by `npm run docs` from contract/problems.ts and lib/problem.ts. -->";
const code = (words: readonly (string | number)[]) => words.map((word) => `\`${word}\``).join(", ");

/** docs/problems.md: a section for each code, which its `type` names. */
export function problemsPage(): string {
  return `${[
    made,
    "# Problems",
    `Every answer of a function that is no success is \`application/problem+json\` (RFC 9457). Decide by \`code\` and\n\`retry\`; how to repeat is in [the API](api.md#repeat-until-you-know), what each
field holds in [the reference](reference.md#problem).`,
    table(),
    ...[...problems].map(
      ([name, { statuses, retry, meaning, caller, operator }]) =>
        `## ${name}\n\n${[
          `\`${typeOf(name)}\`: ${problemKinds[name].title}.`,
          `Status ${code(statuses)}, \`retry\` ${code(retry)}.`,
          meaning,
          `**The caller:** ${caller}`,
          ...(operator
            ? [`**The operator:** ${operator.does} [Runbook](operations.md#${operator.runbook}).`]
            : []),
        ].join("\n\n")}`,
    ),
    "## Answers of API Gateway itself",
    'They are `application/json`, `{"message": ...}`, and have no `code`. [Their marks](api.md#repeat-until-you-know) tell them from those of a firewall or a proxy. Decide by the status; the words may change.',
    [
      "| Status | Message | Meaning | What to do |",
      "|---|---|---|---|",
      ...gatewayAnswers.map(
        ({ status, message, meaning, caller }) => `| ${status} | ${message} | ${meaning} | ${caller} |`,
      ),
    ].join("\n"),
  ].join("\n\n")}\n`;
}

const table = () =>
  [
    "| `code` | Status | `retry` | `Retry-After`, seconds |",
    "|---|---|---|---|",
    ...[...problems].map(([name, { statuses, retry }]) => {
      const kind = problemKinds[name];
      const after = "retryAfter" in kind ? String(kind.retryAfter) : "";
      return `| [\`${name}\`](#${name}) | ${statuses.join(", ")} | ${code(retry)} | ${after} |`;
    }),
  ].join("\n");
