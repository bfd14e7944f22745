import { Command } from "commander";
import type { Problem, ProviderWord } from "../catalogue.ts";
import type { Ending } from "../exit.ts";
import { wrongInput } from "../exit.ts";
import type { Io } from "../io.ts";
import { catalogue, words } from "../known.ts";
import type { Run } from "../run.ts";
import { lines } from "../shown.ts";
import { didYouMean } from "../suggest.ts";

/** `gw explain`: a code of the gateway's, or a word of a provider's. */
export const explainCommand = (run: Run): Command =>
  new Command("explain")
    .description("explains a code of the gateway, or a code of a provider")
    .argument("[code]", "insufficient-funds, HASH-MISMATCH, 9012; without it all are listed")
    .option("--json", "prints it as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  gw explain outcome-unknown\n  gw explain hash-mismatch\n  gw explain 9012",
    )
    .action((code: string | undefined, { json }: { readonly json?: true }) =>
      run((io) => explain(code, json === true, io)),
    );

async function explain(code: string | undefined, json: boolean, io: Io): Promise<Ending> {
  const { problems } = catalogue();
  const known = await words();
  if (code === undefined) {
    if (json) io.out(JSON.stringify({ problems, words: known }));
    else for (const line of allCodes(problems, known)) io.out(line);
    return "done";
  }
  const ours = problems.filter((each) => plain(each.code) === plain(code));
  const theirs = known.filter((word) => plain(word.code) === plain(code));
  if (ours.length + theirs.length === 0) throw unknownCode(code, [...problems, ...known]);
  if (json) io.out(JSON.stringify({ problems: ours, words: theirs }));
  else
    for (const line of [
      ...ours.flatMap((each) => ofOurs(each, io)),
      ...theirs.flatMap((word) => ofTheirs(word, io)),
    ])
      io.out(line);
  return "done";
}

const allCodes = (problems: readonly Problem[], known: readonly ProviderWord[]): readonly string[] => [
  ...problems.map(({ code }) => code),
  ...new Set(known.map(({ provider, code }) => `${code} of ${provider}`)),
];

const unknownCode = (code: string, known: readonly { readonly code: string }[]) =>
  wrongInput(
    `No table has the code "${code}"${
      didYouMean(
        code,
        known.map((each) => each.code),
      ) || ": of a provider it is provider-fault for a read, and doubt for a change."
    }`,
  );

/** As the providers' words are compared: without letter case and outer white space. */
const plain = (code: string): string => code.trim().toLowerCase();

function ofOurs({ code, statuses, retry, meaning, caller, operator }: Problem, io: Io): readonly string[] {
  return [
    io.paint("bold", code),
    ...lines(
      {
        meaning,
        status: statuses.join(", "),
        retry: retry.join(", "),
        caller,
        ...(operator && { operator: operator.does, runbook: `docs/operations.md#${operator.runbook}` }),
      },
      "",
    ),
  ];
}

const effects: Readonly<Record<ProviderWord["as"], string>> = {
  declined: "the provider looked at the request and refused it",
  not_executed:
    "the provider refused before it looked: nothing happened, and the same request may be repeated",
  inconclusive:
    "it is not said whether the provider did anything: a change is in doubt and is asked about, and a read may be repeated",
  taken:
    "the provider has it already: on a first attempt from elsewhere, later perhaps by our own attempt, so it is asked",
};

function ofTheirs({ provider, code, text, as, means, detail }: ProviderWord, io: Io): readonly string[] {
  return [
    `${io.paint("bold", code)} of ${provider}`,
    ...lines(
      {
        ...(text !== undefined && { "with a text like": text }),
        meaning: detail,
        effect: effects[as],
        code: `${means} (gw explain ${means})`,
      },
      "",
    ),
  ];
}
