import { resolve } from "node:path";
import { Command } from "commander";
import type { Ending } from "../exit.ts";
import { wrongInput } from "../exit.ts";
import type { Io } from "../io.ts";
import { isPacked } from "../known.ts";
import { type Answers, inputFieldsOf, resultFieldsOf } from "../new/answers.ts";
import type { ProviderAnswers } from "../new/provider.ts";
import { formedIn, writeOperation, writeProvider } from "../new/write.ts";
import type { Run } from "../run.ts";
import { didYouMean } from "../suggest.ts";

interface NewOptions {
  readonly changes?: true;
  readonly summary?: string;
  readonly source?: string;
  readonly path?: string;
  readonly fields: string;
  readonly result?: string;
  readonly title?: string;
  readonly about?: string;
  readonly hosts?: string;
  readonly secret?: string;
}

const project = resolve(import.meta.dirname, "../..");

/** `gw new`: writes an operation, or a provider, to begin with. */
export const newCommand = (run: Run): Command =>
  new Command("new")
    .description(
      "writes a new operation, or a new provider: files, registry lines and sandbox stub, and says what is left to judge",
    )
    .argument("<provider/operation>", 'such as aggrepay/block-customer; or the word "provider"')
    .argument("[name]", "of a new provider, in small letters")
    .option("--source <document>", "document and section that it is built from")
    .option("--summary <sentence>", 'such as "Blocks a customer\'s wallet"')
    .option(
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
    .option("--title <name>", "of a provider: its name as people write it")
    .option("--about <words>", 'of a provider: such as "a prepaid wallet"')
    .option(
      "--hosts <test,production>",
      "of a provider: https addresses; without production it must be chosen",
    )
    .option("--secret <part,...>", "of a provider: the parts of its secret")
    .addHelpText(
      "after",
      `
An operation of money, or of a provider whose calls have types of their own, is written by hand: CONTRIBUTING.md.

Examples:
  gw new aggrepay/block-customer --changes --summary "Blocks a customer's wallet" --source "AggrePay Wallet API v1.1, section 22" \\
    --fields customerId,description? --result blocked:done
  gw new payu/fetch-limit --path /loyalty-points/v1/wallet/limit --summary "Fetches a wallet's limit" --source "PayU, limits" \\
    --fields urn --result limit:amount
  gw new provider acme --title Acme --about "a prepaid wallet" --source "Acme API v1" \\
    --hosts https://test.acme.example,https://api.acme.example --secret apiKey,signingKey`,
    )
    .action((what: string, name: string | undefined, options: NewOptions) =>
      run((io) => create(what, name, options, io)),
    );

async function create(what: string, name: string | undefined, options: NewOptions, io: Io): Promise<Ending> {
  if (isPacked) throw wrongInput('"gw new" needs the clone: run "npx gw new" there.');
  const { files, judge } =
    what === "provider"
      ? writeProvider(providerOf(name, options), project)
      : writeOperation(answersOf(what, options), project);
  for (const file of files) io.out(`wrote  ${file}`);
  io.out("Left to judge:");
  for (const each of judge) io.out(`- ${each}`);
  return "done";
}

/** The source, where it and all of these are given. */
function given(options: NewOptions, others: readonly (keyof NewOptions)[]): string {
  const { source = "" } = options;
  const missing = (["source", ...others] as const).filter((name) => options[name] === undefined);
  if (missing.length === 0) return source;
  throw wrongInput(
    `${missing.map((name) => `--${name}`).join(", ")} must be given: "gw new --help" has what they are, and examples.`,
  );
}

function providerOf(typed: string | undefined, options: NewOptions): ProviderAnswers {
  const source = given(options, ["title", "about", "hosts", "secret"]);
  const { title, about, changes } = options;
  const name = /^[a-z]{3,20}$/.exec(typed ?? "")?.[0];
  if (name === undefined) throw wrongInput("A provider's name must be 3 to 20 small letters, such as acme.");
  if (title === undefined || !/^[A-Z][\w ]+$/.test(title))
    throw wrongInput("--title must be its name, such as Acme.");
  if (about === undefined || !/^[^|"]{3,80}$/.test(about))
    throw wrongInput('--about must be a few words, such as "a prepaid wallet".');
  const [dev = "", prod, ...more] = (options.hosts ?? "").split(",");
  const isHost = (text: string) =>
    URL.canParse(text) && new URL(text).origin === text && text.startsWith("https:");
  if (!isHost(dev) || (prod !== undefined && !isHost(prod)) || more.length > 0)
    throw wrongInput("--hosts must be one or two addresses such as https://test.acme.example.");
  const secret = (options.secret ?? "").split(",");
  if (!secret.every((part) => /^[a-z][A-Za-z0-9]*$/.test(part)))
    throw wrongInput("--secret must be parts such as apiKey,signingKey.");
  return { name, title, about, hosts: { dev, prod }, secret, changes: changes === true, source };
}

/** Reserved words in small letters of a module in strict mode, and what the sandbox's stub imports. Source: ECMAScript, 12.7.2. */
const reserved: ReadonlySet<string> = new Set(
  [
    "arguments await break case catch class const continue debugger default delete do else enum eval export extends false",
    "finally for function if implements import in interface let new null package private protected public return static",
    "super switch this throw true try typeof var void while with yield always never",
  ].flatMap((line) => line.split(" ")),
);

function answersOf(typed: string, options: NewOptions): Answers {
  const { changes, summary = "", path, fields, result = "" } = options;
  const formed = formedIn(project);
  const [, provider = "", name] = /^([a-z]+)\/([a-z]+(?:-[a-z]+)*)$/.exec(typed) ?? [];
  if (name === undefined) throw wrongInput(`"${typed}" must be like aggrepay/block-customer.`);
  if (reserved.has(name))
    throw wrongInput(`"${name}" is a word of the language: no constant can have its name.`);
  if (!formed.some((each) => each === provider))
    throw wrongInput(
      `Operations can be written for ${formed.join(" and ")}, not for "${provider}"${didYouMean(provider, formed) || ": see CONTRIBUTING.md."}`,
    );
  const source = given(options, ["summary", "result"]);
  if (!/^[A-Z].{10,99}[^.]$/.test(summary))
    throw wrongInput("--summary must be a sentence of 12 to 101 characters, without its full stop.");
  const own = provider === "aggrepay" ? name.replaceAll("-", "") : undefined;
  const place = path ?? own;
  if (place === undefined) throw wrongInput("--path must say the provider's own path.");
  if (provider === "aggrepay" && !/^[a-z]+$/.test(place))
    throw wrongInput("--path of AggrePay is a word in small letters.");
  if (provider === "aggrepay" && reserved.has(place))
    throw wrongInput(
      `--path must not be "${place}", a word of the language: the sandbox names a constant by it.`,
    );
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
