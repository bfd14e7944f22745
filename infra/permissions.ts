import type { Stack } from "aws-cdk-lib";
import { Effect, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { LogGroup } from "aws-cdk-lib/aws-logs";
import type { FunctionDefinition, QueueName, TableAction } from "../lib/operation/definition.ts";
import type { Data } from "./data.ts";
import { customerIndex, unfinishedIndex } from "./names.ts";

export interface Used extends Data {
  readonly logGroup: LogGroup;
  readonly tracing: boolean;
}

/** All that a function may do. */
export function statementsOf(stack: Stack, definition: FunctionDefinition, used: Used): PolicyStatement[] {
  return [
    // The ARN ends in `:*`, the group's streams: Lambda starts one for every environment of the function.
    allow(["logs:CreateLogStream", "logs:PutLogEvents"], [used.logGroup.logGroupArn]),
    ...secretStatements(stack, definition, used),
    ...tableStatements(stack, definition, used),
    ...queueStatements(stack, definition, used),
    // X-Ray has no resources of a kind that a policy could name.
    ...(used.tracing ? [allow(["xray:PutTelemetryRecords", "xray:PutTraceSegments"], ["*"])] : []),
  ];
}

function secretStatements(stack: Stack, { secrets }: FunctionDefinition, used: Used): PolicyStatement[] {
  if (secrets.length === 0) return [];
  const arns = secrets.flatMap((name) => used.secrets.get(name)?.ref ?? []);
  return [
    allow(["secretsmanager:GetSecretValue"], arns),
    allowKey(
      stack,
      used,
      { service: "secretsmanager", encryptionContext: { "kms:EncryptionContext:SecretARN": arns } },
      ["kms:Decrypt"],
    ),
  ];
}

/**
 * The table itself is read and written by key alone: every query is one of an index. A record's key is a hash, so a condition
 * on leading keys tells one function's records from another's only where the key begins with words of its own.
 */
function tableStatements(stack: Stack, definition: FunctionDefinition, used: Used): PolicyStatement[] {
  const { tableActions, keysBeginWith, writesKeysOf } = definition;
  if (tableActions.length === 0) return [];
  const { tableArn } = used.table;
  const byKey = tableActions.filter((action) => action !== "Query");
  const statements: PolicyStatement[] = [];
  const allowByKey = (actions: readonly TableAction[], prefixes: readonly string[] | undefined) => {
    if (actions.length === 0) return;
    const conditions = prefixes === undefined ? {} : leadingKeys(prefixes);
    statements.push(
      allow(
        actions.map((action) => `dynamodb:${action}`),
        [tableArn],
        conditions,
      ),
    );
  };
  const heldBack = byKey.filter((action) => writesKeysOf !== undefined && action === "UpdateItem");
  allowByKey(
    byKey.filter((action) => !heldBack.includes(action)),
    keysBeginWith,
  );
  allowByKey(heldBack, writesKeysOf);
  if (byKey.length < tableActions.length) {
    statements.push(
      allow(
        ["dynamodb:Query"],
        indexesOf(definition).map((index) => `${tableArn}/index/${index}`),
      ),
    );
  }
  // DynamoDB uses the key in its caller's name: the caller needs these permissions for a table under a customer managed key. No encryption context: the key has this one table, and DescribeKey carries none.
  const writes = byKey.includes("UpdateItem");
  statements.push(
    allowKey(stack, used, { service: "dynamodb" }, writes ? keyActions.write : keyActions.read),
  );
  return statements;
}

/** SQS uses the key in the name of the caller that sends or receives a message. */
function queueStatements(
  stack: Stack,
  { putsInto, takesFrom, postpones }: FunctionDefinition,
  used: Used,
): PolicyStatement[] {
  const arnsOf = (name: QueueName | undefined) => (name && used.queues.get(name)?.queue.queueArn) ?? [];
  return [
    ...(putsInto
      ? [
          allow(["sqs:SendMessage"], [arnsOf(putsInto)].flat()),
          allowKey(stack, used, { service: "sqs" }, ["kms:Decrypt", "kms:GenerateDataKey"]),
        ]
      : []),
    // What Lambda does with its queue, it does in the function's name.
    ...(takesFrom
      ? [
          allow(
            [
              ...(postpones ? ["sqs:ChangeMessageVisibility"] : []),
              ...["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
            ],
            [arnsOf(takesFrom)].flat(),
          ),
          ...(used.queues.get(takesFrom)?.queue.encryptionMasterKey
            ? [allowKey(stack, used, { service: "sqs" }, ["kms:Decrypt"])]
            : []),
        ]
      : []),
  ];
}

/** What the clock runs looks for what is unfinished; people may also ask for a customer's records. */
export const indexesOf = ({ schedule, queries }: FunctionDefinition): readonly string[] =>
  queries ?? (schedule ? [unfinishedIndex] : [unfinishedIndex, customerIndex]);

/**
 * What Lambda does in a function's name to put it into a network. The calls that list network interfaces cannot be limited to some of
 * them, and the others are needed for every resource of account and Region: a narrower grant fails the deployment. So the function's own code
 * is denied all of it: calls that it makes carry the key `lambda:SourceFunctionArn`, those of Lambda do not.
 * Source: Lambda Developer Guide, "Giving Lambda functions access to resources in an Amazon VPC", on required IAM permissions;
 * "Working with Lambda execution environment credentials".
 */
export function interfaceStatements(stack: Stack): PolicyStatement[] {
  const ofAccount = stack.formatArn({ service: "ec2", resource: "*", resourceName: "*" });
  return [
    allow(interfaceActions.change, [ofAccount]),
    allow(interfaceActions.look, ["*"]),
    new PolicyStatement({
      effect: Effect.DENY,
      actions: Object.values(interfaceActions).flat(),
      resources: ["*"],
      conditions: { Null: { "lambda:SourceFunctionArn": "false" } },
    }),
  ];
}

const interfaceActions = {
  change: [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
  ],
  look: ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"],
} as const;

/** What the AWS documentation asks for, and what CDK grants with a table, each action by its whole name. */
const keyActions = {
  read: ["kms:Decrypt", "kms:DescribeKey"],
  write: [
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
  ],
} as const;

interface KeyUse {
  readonly service: string;
  readonly encryptionContext?: Readonly<Record<string, unknown>>;
}

/** Through that service alone: never to use the key by itself. */
export function allowKey(
  stack: Stack,
  { key }: Pick<Data, "key">,
  { service, encryptionContext = {} }: KeyUse,
  actions: readonly string[],
): PolicyStatement {
  return new PolicyStatement({
    actions: [...actions],
    resources: [key.keyArn],
    conditions: {
      StringEquals: { "kms:ViaService": `${service}.${stack.region}.amazonaws.com`, ...encryptionContext },
    },
  });
}

/**
 * `ForAllValues` also holds for a call that names no key at all, hence `Null`.
 * Source: DynamoDB Developer Guide, "Using IAM policy conditions for fine-grained access control"; IAM User Guide, "Set
 * operators for multivalued context keys". A transaction needs what each of its items needs.
 */
const leadingKeys = (prefixes: readonly string[]): Conditions => ({
  "ForAllValues:StringLike": { "dynamodb:LeadingKeys": prefixes.map((prefix) => `${prefix}*`) },
  Null: { "dynamodb:LeadingKeys": "false" },
});

type Conditions = Readonly<Record<string, unknown>>;

export const allow = (
  actions: readonly string[],
  resources: readonly string[],
  conditions: Conditions = {},
): PolicyStatement =>
  new PolicyStatement({ actions: [...actions], resources: [...resources], conditions: { ...conditions } });
