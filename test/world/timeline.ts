interface Timer {
  readonly due: number;
  readonly act: () => void;
}

/** The world's time, in milliseconds since 1970, and what is to happen at which. It stands still until somebody moves it. */
export class Timeline {
  now: number;
  /** In the order in which they are due; of those of one moment, in which they were set. */
  #timers: Timer[] = [];

  constructor(now: number) {
    this.now = now;
  }

  /** Calls back after so many milliseconds; returns what takes that back. */
  after(milliseconds: number, act: () => void): () => void {
    const timer = { due: this.now + Math.max(0, Math.ceil(milliseconds)), act };
    let at = this.#timers.length;
    while (at > 0 && (this.#timers[at - 1]?.due ?? 0) > timer.due) at -= 1;
    this.#timers.splice(at, 0, timer);
    return () => {
      const found = this.#timers.indexOf(timer);
      if (found >= 0) this.#timers.splice(found, 1);
    };
  }

  /** When the next thing happens; undefined where nothing will. */
  get next(): number | undefined {
    return this.#timers[0]?.due;
  }

  /** Lets the first of what is due by now happen; false where nothing is. */
  fire(): boolean {
    const [first] = this.#timers;
    if (!first || first.due > this.now) return false;
    this.#timers.shift();
    first.act();
    return true;
  }
}
