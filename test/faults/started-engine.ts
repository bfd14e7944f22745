import { afterAll, beforeAll, vi } from "vitest";
import { started } from "../support/started.ts";
import { startEngine } from "./store.ts";

/** An engine for the worlds of a file. What the product counts on standard output, a line each, is not shown. */
export function startedEngine() {
  beforeAll(() => {
    vi.spyOn(process.stdout, "write").mockImplementation(() => true);
  });
  return started({ engine: startEngine }).engine;
}

/** The same for thousands of cases; says at the end how many there were. */
export function campaignOf(what: string) {
  const campaign = { engine: startedEngine(), count: 0 };
  afterAll(() => console.info(`${what}: ${campaign.count} cases`));
  return campaign;
}
