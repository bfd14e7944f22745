import { distance, idle } from "./calls.ts";
import { cold, compiled } from "./cold.ts";
import { expect } from "./expect.ts";
import { freeze } from "./freeze.ts";
import { load } from "./load.ts";
import { memory, quota } from "./memory.ts";
import { reconcile } from "./reconcile.ts";
import { records } from "./records.ts";
import type { Part, Scale } from "./scale.ts";
import { signing } from "./signing.ts";
import { packages, sizes } from "./sizes.ts";
import type { World } from "./world.ts";

/** What is measured, in the order in which it is shown. */
export const parts = {
  distance,
  idle,
  expect,
  freeze,
  cold,
  compiled,
  load,
  memory,
  quota,
  records,
  signing,
  sizes,
  packages,
  reconcile,
} satisfies Readonly<Record<string, (world: World, scale: Scale) => Promise<Part>>>;

export type PartName = keyof typeof parts;
