import type { Command } from "commander";

/** A record's id is 43 characters of base64url, with a word and a point before it in some namespaces. */
export const isRecordId = (text: string): boolean => /^(?:[a-z]+\.)?[A-Za-z0-9_-]{43}$/.test(text);

/**
 * A command line in which ids that begin with `-`, as one in 64 does, stand behind `--`: before it they would be taken for options.
 * Other lines are as they were.
 */
export function withIdsLast(program: Command, line: readonly string[]): readonly string[] {
  const command = program.commands.find((each) => each.name() === line[0]);
  const takesIds = command?.registeredArguments.some((each) => ["id", "record"].includes(each.name()));
  if (command === undefined || !takesIds) return line;
  const end = line.indexOf("--");
  const [before, behind] = end < 0 ? [line, []] : [line.slice(0, end), line.slice(end + 1)];
  const isId = (word: string, at: number): boolean =>
    word.startsWith("-") && isRecordId(word) && !takesValue(command, before[at - 1]);
  const ids = before.filter(isId);
  if (ids.length === 0) return line;
  return [...before.filter((word, at) => !isId(word, at)), "--", ...ids, ...behind];
}

const takesValue = ({ options }: Command, word: string | undefined): boolean =>
  options.some(({ long, short, required }) => required && word !== undefined && [long, short].includes(word));
