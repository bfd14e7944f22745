import type { Problem } from "../../lib/problem.ts";
import {
  actsSilently,
  isRefusedTwice,
  isRefusedUnseen,
  isSilent,
  refusalsProve,
  withoutClause,
} from "./guards.ts";
import type { Run } from "./points.ts";
import type { Effect } from "./provider.ts";
import { afterQuiet, expectState, expectTold, type Schedule, until } from "./schedule.ts";
import { newIdentity, type Subject, subject } from "./subjects.ts";
import { type Client, times, type Without, type World } from "./world.ts";

/** Two requests for one natural key, under two identities. */
export function rivalsOf(
  name: "addSubMerchant" | "registerCustomer" | "creditWallet",
  [one, other]: readonly [string, string] = [newIdentity("A"), newIdentity("B")],
): readonly [Subject, Subject] {
  if (name === "creditWallet") {
    const more = { pgTransactionId: `pg-${one}` };
    return [subject(name, one, { more }), subject(name, other, { more })];
  }
  // The second of a name has another bank account.
  const more = name === "addSubMerchant" ? { accountNumber: "9999999999" } : {};
  return [subject(name, one), subject(name, one, { key: other, more })];
}

/** Each identity has a place of its own. */
const apart: Without = {
  operation: (operation) =>
    operation.place
      ? { ...operation, place: { ...operation.place, key: () => newIdentity("nobody else's") } }
      : operation,
};

/** The look is asked first of all, and what it showed is believed after the records have been read. */
function looksBeforeReading(besides: Without["client"] = (client) => client): Without {
  let seen: Effect[] = [];
  let provider: World["provider"] | undefined;
  return {
    client: (client: Client) => {
      let isFirst = true;
      return {
        async send(command) {
          if (isFirst && provider) seen = [...provider.effects];
          isFirst = false;
          return besides(client).send(command);
        },
      };
    },
    send: (send, world) => {
      provider = world.provider;
      return async (request, timing) => {
        if (!request.url.pathname.endsWith("getsubmerchants")) return send(request, timing);
        const later = world.provider.effects.splice(seen.length);
        const sent = await send(request, timing);
        world.provider.effects.push(...later);
        return sent;
      };
    },
  };
}

/** Whatever a record says, it said long ago. */
const longSettled: Without = {
  client: (client) => ({
    async send(command) {
      const output = await client.send(command);
      const history = output.Item?.history?.L;
      if (!history) return output;
      const aged = history.map((entry) => ({ S: (entry.S ?? "").replace(/ \d+$/, " 1") }));
      return { ...output, Item: { ...output.Item, history: { L: aged } } };
    },
  }),
};

const withoutToken = withoutClause("place", "token");

/** The provider is asked on, and whoever wants the same is told to come again when the reconciler has. */
function expectAskedAbout({ ending }: Run<unknown>): readonly string[] {
  const { message, retryAfter } = (ending?.kind === "threw" ? ending.error : {}) as Partial<Problem>;
  return retryAfter === 60 && message?.includes("the provider is asked")
    ? []
    : [`told to repeat after ${retryAfter} s: ${message}`];
}

