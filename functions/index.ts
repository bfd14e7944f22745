import type { FunctionDefinition } from "../lib/operation/definition.ts";
import { operation as books } from "./books.ts";
import * as operations from "./operations.ts";
import { reconcileOf } from "./reconcile.ts";

const all: readonly FunctionDefinition[] = Object.values(operations);

/** Every function, by name: the operations, and what looks after their records. */
export const functions: readonly FunctionDefinition[] = [...all, books, reconcileOf(all)].toSorted((a, b) =>
  a.name < b.name ? -1 : 1,
);
