import type { Environment } from "../../lib/config.ts";
import { drawnDress, dressKinds } from "../faults/dress.ts";
import { type Effect, type Treatment, wordsOfDenied } from "../faults/provider.ts";
import { drawQuirks } from "../faults/quirks.ts";
import type { Random } from "../soak/random.ts";
import { times, type World } from "./world.ts";

/** What a history's world is like, in words, and whether all that the provider did can be read in the end. */
export interface Habits {
  readonly names: readonly string[];
  readonly areReadable: boolean;
  /** Whether none of them is more than a form. */
  readonly areDocumented: boolean;
}

const truly: Treatment = { acts: "yes", replies: "truly" };

/** How the provider treats a change. The first is how it should. */
export const treatments: readonly Treatment[] = [
  truly,
  truly,
  { acts: "yes", replies: "never" },
  { acts: "no", replies: "never" },
  { acts: "yes", replies: "500" },
  { acts: "no", replies: "500" },
  { acts: "late", replies: "never" },
  { acts: "late", replies: "500" },
  { acts: "yes", replies: "garbage" },
  { acts: "yes", replies: "wrong hash" },
  { acts: "no", replies: "unknown code" },
  { acts: "yes", replies: "unknown code" },
  { acts: "yes", replies: "both null" },
  { acts: "no", replies: "unauthorized" },
  { acts: "no", replies: "refusal" },
  { acts: "yes", replies: "firewall" },
  { acts: "no", replies: "firewall" },
  { acts: "no", replies: "throttled" },
  { acts: "yes", replies: "throttled over success" },
  { acts: "no", replies: "invalid field" },
  { acts: "yes", replies: "pending under a validator's code" },
  { acts: "no", replies: "pending under a validator's code" },
  { acts: "yes", replies: "second" },
  { acts: "yes", replies: "second throttled" },
  { acts: "yes", replies: "second unauthorized" },
  { acts: "yes", replies: "unfinished" },
  { acts: "no", replies: "unfinished" },
  { acts: "late", replies: "unfinished" },
];

/** What a deployment may choose, as `environment` of the world has it unless told. */
export function drawEnvironment(random: Random, isOfPersons: boolean): Environment {
  return {
    // Doubt grows old soon, so that persons come to it.
    ...(random.chance(isOfPersons ? 0.9 : 0.3) && { DOUBT_LIMIT_MS: "60000", BINDING_WAIT_MS: "60000" }),
    ...(random.chance(0.4) && { SECOND_PERSON: "on" }),
    ...(random.chance(0.15) && { AGGREPAY_IDS_KEPT: "73" }),
  };
}

/** Whether a deployment says that the provider keeps ids of every length that is drawn here as they were sent. */
export const areIdsKept = ({ AGGREPAY_IDS_KEPT: kept = "" }: Environment): boolean => kept !== "";

/** What may be drawn of a provider. */
interface Drawn {
  readonly hasQuirks: boolean;
  readonly areIdsKept: boolean;
}

/** How long a registration may be in no list, in milliseconds: less than the quiet period. */
export const registrationLags: readonly number[] = [8_000, times.minute, 8 * times.minute];

/** Registrations are in no list until they are so old. */
export function hideRegistrations(world: World, lagMs: number): void {
  world.provider.hidesFromList = ({ of, at }: Effect) =>
    /^(registercustomer|addsubmerchant) /.test(of) && world.now - at < lagMs;
}

/** What the provider does that no document says. */
export function drawProvider(world: World, random: Random, drawn: Drawn): Habits {
  const { provider } = world;
  const names: string[] = [];
  const when = (probability: number, name: string, act: () => void) => {
    if (!random.chance(probability)) return;
    act();
    names.push(name);
  };
  when(0.5, "it refuses what it has done", () => {
    provider.refusesRepeats = true;
  });
  when(0.15, "its clock is four minutes ahead", () => {
    provider.clockAheadMs = 4 * times.minute;
  });
  when(0.1, "a debit that was reversed is shown no more", () => {
    provider.hidesReversed = true;
  });
  when(0.3, "it gives two rows a page, and pages shift as rows are added", () => {
    provider.rowsAPage = 2;
  });
  when(0.2, "it shows some rows twice", () => {
    provider.showsTwice = ({ id }) => Number(id) % 2 === 0;
  });
  when(0.3, "it says what was sent in secret beside a code that nobody lists", () => {
    provider.remark = (fields) => ` ${fields.mpin ?? ""} ${fields.otp ?? ""} ${fields.api_key ?? ""}`;
  });
  when(0.15, "registrations are in no list for a while", () => {
    hideRegistrations(world, random.pick(registrationLags));
  });
  when(0.4, "it does not say of all that it has done that it was done", () => {
    provider.saysOfDenied = random.pick(Object.keys(wordsOfDenied) as (keyof typeof wordsOfDenied)[]);
  });
  const quirks =
    random.chance(0.5) && drawn.hasQuirks
      ? drawQuirks(world, random, drawn.areIdsKept)
      : { names: [], areReadable: true };
  const worn = random.chance(0.5) ? dressKinds.filter(() => random.chance(0.25)) : [];
  if (worn.length > 0) {
    provider.dress = drawnDress(
      random,
      () => undefined,
      (name) => worn.includes(name),
    );
    names.push(...worn.map((name) => `it writes: ${name}`));
  }
  return {
    names: [...names, ...quirks.names],
    areReadable: quirks.areReadable && !provider.hidesReversed,
    areDocumented: quirks.names.length === 0 && !provider.hidesReversed,
  };
}

/** What the table does. */
export function drawStore(world: World, random: Random): readonly string[] {
  if (!random.chance(0.3)) return [];
  world.store.lagMs = random.pick([1_000, 30_000, 5 * times.minute]);
  return [`its index is ${world.store.lagMs} ms behind`];
}
