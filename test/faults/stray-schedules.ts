import { actsSilently, refused, withoutClause } from "./guards.ts";
import { expectState, expectTold, type Schedule, until } from "./schedule.ts";
import { newIdentity, type Subject, subject } from "./subjects.ts";
import { times, type World } from "./world.ts";

const referenceOf = ({ input }: Subject): string => String(input.referenceNo);
const item = (world: World, { record }: Subject) => world.latest(record)?.item;
const strays = (world: World) => [
  ...new Map(
    world.versions.flatMap(({ item }) =>
      item.namespace?.S === "notification" ? [[item.pk?.S ?? "", item] as const] : [],
    ),
  ),
];
const expectStrays = (world: World, wanted: number): readonly string[] => {
  const kept = strays(world).length;
  return kept === wanted ? [] : [`${kept} strays are kept and not ${wanted}`];
};
const expectBound = (world: World, of: Subject, isBound = true): readonly string[] =>
  (item(world, of)?.binding !== undefined) === isBound ? [] : [`it is ${isBound ? "not " : ""}bound`];

/** A registration that has succeeded, and that nobody has bound. */
async function registered(world: World): Promise<Subject> {
  const binding = subject("registerBinding", newIdentity());
  await until(world.call(binding));
  return binding;
}

const comes = async (world: World, of: Subject, more?: Readonly<Record<string, string>>): Promise<void> => {
  await world.notification(referenceOf(of), undefined, more)?.stopped;
};

let words = 0;
/** A person lets the one stray bind. */
function letsBind(world: World, plan?: Parameters<World["person"]>[3]) {
  const [[id = ""] = []] = strays(world);
  return world.person(`person ${++words}`, { id, outcome: "succeeded", reason: `word ${words}` }, true, plan);
}

const frozen = { at: "bind", fault: "frozen before" } as const;

/** A registration whose one genuine notification came from an address that is not on the list. */
async function fromElsewhere(world: World): Promise<Subject> {
  const binding = await registered(world);
  world.fromElsewhere = true;
  await comes(world, binding);
  world.fromElsewhere = false;
  return binding;
}

const anyCount = withoutClause("count", "below the bound");
const bindsAnyState = withoutClause("bind", "state");
const bindsTwice = withoutClause("bind", "no binding");

