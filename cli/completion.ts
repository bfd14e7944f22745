import type { Command, Option } from "commander";
import { catalogue, operationNamed, operationNames } from "./known.ts";

/** The shells that a script is given for. */
export const shells = ["bash", "zsh"] as const;
export type Shell = (typeof shells)[number];

/** A script that makes the shell ask `gw __complete` for what may come next. Where nothing is known, files are offered. */
export const scripts: Readonly<Record<Shell, string>> = {
  bash: `_gw() {
  local IFS=$'\\n' cur="\${COMP_WORDS[COMP_CWORD]}"
  # What stands after = is a value of the caller's own.
  [[ $cur == = || \${COMP_WORDS[COMP_CWORD-1]} == = ]] && return
  COMPREPLY=($(gw __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  [[ \${COMPREPLY[0]} == *= ]] && compopt -o nospace
}
complete -o default -F _gw gw
`,
  zsh: `_gw() {
  local -a found
  found=(\${(f)"$(gw __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( ! \${#found} )); then _files
  elif [[ \${found[1]} == *= ]]; then compadd -S '' -a found
  else compadd -a found
  fi
}
compdef _gw gw
`,
};

/**
 * What may stand for the last word of a command line that is being written.
 *
 * @param program the tree of commands
 * @param line the words after `gw`, the last one as far as it is written
 */
export function completions(program: Command, line: readonly string[]): readonly string[] {
  const [first = "", ...rest] = line.slice(0, -1);
  const last = line.at(-1) ?? "";
  const command = program.commands.find((each) => each.name() === first);
  const offered =
    line.length <= 1
      ? namesOf(program)
      : command === undefined
        ? ofHelp(program, first)
        : within(command, rest, last);
  return offered.filter((each) => each.startsWith(last)).toSorted();
}

const namesOf = ({ commands }: Command): readonly string[] => [
  ...commands.map((command) => command.name()).filter((name) => !name.startsWith("_")),
  "help",
];

const ofHelp = (program: Command, first: string): readonly string[] =>
  first === "help" ? namesOf(program) : [];

function within(command: Command, before: readonly string[], last: string): readonly string[] {
  const open = command.options.find(({ long }) => long !== undefined && long === before.at(-1));
  if (open?.required) return open.argChoices ?? [];
  if (last.startsWith("-")) return optionsOf(command).filter((each) => !before.includes(each));
  return operands(command.name(), operandsIn(command.options, before));
}

const optionsOf = ({ options }: Command): readonly string[] => [
  ...options.flatMap(({ long }) => long ?? []),
  "--help",
];

/** The words that are no option and no option's value. */
const operandsIn = (options: readonly Option[], words: readonly string[]): readonly string[] =>
  words.filter((word, index) => {
    const before = options.find(({ long }) => long !== undefined && long === words[index - 1]);
    return !word.startsWith("-") && !before?.required;
  });

function operands(command: string, before: readonly string[]): readonly string[] {
  const [first, ...others] = before;
  if (command === "completion") return first === undefined ? shells : [];
  if (command === "explain") return first === undefined ? catalogue().problems.map(({ code }) => code) : [];
  if (command !== "call") return [];
  return first === undefined ? operationNames(catalogue()) : fieldsLeft(first, others);
}

function fieldsLeft(name: string, given: readonly string[]): readonly string[] {
  const known = catalogue();
  if (!operationNames(known).includes(name)) return [];
  const { fields } = operationNamed(name, known);
  // bash takes = for the end of a word.
  return fields
    .filter(({ name: field }) => !given.some((each) => each === field || each.startsWith(`${field}=`)))
    .map((field) => `${field.name}=`);
}
