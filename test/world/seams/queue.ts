import { here } from "../inhabitant.ts";

export * from "../../../lib/queue.ts";
export const enqueue = (_env: unknown, text: string): Promise<void> => here().enqueue(text);
