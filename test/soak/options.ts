import { parseArgs } from "node:util";
import { optionsOr } from "../support/command-line.ts";

export interface Options {
  readonly minutes: number;
  readonly seed: string;
  readonly clients: number;
  /** Keeps the figures for docs/proof.md. */
  readonly update: boolean;
}

const usage = "usage: npm run soak -- --minutes 10 --seed 7 --clients 24 [--update]";

/** `--minutes 10 --seed 7 --clients 24`; a seed is drawn unless it is given, and printed in any case. */
export const readOptions = (args: readonly string[]): Options => optionsOr(usage, args, () => parsed(args));

function parsed(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: "string", default: "10" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      clients: { type: "string", default: "24" },
      update: { type: "boolean", default: false },
    },
  });
  const [minutes, clients] = [Number(values.minutes), Number(values.clients)];
  if (!(minutes > 0) || !(Number.isInteger(clients) && clients > 0))
    throw new Error("A value is out of its range.");
  return { minutes, clients, seed: values.seed, update: values.update };
}
