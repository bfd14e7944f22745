import * as v from "valibot";
import type { FunctionDefinition, Route } from "../../lib/operation/definition.ts";
import type { ProblemCode } from "../../lib/problem.ts";
import { type Reply, Unanswered } from "./gateway.ts";
import type { CallerRequest } from "./identity.ts";

export interface Finding {
  readonly check: string;
  /** A warning is for a person to look at and no failure of the deployment. */
  readonly verdict: "ok" | "warning" | "failed" | "skipped";
  readonly why: string;
}

export type Result = Omit<Finding, "check"> | readonly Finding[];

/** A check's findings; an answer that does not come is a failure. */
export async function* found(check: string, run: () => Promise<Result> | Result): AsyncGenerator<Finding> {
  try {
    const result = await run();
    if ("verdict" in result) yield { check, ...result };
    else yield* result;
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    yield { check, ...failed(error.message) };
  }
}

export const ok = (why: string): Omit<Finding, "check"> => ({ verdict: "ok", why });
export const warning = (why: string): Omit<Finding, "check"> => ({ verdict: "warning", why });
export const failed = (why: string): Omit<Finding, "check"> => ({ verdict: "failed", why });
export const skipped = (why: string): Omit<Finding, "check"> => ({ verdict: "skipped", why });

/** API Gateway's own answers have this and no code. */
const platformAnswer = v.strictObject({ message: v.string() });

/** Of a REST API whose policy does not let the caller in. */
const policyAnswer = v.strictObject({ Message: v.pipe(v.string(), v.includes("execute-api:Invoke")) });

export const isRefusedByPolicy = ({ status, body }: Reply): boolean =>
  status === 403 && v.is(policyAnswer, body);

export const isPlatforms = ({ body }: Reply): boolean => v.is(platformAnswer, body);

const problem = v.object({
  type: v.string(),
  title: v.string(),
  status: v.number(),
  detail: v.string(),
  instance: v.string(),
  code: v.string(),
  errors: v.optional(v.array(v.object({ detail: v.string() }))),
  provider: v.optional(v.object({ code: v.string() })),
  record: v.optional(v.object({ id: v.string() })),
});

export function problemOf({ status, type, body }: Reply): v.InferOutput<typeof problem> | undefined {
  const parsed = v.safeParse(problem, body);
  const isOne = parsed.success && type === "application/problem+json" && parsed.output.status === status;
  return isOne ? parsed.output : undefined;
}

export const isProblem = (reply: Reply, code: ProblemCode): boolean => problemOf(reply)?.code === code;

/** An answer in few words. Only what is ours is quoted: another's text may hold the signed request, credentials included. */
export function shown(reply: Reply): string {
  const ours = problemOf(reply);
  if (ours) return `${reply.status} ${ours.code}: ${ours.detail}`;
  if (reply.status === 403 && isPlatforms(reply))
    return "403 of API Gateway: the caller may not call this route (execute-api:Invoke, or the token's scopes), or the signature is not accepted (Region, clock, credentials)";
  if (reply.status === 401 && isPlatforms(reply))
    return "401 of API Gateway: the token is not accepted (issuer, audience, expiry), or the gateway asks for one";
  if (isPlatforms(reply)) return `${reply.status} of API Gateway`;
  return `${reply.status} ${reply.type || "without a type"}, not in the gateway's form`;
}

export const get = (path: string): CallerRequest => ({ method: "GET", path, signed: true });

export const post = (path: string, input: object): CallerRequest => ({
  method: "POST",
  path,
  body: JSON.stringify(input),
  contentType: "application/json",
  signed: true,
});

/** The route of an operation, by its name in the registry. */
export function routeIn(functions: readonly FunctionDefinition[], name: string): Route {
  const route = functions.find((each) => each.name === name)?.route;
  if (!route) throw new Error(`the registry has no route of ${name}`);
  return route;
}
