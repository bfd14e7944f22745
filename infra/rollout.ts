import { ArnFormat, type Stack } from "aws-cdk-lib";
import type { IAlarm } from "aws-cdk-lib/aws-cloudwatch";
import {
  type ILambdaDeploymentConfig,
  LambdaApplication,
  LambdaDeploymentConfig,
  LambdaDeploymentGroup,
} from "aws-cdk-lib/aws-codedeploy";
import { PolicyDocument, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { Config, Rollout } from "./config.ts";
import type { Deployed } from "./functions.ts";
import { resourceId } from "./names.ts";
import { allow } from "./permissions.ts";

/**
 * New versions take over step by step, and the old ones are live again as soon as an alarm of the function goes off. Both
 * write the same records meanwhile, so a version must read what the one before it wrote, and the other way round.
 */
export function rollOut(
  stack: Stack,
  { rollout }: Config,
  functions: readonly Deployed[],
  alarmsOf: (deployed: Deployed) => readonly IAlarm[],
): void {
  if (rollout === "all-at-once") return;
  const application = new LambdaApplication(stack, "Rollout");
  const role = new Role(stack, "RolloutRole", {
    assumedBy: new ServicePrincipal("codedeploy.amazonaws.com"),
    description: `${stack.stackName}: moves the functions' aliases from version to version`,
    inlinePolicies: {
      uses: new PolicyDocument({
        statements: [
          allow(
            ["lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"],
            [ofStack(stack, "lambda", "function")],
          ),
          allow(["cloudwatch:DescribeAlarms"], [ofStack(stack, "cloudwatch", "alarm")]),
        ],
      }),
    },
  });
  for (const deployed of functions) {
    new LambdaDeploymentGroup(stack, `${resourceId(deployed.definition.name)}Rollout`, {
      application,
      alias: deployed.live,
      deploymentConfig: steps[rollout],
      alarms: [...alarmsOf(deployed)],
      // Otherwise CDK attaches a policy of AWS's own, for every function of the account.
      role: role.withoutPolicyUpdates(),
    });
  }
}

/** All of the stack's own: CloudFormation begins their names with the stack's. Versions and aliases are named after those. */
const ofStack = (stack: Stack, service: string, resource: string): string =>
  stack.formatArn({
    service,
    resource,
    resourceName: `${stack.stackName}-*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });

const steps: Readonly<Record<Exclude<Rollout, "all-at-once">, ILambdaDeploymentConfig>> = {
  canary: LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
  linear: LambdaDeploymentConfig.LINEAR_10PERCENT_EVERY_1MINUTE,
};
