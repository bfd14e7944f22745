import { expect, test } from "vitest";
import type { LambdaFunction } from "../../local/assembly.ts";
import { type Budget, budgetOf, openPool } from "../../local/lambda/pool.ts";
import type { LambdaProcess, Outcome } from "../../local/lambda/process.ts";

/** Who gets the next process: with stand-ins for processes, so that each step is the test's. */

interface StandIn {
  readonly answer: (payload: string) => void;
  readonly killed: () => boolean;
  readonly busy: () => boolean;
}

function poolOf(budget: Budget, largest: number) {
  const processes: StandIn[] = [];
  const start = (): LambdaProcess => {
    const ended = Promise.withResolvers<void>();
    let current: ((outcome: Outcome) => void) | undefined;
    let alive = true;
    processes.push({
      answer: (payload) => current?.({ kind: "answered", payload }),
      killed: () => !alive,
      busy: () => current !== undefined,
    });
    return {
      pid: 1,
      get alive() {
        return alive;
      },
      initialized: Promise.resolve(),
      ended: ended.promise,
      invoke: () =>
        new Promise((resolve) => {
          current = (outcome) => {
            current = undefined;
            resolve(outcome);
          };
        }),
      kill() {
        alive = false;
        ended.resolve();
      },
    };
  };
  return { processes, pool: openPool(lambda, { largest, budget, start }) };
}

const lambda: LambdaFunction = {
  name: "Some",
  arn: "arn",
  invokedArn: "arn",
  version: "$LATEST",
  role: undefined,
  entry: "/index.mjs",
  exportName: "handler",
  folder: "/",
  layers: [],
  environment: {},
  memoryMb: 128,
  timeoutMs: 1000,
  tableActions: [],
};

const { signal } = new AbortController();
const settled = () => new Promise((resolve) => setImmediate(resolve));
const busy = (processes: readonly StandIn[]) => processes.filter((each) => each.busy()).length;

test("the process that rested last is taken first, and those that rest long are ended", async () => {
  const { processes, pool } = poolOf(budgetOf(9), 9);
  const answers = [pool.invoke("1", signal), pool.invoke("2", signal)];
  await settled();
  processes[0]?.answer("a");
  await settled();
  processes[1]?.answer("b");
  expect(await Promise.all(answers)).toEqual([
    { kind: "answered", payload: "a" },
    { kind: "answered", payload: "b" },
  ]);
  void pool.invoke("3", signal);
  await settled();
  expect(processes.map((each) => each.busy())).toEqual([false, true]);
  pool.endIdle(Number.POSITIVE_INFINITY);
  expect(processes.map((each) => each.killed())).toEqual([true, false]);
  expect(pool.size).toBe(1);
});

test("a function with no process gets the place of one that is busy without end", async () => {
  const budget = budgetOf(2);
  const loud = poolOf(budget, 2);
  const quiet = poolOf(budget, 2);
  for (let request = 0; request < 6; request++) void loud.pool.invoke("loud", signal);
  await settled();
  expect(busy(loud.processes)).toBe(2);
  void quiet.pool.invoke("quiet", signal);
  await settled();
  expect(quiet.processes).toHaveLength(0);
  loud.processes[0]?.answer("done");
  await settled();
  expect(busy(quiet.processes)).toBe(1);
  expect(loud.pool.size).toBe(1);
  // It keeps the place while it works; the rest of the loud requests have the other.
  loud.processes[1]?.answer("done");
  await settled();
  expect(busy(loud.processes)).toBe(1);
  expect(budget.used).toBe(2);
});

test("the process of any function that has rested longest makes room", async () => {
  const budget = budgetOf(2);
  const [first, second, third] = [poolOf(budget, 2), poolOf(budget, 2), poolOf(budget, 2)];
  for (const { pool, processes } of [first, second]) {
    void pool.invoke("", signal);
    await settled();
    processes[0]?.answer("");
    await settled();
  }
  void third.pool.invoke("", signal);
  await settled();
  expect([first, second, third].map(({ pool }) => pool.size)).toEqual([0, 1, 1]);
});

test("who is answered already is not invoked any more", async () => {
  const { processes, pool } = poolOf(budgetOf(1), 1);
  void pool.invoke("1", signal);
  const caller = new AbortController();
  const waiting = pool.invoke("2", caller.signal);
  await settled();
  caller.abort();
  expect(await waiting).toEqual({ kind: "withdrawn" });
  processes[0]?.answer("a");
  await settled();
  expect(busy(processes)).toBe(0);
});

test("a close withdraws what waits and starts nothing", async () => {
  const { processes, pool } = poolOf(budgetOf(1), 1);
  void pool.invoke("1", signal);
  const waiting = pool.invoke("2", signal);
  await settled();
  await pool.close();
  expect(await waiting).toEqual({ kind: "withdrawn" });
  expect(await pool.invoke("3", signal)).toEqual({ kind: "withdrawn" });
  expect(processes).toHaveLength(1);
});
