import { type Random, randomOf } from "../soak/random.ts";

/** The choices of one history: those of its setting, then those of each step. The same choices make the same history. */
export type Choices = readonly (readonly number[])[];

const one = 2 ** 32;

/**
 * Choices as they are drawn from a seed, or as they were written down; what is not written down is 0. Everywhere 0 is what does
 * least harm: no fault, no habit, the first of a list. So a history grows simpler as choices are taken away or become 0.
 */
export class Tape implements Random {
  readonly #drawn: number[][] = [];
  readonly #given: Choices | undefined;
  readonly #source: Random | undefined;
  #group = -1;
  #at = 0;

  private constructor(source: Random | undefined, given: Choices | undefined) {
    this.#source = source;
    this.#given = given;
  }

  static ofSeed(seed: number): Tape {
    return new Tape(randomOf(String(seed), "history"), undefined);
  }

  static of(choices: Choices): Tape {
    return new Tape(undefined, choices);
  }

  /** Whether another step has been written down; of a seed there always is one. */
  get hasMore(): boolean {
    return this.#given === undefined || this.#group + 1 < this.#given.length;
  }

  /** What has been chosen so far. */
  get choices(): Choices {
    return this.#drawn;
  }

  /** Another step begins. */
  step(): void {
    this.#group += 1;
    this.#at = 0;
    this.#drawn.push([]);
  }

  #draw(limit: number): number {
    const given = this.#given?.[this.#group]?.[this.#at] ?? 0;
    const value = this.#source ? this.#source.below(limit) : given % limit;
    this.#at += 1;
    this.#drawn.at(-1)?.push(value);
    return value;
  }

  next(): number {
    return this.#draw(one) / one;
  }

  below(limit: number): number {
    return limit <= 1 ? 0 : this.#draw(limit);
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** The first choices are the unlikely thing not happening. */
  chance(probability: number): boolean {
    return this.#draw(1_000_000) >= 1_000_000 * (1 - probability);
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new Error("there is nothing to pick from");
    return list[this.below(list.length)] as T;
  }

  weighted<Key extends string>(weights: Readonly<Record<Key, number>>): Key {
    const entries = Object.entries<number>(weights) as [Key, number][];
    let left = this.below(entries.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [key, weight] of entries) {
      left -= weight;
      if (left < 0) return key;
    }
    throw new Error("there is nothing to choose from");
  }
}
