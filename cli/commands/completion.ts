import { Argument, Command } from "commander";
import { completions, type Shell, scripts, shells } from "../completion.ts";
import type { Run } from "../run.ts";

/** `gw completion`: the script of a shell. */
export const completionCommand = (run: Run): Command =>
  new Command("completion")
    .description("prints the script that completes commands, options, operations and fields")
    .addArgument(new Argument("<shell>").choices(shells))
    .addHelpText(
      "after",
      `
Examples:
  echo 'source <(gw completion bash)' >> ~/.bashrc
  echo 'autoload -Uz compinit && compinit; source <(gw completion zsh)' >> ~/.zshrc`,
    )
    .action((shell: Shell) =>
      run(async (io) => {
        for (const line of scripts[shell].trimEnd().split("\n")) io.out(line);
        return "done";
      }),
    );

/** What the scripts ask: each word that may come next is a line. */
export const completeCommand = (run: Run, program: Command): Command =>
  new Command("__complete")
    .helpOption(false)
    .allowUnknownOption()
    .argument("[words...]")
    .action((words: string[]) =>
      run(async (io) => {
        for (const each of completions(program, words)) io.out(each);
        return "done";
      }),
    );
