import { decisive } from "../../lib/providers/words.ts";
import type { Answer, Draft } from "./http.ts";
import { searched } from "./world.ts";

/** What must not be; `what` names the class, so that like findings are counted together. */
export interface Finding {
  readonly what: string;
  readonly detail: string;
}

const members = ["type", "title", "status", "detail", "instance", "code", "retry"];
const ownStatuses = new Set([200, 400, 401, 403, 404, 409, 413, 415, 422, 429, 502, 503, 504]);

/** What is wrong with an answer as such, whatever was asked. */
export function wrongIn(answer: Answer | undefined, { method, path }: Draft): readonly Finding[] {
  if (!answer) return [{ what: "no answer", detail: "the connection broke" }];
  const { status, headers, text } = answer;
  const found: Finding[] = [];
  const finds = (what: string) => found.push({ what, detail: `${status} ${text.slice(0, 300)}` });
  // The one route that gives user tokens to whom they belong.
  for (const secret of [text, JSON.stringify(headers)].flatMap(secretsIn))
    if (!(path.startsWith("/v1/account-bindings/") && secret === "user token"))
      finds(`${secret} in an answer`);
  if (method === "HEAD" || (status === 200 && isConsole(path))) return found;
  const type = String(headers["content-type"] ?? "");
  const json = parsed(text);
  if (json === undefined) finds("an answer that is no JSON object");
  else if (type === "application/problem+json") {
    if (members.some((name) => !(name in json))) finds("a problem that lacks a member");
    if (json.status !== status) finds("a problem with another status");
  } else if (status >= 400 && !("message" in json)) finds("an error that is no problem");
  if (json && isRefusalByUnlistedCode(json)) finds("a final refusal by a code that no table lists");
  if (status === 500 || (status === 503 && !("code" in (json ?? {})))) finds("a function that failed");
  if (!ownStatuses.has(status)) finds(`status ${status}`);
  return found;
}

/** The local host's own page, for people. */
const isConsole = (path: string): boolean => /^\/(?:console\/[^?#]*)?(?:[?#]|$)/.test(path);

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** What refuses a change for good; any other code proves nothing, until a reply or an inquiry shows that nothing was done. */
const refusing =
  /^(INVALID-(PARAMS|INPUT-DATA|OTP|MPIN)|INSUFFICIENT-FUND|(MONTHLY-)?TRANSACTION-LIMIT(-EXCEEDED)?|TRANSACTION-ALREADY-REVERSED|NO-(PG-TRANSACTION|SUB-MERCHANT)-RECORD(-FOUND)?|null|90(09|14|16|17|19)|9109)$/i;

function isRefusalByUnlistedCode(json: Readonly<Record<string, unknown>>): boolean {
  const { record, provider, detail } = json as {
    readonly record?: { readonly state?: string };
    readonly provider?: { readonly code?: string };
    readonly detail?: string;
  };
  const isShown = /shows that it did not act|did not do it/.test(detail ?? "");
  return (
    record?.state === "declined" &&
    !isShown &&
    provider?.code !== undefined &&
    !refusing.test(decisive(provider.code))
  );
}

const names = new Map(
  searched.map((secret) => [secret, secret.startsWith("planted-user-token") ? "user token" : "a secret"]),
);

export const secretsIn = (text: string): readonly string[] =>
  searched.filter((secret) => text.includes(secret)).map((secret) => names.get(secret) ?? "a secret");

/** The request's id, as answers and log lines have it. */
export const requestIdOf = (answer: Answer | undefined): string | undefined => {
  const id = answer?.headers["apigw-requestid"];
  return typeof id === "string" ? id : undefined;
};

export interface LoggedFault extends Finding {
  readonly requestId: string | undefined;
}

/** A database that all of this is too much for; what the gateway makes of it is not looked for here. */
export const isOverload = (line: string): boolean =>
  /"error":"(?:TimeoutError|ClaimUnknown|Problem not-sent|Error ECONNRESET)/.test(line) ||
  (line.includes('"AggregateError"') && line.includes("could not be looked into")) ||
  line.includes("what waits for a person could not be counted");

/** What the functions' log lines confess to, each exception that is no problem among it. */
export function faultsInLogs(lines: readonly string[]): readonly LoggedFault[] {
  return lines.flatMap((line) => {
    const secrets = secretsIn(line).map((secret) => `${secret} in a log line`);
    const isFault = /"error":|"errorType"|Runtime exited|Task timed out|^[A-Z][A-Za-z]*: (?!\{)/.test(line);
    if (secrets.length === 0 && (!isFault || isOverload(line))) return [];
    const json = parsed(line.slice(line.indexOf("{"))) as
      | { requestId?: string; error?: string; errorAt?: readonly string[]; message?: unknown }
      | undefined;
    const whats = [
      ...secrets,
      ...(isFault && !isOverload(line) ? [`logged: ${json?.error ?? shortOf(json?.message ?? line)}`] : []),
    ];
    const detail = `${json?.errorAt?.join(" < ") ?? ""} ${line.slice(0, 400)}`;
    return whats.map((what) => ({ what, detail, requestId: json?.requestId }));
  });
}

const shortOf = (message: unknown): string =>
  (typeof message === "string" ? message : JSON.stringify(message)).slice(0, 120);
