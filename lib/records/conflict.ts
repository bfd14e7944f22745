import { setTimeout as sleep } from "node:timers/promises";

/** Between one try and the next, each up to twice as long by chance, so that two who met do not meet again. */
const pausesMs = [10, 20, 40, 80, 160];

/** How often a write is tried that others are in the way of. */
export const triesInConflict = pausesMs.length + 1;

export async function pauseInConflict(tried: number): Promise<void> {
  await sleep((pausesMs[tried - 1] ?? 0) * (1 + Math.random()));
}

/**
 * One write of an item that a transaction may be under way on: DynamoDB then refuses the write, for some milliseconds, and the SDK
 * does not repeat it. Nothing was written by that try; what an earlier try of the SDK's wrote is met as one's own.
 */
export async function outOfConflict<T>(write: () => Promise<T>): Promise<T> {
  for (let tried = 1; tried < triesInConflict; tried += 1) {
    try {
      return await write();
    } catch (error) {
      if (!isConflict(error)) throw error;
      await pauseInConflict(tried);
    }
  }
  return write();
}

const isConflict = (error: unknown): boolean =>
  error instanceof Error && error.name === "TransactionConflictException";
