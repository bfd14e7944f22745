import type { Reply } from "../ops/smoke/gateway.ts";
import type { Ending } from "./exit.ts";
import type { Io } from "./io.ts";
import { isObject, type JsonObject, lines, shown } from "./shown.ts";

/**
 * How a command ends by a reply: by status, `code` and `retry` alone. Answers without `code` are API Gateway's own: after its 429
 * and 5xx a change is repeated under the same identity, since its record knows what may be done.
 */
export function endingOf({ status, body }: Reply): Ending {
  if (status >= 200 && status < 300) return "done";
  const { code, retry } = isObject(body) ? body : {};
  if (typeof code !== "string") {
    if (status === 429) return "notDone";
    return status >= 500 ? "inDoubt" : "refused";
  }
  if (status === 504 || code === "in-progress") return "inDoubt";
  if (retry === "same-identity") return "notDone";
  return code === "invalid-request" || code === "unacceptable-body" ? "wrongInput" : "refused";
}

/** The first line of a reply: `200 succeeded`, `422 wrong-credential: AggrePay refused the MPIN.` */
export function headline({ status, body }: Reply): string {
  const { code, detail, message, record } = isObject(body) ? body : {};
  if (typeof code === "string") return `${status} ${code}: ${shown(detail)}`;
  if (status >= 200 && status < 300) {
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
export function tellReply(reply: Reply, io: Io, json: boolean): void {
  if (json) {
    io.out(JSON.stringify(reply.body ?? { status: reply.status }));
    return;
  }
  const isGood = reply.status >= 200 && reply.status < 300;
  const replayed = reply.headers["idempotency-replayed"] === "true" ? "  (given before)" : "";
  io.out(`${io.paint(isGood ? "green" : "red", headline(reply))}${replayed}`);
  for (const line of detailsOf(reply)) io.out(line);
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
