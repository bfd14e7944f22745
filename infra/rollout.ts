import { ArnFormat, Duration, type Stack } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, type IAlarm, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import {
  type ILambdaDeploymentConfig,
  LambdaApplication,
  LambdaDeploymentConfig,
  LambdaDeploymentGroup,
} from "aws-cdk-lib/aws-codedeploy";
import { PolicyDocument, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { ownMetrics } from "./alarms.ts";
import type { Config, Rollout } from "./config.ts";
import type { Deployed } from "./functions.ts";
import { resourceId } from "./names.ts";
import { allow } from "./permissions.ts";

/**
 * New versions take over step by step, and the old ones are live again as soon as an alarm of the function goes off. Both
 * write the same records meanwhile, so a version must read what the one before it wrote, and the other way round.
 * What claims together with something else takes over all at once: a version that does not would not be kept out by one that does.
 */
export function rollOut(
  stack: Stack,
  { rollout }: Config,
  functions: readonly Deployed[],
  errorsOf: (deployed: Deployed) => IAlarm,
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
            [functionsOf(stack)],
          ),
          // Of all alarms, as in AWS's own policy: CloudWatch refuses a narrower grant to whoever asks for composite alarms,
          // too, and CodeDeploy fails a deployment when it may not look at its alarms.
          allow(["cloudwatch:DescribeAlarms"], ["*"]),
        ],
      }),
    },
  });
  for (const deployed of functions) {
    new LambdaDeploymentGroup(stack, `${resourceId(deployed.definition.name)}Rollout`, {
      application,
      alias: deployed.live,
      deploymentConfig: deployed.definition.takesOverAtOnce
        ? LambdaDeploymentConfig.ALL_AT_ONCE
        : steps[rollout],
      alarms: [errorsOf(deployed), setbacksOf(stack, deployed)],
      // Otherwise CDK attaches a policy of AWS's own, for every function of the account.
      role: role.withoutPolicyUpdates(),
    });
  }
}

/**
 * What a new version may have broken shows within the minutes of a rollout, though it serves a tenth of the calls: unexpected
 * errors, replies that it cannot read, a configuration that it cannot use. The alarm notifies no person.
 */
const setbacksOf = (stack: Stack, { definition: { name } }: Deployed): Alarm =>
  new Alarm(stack, `${resourceId(name)}SetbacksAlarm`, {
    alarmDescription: `${name} fails again and again: a rollout of it goes back. Runbook: docs/operations.md#changing-what-runs`,
    metric: ownMetrics(stack)("Setbacks", { function: name, period: Duration.minutes(1) }),
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    threshold: 1,
    evaluationPeriods: 5,
    datapointsToAlarm: 2,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });

/** All of the stack's own: CloudFormation begins their names with the stack's. Versions and aliases are named after those. */
const functionsOf = (stack: Stack): string =>
  stack.formatArn({
    service: "lambda",
    resource: "function",
    resourceName: `${stack.stackName}-*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });

const steps: Readonly<Record<Exclude<Rollout, "all-at-once">, ILambdaDeploymentConfig>> = {
  canary: LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
  linear: LambdaDeploymentConfig.LINEAR_10PERCENT_EVERY_1MINUTE,
};
