import { baseUrlVariable, providerNames, providers } from "../lib/providers/index.ts";
import type { ProviderName } from "../lib/secrets/names.ts";
import type { DataDir } from "./data-dir.ts";
import { sandboxes } from "./sandbox/index.ts";
import { type SandboxPorts, sandboxPorts } from "./sandbox-ports.ts";
import type { Secrets } from "./secrets.ts";
import type { Settings } from "./settings.ts";

/** The provider that functions call: its sandbox, or the one that a person has named. */
export interface Peer {
  readonly provider: ProviderName;
  readonly url: string;
  readonly isSandbox: boolean;
  readonly note: string;
  close(): Promise<void>;
}

export async function startPeers(
  { origins }: Settings,
  dataDir: DataDir,
  secrets: Secrets,
  report: (sentence: string) => void,
): Promise<readonly Peer[]> {
  const ports = sandboxPorts(dataDir.file("sandbox-ports.json"));
  const started = await Promise.all(
    providerNames.map((provider) => startPeer(provider, { origins, dataDir, secrets, ports, report })),
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

interface Around extends Pick<Settings, "origins"> {
  readonly dataDir: DataDir;
  readonly secrets: Secrets;
  readonly ports: SandboxPorts;
  readonly report: (sentence: string) => void;
}

async function startPeer(
  provider: ProviderName,
  { origins, dataDir, secrets, ports, report }: Around,
): Promise<Peer> {
  const origin = origins.get(provider);
  if (origin !== undefined) {
    const note = baseUrlVariable(provider);
    return { provider, url: origin, isSandbox: false, note, close: async () => undefined };
  }
  const accepted = () => {
    const { current, previous } = secrets.versions(provider) ?? {};
    return [current, previous].flatMap((version) => (version === undefined ? [] : [version.value]));
  };
  const startOn = (port: number) => sandboxes[provider]({ port, dataDir: dataDir.path, secrets: accepted });
  const wanted = ports.of(provider);
  const sandbox = await startOn(wanted).catch((error: NodeJS.ErrnoException) => {
    if (wanted === 0 || (error.code !== "EADDRINUSE" && error.code !== "EACCES")) throw error;
    report(
      `Port ${wanted} of ${providers[provider].title}'s sandbox is taken, so it has another: what was sent there and is in doubt can no longer be asked about.`,
    );
    return startOn(0);
  });
  return { provider, url: sandbox.url, isSandbox: true, note: "sandbox", close: () => sandbox.close() };
}
