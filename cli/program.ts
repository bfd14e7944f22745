import { Command, CommanderError } from "commander";
import { booksCommand } from "./commands/books.ts";
import { callCommand } from "./commands/call.ts";
import { completeCommand, completionCommand } from "./commands/completion.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { eventsCommand } from "./commands/events.ts";
import { explainCommand } from "./commands/explain.ts";
import { faultCommand } from "./commands/fault.ts";
import { ledgerCommand } from "./commands/ledger.ts";
import { logsCommand } from "./commands/logs.ts";
import { newCommand } from "./commands/new.ts";
import { recordCommand } from "./commands/record.ts";
import { recordsCommand } from "./commands/records.ts";
import { resolveCommand } from "./commands/resolve.ts";
import {
  consoleCommand,
  costCommand,
  demoCommand,
  notifyCommand,
  signCommand,
  smokeCommand,
  startCommand,
  verifyCommand,
} from "./commands/scripts.ts";
import { exits, exitsTold } from "./exit.ts";
import { withIdsLast } from "./ids.ts";
import type { Io } from "./io.ts";
import { runner } from "./run.ts";

/**
 * Runs one command line.
 *
 * @param args what follows `gw`
 * @returns the exit code
 */
export async function gw(args: readonly string[], io: Io): Promise<number> {
  let code: number = exits.done[0];
  const program = programOf(io, (ended) => {
    code = ended;
  });
  try {
    await program.parseAsync(withIdsLast(program, args), { from: "user" });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    // Asked for nothing, it shows its help.
    if (error.code !== "commander.help") io.err(oneLine(error.message));
    return exits.wrongInput[0];
  }
}

/** In the order that help shows. */
const commands = [
  startCommand,
  demoCommand,
  callCommand,
  recordsCommand,
  recordCommand,
  resolveCommand,
  booksCommand,
  explainCommand,
  faultCommand,
  ledgerCommand,
  logsCommand,
  eventsCommand,
  notifyCommand,
  signCommand,
  verifyCommand,
  consoleCommand,
  doctorCommand,
  newCommand,
  smokeCommand,
  costCommand,
];

/** The tree of commands. */
export function programOf(io: Io, end: (code: number) => void): Command {
  const run = runner(io, end);
  const program = new Command("gw")
    .description("One command for a wallet gateway: the local one, or one that is deployed.")
    .addHelpText(
      "after",
      `\nEnds with:\n${exitsTold()}\n\n"gw <command> --help" has the options and examples of a command.`,
    );
  for (const make of commands) program.addCommand(make(run));
  program.addCommand(completionCommand(run));
  program.addCommand(completeCommand(run, program), { hidden: true });
  for (const command of [program, ...program.commands])
    command
      .exitOverride()
      .showHelpAfterError(false)
      .configureOutput({
        writeOut: (text) => io.out(text.replace(/\n$/, "")),
        writeErr: (text) => io.err(text.replace(/\n$/, "")),
        outputError: () => undefined,
        getOutHelpWidth: () => 110,
      });
  return program;
}

const oneLine = (message: string): string =>
  message
    .replace(/^error: /, "")
    .replaceAll(/\s*\n\s*/g, " ")
    .replace(/^./, (first) => first.toUpperCase());
