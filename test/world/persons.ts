import { proposalOf } from "../../lib/records/proposal.ts";
import type { Item } from "../faults/store.ts";
import type { Ledger, Said } from "./ledger.ts";
import type { Machine, Run } from "./points.ts";
import type { Callers, Request } from "./requests.ts";
import type { Tape } from "./tape.ts";
import type { World } from "./world.ts";

const names = ["Asha", "Ravi", "Tara", "Noor", "Uma", "Ines", "Lina", "Joao"];

interface Surroundings {
  readonly tape: Tape;
  readonly world: World;
  readonly ledger: Ledger;
  readonly callers: Callers;
  readonly requests: readonly Request[];
  readonly machine: () => Machine;
  /** How likely one of them is mistaken. */
  readonly mistaken: number;
}

type Undone = "not_executed" | "declined";

/** A person's run, and what it is about, in words. */
interface Spoken {
  readonly run: Run;
  readonly about: string;
}

/** What a person is about to say, and of what. */
type Word = Pick<Said, "record" | "outcome" | "isTrue" | "attempt" | "transactionId">;

/**
 * Those who settle by hand. Each says what the provider's own list shows, or is mistaken; looks at what waits, or comes too late; means
 * the attempt of now, or one that is over; says a thing once, or again as it is; takes back what was proposed.
 */
export class Persons {
  readonly #in: Surroundings;
  readonly #present = [...names];

  constructor(surroundings: Surroundings) {
    this.#in = surroundings;
  }

  /** One of them comes and says something; undefined where there is nobody left, or nothing to be said. */
  comes(): Spoken | undefined {
    const { tape, world, ledger, callers, requests } = this.#in;
    const [who] = this.#present;
    if (who === undefined) return undefined;
    const waits = requests.filter(({ record }) => isWaiting(world.latest(record)));
    const request = waits.length === 0 ? undefined : tape.pick(waits);
    const isTrue = !tape.chance(this.#in.mistaken);
    const undone = tape.chance(0.4) ? "not_executed" : "declined";
    const machine = this.#in.machine();
    const isFollowed = tape.chance(0.2);
    const again = tape.chance(0.12) ? ledger.said.findLast(({ run }) => run.ending !== undefined) : undefined;
    if (again) {
      const isTrue = again.isTrue && this.#isTrueStill(again);
      const run = callers.person(again.who, { ...again, isTrue, repeats: again.reason }, machine);
      return { run, about: "what was said before" };
    }
    const stray = tape.chance(0.4) ? this.#strays[0] : undefined;
    const meant = tape.chance(0.15) ? tape.pick(requests) : request;
    const spoken = stray ? this.#ofStray(stray) : meant && this.#ofRequest(meant, isTrue, undone);
    if (!spoken) return undefined;
    // Who proposed must be followed by another.
    if (!isFollowed) this.#present.shift();
    return { run: callers.person(who, spoken.word, machine), about: spoken.about };
  }

  /** What was said before the provider acted may be untrue by the time it is said again. */
  #isTrueStill({ record, outcome }: Pick<Word, "record" | "outcome">): boolean {
    const about = this.#in.requests.find((request) => request.record === record);
    if (about === undefined || outcome === "withdraw") return true;
    return this.#in.ledger.effectsFor(about).length > 0 === (outcome === "succeeded");
  }

  /** That person says this of a request, whatever is true; where nobody says how it is, the provider's list tells. */
  says(
    who: string,
    request: Request,
    { outcome, attempt, isTrue }: Pick<Word, "outcome" | "attempt"> & { readonly isTrue?: boolean },
  ): Spoken | undefined {
    const { record } = request;
    const effect = this.#in.ledger.effectsFor(request).at(-1);
    const seen = attempt ?? Number(this.#in.world.latest(record)?.attempt?.N ?? 1);
    const word = {
      ...{ record, outcome, attempt: seen },
      isTrue: isTrue ?? (outcome === "withdraw" || (effect !== undefined) === (outcome === "succeeded")),
      ...(outcome === "succeeded" && { transactionId: effect?.id ?? "1" }),
    };
    if (word.isTrue && outcome !== "withdraw" && this.#isUndecided(record)) return undefined;
    const run = this.#in.callers.person(who, word, this.#in.machine());
    return { run, about: `${request.name}${word.isTrue ? "" : ", and is mistaken"}` };
  }

  /** Nobody can say what became of what is on its way still, or is about to be sent. */
  #isUndecided(record: string): boolean {
    const { world } = this.#in;
    return world.isOnItsWay || world.latest(record)?.state?.S === "dispatched";
  }

  /** Notifications that are kept for a person, and that nobody has looked into. */
  get #strays(): readonly string[] {
    const kept = this.#in.world.strays;
    return kept.filter((id) => isWaiting(this.#in.world.latest(id)));
  }

  #ofStray(record: string): { readonly word: Word; readonly about: string } {
    const outcome = this.#in.tape.chance(0.3) ? "declined" : "succeeded";
    return { word: { record, outcome, isTrue: true }, about: "a notification that was kept" };
  }

  #ofRequest(request: Request, isTrue: boolean, undone: Undone) {
    const { world } = this.#in;
    if (world.latest(request.record) === undefined || (isTrue && this.#isUndecided(request.record)))
      return undefined;
    const word = this.#wordOn(request, isTrue, undone);
    return { word, about: `${request.name}${isTrue ? "" : ", and is mistaken"}` };
  }

  #wordOn({ record, ...request }: Request, isTrue: boolean, undone: Undone): Word {
    const { tape, world, ledger } = this.#in;
    const item = world.latest(record);
    const effect = ledger.effectsFor({ record, ...request }).at(-1);
    const proposed = proposalOf({ proposal: item?.proposal?.S });
    if (proposed && !proposed.withdrawn && tape.chance(0.3))
      return { record, outcome: "withdraw", isTrue, attempt: Number(item?.attempt?.N) };
    const isDone = effect !== undefined;
    // A second person mostly says what the first one did.
    const without = proposed && !proposed.withdrawn && tape.chance(0.8) ? proposed.outcome : undone;
    const outcome = isDone === isTrue ? "succeeded" : without;
    const latest = Number(item?.attempt?.N);
    const attempt = { latest, over: Math.max(1, latest - 1), unnamed: undefined }[
      tape.weighted({ latest: latest > 1 ? 4 : 12, over: 1, unnamed: 1 })
    ];
    return {
      ...{ record, outcome, isTrue, attempt },
      ...(outcome === "succeeded" && { transactionId: effect?.id ?? "1" }),
    };
  }
}

/** Whether a record waits for a person. */
export const isWaiting = (item: Item | undefined): boolean =>
  item?.state?.S === "needs_attention" || (item?.flagged !== undefined && item.due !== undefined);
