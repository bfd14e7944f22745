import { CfnResource, type Stack } from "aws-cdk-lib";
import { ConfigError } from "./context.ts";

/** CloudFormation takes no more: "AWS CloudFormation quotas", resources declared in a template. */
const most = 500;

/** @throws ConfigError for a stack that could not be deployed, before anything of it is. */
export function checkSize(stack: Stack): void {
  const resources = stack.node.findAll().filter((node) => CfnResource.isCfnResource(node)).length;
  if (resources > most)
    throw new ConfigError(
      `The stack has ${resources} resources and CloudFormation takes ${most}: take operations that nobody calls out of functions/operations.ts (10 resources each), or choose egress any (32 fewer)`,
    );
}
