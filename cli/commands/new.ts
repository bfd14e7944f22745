import { resolve } from "node:path";
import { Command } from "commander";
import type { Ending } from "../exit.ts";
import { wrongInput } from "../exit.ts";
import type { Io } from "../io.ts";
import { isPacked } from "../known.ts";
import { type Answers, inputFieldsOf, resultFieldsOf } from "../new/answers.ts";
import { formed, writeOperation } from "../new/write.ts";
import type { Run } from "../run.ts";
import { didYouMean } from "../suggest.ts";

interface NewOptions {
  readonly changes?: true;
  readonly summary: string;
  readonly source: string;
  readonly path?: string;
  readonly fields: string;
  readonly result: string;
}

/** `gw new`: writes an operation to begin with. */
export const newCommand = (run: Run): Command =>
  new Command("new")
    .description(
      "writes a new operation: its file, sample, registry lines and sandbox stub, and says what is left to judge",
    )
    .argument("<provider/operation>", "such as aggrepay/block-customer")
    .requiredOption("--summary <sentence>", 'such as "Blocks a customer\'s wallet"')
    .requiredOption("--source <document>", "document and section that it is built from")
    .requiredOption(
      "--result <name:kind,...>",
      "what the answer holds; kinds are id, text, amount, count, flag and done",
    )
    .option(
      "--fields <name,...>",
      "what it takes: reason? may be left out, name:schema has another schema of lib/fields.ts",
      "",
    )
    .option("--path <path>", "the provider's own; for AggrePay the name without hyphens")
    .option("--changes", "it changes something at the provider, under a record; it only looks unless told")
    .addHelpText(
      "after",
      `
An operation of money, or of a provider whose calls have types of their own, is written by hand: CONTRIBUTING.md.

Examples:
  gw new aggrepay/block-customer --changes --summary "Blocks a customer's wallet" --source "AggrePay Wallet API v1.1, section 22" \\
    --fields customerId,description? --result blocked:done
  gw new payu/fetch-limit --path /loyalty-points/v1/wallet/limit --summary "Fetches a wallet's limit" --source "PayU, limits" \\
    --fields urn --result limit:amount`,
    )
    .action((name: string, options: NewOptions) => run((io) => create(name, options, io)));

async function create(name: string, options: NewOptions, io: Io): Promise<Ending> {
  if (isPacked) throw wrongInput('"gw new" needs the clone: run "npx gw new" there.');
  const answers = answersOf(name, options);
  const { files, judge } = writeOperation(answers, resolve(import.meta.dirname, "../.."));
  for (const file of files) io.out(`wrote  ${file}`);
  io.out("Left to judge:");
  for (const each of judge) io.out(`- ${each}`);
  return "done";
}

function answersOf(typed: string, { changes, summary, source, path, fields, result }: NewOptions): Answers {
  const [, provider = "", name] = /^([a-z]+)\/([a-z]+(?:-[a-z]+)*)$/.exec(typed) ?? [];
  if (name === undefined) throw wrongInput(`"${typed}" must be like aggrepay/block-customer.`);
  if (!formed.some((each) => each === provider))
    throw wrongInput(
      `Operations can be written for ${formed.join(" and ")}, not for "${provider}"${didYouMean(provider, formed) || ": see CONTRIBUTING.md."}`,
    );
  if (!/^[A-Z].{10,99}[^.]$/.test(summary))
    throw wrongInput("--summary must be a sentence of 12 to 101 characters, without its full stop.");
  const own = provider === "aggrepay" ? name.replaceAll("-", "") : undefined;
  const place = path ?? own;
  if (place === undefined) throw wrongInput("--path must say the provider's own path.");
  if (provider === "aggrepay" && !/^[a-z]+$/.test(place))
    throw wrongInput("--path of AggrePay is a word in small letters.");
  return {
    provider,
    name,
    summary,
    source,
    path: place,
    changes: changes === true,
    fields: inputFieldsOf(fields),
    results: resultFieldsOf(result),
  };
}
