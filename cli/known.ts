import { readFileSync } from "node:fs";
import { type Catalogue, catalogueOf, type Operation, type ProviderWord } from "./catalogue.ts";
import { wrongInput } from "./exit.ts";
import { didYouMean } from "./suggest.ts";

/** Written in these names' places when the command is packed. */
declare const GW_CATALOGUE: Catalogue | undefined;
declare const GW_WORDS: readonly ProviderWord[] | undefined;

/** Where `gw` runs: as the packed command, or in the clone, which has the sources of everything else too. */
export const isPacked = typeof GW_CATALOGUE !== "undefined";

/** What is known of the gateway. */
export function catalogue(): Catalogue {
  if (typeof GW_CATALOGUE !== "undefined") return GW_CATALOGUE;
  return catalogueOf(JSON.parse(readFileSync(new URL("../docs/openapi.json", import.meta.url), "utf8")));
}

/** The words of the providers' tables of refusals; only in the clone they are read from the sources. */
export async function words(): Promise<readonly ProviderWord[]> {
  if (typeof GW_WORDS !== "undefined") return GW_WORDS;
  return (await import("./words.ts")).providerWords();
}

/** The name without its provider. */
const shortName = ({ name }: Operation): string => name.slice(name.indexOf("/") + 1);

/** Every name that `operationNamed` takes for one operation alone. */
export function operationNames({ operations }: Pick<Catalogue, "operations">): readonly string[] {
  const short = operations.map(shortName);
  return [
    ...operations.map(({ name }) => name),
    ...short.filter((name) => short.indexOf(name) === short.lastIndexOf(name)),
  ];
}

/**
 * The operation of a name, with or without its provider.
 *
 * @throws Stopped `wrongInput` where there is none, or more than one
 */
export function operationNamed(typed: string, { operations }: Pick<Catalogue, "operations">): Operation {
  const named = operations.filter((operation) => operation.name === typed || shortName(operation) === typed);
  const [found, ...more] = named;
  if (found && more.length === 0) return found;
  if (found) throw wrongInput(`"${typed}" names several: ${named.map(({ name }) => name).join(", ")}.`);
  throw wrongInput(
    `There is no operation "${typed}"${didYouMean(typed, operationNames({ operations })) || '. "gw call" lists all of them.'}`,
  );
}
