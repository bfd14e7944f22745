import { describe, expect, test } from "vitest";
import { functions } from "../../functions/index.ts";
import { byDefault, synthesized } from "./synthesized.ts";

describe.each([
  ["canary", "CodeDeployDefault.LambdaCanary10Percent5Minutes"],
  ["linear", "CodeDeployDefault.LambdaLinear10PercentEvery1Minute"],
])("a %s rollout", (rollout, config) => {
  const template = synthesized({ stage: "prod", rollout });
  const groups = Object.entries(template.findResources("AWS::CodeDeploy::DeploymentGroup"));

  test("moves each function by itself, step by step", () => {
    expect(groups).toHaveLength(byDefault.length);
    // Two versions of what claims together with something else are not kept out by one another.
    const atOnce = [
      "AggrepayRegisterCustomer",
      "AggrepayCreditWallet",
      "AggrepayAddSubMerchant",
      "AggrepayDebitReversal",
    ];
    for (const [id, { Properties }] of groups) {
      const isAtOnce = atOnce.some((name) => id.startsWith(`${name}Rollout`));
      expect(Properties.DeploymentConfigName).toBe(isAtOnce ? "CodeDeployDefault.LambdaAllAtOnce" : config);
    }
    const moved = Object.values(template.findResources("AWS::Lambda::Alias")).map(
      ({ UpdatePolicy }) => UpdatePolicy?.CodeDeployLambdaAliasUpdate.DeploymentGroupName.Ref,
    );
    expect(new Set(moved)).toEqual(new Set(groups.map(([id]) => id)));
  });

  test("goes back when the function fails, or has setbacks", () => {
    const alarmsOf = (name: string): readonly { readonly Name: { readonly Ref: string } }[] =>
      groups.find(([id]) => id.startsWith(`${name}Rollout`))?.[1].Properties.AlarmConfiguration.Alarms;
    const names = (name: string) => alarmsOf(name).map(({ Name }) => Name.Ref.replace(/[0-9A-F]{8}$/, ""));
    for (const name of ["AggrepayDebitWallet", "RecordsGet"])
      expect(names(name)).toEqual([`${name}ErrorsAlarm`, `${name}SetbacksAlarm`]);
    template.hasResourceProperties("AWS::CloudWatch::Alarm", {
      Namespace: "WalletGateway",
      MetricName: "Setbacks",
      Dimensions: [{ Name: "function", Value: "aggrepay/debit-wallet" }],
      Period: 60,
      Threshold: 1,
      EvaluationPeriods: 5,
      DatapointsToAlarm: 2,
    });
    for (const [, { Properties }] of groups) {
      expect(Properties.AutoRollbackConfiguration).toEqual({
        Enabled: true,
        Events: expect.arrayContaining(["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]),
      });
      expect(Properties.AlarmConfiguration.Enabled).toBe(true);
    }
  });

  test("is done by a role that may move this stack's functions and look at alarms, no more", () => {
    const [role] = Object.entries(template.findResources("AWS::IAM::Role")).filter(([id]) =>
      id.startsWith("RolloutRole"),
    );
    const ownFunctions = {
      "Fn::Join": [
        "",
        [
          "arn:",
          { Ref: "AWS::Partition" },
          ":lambda:",
          { Ref: "AWS::Region" },
          ":",
          { Ref: "AWS::AccountId" },
          ":function:WalletGateway-*",
        ],
      ],
    };
    expect(role?.[1].Properties.ManagedPolicyArns).toBeUndefined();
    expect(role?.[1].Properties.Policies[0].PolicyDocument.Statement).toEqual([
      {
        Effect: "Allow",
        Action: ["lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"],
        Resource: ownFunctions,
      },
      // A narrower one is refused to whoever asks for composite alarms, too.
      { Effect: "Allow", Action: "cloudwatch:DescribeAlarms", Resource: "*" },
    ]);
  });
});

test("production is rolled out by canary unless told, and development at once", () => {
  expect(
    Object.keys(synthesized({ stage: "prod" }).findResources("AWS::CodeDeploy::DeploymentGroup")),
  ).toHaveLength(byDefault.length);
  synthesized().resourceCountIs("AWS::CodeDeploy::DeploymentGroup", 0);
});

test("old versions stay in production, to go back to by hand", () => {
  // But not those that a deployment made which was then taken back: the same code could not be deployed again.
  synthesized({ stage: "prod" }).allResources("AWS::Lambda::Version", {
    DeletionPolicy: "RetainExceptOnCreate",
  });
});

test("another signing layer makes another version of every function", () => {
  const versions = (layer: string) =>
    Object.keys(synthesized({}, functions, "WalletGateway", layer).findResources("AWS::Lambda::Version"));
  const [before, same, after] = [versions("1"), versions("1"), versions("2")];
  expect(before).toHaveLength(byDefault.length);
  expect(same).toEqual(before);
  expect(after.filter((id) => before.includes(id))).toEqual([]);
});
