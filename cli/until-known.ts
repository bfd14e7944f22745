import { setTimeout as sleep } from "node:timers/promises";
import { type Reply, Unanswered } from "../ops/smoke/gateway.ts";
import { headline, presetSeconds, type Verdict, verdictOn } from "./answer.ts";
import { Stopped } from "./exit.ts";

/** How long and through what a request is repeated. */
interface Repeating {
  readonly seconds: number;
  readonly tell: (sentence: string) => void;
  /** @throws Stopped `unreachable` */
  readonly send: () => Promise<Reply>;
}

interface Known {
  readonly reply: Reply;
  readonly verdict: Verdict;
}

/**
 * Repeats the same request until its outcome is known, or waits for a person, or the time is over: then the last reply is given.
 * A request whose reply was lost is repeated too. Only a first one that was never sent is not: there is no gateway.
 *
 * @throws Stopped `unreachable` where no reply ever came
 */
export async function untilKnown({ seconds, send, tell }: Repeating): Promise<Known> {
  const end = performance.now() + seconds * 1000;
  let last: Known | undefined;
  for (let isFirst = true; ; isFirst = false) {
    const met = await attempt(send, isFirst);
    if (!(met instanceof Stopped)) last = met;
    const wait = waitOf(met);
    if (wait === undefined || performance.now() + wait * 1000 > end) {
      if (last) return last;
      throw met;
    }
    const why = met instanceof Stopped ? met.message : headline(met.reply);
    tell(`${why} Repeated in ${wait} s.`);
    await sleep(wait * 1000);
  }
}

async function attempt(send: Repeating["send"], isFirst: boolean): Promise<Known | Stopped> {
  try {
    const reply = await send();
    return { reply, verdict: verdictOn(reply) };
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    if (isFirst && error.cause instanceof Unanswered && error.cause.isUnsent) throw error;
    return error;
  }
}

/** Seconds until the request is repeated; undefined where it is not. */
function waitOf(met: Known | Stopped): number | undefined {
  if (met instanceof Stopped) return presetSeconds;
  return "repeatAfterSeconds" in met.verdict ? met.verdict.repeatAfterSeconds : undefined;
}