export const straySchedules: readonly Schedule[] = [
  {
    rule: "strays are bounded by what is signed",
    schedule: "a genuine notification comes again and again, each time with another user's key",
    async run(world) {
      const binding = await registered(world);
      for (let at = 0; at < 7; at += 1) await comes(world, binding, { clientUserKey: `intruder ${at}` });
      return expectStrays(world, 4);
    },
    guards: [{ name: "count: the bound", without: anyCount }],
  },
  {
    rule: "a stray that comes again takes no other's place",
    schedule: "one stray comes five times at once, and once more; three others come",
    async run(world) {
      const binding = await registered(world);
      const plan = { at: "keep", fault: "frozen before" } as const;
      for (let copies = 0; copies < 4; copies += 1)
        await world.notification(referenceOf(binding), plan, { clientUserKey: "intruder 0" })?.stopped;
      await comes(world, binding, { clientUserKey: "intruder 0" });
      await world.catchUp();
      for (const at of [0, 1, 2, 3]) await comes(world, binding, { clientUserKey: `intruder ${at}` });
      return expectStrays(world, 4);
    },
    guards: [{ name: "keep: not seen before", without: withoutClause("keep", "no record") }],
  },
  {
    rule: "of strays that come at once none is kept beyond the bound",
    schedule: "three strays are kept; the fourth is about to be, and a fifth is; the fourth goes on",
    async run(world) {
      const binding = await registered(world);
      for (const at of [1, 2, 3]) await comes(world, binding, { clientUserKey: `intruder ${at}` });
      const plan = { at: "keep", fault: "frozen before" } as const;
      await world.notification(referenceOf(binding), plan, { clientUserKey: "slow" })?.stopped;
      await comes(world, binding, { clientUserKey: "quick" });
      await world.catchUp();
      return expectStrays(world, 4);
    },
    guards: [{ name: "count: the bound", without: anyCount }],
  },
  {
    rule: "the notification that agrees never counts",
    schedule: "strays are kept up to the bound; the one that agrees comes, and comes again",
    async run(world) {
      const binding = await registered(world);
      for (let at = 0; at < 5; at += 1) await comes(world, binding, { clientUserKey: `intruder ${at}` });
      await comes(world, binding);
      await comes(world, binding);
      return [...expectStrays(world, 4), ...expectBound(world, binding)];
    },
    guards: [
      // As if what binds had to find room among them.
      {
        name: "bind: what has been registered is bound",
        without: refused("bind", "attribute_not_exists(#owner)"),
      },
    ],
  },
  {
    rule: "what comes from an address that is not listed binds nothing",
    schedule: "a genuine notification that agrees comes from an address that nobody has listed",
    async run(world) {
      const binding = await fromElsewhere(world);
      return [...expectBound(world, binding, false), ...expectStrays(world, 1)];
    },
    guards: [{ name: "the list of addresses", without: { addresses: true } }],
  },
  {
    rule: "a person's word binds what nothing else has bound",
    schedule:
      "a person lets a stray bind and freezes before the write; a notification with another token binds; the person's word goes on",
    async run(world) {
      const binding = await fromElsewhere(world);
      const person = await until(letsBind(world, frozen));
      await comes(world, binding, { userToken: "token of the second login" });
      const before = item(world, binding)?.binding?.M?.userToken?.S;
      await world.catchUp();
      const after = item(world, binding)?.binding?.M?.userToken?.S;
      return [
        ...expectTold(person, "invalid-request"),
        ...(before !== undefined && after === before ? [] : ["the binding was overwritten"]),
      ];
    },
    guards: [{ name: "bind: no binding yet", without: bindsTwice }],
  },
  {
    rule: "a person's word binds no registration that had no effect",
    schedule:
      "a registration waits; a person lets its stray bind and freezes before the write; another person says declined; the first word goes on",
    async run(world) {
      const binding = subject("registerBinding", newIdentity());
      world.provider.treatments.push(actsSilently);
      await until(world.call(binding));
      world.fromElsewhere = true;
      await comes(world, binding);
      world.advance(times.hour);
      await until(world.reconciler());
      const person = await until(letsBind(world, frozen));
      const word = {
        id: binding.record,
        outcome: "declined",
        reason: "no word of NICEPAY",
        attempt: 1,
      } as const;
      await until(world.person("a liar", word, false));
      await world.catchUp();
      return [
        ...expectTold(person, "invalid-request"),
        ...expectState(world, binding, "declined"),
        ...expectBound(world, binding, false),
      ];
    },
    guards: [{ name: "bind: state as seen", without: bindsAnyState }],
  },
  {
    rule: "a person's word binds what agrees, and once",
    schedule: "a person lets a stray bind, the answer is lost, and the person says it again",
    async run(world) {
      const binding = await fromElsewhere(world);
      const first = await until(letsBind(world, { at: "decide", fault: "request lost" }));
      const again = await until(letsBind(world));
      return [
        ...expectTold(first, "not-sent"),
        ...expectTold(again, "200"),
        ...expectBound(world, binding),
        ...(world.versions.filter(({ write }) => write === "bind").length === 1
          ? []
          : ["it was bound twice"]),
      ];
    },
    guards: [
      {
        name: "bind: what has been registered is bound",
        without: refused("bind", "attribute_not_exists(#owner)"),
      },
    ],
  },
  {
    rule: "what waits in the queue leaves it once it is durable",
    schedule:
      "a notification waits in the queue; taking it in is struck before the write; it is taken in again",
    async run(world) {
      const binding = await registered(world);
      await world.waits(referenceOf(binding));
      await until(world.takesFromQueue({ at: "bind", fault: "crash before" }));
      await until(world.takesFromQueue());
      return [
        ...expectBound(world, binding),
        ...(world.queue.length === 0 ? [] : ["it is in the queue still"]),
      ];
    },
    guards: [{ name: "queue: a message stays until it is taken in", without: { queue: true } }],
  },
  {
    rule: "what the queue brings twice, and late, binds once",
    schedule:
      "the queue brings a notification and freezes before the write; the provider's repeat binds; the queue goes on, and brings it again",
    async run(world) {
      const binding = await registered(world);
      await world.waits(referenceOf(binding));
      await until(world.takesFromQueue(frozen));
      await comes(world, binding);
      const before = item(world, binding)?.binding?.M?.userToken?.S;
      await world.catchUp();
      await world.waits(referenceOf(binding));
      await until(world.takesFromQueue());
      const after = item(world, binding)?.binding?.M?.userToken?.S;
      return [
        ...(before !== undefined && after === before ? [] : ["the binding was written twice"]),
        ...expectStrays(world, 0),
      ];
    },
    guards: [{ name: "bind: no binding yet", without: bindsTwice }],
  },
];
