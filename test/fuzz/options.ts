import { parseArgs } from "node:util";
import { optionsOr } from "../support/command-line.ts";

export const kinds = ["requests", "replies", "notifications"] as const;
export type Kind = (typeof kinds)[number];

export interface Options {
  readonly inputs: number;
  readonly seed: string;
  readonly workers: number;
  /** One input alone, with everything that is known of it. */
  readonly only: { readonly kind: Kind; readonly index: number } | undefined;
}

const usage = "usage: npm run fuzz -- --inputs 100000 --seed 7 --workers 16 [--only requests:12]";

/** `--inputs 100000 --seed 7`, or `--seed 7 --only replies:1234` for one input again. */
export const readOptions = (args: readonly string[]): Options => optionsOr(usage, args, () => parsed(args));

function parsed(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      inputs: { type: "string", default: "100000" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      workers: { type: "string", default: "16" },
      only: { type: "string" },
    },
  });
  const [inputs, workers] = [Number(values.inputs), Number(values.workers)];
  const [kind, index] = values.only?.split(":") ?? [];
  const only = kinds.find((each) => each === kind);
  const isWrong = values.only !== undefined && (only === undefined || !/^\d+$/.test(index ?? ""));
  if (!(inputs > 0 && inputs <= 900_000) || !(workers > 0) || isWrong)
    throw new Error("A value is out of its range.");
  return { inputs, workers, seed: values.seed, only: only && { kind: only, index: Number(index) } };
}
