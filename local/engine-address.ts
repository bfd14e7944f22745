import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { CannotStart } from "./cannot-start.ts";

/** Where the database itself listens. It answers every origin and checks no signature, so only the front knows the address. */
export interface EngineAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Ports that no browser connects to, for any page and by any API: those above 1023 of the list that
 * https://fetch.spec.whatwg.org/#port-blocking gives, without those that browsers took up late or differ in.
 */
export const blockedPorts = [
  2049, 3659, 4045, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6697,
] as const;

/**
 * An address of this machine alone that was free a moment ago: one of the 16 million of 127.0.0.0/8, at a port that browsers
 * refuse. Where a system has no other address than 127.0.0.1 (macOS), only the port protects. A program of this machine can
 * still find it in the list of processes or of sockets.
 */
export async function freeEngineAddress(
  isFree: (address: EngineAddress) => Promise<boolean> = canListen,
): Promise<EngineAddress> {
  const part = () => randomInt(1, 255);
  const anywhere = Array.from({ length: 8 }, () => ({
    host: `127.${part()}.${part()}.${part()}`,
    port: blockedPorts[randomInt(blockedPorts.length)] ?? 0,
  }));
  const here = blockedPorts.map((port) => ({ host: "127.0.0.1", port }));
  for (const address of [...anywhere, ...here]) if (await isFree(address)) return address;
  throw new CannotStart(`DynamoDB needs one of these ports, and all are taken: ${blockedPorts.join(", ")}.`);
}

async function canListen({ host, port }: EngineAddress): Promise<boolean> {
  const server = createServer();
  const listens = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen({ host, port }, () => resolve(true));
  });
  if (listens) await new Promise((resolve) => server.close(resolve));
  return listens;
}
