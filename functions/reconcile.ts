import type { Context } from "aws-lambda";
import { settles } from "../lib/operation/change-spec.ts";
import type { FunctionDefinition } from "../lib/operation/definition.ts";
import { reconcile } from "../lib/operation/reconcile.ts";
import { processRecords } from "../lib/records/process.ts";
import { runtime } from "../lib/runtime.ts";

/** Settles what is in doubt and due: every minute, by asking the providers, for whatever nobody repeats. */
export const reconcileOf = (operations: readonly FunctionDefinition[]): FunctionDefinition => {
  const changes = operations.filter(settles);
  const all = <T>(of: (definition: FunctionDefinition) => readonly T[]) => [...new Set(changes.flatMap(of))];
  return {
    name: "reconcile",
    summary: "Settles records in doubt by asking the providers",
    schedule: { everyMinutes: 1 },
    access: "authenticated",
    variables: all(({ variables }) => variables),
    secrets: all(({ secrets }) => secrets),
    tableActions: ["GetItem", "Query", "UpdateItem"],
  };
};

export const handler = Object.assign(
  async (_event: unknown, context: Context) => {
    // Loaded when it is called: the registry names this file.
    const { functions } = await import("./index.ts");
    const remainingMs = () => context.getRemainingTimeInMillis();
    await reconcile(functions.filter(settles), runtime(), processRecords(), { remainingMs });
  },
  {
    async warm() {
      await Promise.allSettled([import("./index.ts"), (async () => processRecords())()]);
    },
  },
);
