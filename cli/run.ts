import { CannotStart } from "../local/cannot-start.ts";
import { Usage } from "../ops/smoke/address.ts";
import { Unsigned } from "../ops/smoke/identity.ts";
import { type Ending, exits, Stopped } from "./exit.ts";
import { type Io, visibly } from "./io.ts";

/** Runs what a command does, and keeps how it ended; a program of its own ends with a code of its own. */
export type Run = (command: (io: Io) => Promise<Ending | number>) => Promise<void>;

/** One line for what a person can put right; anything else is a fault of ours and is thrown on. */
export function runner(given: Io, end: (code: number) => void): Run {
  const io = visibly(given);
  return async (command) => {
    try {
      const ended = await command(io);
      end(typeof ended === "number" ? ended : exits[ended][0]);
    } catch (error) {
      if (!(error instanceof Stopped) && !isWrongInput(error)) throw error;
      io.err(error.message);
      end(exits[error instanceof Stopped ? error.ending : "wrongInput"][0]);
    }
  };
}

const isWrongInput = (error: unknown): error is Error =>
  error instanceof Usage || error instanceof Unsigned || error instanceof CannotStart;
