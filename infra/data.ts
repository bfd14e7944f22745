import { ArnFormat, CfnOutput, type Stack } from "aws-cdk-lib";
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from "aws-cdk-lib/aws-dynamodb";
import {
  AnyPrincipal,
  Effect,
  type IRole,
  PolicyDocument,
  PolicyStatement,
  ServicePrincipal,
} from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { CfnResourcePolicy, CfnSecret } from "aws-cdk-lib/aws-secretsmanager";
import type { FunctionDefinition, QueueName, SecretName } from "../lib/operation/definition.ts";
import { type Config, removalPolicy } from "./config.ts";
import { customerIndex, operationIndex, resourceId, unfinishedIndex } from "./names.ts";
import { createQueues, type QueuePair } from "./queues.ts";
import { secretDescription } from "./secret-description.ts";

/** What outlives every function: the records, the secrets, what waits in queues, and the key that these and the logs are under. */
export interface Data {
  readonly key: Key;
  readonly table: Table;
  readonly secrets: ReadonlyMap<SecretName, CfnSecret>;
  readonly queues: ReadonlyMap<QueueName, QueuePair>;
}

export function createData(stack: Stack, config: Config, definitions: readonly FunctionDefinition[]): Data {
  const key = createKey(stack, config);
  return {
    key,
    table: createTable(stack, config, key, definitions),
    secrets: createSecrets(stack, config, key, definitions),
    queues: createQueues(stack, config, key, definitions),
  };
}

/** Its policy says `*`, which in a key's own policy is that key: the account's IAM policies decide who may use it. */
function createKey(stack: Stack, config: Config): Key {
  const key = new Key(stack, "Key", {
    description: `Records, secrets and logs of ${stack.stackName}`,
    enableKeyRotation: true,
    removalPolicy: removalPolicy(config),
  });
  // CloudWatch Logs uses the key in its own name. CloudFormation begins the names of the stack's log groups with the stack's.
  const logGroups = stack.formatArn({
    service: "logs",
    resource: "log-group",
    resourceName: `${stack.stackName}-*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  key.addToResourcePolicy(
    new PolicyStatement({
      sid: "LogsOfThisStack",
      principals: [new ServicePrincipal(`logs.${stack.region}.amazonaws.com`)],
      actions: ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
      resources: ["*"],
      conditions: { ArnLike: { "kms:EncryptionContext:aws:logs:arn": logGroups } },
    }),
  );
  return key;
}

export const createLogGroup = (
  stack: Stack,
  id: string,
  config: Config,
  { key }: Pick<Data, "key">,
): LogGroup =>
  new LogGroup(stack, id, {
    encryptionKey: key,
    retention: config.logRetention,
    removalPolicy: removalPolicy(config),
  });

/**
 * One table in one region, and not a global table: a second region that could claim the same identity would move
 * money twice.
 */
function createTable(
  stack: Stack,
  config: Config,
  key: Key,
  definitions: readonly FunctionDefinition[],
): Table {
  const table = new Table(stack, "Records", {
    partitionKey: { name: "pk", type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    encryption: TableEncryption.CUSTOMER_MANAGED,
    encryptionKey: key,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    // Only the new image: the pipe needs the item as a write leaves it.
    stream: StreamViewType.NEW_IMAGE,
    timeToLiveAttribute: "expires",
    // It stops CloudFormation, too, when a first deployment is taken back: docs/operations.md says how to go on.
    deletionProtection: config.retainData,
    removalPolicy: removalPolicy(config),
  });
  // Sparse: only unfinished records have a shard. Whoever reads it looks at the record itself before deciding.
  table.addGlobalSecondaryIndex({
    indexName: unfinishedIndex,
    partitionKey: { name: "shard", type: AttributeType.NUMBER },
    sortKey: { name: "due", type: AttributeType.NUMBER },
    projectionType: ProjectionType.KEYS_ONLY,
  });
  table.addGlobalSecondaryIndex({
    indexName: customerIndex,
    partitionKey: { name: "customer", type: AttributeType.STRING },
    sortKey: { name: "createdAt", type: AttributeType.NUMBER },
    projectionType: ProjectionType.INCLUDE,
    nonKeyAttributes: ["state", "amount", "operation"],
  });
  // The records of a day. Its keys are attributes that every record has anyway, and nothing that it holds changes when a record
  // is settled: a claim pays a unit for it, and a settle none. An operation's route is throttled below what one partition takes.
  if (definitions.some(({ queries }) => queries?.includes(operationIndex)))
    table.addGlobalSecondaryIndex({
      indexName: operationIndex,
      partitionKey: { name: "operation", type: AttributeType.STRING },
      sortKey: { name: "dispatchedAt", type: AttributeType.NUMBER },
      projectionType: ProjectionType.INCLUDE,
      nonKeyAttributes: ["provider", "account", "customer", "amount"],
    });
  return table;
}

/**
 * A provider's secret is created without a value: people put it there, so that no template, parameter or pipeline ever
 * holds it. Without one, a function refuses before anything is sent. The gateway's own begins with a key that
 * CloudFormation generates.
 */
function createSecrets(
  stack: Stack,
  config: Config,
  key: Key,
  definitions: readonly FunctionDefinition[],
): ReadonlyMap<SecretName, CfnSecret> {
  const names = new Set<SecretName>(["gateway", ...definitions.flatMap(({ secrets }) => secrets)]);
  return new Map(
    [...names].map((name) => {
      const secret = new CfnSecret(stack, `Secret${resourceId(name)}`, {
        description: secretDescription(name),
        kmsKeyId: key.keyArn,
        ...(name === "gateway" && { generateSecretString }),
      });
      secret.applyRemovalPolicy(removalPolicy(config));
      const purpose = name === "gateway" ? "Holds a generated key" : "Empty until a person fills it";
      new CfnOutput(stack, `${resourceId(name)}SecretArn`, {
        value: secret.ref,
        description: `${purpose}; the description of the secret "${name}" says in what shape`,
      });
      return [name, secret];
    }),
  );
}

/**
 * Never to be changed: CloudFormation generates a new value over the old one as soon as one of these differs, and every
 * record names the key that it was made with.
 */
const generateSecretString = {
  secretStringTemplate: "{}",
  generateStringKey: "generatedKey",
  passwordLength: 64,
  excludePunctuation: true,
};

/**
 * No one but its functions reads a secret, whatever policies of principals allow. Writing is not denied: who puts a new
 * value need not see the old one. The key rings alone are read to be changed, by those who are named for it.
 */
export function closeSecrets(
  stack: Stack,
  { keyRingReaders }: Config,
  secrets: ReadonlyMap<SecretName, CfnSecret>,
  readersOf: (name: SecretName) => readonly IRole[],
): void {
  for (const [name, secret] of secrets) {
    const functions = readersOf(name).map(({ roleArn }) => roleArn);
    const readers = name === "gateway" ? [...functions, ...keyRingReaders] : functions;
    new CfnResourcePolicy(stack, `Secret${resourceId(name)}Policy`, {
      secretId: secret.ref,
      blockPublicPolicy: true,
      resourcePolicy: new PolicyDocument({
        statements: [
          new PolicyStatement({
            effect: Effect.DENY,
            principals: [new AnyPrincipal()],
            actions: ["secretsmanager:GetSecretValue"],
            // In a secret's own policy: that secret.
            resources: ["*"],
            conditions: { ArnNotEquals: { "aws:PrincipalArn": readers } },
          }),
        ],
      }),
    });
  }
}
