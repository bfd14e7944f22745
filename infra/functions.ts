import { Duration, type Stack } from "aws-cdk-lib";
import { SubnetType } from "aws-cdk-lib/aws-ec2";
import { Rule, RuleTargetInput, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction as LambdaTarget } from "aws-cdk-lib/aws-events-targets";
import { type IRole, PolicyDocument, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  Alias,
  Architecture,
  type CfnEventSourceMapping,
  Code,
  EventSourceMapping,
  type IFunction,
  type IVersion,
  Function as LambdaFunction,
  LayerVersion,
  LoggingFormat,
  Runtime,
  Tracing,
} from "aws-cdk-lib/aws-lambda";
import { tableVariable, variableOf } from "../lib/config.ts";
import { namespaceVariable } from "../lib/metrics.ts";
import { type FunctionDefinition, secretIdVariable } from "../lib/operation/definition.ts";
import { eventOf, sharesOf } from "../lib/operation/share.ts";
import { merchantQueueVariable, notificationQueueVariable } from "../lib/queue.ts";
import { timeNames } from "../lib/settings.ts";
import type { Bundle, Bundles } from "./bundle.ts";
import { type Config, removalPolicy } from "./config.ts";
import { createLogGroup, type Data } from "./data.ts";
import { callsProvider, type Egress } from "./egress.ts";
import { resourceId } from "./names.ts";
import { statementsOf } from "./permissions.ts";

/** A function as it stands in the stack. Whoever calls it calls `live`, which is moved from one version to the next. */
export interface Deployed {
  readonly definition: FunctionDefinition;
  readonly role: IRole;
  readonly live: Alias & IFunction;
}

export interface Surroundings {
  readonly config: Config;
  readonly data: Data;
  /** Where providers are told to notify. */
  readonly webhookUrl: string;
  /** Where functions that call providers run; undefined, they run where the others do. */
  readonly egress: Egress | undefined;
}

export function createFunctions(
  stack: Stack,
  definitions: readonly FunctionDefinition[],
  bundles: Bundles,
  surroundings: Surroundings,
): readonly Deployed[] {
  const signing = new LayerVersion(stack, "Signing", {
    code: Code.fromAsset(bundles.layer.folder),
    compatibleRuntimes: [Runtime.NODEJS_24_X],
    compatibleArchitectures: [Architecture.ARM_64],
    description: "How each provider's requests are signed; shared by every function",
  });
  return definitions.map((definition) => {
    const bundle = bundles.functions.get(definition.name);
    if (bundle === undefined) throw new Error(`${definition.name} has no bundle`);
    return createFunction(stack, definition, { ...bundle, signing }, surroundings);
  });
}

function createFunction(
  stack: Stack,
  definition: FunctionDefinition,
  { folder, signing }: Bundle & { readonly signing: LayerVersion },
  { config, data, webhookUrl, egress }: Surroundings,
): Deployed {
  const network = callsProvider(definition) ? egress : undefined;
  const id = resourceId(definition.name);
  const { tracing } = config;
  const logGroup = createLogGroup(stack, `${id}Log`, config, data);
  const role = new Role(stack, `${id}Role`, {
    assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    description: `${stack.stackName}: ${definition.name}`,
    inlinePolicies: {
      uses: new PolicyDocument({
        statements: statementsOf(stack, definition, { ...data, logGroup, tracing }),
      }),
    },
    ...(network && { managedPolicies: [network.policy] }),
  });
  const lambda = new LambdaFunction(stack, id, {
    description: definition.summary,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    code: Code.fromAsset(folder),
    handler: "index.handler",
    layers: [signing],
    timeout: timeoutOf(definition, config),
    memorySize: definition.schedule ? scheduledMemorySize : memorySize,
    ...reservedFor(definition, config),
    // Nothing that CDK does later widens the role: what a function may do is in its statements, all of it.
    role: role.withoutPolicyUpdates(),
    logGroup,
    loggingFormat: LoggingFormat.JSON,
    tracing: tracing ? Tracing.ACTIVE : Tracing.DISABLED,
    ...(network && {
      vpc: network.vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      securityGroups: [network.securityGroup],
    }),
    environment: variablesOf(stack, definition, { config, data, webhookUrl }),
    // What ran yesterday can be made live again by hand.
    currentVersionOptions: { removalPolicy: removalPolicy(config) },
  });
  // CDK's classes have `role` undefined where its interfaces have it absent.
  const live = new Alias(stack, `${id}Live`, {
    aliasName: "live",
    version: lambda.currentVersion as IVersion,
    ...(definition.schedule && onlyOnce),
  }) as Alias & IFunction;
  if (definition.schedule) {
    const { everyMinutes, isAlone } = definition.schedule;
    new Rule(stack, `${id}Schedule`, {
      description: definition.summary,
      schedule: Schedule.rate(Duration.minutes(everyMinutes)),
      targets: isAlone
        ? [new LambdaTarget(live, onlyOnce)]
        : sharesOf(config.reconcileWorkers).map(
            (share) =>
              new LambdaTarget(live, { ...onlyOnce, event: RuleTargetInput.fromObject(eventOf(share)) }),
          ),
    });
  }
  const source = definition.takesFrom && data.queues.get(definition.takesFrom);
  if (source) {
    const mapping = new EventSourceMapping(stack, `${id}Source`, {
      target: live,
      eventSourceArn: source.queue.queueArn,
      batchSize: 10,
      // One message that fails comes again by itself.
      reportBatchItemFailures: true,
      // After an outage there is no hurry: what callers wait for has the concurrency.
      maxConcurrency: 2,
    });
    // CDK takes the alias's name apart and puts it together again.
    (mapping.node.defaultChild as CfnEventSourceMapping).functionName = live.functionArn;
  }
  return { definition, role, live };
}

