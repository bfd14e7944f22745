import { type App, type Stack, Token, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import type { Config } from "./config.ts";

/** Every synthesis is checked against two packs of rules, and fails at a finding that is not explained below. */
export function checkFindings(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
}

/** What a pack finds and we leave as it is, with the reason. */
interface Explained {
  readonly id: string;
  /** The constructs of the stack that it is explained for; left out, the whole of it. */
  readonly at?: RegExp;
  readonly reason: string;
}

/** Of the API of notifications. */
const ofTheDoor: readonly Explained[] = [
  ...["AwsSolutions::AwsSolutions-APIG4", "AwsSolutions::AwsSolutions-COG4"].map((id) => ({
    id,
    at: /^Door$/,
    reason:
      "A provider cannot sign for AWS. The API's policy looks at the source address, and the function checks the notification's own signature.",
  })),
  {
    id: "AwsSolutions::AwsSolutions-APIG2",
    at: /^Door$/,
    reason:
      "Providers send more than one form, and what they sign is the bytes: the function reads every form, and the signature decides.",
  },
  {
    id: "AwsSolutions::AwsSolutions-APIG3",
    at: /^Door$/,
    reason:
      "The API's policy lets listed addresses in and no others. AWS WAF can be put before the stage by whoever opens it (webhookDoor=open).",
  },
  {
    id: "AwsSolutions::AwsSolutions-APIG6",
    at: /^Door$/,
    reason:
      "The access log has a line for each request. The execution log of API Gateway would be a group that is neither under the stack's key nor forgets.",
  },
  {
    id: "Serverless::Serverless-APIGWXrayEnabled",
    at: /^Door$/,
    reason: "Tracing is the deployment's choice: with tracing=on the stage traces too.",
  },
];

const explained = (stack: Stack, { tracing, oldWebhookRoute }: Config): readonly Explained[] => [
  ...(tracing
    ? ["AwsSolutions::AwsSolutions-IAM5[Resource::*]", "Serverless::Serverless-LambdaStarPermissions"].map(
        (id) => ({
          id,
          at: /Role$/,
          reason: "Tracing is on, and X-Ray has no resources of a kind that a policy could name.",
        }),
      )
    : []),
  {
    id: "AwsSolutions::AwsSolutions-SMG4",
    reason:
      "Providers give their keys by hand, so nothing could rotate them by itself, and a key of the gateway's rings is kept as long as a record names it. Functions follow a new value without a deployment (docs/operations.md).",
  },
  ...ofTheDoor,
  ...(oldWebhookRoute
    ? [
        {
          id: "AwsSolutions::AwsSolutions-APIG4",
          at: /^Api$/,
          reason:
            "The webhook's old route is kept (oldWebhookRoute=on). Its function checks the notification's own signature and the source address, and it has a throttle of its own.",
        },
      ]
    : []),
  {
    id: "AwsSolutions::AwsSolutions-IAM5[Resource::*]",
    at: /^ApisLogRole$/,
    reason:
      "REST APIs of the account write every log of theirs under one role, and API Gateway takes none that may do less (AmazonAPIGatewayPushToCloudWatchLogs).",
  },
  {
    id: `AwsSolutions::AwsSolutions-IAM5[Resource::${arnOf(stack, "lambda", `function:${stack.stackName}-*`)}]`,
    at: /^RolloutRole$/,
    reason:
      "The stack's own functions with their versions: CloudFormation begins their names with the stack's.",
  },
  {
    id: "AwsSolutions::AwsSolutions-IAM5[Resource::*]",
    at: /^RolloutRole$/,
    reason:
      "It may look at alarms and change none. CloudWatch refuses a narrower grant to whoever asks for composite alarms, too.",
  },
  {
    id: `AwsSolutions::AwsSolutions-IAM5[Resource::${arnOf(stack, "ec2", "*/*")}]`,
    at: /^EgressPolicy$/,
    reason:
      "Lambda makes and removes the functions' network interfaces in their name, and AWS asks for every resource of account and Region. The functions' own code is denied it.",
  },
  {
    id: "AwsSolutions::AwsSolutions-IAM5[Resource::*]",
    at: /^EgressPolicy$/,
    reason:
      "Lambda looks at subnets and network interfaces in the functions' name, and AWS has no narrower grant to look. The functions' own code is denied it.",
  },
  {
    id: "AwsSolutions::AwsSolutions-SQS3",
    at: /^UndeliveredEvents$/,
    reason: "It is a dead-letter queue itself: the pipe's.",
  },
  {
    id: "Serverless::Serverless-SQSRedrivePolicy",
    at: /^UndeliveredEvents$/,
    reason: "It is a dead-letter queue itself: the pipe's.",
  },
  ...["AwsSolutions::AwsSolutions-SQS3", "Serverless::Serverless-SQSRedrivePolicy"].map((id) => ({
    id,
    at: /^Dead(?:Notifications|MerchantEvents)$/,
    reason: "It is a dead-letter queue itself.",
  })),
  {
    id: "Serverless::Serverless-LambdaEventSourceMappingDestination",
    at: /Source$/,
    reason: "What fails goes back to its queue, and from there to the queue's own dead-letter queue.",
  },
  {
    id: "Serverless::Serverless-LambdaDLQ",
    reason:
      "Callers wait for the answer, so nothing is invoked asynchronously but the run of the clock, and what one run leaves is due at the next.",
  },
  {
    id: "Serverless::Serverless-LambdaAsyncFailureDestination",
    reason:
      "What one run of the clock leaves is due at the next, a minute later; two alarms see it if runs fail or end.",
  },
  {
    id: "Serverless::Serverless-EventBusDLQ",
    reason: "The same: a run that was not delivered is made up for by the next.",
  },
  {
    id: "Serverless::Serverless-LambdaTracing",
    reason:
      "Tracing is the deployment's choice (tracing=on); logs and metrics have durations of the provider and of the function.",
  },
];

/** As the pack writes an ARN whose parts are not known before the deployment. */
function arnOf(stack: Stack, service: string, resource: string): string {
  const known = (value: string, name: string) => (Token.isUnresolved(value) ? `<AWS::${name}>` : value);
  const partition = known(stack.partition, "Partition");
  const region = known(stack.region, "Region");
  const account = known(stack.account, "AccountId");
  return `arn:${partition}:${service}:${region}:${account}:${resource}`;
}

export function explainFindings(stack: Stack, config: Config): void {
  for (const { id, at, reason } of explained(stack, config)) {
    const constructs = at ? stack.node.children.filter(({ node }) => at.test(node.id)) : [stack];
    for (const construct of constructs) Validations.of(construct).acknowledge({ id, reason });
  }
}
