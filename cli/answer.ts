import { type Expected, isAbout, isProblem, isRefusedBefore, isSuccess } from "../client/src/answer.ts";
import type { Problem } from "../client/src/contract.ts";
import { foreignSentence } from "../client/src/problem.ts";
import type { Reply } from "../ops/smoke/gateway.ts";
import type { Ending } from "./exit.ts";
import type { Io } from "./io.ts";
import { isObject, type JsonObject, lines, shown } from "./shown.ts";

/** The gateway's own problem about that request, where the reply is one. */
const problemIn = ({ body }: Reply, expected: Expected): Problem | undefined =>
  isProblem(body) && isAbout(body, expected) ? body : undefined;

/** Whether something on the way gave the reply: it is neither of the gateway nor of API Gateway. */
export const isForeign = (reply: Reply, expected: Expected): boolean =>
  !isSuccess(reply.status, reply.body, expected) &&
  problemIn(reply, expected) === undefined &&
  (reply.status < 400 ||
    isProblem(reply.body) ||
    (expected.isChange && reply.status < 500 && !isBefore(reply, expected)));

const isBefore = ({ status, headers, body }: Reply, expected: Expected): boolean =>
  isRefusedBefore({ status, headers: new Headers(headers), body }, expected);

/**
 * How a command ends by a reply: by its form, status, `code` and `retry` alone. After API Gateway's own 429 and 5xx, and after all
 * that something on the way answers, a change is repeated under the same identity, since its record knows what may be done.
 */
export function endingOf(reply: Reply, expected: Expected): Ending {
  const { status, body } = reply;
  if (isSuccess(status, body, expected)) return "done";
  const problem = problemIn(reply, expected);
  if (problem === undefined) {
    if (isForeign(reply, expected)) return expected.isChange ? "inDoubt" : "unreachable";
    if (!isBefore(reply, expected)) return "inDoubt";
    return status === 429 ? "notDone" : "refused";
  }
  const { code, retry } = problem;
  if (status === 504 || code === "in-progress") return "inDoubt";
  if (retry === "same-identity") return "notDone";
  return code === "invalid-request" || code === "unacceptable-body" ? "wrongInput" : "refused";
}

/** Whether the gateway itself says that the outcome is not known, and with `retry` how to go on. */
export const saysDoubt = (reply: Reply, expected: Expected): boolean =>
  problemIn(reply, expected) !== undefined && endingOf(reply, expected) === "inDoubt";

/** The first line of a reply: `200 succeeded`, `422 wrong-credential: AggrePay refused the MPIN.` */
export function headline(reply: Reply, expected: Expected): string {
  const { status, body } = reply;
  const problem = problemIn(reply, expected);
  if (problem !== undefined) return `${status} ${problem.code}: ${shown(problem.detail)}`;
  if (isForeign(reply, expected)) return `${status}: ${foreignSentence(status)}`;
  const { message, record } = isObject(body) ? body : {};
  if (status < 300) {
    const state = isObject(record) ? ` ${shown(record.state)}` : "";
    return `${status}${state}`;
  }
  const why = typeof message === "string" ? `: ${message}` : "";
  return `${status}${why} (API Gateway's own answer${status === 403 ? ": is the caller allowed this route?" : ""})`;
}

const hints: Readonly<Record<string, string>> = {
  "after-fix": "mend the request",
  "same-identity": "repeat the same request",
  never: "do not repeat it",
};

/** Tells a reply, for people or as the JSON that came. */
export function tellReply(reply: Reply, expected: Expected, io: Io, json: boolean): void {
  const isStrange = isForeign(reply, expected);
  if (json) {
    if (isStrange) io.err(headline(reply, expected));
    io.out(JSON.stringify(reply.body ?? { status: reply.status }));
    return;
  }
  const isGood = isSuccess(reply.status, reply.body, expected);
  const replayed = isGood && reply.headers["idempotency-replayed"] === "true" ? "  (given before)" : "";
  io.out(`${io.paint(isGood ? "green" : "red", headline(reply, expected))}${replayed}`);
  if (!isStrange) for (const line of detailsOf(reply)) io.out(line);
}

function detailsOf({ body }: Reply): readonly string[] {
  if (!isObject(body)) return [];
  const { result, page, errors, provider, retry, nextReversal, record } = body;
  const spent =
    isObject(record) && record.state === "declined" ? ": this identity is spent, use a new one" : "";
  return [
    ...lines(result, "result"),
    ...(Array.isArray(errors) && errors.length > 1 ? errors.filter(isObject).map(errorLine) : []),
    ...lines(
      {
        ...(isObject(page) && { page }),
        ...(isObject(provider) && { provider: `${shown(provider.code)}  ${shown(provider.message)}`.trim() }),
        ...(typeof retry === "string" && { retry: `${retry} (${hints[retry] ?? retry}${spent})` }),
        ...(nextReversal !== undefined && { nextReversal }),
        ...(isObject(record) && {
          record: `${shown(record.id)}  ${shown(record.state)}, attempt ${shown(record.attempt)}`,
        }),
      },
      "",
    ),
  ];
}

const errorLine = ({ pointer, header, detail }: JsonObject): string =>
  `  ${shown(pointer ?? header) || "the body"} ${shown(detail)}`;
