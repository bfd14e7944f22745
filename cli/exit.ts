/** What the process ends with, and what each number says: scripts decide by it. */
export const exits = {
  done: [0, "done"],
  refused: [1, "refused or declined, or a check failed: the same again will not help"],
  wrongInput: [2, "wrong input: the command line, or a request that the gateway finds invalid"],
  inDoubt: [
    3,
    "not known yet (no answer came, or it could not be written out), or it waits for a person: repeat the same request",
  ],
  unreachable: [4, "no answer of the gateway or sandbox; a change was not sent"],
  notDone: [
    5,
    "this request did nothing (throttled, not sent), an earlier one of its identity may have: repeat the same request",
  ],
  proposed: [6, "a decision is proposed and nothing is settled: a second person has to say the same"],
  fault: [70, "a fault of gw itself: please report what it printed"],
} as const satisfies Readonly<Record<string, readonly [number, string]>>;

export type Ending = keyof typeof exits;

/** Ends the command with one line on standard error. */
export class Stopped extends Error {
  override readonly name = "Stopped";
  readonly ending: Exclude<Ending, "done">;

  constructor(ending: Exclude<Ending, "done">, message: string, options?: ErrorOptions) {
    super(message, options);
    this.ending = ending;
  }
}

export const wrongInput = (message: string): Stopped => new Stopped("wrongInput", message);

/** The table of `gw --help`. */
export const exitsTold = (): string =>
  Object.values(exits)
    .map(([code, meaning]) => `  ${code}  ${meaning}`)
    .join("\n");
