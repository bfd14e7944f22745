import type { Random } from "../soak/random.ts";
import { idForms } from "./id-schedules.ts";
import type { Effect } from "./provider.ts";
import { times, type World } from "./world.ts";

/** What a provider does that no document says, and that hides what it did: the record must end with a person, and never wrong. */
interface Quirk {
  readonly name: string;
  readonly probability: number;
  /** What it did can be read all the same, at the latest when everything has come to rest. */
  readonly isReadable?: true;
  /** Not of a provider that is known to keep ids as they were sent. */
  readonly isOfIds?: true;
  /** What it was drawn to be. */
  readonly draw: (world: Pick<World, "provider" | "now">, random: Random) => string;
}

const compared = [
  "amount",
  "payment_type",
  "time",
  "transaction_id",
  "merchant_transaction_id",
  "transaction_status",
];

const quirks: readonly Quirk[] = [
  {
    name: "ids are kept",
    probability: 0.35,
    isOfIds: true,
    draw({ provider }, random) {
      const { name, keeps, asksInKeptForm } = random.pick(idForms);
      provider.keepsId = keeps;
      provider.asksInKeptForm = asksInKeptForm === true;
      return name;
    },
  },
  {
    name: "an id that is not known is said to be",
    probability: 0.1,
    draw({ provider }, random) {
      provider.unknown = random.pick([
        "No such transaction.",
        "The selected merchant transaction id is invalid or has expired.",
        "",
      ]);
      return provider.unknown;
    },
  },
  {
    name: "rows have no readable",
    probability: 0.15,
    draw({ provider }, random) {
      const field = random.pick(compared);
      const among = random.between(1, 3);
      provider.blurs = ({ id }) => (Number(id) % among === 0 ? field : undefined);
      return `${field}, one in ${among}`;
    },
  },
  {
    name: "the next questions are refused by what stands before it:",
    probability: 0.25,
    isReadable: true,
    draw({ provider }, random) {
      const how = random.pick(["firewall", "throttled", "unavailable"] as const);
      const count = random.between(1, 6);
      for (let n = 0; n < count; n++) provider.refusedReads.push(how);
      return `${how}, ${count} times`;
    },
  },
  {
    name: "moved money is shown late, after",
    probability: 0.2,
    isReadable: true,
    draw(world, random) {
      const { provider } = world;
      const lag = random.between(1, 8) * times.minute;
      // Registrations have a lag of their own.
      const isYoung = ({ of, at }: Effect) => /^(money|reversal) /.test(of) && world.now - at < lag;
      provider.hidesFromList = isYoung;
      if (random.chance(0.5)) provider.hidesById = isYoung;
      return `${lag} ms`;
    },
  },
];

/** The quirks of one run's provider, in words, and whether what it did can be read in the end. */
export function drawQuirks(
  world: Pick<World, "provider" | "now">,
  random: Random,
  areIdsKept = false,
): { readonly names: readonly string[]; readonly areReadable: boolean } {
  const drawn = quirks.filter(
    ({ probability, isOfIds }) => random.chance(probability) && !(areIdsKept && isOfIds),
  );
  const names = drawn.map(({ name, draw }) => `${name} ${draw(world, random)}`);
  return { names, areReadable: drawn.every(({ isReadable }) => isReadable === true) };
}
