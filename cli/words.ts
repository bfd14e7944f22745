import { refusals as aggrepay } from "../lib/providers/aggrepay/refusals.ts";
import { refusals as dreamzwallet } from "../lib/providers/dreamzwallet/index.ts";
import { providerNames, providers } from "../lib/providers/index.ts";
import { ofRegistrations, ofTheMerchant } from "../lib/providers/nicepay/index.ts";
import { tokenRefusal } from "../lib/providers/nicepay/user-token.ts";
import { refusals as payu } from "../lib/providers/payu/index.ts";
import type { Meaning } from "../lib/providers/provider.ts";
import { configurationCodes, refusedKeys, textsOfKeys, walCodes } from "../lib/providers/wibmo/index.ts";
import type { ProviderName } from "../lib/secrets/names.ts";
import type { ProviderWord } from "./catalogue.ts";

/** The words of every provider's table of refusals. */
export const providerWords = (): readonly ProviderWord[] => [
  ...aggrepay.map((row) => ({
    ...wordOf("AggrePay", row.provider, row),
    ...(row.text && { text: row.text.source }),
  })),
  ...table("PayU", payu),
  ...table(
    "Wibmo",
    configurationCodes.map((code) => [code, refusedKeys]),
  ),
  ...wal.map((code) => ({ ...wordOf("Wibmo", code, refusedKeys), text: textsOfKeys.source })),
  ...wal.map((code) =>
    inconclusive("wibmo", code, "Wibmo failed, where its text names no key, address or id of the merchant."),
  ),
  ...table("DreamzWallet", dreamzwallet),
  ...table("NICEPAY", [...ofTheMerchant, ...ofRegistrations, ...ofTokens]),
  ...providerNames.flatMap((name) =>
    Object.entries(providers[name].inconclusive ?? {}).map(([code, sentence]) =>
      inconclusive(name, code, sentence),
    ),
  ),
];

/** Wibmo's codes that are for its own failures as well as for keys of the merchant. */
const wal = Array.from({ length: 1000 }, (_, n) => `WAL${`${n}`.padStart(3, "0")}`).filter((code) =>
  walCodes.test(code.toLowerCase()),
);

/** NICEPAY's codes about a user token, of those that other calls have as well. */
const ofTokens = [...ofRegistrations.keys()].flatMap((code): [string, Meaning][] => {
  const meaning = tokenRefusal(
    code,
    { option: () => undefined },
    { operation: "deactivate-account-binding" },
  );
  return meaning ? [[code, meaning]] : [];
});

/** A code after which a change is in doubt, and a read has failed. */
const inconclusive = (name: ProviderName, code: string, detail: string): ProviderWord => ({
  ...{ provider: providers[name].title, code, detail, as: "inconclusive" },
  means: providers[name].hasChanges ? "outcome-unknown" : "provider-fault",
});

const table = (provider: string, rows: Iterable<readonly [string, Meaning]>): readonly ProviderWord[] =>
  [...rows].map(([code, meaning]) => wordOf(provider, code, meaning));

const wordOf = (provider: string, code: string, { as, code: means, detail }: Meaning): ProviderWord => ({
  provider,
  code,
  as,
  means,
  detail,
});
