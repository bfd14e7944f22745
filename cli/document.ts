import type { Command } from "commander";
import { exits } from "./exit.ts";
import type { Io } from "./io.ts";
import { programOf } from "./program.ts";

const head = `# gw, one command

Written by \`npm run docs\` from the commands themselves.

\`npx gw <command>\` in the clone; \`npm run gw:pack\` makes a package of it that needs no clone, and
\`npm install -g .build/wallet-gateway-cli-*.tgz\` installs that. Without \`--url\` (or \`GW_URL\`) the gateway that
\`npx gw start\` runs is asked. A deployed one is asked with \`--url https://...\` and signed with the AWS credentials of
\`--profile\`, or of the environment, or with a token (\`GW_TOKEN\`) where it has \`auth=jwt\`.

Answers go to standard output, everything else to standard error. With \`--json\` an answer is the gateway's own JSON, on one
line. Colours are on a terminal alone, and nowhere where \`NO_COLOR\` is set.
`;

/** docs/gw.md: what `gw --help` and the help of each command say. */
export function gwDocument(): string {
  const program = programOf(silent, () => undefined);
  const codes = Object.values(exits).map(([code, meaning]) => `| ${code} | ${meaning} |`);
  return [
    head,
    "## Exit codes\n",
    "| Code | Meaning |\n|---|---|",
    ...codes,
    "",
    ...program
      .createHelp()
      .visibleCommands(program)
      .filter((command) => command.name() !== "help")
      .map((command) => `## ${command.name()}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`),
  ].join("\n");
}

function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text.trim();
}

const silent: Io = {
  out: () => undefined,
  err: () => undefined,
  paint: (_style, text) => text,
  input: async () => "",
  environment: {},
};
