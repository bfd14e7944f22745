import type { ProviderName } from "../secrets/names.ts";
import { facts as aggrepay } from "./aggrepay/facts.ts";
import { facts as dreamzwallet } from "./dreamzwallet/facts.ts";
import type { ProviderFacts } from "./facts.ts";
import { facts as nicepay } from "./nicepay/facts.ts";
import { facts as payu } from "./payu/facts.ts";
import { facts as wibmo } from "./wibmo/facts.ts";

/** Every provider, in the order that is shown. One without facts does not compile. */
export const providers: Readonly<Record<ProviderName, ProviderFacts>> = {
  aggrepay,
  payu,
  wibmo,
  dreamzwallet,
  nicepay,
};

export const providerNames = Object.keys(providers) as readonly ProviderName[];

/** The provider whose operation this is, by its folder; undefined for the gateway's own. */
export const providerIn = (operation: string): ProviderName | undefined =>
  providerNames.find((name) => operation.startsWith(`${name}/`));

/** `AGGREPAY_BASE_URL`: scheme and host of a provider, for its functions. */
export const baseUrlVariable = (provider: ProviderName): string => `${provider.toUpperCase()}_BASE_URL`;

/** `AGGREPAY_ACCOUNT`: the merchant's account at a provider that changes something. */
export const accountVariable = (provider: ProviderName): string => `${provider.toUpperCase()}_ACCOUNT`;
