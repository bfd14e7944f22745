import { costOf, type Picodollars } from "./dollars.ts";
import { hoursInAMonth, type Model, monthOf, secondsInAMonth, situationOf } from "./model.ts";
import { type EgressPriceName, egressPrices } from "./prices.ts";

/** Zones that the network is in, and interface endpoints in each: infra/egress.ts, infra/endpoints.ts. */
export const network = { zones: 2, interfaceEndpoints: 1 } as const;

export interface EgressBill {
  readonly lines: ReadonlyMap<EgressPriceName, Picodollars>;
  readonly total: Picodollars;
}

/** What a month of fixed addresses costs beside the month itself. */
export function egressOf(model: Model, natGateways: number): EgressBill {
  const { measured, parameters: p } = model;
  const requests = BigInt(p.rps) * BigInt(secondsInAMonth);
  const summed = (of: (name: string) => number): bigint =>
    ([...p.mix].reduce((sum, [name, parts]) => sum + BigInt(parts) * BigInt(of(name)), 0n) * requests) /
    1_000_000n;
  const callsOf = (name: string) => situationOf(measured, name).providerCalls;
  const hours = (count: number) => BigInt(count * hoursInAMonth);
  const flowLog = summed((name) => callsOf(name) * p.flowLogBytes);
  const usage: Readonly<Record<EgressPriceName, bigint>> = {
    natHour: hours(natGateways),
    natData: summed(
      (name) => situationOf(measured, name).providerBytes + callsOf(name) * (p.tlsBytes + p.natBytes),
    ),
    address: hours(natGateways),
    endpointHour: hours(network.zones * network.interfaceEndpoints),
    endpointData: monthOf(model).usage.secretUse * BigInt(p.endpointBytes),
    flowLog,
    flowLogStorage: (flowLog * BigInt(measured.logsCompressedTo) * BigInt(p.logMonths)) / 100n,
  };
  const names = Object.keys(egressPrices) as EgressPriceName[];
  const lines = new Map(names.map((name) => [name, costOf(usage[name], egressPrices[name])]));
  return { lines, total: [...lines.values()].reduce((sum, each) => sum + each, 0n) };
}
