import type { Application } from "../assembly.ts";
import { local } from "../intrinsics.ts";
import { isObject, type Json, type JsonObject, listOf, objectOf, parseJson, textOf } from "../json.ts";
import { queueOf } from "../queues.ts";
import { contextOf } from "./condition.ts";
import type { FunctionIdentity } from "./credentials.ts";
import type { Key } from "./permissions.ts";
import { type Access, decide, decideForKey, type Verdict } from "./policy.ts";
import { isFault, type ReceivedRequest, verify } from "./signature.ts";

/** How AWS's JSON protocols say no: with status 400, an error type and a sentence. */
export interface Refusal {
  readonly type: string;
  readonly message: string;
}

/** Says what is wrong with a function's call to a store, if anything is. */
export type StoreCheck = (request: ReceivedRequest) => Refusal | undefined;

interface Rights<Part extends keyof Application> {
  readonly identities: readonly FunctionIdentity[];
  readonly application: Pick<Application, Part>;
  /** A refusal means that the template is wrong: it is printed for the person who runs the host. */
  readonly report: (functionName: string, sentence: string) => void;
}

/** Believes a call by its signature, and lets it do what the template lets the function's role do. */
export function checkDynamoDb(rights: Rights<"keys">): StoreCheck {
  const { keys } = rights.application;
  return checkWith("dynamodb", rights, (caller, operation, input) => {
    for (const { action, table, index, key: leadingKey } of tableUses(operation, input)) {
      const tableArn = table.startsWith("arn:") || table === "*" ? table : `${tablePrefix}${table}`;
      const resource = index === undefined ? tableArn : `${tableArn}/index/${index}`;
      const access = accessOf(caller, `dynamodb:${action}`, resource, [["dynamodb:LeadingKeys", leadingKey]]);
      const decision = decide(access, caller.policies);
      if (decision !== "allowed") return deniedBecause(access, decision);
      const key = keys.get(tableArn);
      const refused =
        key && keyRefusal(caller, key, keyUse(action), { service: "dynamodb", context: tableContext(table) });
      if (refused !== undefined) return refused;
    }
    return undefined;
  });
}

/** As `checkDynamoDb`, for the values of secrets: the secret's own policy has a say too. */
export function checkSecretsManager(rights: Rights<"secrets" | "secretPolicies" | "keys">): StoreCheck {
  const { secrets, secretPolicies, keys } = rights.application;
  return checkWith("secretsmanager", rights, (caller, operation, input) => {
    const id = textOf(input.SecretId) ?? "*";
    const resource = secrets.find(({ arn, name }) => arn === id || name === id)?.arn ?? id;
    const access = accessOf(caller, `secretsmanager:${operation}`, resource);
    const decision = decide(access, caller.policies, secretPolicies.get(resource));
    if (decision !== "allowed") return deniedBecause(access, decision);
    const key = keys.get(resource);
    const context = [["kms:EncryptionContext:SecretARN", resource]] as const;
    const refused = key && keyRefusal(caller, key, ["kms:Decrypt"], { service: "secretsmanager", context });
    // Secrets Manager does not say what KMS said.
    return (
      refused && {
        answer: { ...refused.answer, message: "Access to KMS is not allowed" },
        reason: refused.reason,
      }
    );
  });
}

