import { distance, idle } from "./calls.ts";
import { cold } from "./cold.ts";
import { freeze } from "./freeze.ts";
import { reconcile } from "./reconcile.ts";
import type { Part, Scale } from "./scale.ts";
import { sizes } from "./sizes.ts";
import type { World } from "./world.ts";

/** What is measured, in the order in which it is shown. */
export const parts = {
  distance,
  idle,
  freeze,
  cold,
  sizes,
  reconcile,
} satisfies Readonly<Record<string, (world: World, scale: Scale) => Promise<Part>>>;

export type PartName = keyof typeof parts;
