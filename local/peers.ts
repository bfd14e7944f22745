import type { DataDir } from "./data-dir.ts";
import type { JsonObject } from "./json.ts";
import { type SandboxPorts, sandboxPorts } from "./sandbox-ports.ts";
import type { Secrets } from "./secrets.ts";
import { baseUrlVariable, type Provider, providers, type Settings } from "./settings.ts";

/** The provider that functions call: its sandbox, or the one that a person has named. */
export interface Peer {
  readonly provider: Provider;
  readonly url: string;
  readonly isSandbox: boolean;
  readonly note: string;
  close(): Promise<void>;
}

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

/** Loaded only where it is wanted. */
const sandboxes: Readonly<Record<Provider, () => Promise<(options: SandboxOptions) => Promise<Sandbox>>>> = {
  aggrepay: async () => {
    const { startAggrepaySandbox } = await import("./sandbox/aggrepay.ts");
    return (options) =>
      startAggrepaySandbox({ ...options, secrets: () => options.secrets().flatMap(signingPair) });
  },
  payu: async () => (await import("./sandbox/payu.ts")).startPayuSandbox,
  wibmo: async () => (await import("./sandbox/wibmo.ts")).startWibmoSandbox,
  dreamzwallet: async () => (await import("./sandbox/dreamzwallet.ts")).startDreamzwalletSandbox,
  nicepay: async () => (await import("./sandbox/nicepay.ts")).startNicepaySandbox,
};

function signingPair(secret: JsonObject) {
  const { apiKey, salt } = secret;
  return typeof apiKey === "string" && typeof salt === "string" ? [{ apiKey, salt }] : [];
}

/** As people write them. */
export const providerNames: Readonly<Record<Provider, string>> = {
  aggrepay: "AggrePay",
  payu: "PayU",
  wibmo: "Wibmo",
  dreamzwallet: "DreamzWallet",
  nicepay: "NICEPAY",
};

export async function startPeers(
  settings: Settings,
  dataDir: DataDir,
  secrets: Secrets,
  report: (sentence: string) => void,
): Promise<readonly Peer[]> {
  const ports = sandboxPorts(dataDir.file("sandbox-ports.json"));
  const started = await Promise.all(
    providers.map((provider) => startPeer(provider, settings, dataDir, secrets, ports, report)),
  );
  // Before any function can send something there.
  ports.keep(
    new Map(
      started.flatMap(({ provider, url, isSandbox }) =>
        isSandbox ? [[provider, Number(new URL(url).port)]] : [],
      ),
    ),
  );
  return started;
}

async function startPeer(
  provider: Provider,
  { origins }: Settings,
  dataDir: DataDir,
  secrets: Secrets,
  ports: SandboxPorts,
  report: (sentence: string) => void,
): Promise<Peer> {
  const origin = origins.get(provider);
  if (origin !== undefined) {
    const note = baseUrlVariable(provider);
    return { provider, url: origin, isSandbox: false, note, close: async () => undefined };
  }
  const start = await sandboxes[provider]();
  const accepted = () => {
    const { current, previous } = secrets.versions(provider) ?? {};
    return [current, previous].flatMap((version) => (version === undefined ? [] : [version.value]));
  };
  const startOn = (port: number) => start({ port, dataDir: dataDir.path, secrets: accepted });
  const wanted = ports.of(provider);
  const sandbox = await startOn(wanted).catch((error: NodeJS.ErrnoException) => {
    if (wanted === 0 || (error.code !== "EADDRINUSE" && error.code !== "EACCES")) throw error;
    report(
      `Port ${wanted} of ${providerNames[provider]}'s sandbox is taken, so it has another: what was sent there and is in doubt can no longer be asked about.`,
    );
    return startOn(0);
  });
  return { provider, url: sandbox.url, isSandbox: true, note: "sandbox", close: () => sandbox.close() };
}