/** As `checkDynamoDb`, for queues. */
export function checkQueues(rights: Rights<"queues" | "queuePolicies" | "keys">): StoreCheck {
  const { queues, queuePolicies, keys } = rights.application;
  return checkWith("sqs", rights, (caller, operation, input) => {
    const resource = queueOf(queues, input)?.arn ?? "*";
    const action = operation.replace(/Batch$/, "");
    const access = accessOf(caller, `sqs:${action}`, resource);
    const decision = decide(access, caller.policies, queuePolicies.get(resource));
    if (decision !== "allowed") return deniedBecause(access, decision);
    const key = keys.get(resource);
    const context = [["kms:EncryptionContext:aws:sqs:arn", resource]] as const;
    return key && keyRefusal(caller, key, queueKeyUse.get(action) ?? [], { service: "sqs", context });
  });
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html */
const queueKeyUse: ReadonlyMap<string, readonly string[]> = new Map([
  ["SendMessage", ["kms:GenerateDataKey", "kms:Decrypt"]],
  ["ReceiveMessage", ["kms:Decrypt"]],
]);

/** What the caller is told, and what the person who mends the template needs to know. */
interface Denial {
  readonly answer: Refusal;
  readonly reason: string;
}

type Rule = (caller: FunctionIdentity, operation: string, input: JsonObject) => Denial | undefined;

function checkWith(service: string, { identities, report }: Rights<never>, rule: Rule): StoreCheck {
  const holders = new Map(identities.map((identity) => [identity.accessKeyId, identity]));
  return (request) => {
    const scope = { service, region: local.region, now: new Date() };
    const caller = verify(request, scope, (accessKeyId) => holders.get(accessKeyId));
    if (isFault(caller)) return caller;
    const [, operation = ""] = headerOf(request, "x-amz-target").split(".");
    const denial = rule(caller, operation, inputOf(request.body));
    if (denial !== undefined) report(caller.functionName, denial.reason);
    return denial?.answer;
  };
}

const tablePrefix = `arn:aws:dynamodb:${local.region}:${local.account}:table/`;

interface TableUse {
  readonly action: string;
  readonly table: string;
  readonly index?: string;
  /** The partition key of the item that it is about. */
  readonly key: string;
}

/** Where a call names its keys in a way that is not read here. No policy's pattern matches it but `*`: better refused. */
const unreadKey = "?";

/** Our tables have a partition key alone, so an item's key has one attribute. */
function keyIn(key: Json | undefined): string {
  const [value, ...others] = Object.values(objectOf(key));
  return (others.length === 0 ? textOf(objectOf(value).S) : undefined) ?? unreadKey;
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html */
function tableUses(operation: string, input: JsonObject): readonly TableUse[] {
  const table = textOf(input.TableName);
  const index = textOf(input.IndexName);
  if (table !== undefined) {
    const key = keyIn(input.Key);
    return [{ action: operation, table, key, ...(index !== undefined && { index }) }];
  }
  if (isObject(input.RequestItems)) {
    return Object.keys(input.RequestItems).map((each) => ({
      action: operation,
      table: each,
      key: unreadKey,
    }));
  }
  const transacted = listOf(input.TransactItems).flatMap((item) =>
    Object.entries(objectOf(item)).map(([kind, each]) => ({
      action: transactActions.get(kind) ?? kind,
      table: textOf(objectOf(each).TableName) ?? "*",
      key: keyIn(objectOf(each).Key),
    })),
  );
  // What names no table, such as ListTables, is asked for with all of them.
  return transacted.length > 0 ? transacted : [{ action: operation, table: "*", key: unreadKey }];
}

/** A transaction needs what each of its items would need by itself. */
const transactActions: ReadonlyMap<string, string> = new Map([
  ["ConditionCheck", "ConditionCheckItem"],
  ["Delete", "DeleteItem"],
  ["Get", "GetItem"],
  ["Put", "PutItem"],
  ["Update", "UpdateItem"],
]);

/**
 * DynamoDB uses a table's key in its caller's name: to read the table's own key, and to make new ones for
 * what is written. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
 */
function keyUse(action: string): readonly string[] {
  if (/^(?:GetItem|BatchGetItem|Query|Scan|ConditionCheckItem)$/.test(action)) return ["kms:Decrypt"];
  if (/^(?:PutItem|UpdateItem|DeleteItem|BatchWriteItem)$/.test(action))
    return ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"];
  return [];
}

const tableContext = (table: string) =>
  [
    ["kms:EncryptionContext:aws:dynamodb:tableName", table.replace(/^.*:table\//, "")],
    ["kms:EncryptionContext:aws:dynamodb:subscriberId", local.account],
  ] as const;

function keyRefusal(
  caller: FunctionIdentity,
  key: Key,
  actions: readonly string[],
  {
    service,
    context,
  }: { readonly service: string; readonly context: readonly (readonly [string, string])[] },
): Denial | undefined {
  for (const action of actions) {
    const access = accessOf(caller, action, key.arn, [
      ...context,
      ["kms:ViaService", `${service}.${local.region}.amazonaws.com`],
      ["kms:CallerAccount", local.account],
      ["aws:ViaAWSService", "true"],
    ]);
    const decision = decideForKey(access, caller.policies, key.policy);
    if (decision !== "allowed") return deniedBecause(access, decision);
  }
  return undefined;
}

function accessOf(
  { arn, sessionArn, account, functionName }: FunctionIdentity,
  action: string,
  resource: string,
  more: readonly (readonly [string, string])[] = [],
): Access {
  return {
    principal: { arn, sessionArn, account },
    action,
    resource,
    // Credentials that Lambda gives to a function carry it.
    context: contextOf(arn, account, [
      ["lambda:SourceFunctionArn", `arn:aws:lambda:${local.region}:${account}:function:${functionName}`],
      ...more,
    ]),
  };
}

function deniedBecause({ principal, action, resource }: Access, decision: Verdict): Denial {
  const why =
    decision === "explicitly denied"
      ? "with an explicit deny"
      : `because no identity-based policy allows the ${action} action`;
  const message = `User: ${principal.sessionArn} is not authorized to perform: ${action} on resource: ${resource} ${why}`;
  return { answer: { type: "AccessDeniedException", message }, reason: message };
}

function headerOf({ rawHeaders }: ReceivedRequest, name: string): string {
  const index = rawHeaders.findIndex((text, at) => at % 2 === 0 && text.toLowerCase() === name);
  return index < 0 ? "" : (rawHeaders[index + 1] ?? "");
}

/** A body that is not JSON is allowed nothing here; the store itself says what is wrong with it. */
function inputOf(body: Buffer): JsonObject {
  try {
    const input: Json = parseJson(body.toString("utf8"));
    return objectOf(input);
  } catch {
    return {};
  }
}
