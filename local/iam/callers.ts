import type { ApiRoute } from "../api-routes.ts";
import { CannotStart } from "../cannot-start.ts";
import { local } from "../intrinsics.ts";
import { contextOf } from "./condition.ts";
import { decide } from "./policy.ts";
import { type ApiPrincipal, requestArn } from "./principals.ts";
import { isFault, type ReceivedRequest, verify } from "./signature.ts";

/** Who called, as a function is told in `requestContext.authorizer.iam`. */
export interface Caller {
  readonly accessKey: string;
  readonly accountId: string;
  readonly callerId: string;
  readonly cognitoIdentity: null;
  readonly principalOrgId: null;
  readonly userArn: string;
  readonly userId: string;
}

/** Lets a request in, with its caller where the route asks who calls; or does not. */
export type Admission = { readonly caller?: Caller } | "forbidden";

/** `path` is the decoded one that routes are found by. */
export type Admit = (routeKey: string, path: string, request: ReceivedRequest) => Admission;

/** Everyone may call everything, as on a developer's machine. */
export const admitAll: Admit = () => ({});

/**
 * Admits to a route with AWS_IAM who signs and may invoke it. An HTTP API says no more than `Forbidden`; why is in its
 * access log.
 *
 * @throws CannotStart where a route asks for what the local host cannot verify.
 */
export function admitSigned(
  routes: readonly ApiRoute[],
  principals: readonly ApiPrincipal[],
  report: (sentence: string) => void,
): Admit {
  const strange = routes.find(({ authorization }) => authorization !== "NONE" && authorization !== "AWS_IAM");
  if (strange !== undefined) {
    throw new CannotStart(
      `${strange.key} asks for ${strange.authorization}, and with AUTH=iam the local host can verify AWS_IAM alone: leave AUTH out, or synthesize the stack with IAM.`,
    );
  }
  const open = new Set(routes.filter(({ authorization }) => authorization === "NONE").map(({ key }) => key));
  const holders = new Map(principals.map((principal) => [principal.accessKeyId, principal]));
  return (routeKey, path, request) => {
    if (open.has(routeKey)) return {};
    const forbidden = (why: string): "forbidden" => {
      report(`${routeKey}: ${why}`);
      return "forbidden";
    };
    const scope = { service: "execute-api", region: local.region, now: new Date() };
    const holder = verify(request, scope, (accessKeyId) => holders.get(accessKeyId));
    if (isFault(holder)) return forbidden(holder.message);
    const { arn, sessionArn, account, accessKeyId, userId, policies } = holder;
    const action = "execute-api:Invoke";
    const resource = requestArn(request.method, path);
    const access = {
      principal: { arn, sessionArn, account },
      action,
      resource,
      context: contextOf(arn, account),
    };
    const decision = decide(access, policies);
    if (decision !== "allowed")
      return forbidden(
        decision === "explicitly denied"
          ? `User: ${sessionArn} is not authorized to perform: ${action} on resource: ${resource} with an explicit deny`
          : `User: ${sessionArn} is not authorized to perform: ${action} on resource: ${resource} because no statement of its policy allows it`,
      );
    return {
      caller: {
        accessKey: accessKeyId,
        accountId: account,
        callerId: userId,
        cognitoIdentity: null,
        principalOrgId: null,
        userArn: sessionArn,
        userId,
      },
    };
  };
}
