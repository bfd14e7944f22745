import { afterAll, beforeAll } from "vitest";

/** What a test file starts for its tests: it may have to be stopped. */
type Started = object & { stop?(): unknown; close?(): unknown };

/**
 * Starts these, all at once, before the tests of a file or of a `describe`, and stops them after the last one. What it gives
 * may be named at once, and be used from the first test on.
 */
export function started<Each extends Readonly<Record<string, Started>>>(
  starts: {
    readonly [Name in keyof Each]: () => Promise<Each[Name]>;
  },
): Each {
  const running: { -readonly [Name in keyof Each]?: Each[Name] } = {};
  const names: (keyof Each)[] = Object.keys(starts);
  beforeAll(async () => {
    const ends = await Promise.allSettled(
      names.map(async (name) => {
        running[name] = await starts[name]();
      }),
    );
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  });
  afterAll(() => Promise.all(names.map((name) => running[name]?.stop?.() ?? running[name]?.close?.())));
  const later = <Name extends keyof Each>(name: Name) => {
    const thing = () => {
      const found = running[name];
      if (found === undefined) throw new Error(`${String(name)} is used before the first test`);
      return found;
    };
    return new Proxy({} as Each[Name], {
      get: (_, property) => Reflect.get(thing(), property),
      has: (_, property) => Reflect.has(thing(), property),
      ownKeys: () => Reflect.ownKeys(thing()),
      getOwnPropertyDescriptor(_, property) {
        const descriptor = Reflect.getOwnPropertyDescriptor(thing(), property);
        return descriptor && { ...descriptor, configurable: true };
      },
    });
  };
  const given: typeof running = {};
  for (const name of names) given[name] = later(name);
  return given as Each;
}
