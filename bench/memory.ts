import { readFileSync } from "node:fs";
import { type ByKind, inTurns, noneYet, warmed } from "./measure.ts";
import { isLimiting, limited } from "./quota.ts";
import { heading, rowOf, rowsOf } from "./rows.ts";
import type { Part, Scale } from "./scale.ts";
import { kinds, operations, type World } from "./world.ts";

const near = { provider: 10, store: 3 } as const;
const sizesMb = [256, 512, 1_024, 1_769] as const;

/** The most memory that a process has held, after its first calls. */
export async function memory(world: World): Promise<Part> {
  const rows: (readonly string[])[] = [heading];
  const data: Record<string, object> = {};
  for (const operation of operations) {
    const processes = await warmed(world, operation, near);
    const megabytes = Object.fromEntries(kinds.map((kind) => [kind, mostMb(processes[kind].pid)]));
    for (const process of Object.values(processes)) process.kill();
    data[operation] = megabytes;
    rows.push(rowOf(operation, "MB", (kind) => [megabytes[kind] ?? Number.NaN]));
  }
  return { title: "Memory, the most that was resident", rows, data };
}

const mostMb = (pid = 0): number =>
  Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

/** Warm calls with the share of a processor that Lambda gives to so much memory, where this machine allows a quota. */
export async function quota(world: World, { limitedRounds }: Scale): Promise<Part> {
  const rows: (readonly string[])[] = [heading];
  const data: Record<string, ByKind> = {};
  if (!isLimiting) rows.push(["no control group can be made here", "", "", "", "", ""]);
  for (const operation of isLimiting ? operations : [])
    for (const memoryMb of sizesMb) {
      const name = `${operation}: ${memoryMb} MB`;
      data[name] = await limited(memoryMb, (join) =>
        inTurns(world, operation, near, limitedRounds, async (process) => join(process.pid)),
      );
      rows.push(...rowsOf(name, data[name] ?? noneYet()).filter(([what]) => what === name));
    }
  return { title: "Under a CPU quota; TLS, 10 ms; store 3 ms", rows, data };
}
