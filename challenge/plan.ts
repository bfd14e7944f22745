import type { FaultName } from "../local/sandbox/aggrepay.ts";
import { type Random, randomOf } from "../test/soak/random.ts";
import { changeFault } from "../test/soak/wallet.ts";

/** What happens, drawn from one seed before anything runs: every target meets the same. */
export interface Plan {
  readonly seed: string;
  readonly customers: number;
  readonly identities: readonly Identity[];
  /** The secret is replaced when these identities begin, by their place in the list. */
  readonly rotations: readonly number[];
}

/** One debit that somebody wants once. */
export interface Identity {
  readonly id: string;
  /** Which of the customers. */
  readonly customer: number;
  readonly amount: string;
  readonly trouble: Trouble;
  readonly caller: CallerHabits;
}

/** Each at a numbered effect: the first call that would move this identity's money, or the request that leads to it. */
export type Trouble =
  | { readonly kind: "none" }
  /** The provider spoils so many of its calls, in a way of the sandbox's. */
  | { readonly kind: "provider"; readonly fault: FaultName; readonly times: number }
  /** SIGKILL when the call comes, which then has no effect; or between the provider's yes and its arrival. */
  | { readonly kind: "killed"; readonly at: "before the effect" | "after the effect" }
  /** DynamoDB is away for its process, when the request comes or when the provider has said yes. */
  | {
      readonly kind: "store";
      readonly at: "the claim" | "the record";
      readonly how: "refuses" | "is silent";
    }
  /** The process was frozen, and the provider's side has forgotten its connections. */
  | { readonly kind: "frozen" }
  /** The provider keeps the id in another form; what becomes of the first reply besides. */
  | {
      readonly kind: "altered id";
      readonly form: FaultName;
      readonly besides: "nothing" | "reply lost" | "killed after the effect";
    };

export interface CallerHabits {
  /** Requests at once. */
  readonly copies: number;
  /** Whether it repeats until it knows, as the target's documentation tells. One that does not asks once and is gone. */
  readonly isPatient: boolean;
  /** The first answer never arrives at it. */
  readonly isUnheard: boolean;
  /** Asks again after the final answer; with another amount. */
  readonly asksAgain: boolean;
  readonly asksForOther: boolean;
}

/** Far more trouble than in life, or a run of minutes would show none. */
const troubles = { none: 42, provider: 30, killed: 10, store: 7, frozen: 4, "altered id": 7 } as const;
const idForms = ["id-cut", "id-lower", "id-stripped", "id-prefixed", "id-suffixed", "id-hashed"] as const;

export function planOf(seed: string, count: number): Plan {
  const customers = Math.ceil(count / 4);
  return {
    seed,
    customers,
    identities: Array.from({ length: count }, (_, number) => identityOf(seed, number, customers)),
    rotations: [Math.floor(count / 3), Math.floor((2 * count) / 3)],
  };
}

function identityOf(seed: string, number: number, customers: number): Identity {
  const random = randomOf(seed, `identity ${number}`);
  const trouble = troubleOf(random);
  return {
    // Of every sign that a form alters, and longer than the 50 that one cuts to.
    id: `Order-${String(number + 1).padStart(4, "0")}.S${seed}-of.Shop-17.Till-04.Channel-Web-2026.A`,
    customer: random.below(customers),
    amount: `${random.between(1, 300)}.${String(random.below(100)).padStart(2, "0")}`,
    trouble,
    caller: {
      copies: random.chance(0.12) ? random.between(2, 3) : 1,
      isPatient: !random.chance(0.1),
      isUnheard: random.chance(0.06),
      asksAgain: random.chance(0.1),
      asksForOther: random.chance(0.03),
    },
  };
}

function troubleOf(random: Random): Trouble {
  const kind = random.weighted(troubles);
  switch (kind) {
    case "none":
    case "frozen":
      return { kind };
    case "provider":
      return { kind, fault: changeFault(random), times: random.chance(0.15) ? 2 : 1 };
    case "killed":
      return { kind, at: random.chance(0.7) ? "after the effect" : "before the effect" };
    case "store":
      return {
        kind,
        at: random.chance(0.5) ? "the claim" : "the record",
        how: random.chance(0.5) ? "refuses" : "is silent",
      };
    case "altered id":
      return {
        kind,
        form: random.pick(idForms),
        besides: random.weighted({ nothing: 25, "reply lost": 45, "killed after the effect": 30 } as const),
      };
  }
}
