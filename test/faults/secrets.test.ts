import { describe, expect, test } from "vitest";
import { violations } from "./invariants.ts";
import { startedEngine } from "./started-engine.ts";
import { newIdentity, subject } from "./subjects.ts";
import { Process, World } from "./world.ts";

const engine = startedEngine();

/** A second and a little is left for looking secrets up; who waits for them without a bound never ends. */
const times = { PROVIDER_TIMEOUT_MS: "200", FUNCTION_TIMEOUT_MS: "4300", LEASE_MS: "5000" };

describe("a Secrets Manager that answers nothing any more", () => {
  /** A process that knows its secret, and then can look up no other. */
  async function known(): Promise<{ readonly world: World; readonly process: Process }> {
    const world = new World(engine, { environment: times });
    const process = new Process(world);
    await world.call(subject("debitWallet", newIdentity()), undefined, process).stopped;
    world.secretsHang = true;
    world.advance(10_000);
    return { world, process };
  }

  test.each([
    ["a reply that does not verify", "wrong hash", "yes", "in_doubt"],
    ["a refused signature", "unauthorized", "no", "not_executed"],
  ] as const)("does not keep %s from being settled", async (_what, replies, acts, state) => {
    const { world, process } = await known();
    const debit = subject("debitWallet", newIdentity());
    world.provider.treatments.push({ acts, replies });
    await world.call(debit, undefined, process).stopped;
    expect(world.latest(debit.record)).toMatchObject({ write: "settle", item: { state: { S: state } } });
    world.secretsHang = false;
    for (let run = 0; run < 3; run++) {
      world.advance(3_600_000);
      await world.reconciler().stopped;
    }
    expect(await violations(world)).toEqual([]);
  });

  test("does not keep the turn of whoever asks what became of a change", async () => {
    const { world, process } = await known();
    const debit = subject("debitWallet", newIdentity());
    world.provider.treatments.push({ acts: "yes", replies: "never" });
    await world.call(debit, undefined, process).stopped;
    world.advance(10_000);
    // What the process knows to sign with is taken no more.
    world.provider.keys = world.provider.keys.map((keys) => ({ ...keys, salt: "another" }));
    await world.call(debit, undefined, process).stopped;
    expect(world.latest(debit.record)?.write).toBe("postpone");
  });
});
