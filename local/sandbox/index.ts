import type { ProviderName } from "../../lib/secrets/names.ts";
import type { JsonObject } from "../json.ts";
import { startAggrepaySandbox } from "./aggrepay.ts";
import { dreamzwalletSandboxSecret, startDreamzwalletSandbox } from "./dreamzwallet.ts";
import { nicepaySandboxSecret, startNicepaySandbox } from "./nicepay.ts";
import { payuSandboxSecret, startPayuSandbox } from "./payu.ts";
import { startWibmoSandbox, wibmoSandboxSecret } from "./wibmo.ts";

interface Sandbox {
  readonly url: string;
  close(): Promise<void>;
}

interface SandboxOptions {
  readonly port: number;
  readonly dataDir: string;
  /** The versions of the provider's secret that it accepts, the one in force first. */
  readonly secrets: () => readonly JsonObject[];
}

type Start = (options: SandboxOptions) => Promise<Sandbox>;

/** Starts each provider's sandbox. A provider without one does not compile. */
export const sandboxes: Readonly<Record<ProviderName, Start>> = {
  aggrepay: (options) =>
    startAggrepaySandbox({ ...options, secrets: () => options.secrets().flatMap(signingPair) }),
  payu: startPayuSandbox,
  wibmo: startWibmoSandbox,
  dreamzwallet: startDreamzwalletSandbox,
  nicepay: startNicepaySandbox,
};

/** What the sandboxes accept, and what functions are given, as long as there is no SECRETS_FILE. */
export const sandboxSecrets = {
  aggrepay: { apiKey: "sandbox-api-key", salt: "sandbox-salt" },
  payu: payuSandboxSecret,
  wibmo: wibmoSandboxSecret,
  dreamzwallet: dreamzwalletSandboxSecret,
  nicepay: nicepaySandboxSecret,
} as const satisfies Readonly<Record<ProviderName, JsonObject>>;

/** What events for a merchant are signed with here, as long as there is no SECRETS_FILE. */
export const sandboxWebhookSecret = {
  signingSecret: "whsec_c2FuZGJveC1zaWduaW5nLXNlY3JldC1vZi0zMi1ieXRlcw==",
};

function signingPair(secret: JsonObject) {
  const { apiKey, salt } = secret;
  return typeof apiKey === "string" && typeof salt === "string" ? [{ apiKey, salt }] : [];
}
