import type { RecordItem } from "../records/record.ts";
import type { Send } from "../transport.ts";
import { type Breaker, breakerOf } from "./breaker.ts";

/** What waits to be asked about in a run, a line for each provider. */
export interface Lines {
  /** False where the record is left to a later run: its provider does not answer, or more wait than a run can ask about. */
  add(record: RecordItem): boolean;
  /** The next to ask about, once there is one; undefined when all has been asked that could be. */
  next(): Promise<Asked | undefined>;
  /** Until there is something to read on for: as long as more wait than are asked about soon, there is not. */
  untilShort(): Promise<void>;
  /** Nothing is added any more, or nothing is asked. */
  close(): void;
}

export interface Asked {
  readonly record: RecordItem;
  readonly watching: Breaker["watching"];
  /** Called when it has been asked about. */
  readonly done: () => void;
}

interface Line {
  readonly breaker: Breaker;
  readonly waiting: RecordItem[];
  underWay: number;
}

/** More than a run can ask about, and as many as are asked about within some seconds. */
const longest = 5_000;
const enough = 500;

export function linesOf(): Lines {
  const lines = new Map<string, Line>();
  let isClosed = false;
  let change = Promise.withResolvers<void>();
  const tell = () => {
    change.resolve();
    change = Promise.withResolvers();
  };
  const lineOf = (provider: string): Line => {
    const line = lines.get(provider) ?? { breaker: breakerOf(), waiting: [], underWay: 0 };
    lines.set(provider, line);
    return line;
  };
  const answering = () => [...lines.values()].filter(({ breaker }) => !breaker.isOpen());
  return {
    add(record) {
      const { breaker, waiting } = lineOf(record.provider);
      if (breaker.isOpen() || waiting.length >= longest) return false;
      waiting.push(record);
      tell();
      return true;
    },
    async next() {
      while (true) {
        const line = fairest(answering());
        const record = line?.waiting.shift();
        if (line && record) return askedIn(line, record, tell);
        if (isClosed) return undefined;
        await change.promise;
      }
    },
    async untilShort() {
      while (!isClosed && answering().some(({ waiting }) => waiting.length >= enough)) await change.promise;
    },
    close() {
      isClosed = true;
      tell();
    },
  };
}

function askedIn(line: Line, record: RecordItem, tell: () => void): Asked {
  line.underWay += 1;
  return {
    record,
    watching: (send: Send) => line.breaker.watching(send),
    done() {
      line.underWay -= 1;
      tell();
    },
  };
}

/** Of the providers whose records wait, the one that is asked least: none waits until another's line is empty. */
const fairest = (lines: readonly Line[]): Line | undefined =>
  lines
    .filter(({ waiting }) => waiting.length > 0)
    .reduce<Line | undefined>(
      (least, line) => (least && least.underWay <= line.underWay ? least : line),
      undefined,
    );
