import { CannotStart } from "./cannot-start.ts";
import { contextOf } from "./iam/condition.ts";
import { likeArn } from "./iam/pattern.ts";
import type { Permissions, Resource } from "./iam/permissions.ts";
import { decide } from "./iam/policy.ts";
import { type Intrinsics, local } from "./intrinsics.ts";

/** A function as something leads to it: as itself, or as its alias. */
export interface Callee {
  readonly name: string;
  readonly arn: string;
}

/** An integration of an API: which function it calls, and the role that it calls it under, where it has one. */
export interface Integration {
  readonly callee: Callee;
  readonly roleArn: string | undefined;
}

export interface Invoking {
  /** @throws CannotStart where a URI or ARN leads to no function of this stack. */
  calleeOf(uri: string, what: string): Callee;
  /**
   * A function's own policy must let API Gateway or EventBridge call it as they do; without, it would never run on AWS.
   * @throws CannotStart where it does not.
   */
  checkGrant(callee: Callee, service: string, source: string): void;
  /**
   * The same for what an API calls: under a role, the role must be API Gateway's to take and allow it.
   * @param path What the function's own policy would name: `ApiId/stage/GET/path`.
   * @throws CannotStart where it may not.
   */
  checkIntegration(integration: Integration, path: string): void;
}

/** Who may invoke the functions of a template. */
export function invoking(
  resources: readonly Resource[],
  functions: readonly Callee[],
  permissions: Pick<Permissions, "role">,
  { text }: Intrinsics,
): Invoking {
  const grants = resources
    .filter(({ type }) => type === "AWS::Lambda::Permission")
    .map(({ properties }) => {
      const named = text(properties.FunctionName);
      return {
        arn: functions.find(({ name }) => name === named)?.arn ?? named,
        service: text(properties.Principal),
        covers: likeArn(text(properties.SourceArn) ?? "*"),
      };
    });
  const checkGrant: Invoking["checkGrant"] = (callee, service, source) => {
    const granted = grants.some(
      (each) => each.arn === callee.arn && each.service === service && each.covers(source),
    );
    if (!granted) fail(`The template does not let ${service} invoke ${callee.arn} for ${source}.`);
  };
  return {
    checkGrant,
    calleeOf(uri, what) {
      const found = functions.flatMap(({ name, arn: own }) => {
        const called = uri.split("/").find((part) => part === own || part.startsWith(`${own}:`));
        return called === undefined ? [] : [{ name, arn: called }];
      });
      return found[0] ?? fail(`${what} leads to ${uri}, which is no function of this stack.`);
    },
    checkIntegration({ callee, roleArn }, path) {
      if (roleArn === undefined)
        return checkGrant(callee, apiGateway, `arn:aws:execute-api:${local.region}:${local.account}:${path}`);
      const { name, policies, trusts } = permissions.role(roleArn);
      if (!trusts.includes(apiGateway)) fail(`Role ${name} does not let ${apiGateway} act as it.`);
      const { account } = local;
      const decision = decide(
        {
          principal: { arn: roleArn, sessionArn: roleArn, account },
          action: "lambda:InvokeFunction",
          resource: callee.arn,
          context: contextOf(roleArn, account),
        },
        policies,
      );
      if (decision !== "allowed") fail(`Role ${name} does not let ${apiGateway} invoke ${callee.arn}.`);
    },
  };
}

const apiGateway = "apigateway.amazonaws.com";

const fail = (sentence: string): never => {
  throw new CannotStart(sentence);
};
