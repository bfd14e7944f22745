/** The ids that a provider has seen: "should always be unique in all API requests", also after a restart. */
import { type Journal, openJournal } from "./journal.ts";

type Line = { readonly at: number } & ({ readonly clientTxnId: string } | { readonly reset: true });

export class UsedIds {
  readonly #journal: Journal;
  readonly #clock: () => number;
  readonly #ids = new Set<string>();

  constructor(file: string, clock: () => number) {
    this.#clock = clock;
    this.#journal = openJournal(file, (line) => this.#apply(line as Line));
  }

  /** False where the id was used before. */
  use(clientTxnId: string): boolean {
    if (this.#ids.has(clientTxnId)) return false;
    this.#commit({ at: this.#clock(), clientTxnId });
    return true;
  }

  get count(): number {
    return this.#ids.size;
  }

  forget(): void {
    this.#commit({ at: this.#clock(), reset: true });
  }

  close(): void {
    this.#journal.close();
  }

  #commit(line: Line): void {
    this.#journal.append(line);
    this.#apply(line);
  }

  #apply(line: Line): void {
    if ("reset" in line) this.#ids.clear();
    else this.#ids.add(line.clientTxnId);
  }
}
