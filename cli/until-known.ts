import { setTimeout as sleep } from "node:timers/promises";
import type { Expected } from "../client/src/answer.ts";
import { GatewayProblem, NotKnownYet, RefusedByApiGateway } from "../client/src/problem.ts";
import { untilKnown as repeated, type Sent } from "../client/src/until-known.ts";
import { type Reply, Unanswered } from "../ops/smoke/gateway.ts";
import { endingOf, headline } from "./answer.ts";
import { type Ending, Stopped } from "./exit.ts";

/** How long and through what a request is repeated. */
interface Repeating {
  readonly seconds: number;
  readonly tell: (sentence: string) => void;
  readonly expected: Expected;
  /** @throws Stopped `unreachable`, or `inDoubt` where the request was sent */
  readonly send: () => Promise<Reply>;
}

/** The last reply, and what is known of all the requests by then. */
export interface Known {
  readonly reply: Reply;
  readonly ends: Ending;
}

/**
 * Repeats the same request as the client does, until its outcome is known, or waits for a person, or the time is over. Then a
 * last reply which speaks of its own request alone says nothing of one before it that is in doubt.
 *
 * @throws Stopped as `send` does, where no reply ever came
 */
export async function untilKnown({ seconds, send, expected, tell }: Repeating): Promise<Known> {
  let last: Reply | undefined;
  let lost: Stopped | undefined;
  const onRepeat = (why: unknown, waitMs: number) => {
    if (waitsForPerson(why)) throw why;
    const sentence = why instanceof Stopped || last === undefined ? messageOf(why) : headline(last, expected);
    tell(`${sentence} Repeated in ${Math.ceil(waitMs / 1000)} s.`);
  };
  const sent = async (): Promise<Sent> => {
    try {
      last = await send();
      return { kind: "answer", ...last, headers: new Headers(last.headers) };
    } catch (cause) {
      if (!(cause instanceof Stopped)) throw cause;
      const isUnsent = cause.cause instanceof Unanswered && cause.cause.isUnsent;
      if (!isUnsent) lost = cause;
      return { kind: isUnsent ? "unsigned" : "nothing", cause };
    }
  };
  try {
    await repeated(sent, expected, { patienceMs: seconds * 1000, onRepeat, sleep: (ms) => sleep(ms) });
  } catch (error) {
    const isTold = [GatewayProblem, RefusedByApiGateway, NotKnownYet].some((each) => error instanceof each);
    if (!isTold) throw error;
    if (last === undefined) throw lost ?? (error instanceof NotKnownYet ? error.cause : error);
    if (error instanceof NotKnownYet && error.mayBeDone && expected.isChange)
      return { reply: last, ends: "inDoubt" };
  }
  if (last === undefined) throw new Error("a request ended without a reply");
  return { reply: last, ends: endingOf(last, expected) };
}

const waitsForPerson = (why: unknown): boolean =>
  why instanceof GatewayProblem && why.record?.state === "needs_attention";

const messageOf = (why: unknown): string => (why instanceof Error ? why.message : String(why));