/** A part of the account's concurrency that is one function's, and bounds it: see `Config`. */
function reservedFor({ access, schedule }: FunctionDefinition, config: Config) {
  const isShared = schedule !== undefined && schedule.isAlone === undefined;
  const own =
    access === "open" ? config.webhookConcurrency : isShared ? config.reconcileConcurrency : undefined;
  return own === undefined ? {} : { reservedConcurrentExecutions: own };
}

function variablesOf(
  stack: Stack,
  { variables, secrets, tableActions, putsInto, takesFrom, postpones, schedule }: FunctionDefinition,
  { config, data, webhookUrl }: Pick<Surroundings, "config" | "data" | "webhookUrl">,
): Record<string, string> {
  const values: Record<string, string> = { WEBHOOK_BASE_URL: webhookUrl, ...config.variables };
  return {
    ...Object.fromEntries(
      variables.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])),
    ),
    [namespaceVariable]: stack.stackName,
    ...Object.fromEntries(
      timeNames
        .filter((name) => schedule !== undefined || name !== "inquiryTimeoutMs")
        .map((name) => [variableOf(name), String(config[name])]),
    ),
    BACK_OFF_MS: config.backOffMs.join(","),
    ...(takesFrom &&
      postpones && { [merchantQueueVariable]: data.queues.get(takesFrom)?.queue.queueUrl ?? "" }),
    ...(putsInto && { [notificationQueueVariable]: data.queues.get(putsInto)?.queue.queueUrl ?? "" }),
    ...(tableActions.length > 0 && { [tableVariable]: data.table.tableName }),
    ...Object.fromEntries(secrets.map((name) => [secretIdVariable(name), data.secrets.get(name)?.ref ?? ""])),
  };
}

/** No caller waits for what the clock runs: it may use the whole time until its next run, but for what starts late. */
const timeoutOf = ({ schedule }: FunctionDefinition, { functionTimeoutMs }: Config): Duration =>
  schedule ? Duration.seconds(schedule.everyMinutes * 60 - 5) : Duration.millis(functionTimeoutMs);

/** Neither EventBridge nor Lambda repeats a run: what one leaves is due still at the next, a minute later. */
const onlyOnce = { retryAttempts: 0, maxEventAge: Duration.minutes(1) };

/**
 * A request waits for the provider and computes little, so memory is bought for the CPU share that comes with it:
 * at 512 MB (0.29 vCPU) a TLS handshake and two signatures stay in the low tens of milliseconds.
 */
const memorySize = 512;

/**
 * A run of `reconcile` has 32 questions under way at a time: with 512 MB the processor is its bound, and not the provider. What
 * it costs while nothing is due is the same, as it then computes and waits little (docs/cost.md).
 */
const scheduledMemorySize = 1_769;
