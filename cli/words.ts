import { refusals as aggrepay } from "../lib/providers/aggrepay/refusals.ts";
import { refusals as dreamzwallet } from "../lib/providers/dreamzwallet/index.ts";
import { ofRegistrations, ofTheMerchant } from "../lib/providers/nicepay/index.ts";
import { refusals as payu } from "../lib/providers/payu/index.ts";
import type { Meaning } from "../lib/providers/provider.ts";
import { configurationCodes, refusedKeys } from "../lib/providers/wibmo/index.ts";
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
  ...table("DreamzWallet", dreamzwallet),
  ...table("NICEPAY", [...ofTheMerchant, ...ofRegistrations]),
];

const table = (provider: string, rows: Iterable<readonly [string, Meaning]>): readonly ProviderWord[] =>
  [...rows].map(([code, meaning]) => wordOf(provider, code, meaning));

const wordOf = (provider: string, code: string, { as, code: means, detail }: Meaning): ProviderWord => ({
  provider,
  code,
  as,
  means,
  detail,
});
