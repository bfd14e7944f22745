import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { Problem } from "../problem.ts";

/**
 * Who asks, as text: an IAM role or user without its session name, or a token's issuer and subject. A pod that dies and the
 * pod that repeats its request are the same caller.
 */
export type Caller = string;

interface Authorizer {
  readonly iam?: { readonly userArn?: string };
  readonly jwt?: { readonly claims?: Readonly<Record<string, unknown>> };
}

/**
 * The caller as API Gateway's authorizer established it; `anonymous` where the route has none, as on a developer's machine.
 * @throws Problem `access-denied` for a token that does not say who calls: all callers with such tokens would share their Idempotency-Keys.
 */
export function callerOf(event: APIGatewayProxyEventV2): Caller {
  const { authorizer } = event.requestContext as { readonly authorizer?: Authorizer };
  const arn = authorizer?.iam?.userArn;
  if (arn !== undefined) return withoutSession(arn);
  if (authorizer?.jwt === undefined) return "anonymous";
  const { iss, sub } = authorizer.jwt.claims ?? {};
  if (typeof iss === "string" && typeof sub === "string") return `jwt:${JSON.stringify([iss, sub])}`;
  throw new Problem(
    "access-denied",
    "The token does not say who calls: it must have the claims iss and sub.",
  );
}

/**
 * Who asks, with the name of the session: of a role that several people may take, the one who did. For what a person
 * answers for, and never to tell one request from another.
 */
export const personOf = (event: APIGatewayProxyEventV2): string =>
  (event.requestContext as { readonly authorizer?: Authorizer }).authorizer?.iam?.userArn ?? callerOf(event);

/** `arn:aws:sts::1:assumed-role/name/session` is the role `name`, whoever's session it is. */
const withoutSession = (arn: string): string =>
  arn.replace(/^(arn:[^:]+:sts::\d+:assumed-role\/[^/]+)\/.*$/, "$1");