export const placeSchedules: readonly Schedule[] = [
  {
    rule: "what has a natural key is done one at a time",
    schedule:
      "two callers add a sub merchant of one name under two keys; the first one's bytes are on their way when the second looks",
    async run(world) {
      const [first, second] = rivalsOf("addSubMerchant");
      const slow = world.call(first, { at: "send addsubmerchant", fault: "frozen before" });
      await until(slow);
      const early = await until(world.call(second));
      await world.catchUp();
      world.advance(times.minute);
      const late = await until(world.call(second));
      return [
        ...expectTold(early, "in-progress"),
        ...expectTold(late, "already-done"),
        ...expectState(world, first, "succeeded"),
      ];
    },
    guards: [{ name: "one place for what is one thing", without: apart }],
  },
  {
    rule: "nobody is told the success of another's registration",
    schedule:
      "two callers add a sub merchant of one name under two keys, with two bank accounts; the first one's reply is lost",
    async run(world) {
      const [first, second] = rivalsOf("addSubMerchant");
      world.provider.treatments.push(actsSilently, actsSilently);
      await until(world.call(first));
      await until(world.call(second));
      await afterQuiet(world);
      world.advance(times.minute);
      const late = await until(world.call(second));
      return [...expectTold(late, "already-done"), ...expectState(world, first, "succeeded")];
    },
    guards: [
      {
        name: "one place for a name, and the look",
        without: {
          operation: (operation) => {
            const { place: _place, ...rest } = operation;
            return rest as typeof operation;
          },
        },
      },
    ],
  },
  {
    rule: "of two who take a free place one gets it",
    schedule: "two callers find the place of a number free; one is sending when the other claims",
    async run(world) {
      const [first, second] = rivalsOf("registerCustomer");
      const slow = world.call(second, { at: "claim", fault: "frozen before" });
      await until(slow);
      await until(world.call(first, { at: "settle", fault: "frozen before" }));
      await world.catchUp();
      return [...expectTold(slow, "in-progress", "already-done"), ...expectState(world, first, "succeeded")];
    },
    guards: [{ name: "place: free", without: withoutClause("place", "no holder") }],
  },
  {
    rule: "a look is younger than the read of the holder's record",
    schedule:
      "a caller looks; then the holder of the name is carried out and settled; the caller reads its record and takes the place",
    async run(world) {
      const [first, second] = rivalsOf("addSubMerchant");
      await until(world.call(first, { at: "connect addsubmerchant", fault: "request lost" }));
      world.advance(times.minute);
      const slow = world.call(second, { at: "get", fault: "frozen after" });
      await until(slow);
      await until(world.call(first));
      world.advance(1_000);
      await world.catchUp();
      return [...expectTold(slow, "in-progress", "already-done"), ...expectState(world, first, "succeeded")];
    },
    guards: [
      { name: "the look comes last", without: looksBeforeReading(), twin: "a while for the list" },
      { name: "a while for the list", without: longSettled, twin: "the look comes last" },
      {
        name: "the look comes last, and a while for the list",
        without: looksBeforeReading(longSettled.client),
      },
    ],
  },
  {
    rule: "a place is read before its holder's record",
    schedule:
      "a caller reads that the holder has sent nothing, and looks; the holder comes again and is sending; the caller takes the place",
    async run(world) {
      const [first, second] = rivalsOf("addSubMerchant");
      await until(world.call(first, { at: "connect addsubmerchant", fault: "request lost" }));
      world.advance(times.minute);
      const slow = world.call(second, { at: "claim", fault: "frozen before" });
      await until(slow);
      await until(world.call(first, { at: "settle", fault: "frozen before" }));
      await world.catchUp();
      return [...expectTold(slow, "in-progress", "already-done"), ...expectState(world, first, "succeeded")];
    },
    guards: [{ name: "place: token", without: withoutToken }],
  },
  {
    rule: "a place whose holder has just ended is not taken yet",
    schedule:
      "a sub merchant is added, and the provider's list shows it some minutes later; a second caller comes twice between",
    async run(world) {
      const [first, second] = rivalsOf("addSubMerchant");
      await until(world.call(first));
      world.provider.hidesFromList = () => true;
      world.advance(3_000);
      const early = await until(world.call(second));
      world.advance(8 * times.minute);
      const later = await until(world.call(second));
      world.provider.hidesFromList = () => false;
      const late = await until(world.call(second));
      return [
        ...[early, later].flatMap((run) => expectTold(run, "in-progress")),
        ...expectTold(late, "already-done"),
      ];
    },
    guards: [{ name: "a while for the list", without: longSettled }],
  },
  {
    rule: "a place whose holder did nothing is taken at once",
    schedule: "a registration is refused, its OTP mistyped; a second later it is asked for under another key",
    async run(world) {
      const [first, second] = rivalsOf("registerCustomer");
      world.provider.treatments.push({ acts: "no", replies: "refusal" });
      await until(world.call(first));
      world.advance(1_000);
      const taken = await until(world.call(second));
      return [...expectTold(taken, "200"), ...expectState(world, first, "declined")];
    },
    guards: [],
  },
  {
    rule: "a place is taken over where nothing was done",
    schedule:
      "a number's registration is refused before anybody looked; a second caller registers it under another key, at once and after the quiet period",
    async run(world) {
      const [first, second] = rivalsOf("registerCustomer");
      world.provider.treatments.push(isRefusedUnseen);
      await until(world.call(first));
      world.advance(times.minute);
      const early = await until(world.call(second));
      await afterQuiet(world);
      const taken = await until(world.call(second));
      world.advance(times.minute);
      const again = await until(world.call(first));
      return [
        ...expectTold(early, "in-progress"),
        ...expectTold(taken, "200"),
        ...expectTold(again, "already-done"),
      ];
    },
    guards: [],
  },
  {
    rule: "a place whose holder was refused before looking is not taken yet",
    schedule:
      "a sub merchant is added, its second copy is answered 429, and the provider's list shows it some minutes later; a second caller comes twice between",
    async run(world) {
      const [first, second] = rivalsOf("addSubMerchant");
      world.provider.treatments.push(isRefusedTwice);
      world.provider.hidesFromList = () => true;
      const refused = await until(world.call(first));
      world.advance(3_000);
      const early = await until(world.call(second));
      world.advance(8 * times.minute);
      const later = await until(world.call(second));
      world.provider.hidesFromList = () => false;
      const late = await until(world.call(second));
      return [
        ...expectTold(refused, "throttled"),
        ...[early, later].flatMap((run) => expectTold(run, "in-progress")),
        ...expectTold(late, "already-done"),
      ];
    },
    guards: [{ name: "a refusal before looking proves nothing to another id", without: refusalsProve }],
  },
  {
    rule: "a payment is credited once",
    schedule:
      "two callers credit one payment under two ids; the first one's bytes are on their way, then done; then a third comes",
    async run(world) {
      const [first, second] = rivalsOf("creditWallet");
      await until(world.call(first, { at: "send creditwallet", fault: "frozen before" }));
      const early = await until(world.call(second));
      await world.catchUp();
      const late = await until(world.call(second));
      return [...expectTold(early, "in-progress"), ...expectTold(late, "already-done")];
    },
    guards: [{ name: "one place for what is one thing", without: apart }],
  },
  {
    rule: "a payment whose credit had no effect may be credited under another id",
    schedule:
      "a credit is in doubt and then shown not to have happened; its payment is credited under a second id",
    async run(world) {
      const [first, second] = rivalsOf("creditWallet");
      world.provider.treatments.push(isSilent);
      await until(world.call(first));
      const early = await until(world.call(second));
      await afterQuiet(world);
      const late = await until(world.call(second));
      const again = await until(world.call(first));
      return [
        ...expectTold(early, "in-progress"),
        ...expectTold(late, "200"),
        ...expectTold(again, "already-done"),
      ];
    },
    guards: [],
  },
  {
    rule: "a payment whose credit was refused before looking is credited again only after the provider was asked",
    schedule:
      "a credit is done, and its second copy is answered 429; its payment comes under a second id; then the first id is repeated",
    async run(world) {
      const [first, second] = rivalsOf("creditWallet");
      world.provider.treatments.push(isRefusedTwice);
      const refused = await until(world.call(first));
      const early = await until(world.call(second));
      world.advance(3 * times.minute);
      await until(world.reconciler());
      const late = await until(world.call(second));
      const again = await until(world.call(first));
      return [
        ...expectTold(refused, "throttled"),
        ...expectTold(early, "in-progress", "already-done"),
        ...expectTold(late, "already-done"),
        ...expectTold(again, "200"),
      ];
    },
    guards: [{ name: "a refusal before looking proves nothing to another id", without: refusalsProve }],
  },
  {
    rule: "a payment whose credit was refused before looking is free once the provider shows that it did nothing",
    schedule:
      "a credit is refused before anybody looked; its payment comes under a second id, at once and after the quiet period",
    async run(world) {
      const [first, second] = rivalsOf("creditWallet");
      world.provider.treatments.push(isRefusedUnseen);
      await until(world.call(first));
      const early = await until(world.call(second));
      const own = await until(world.call(first));
      await afterQuiet(world);
      const late = await until(world.call(second));
      return [
        ...expectTold(early, "in-progress"),
        ...expectTold(own, "outcome-unknown"),
        ...expectTold(late, "200"),
        ...expectState(world, first, "not_executed"),
      ];
    },
    guards: [],
  },
  {
    rule: "a payment whose credit was refused before looking is free at once where the quiet period is over",
    schedule:
      "a credit is refused before anybody looked, and then could not be sent; a day later its payment comes under a second id",
    async run(world) {
      const [first, second] = rivalsOf("creditWallet");
      world.provider.treatments.push(isRefusedUnseen);
      await until(world.call(first));
      world.advance(times.minute);
      await until(world.call(first, { at: "connect creditwallet", fault: "request lost" }));
      world.advance(24 * times.hour);
      const late = await until(world.call(second));
      return [...expectTold(late, "200"), ...expectState(world, first, "not_executed")];
    },
    guards: [],
  },
  {
    rule: "what is doubted for another id's sake is kept from its owner's late copies",
    schedule:
      "a credit is done, and its second copy is answered 429; its payment comes under a second id; a copy of the first one's settle arrives",
    async run(world) {
      const [first, second] = rivalsOf("creditWallet");
      world.provider.treatments.push(isRefusedTwice);
      world.provider.answersReads = false;
      await until(world.call(first, { at: "settle", fault: "lands again" }));
      await until(world.call(second));
      await world.catchUp();
      const early = expectState(world, first, "in_doubt");
      world.provider.answersReads = true;
      world.advance(3 * times.minute);
      await until(world.reconciler());
      return [...early, ...expectState(world, first, "succeeded")];
    },
    guards: [],
  },
  {
    rule: "of a doubt and a new attempt one holds",
    schedule:
      "a credit is refused before anybody looked; a second id doubts it, late; meanwhile the first id is repeated and is sending",
    async run(world) {
      const [first, second] = rivalsOf("creditWallet");
      world.provider.treatments.push(isRefusedUnseen);
      await until(world.call(first));
      const slow = world.call(second, { at: "doubt", fault: "frozen before" });
      await until(slow);
      await until(world.call(first, { at: "settle", fault: "frozen before" }));
      await world.catchUp();
      return [...expectTold(slow, "in-progress", "already-done"), ...expectState(world, first, "succeeded")];
    },
    guards: [],
  },
  {
    rule: "a payment's place is read before its holder's record",
    schedule:
      "a caller reads that the holder's credit was not sent; the holder comes again and is sending; the caller takes the place",
    async run(world) {
      const [first, second] = rivalsOf("creditWallet");
      await until(world.call(first, { at: "connect creditwallet", fault: "request lost" }));
      const slow = world.call(second, { at: "claim", fault: "frozen before" });
      await until(slow);
      await until(world.call(first, { at: "settle", fault: "frozen before" }));
      await world.catchUp();
      return [...expectTold(slow, "in-progress", "already-done"), ...expectState(world, first, "succeeded")];
    },
    guards: [{ name: "place: token", without: withoutToken }],
  },
  {
    rule: "a payment's holder that a person has to look at is not free",
    schedule:
      "a credit's reply is lost and nothing can be asked for a day, so a person is; its payment comes under a second id",
    async run(world) {
      const [first, second] = rivalsOf("creditWallet");
      world.provider.treatments.push(actsSilently);
      world.provider.answersReads = false;
      await until(world.call(first));
      world.advance(25 * times.hour);
      await until(world.reconciler());
      const early = await until(world.call(second));
      world.provider.answersReads = true;
      return [
        ...expectTold(early, "in-progress"),
        ...expectAskedAbout(early),
        ...expectState(world, first, "needs_attention"),
      ];
    },
    guards: [
      {
        name: "a holder that waits for a person",
        without: {
          client: (client) => ({
            async send(command) {
              const output = await client.send(command);
              const state = output.Item?.state?.S;
              return state === "needs_attention"
                ? { ...output, Item: { ...output.Item, state: { S: "declined" } } }
                : output;
            },
          }),
        },
      },
    ],
  },
];
