import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type ApiRoute, apiRoutesOf } from "./api-routes.ts";
import { CannotStart } from "./cannot-start.ts";
import {
  type Key,
  ofType,
  type Permissions,
  permissionsOf,
  type Resource,
  type Role,
} from "./iam/permissions.ts";
import type { Policy } from "./iam/policy.ts";
import { type Intrinsics, intrinsics } from "./intrinsics.ts";
import { type Invoking, invoking } from "./invoking.ts";
import { type Json, type JsonObject, listOf, objectOf, parseJson, textOf } from "./json.ts";
import type { Pipe } from "./pipe.ts";

/** What a cloud assembly (the output of CDK) asks to be run, with every expression of its template resolved. */
export interface Application {
  readonly stack: string;
  readonly functions: readonly LambdaFunction[];
  readonly routes: readonly ApiRoute[];
  readonly schedules: readonly Schedule[];
  readonly tables: readonly Table[];
  readonly secrets: readonly Secret[];
  readonly queues: readonly Queue[];
  readonly eventSources: readonly EventSource[];
  /** What the pipe of the table's stream tells, and the queues that rules of its bus hand every event to. */
  readonly told: EventDelivery | undefined;
  /** By the ARN of the secret that has it. */
  readonly secretPolicies: ReadonlyMap<string, Policy>;
  /** By the ARN of the queue that has it. */
  readonly queuePolicies: ReadonlyMap<string, Policy>;
  /** By the ARN of the table, secret or queue that it encrypts. */
  readonly keys: ReadonlyMap<string, Key>;
}

export interface LambdaFunction {
  readonly name: string;
  readonly arn: string;
  /** As which it is called: the ARN of its alias, where it has one. */
  readonly invokedArn: string;
  readonly version: string;
  /** Without one it may do nothing. */
  readonly role: Role | undefined;
  /** The module file that Lambda would import, and the export that it would call. */
  readonly entry: string;
  readonly exportName: string;
  readonly folder: string;
  /** Folders that Lambda would lay over each other at /opt, in the template's order. */
  readonly layers: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMb: number;
  readonly timeoutMs: number;
  /** What its role lets it do with a table: the difference between a function that looks and one that acts. */
  readonly tableActions: readonly string[];
}

export interface Schedule {
  readonly name: string;
  readonly arn: string;
  readonly expression: string;
  readonly functionName: string;
  /** What the function is invoked with; undefined, EventBridge's own event. */
  readonly input: string | undefined;
}

export interface Table {
  readonly name: string;
  /** The properties of CloudFormation, resolved. */
  readonly properties: JsonObject;
}

export interface Secret {
  readonly name: string;
  readonly arn: string;
  /** The key of its value in SECRETS_FILE: `aggrepay` for what functions know as AGGREPAY_SECRET_ID. */
  readonly key: string;
}

export interface Queue {
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  /** How long a message that was taken out is hidden from others. */
  readonly hiddenMs: number;
  /** The name of the queue that takes a message which was received that often. */
  readonly deadLetters: { readonly queue: string; readonly after: number } | undefined;
}

export interface EventDelivery {
  readonly table: string;
  readonly pipe: Pipe;
  readonly queues: readonly Queue[];
}

/** A queue whose messages a function is invoked with. */
export interface EventSource {
  readonly queue: Queue;
  readonly functionName: string;
  readonly batchSize: number;
  readonly atOnce: number;
}

export function readAssembly(folder: string): Application {
  const { stack, template, assets } = readStack(folder);
  const expressions = intrinsics(template, stack);
  const resources = Object.entries(objectOf(template.Resources)).map(([id, resource]) => ({
    id,
    type: textOf(objectOf(resource).Type) ?? "",
    properties: objectOf(objectOf(resource).Properties),
    metadata: objectOf(objectOf(resource).Metadata),
  }));
  const permissions = permissionsOf(resources, expressions);
  const read: Read = { ...expressions, folder, assets, permissions, resources };
  const functions = functionsIn(read);
  const who = invoking(resources, functions, permissions, expressions);
  const routes = apiRoutesOf(resources, who, expressions);
  if (routes.length === 0) fail(`Stack ${stack} in ${folder} has no routes of an API.`);
  const queues = queuesIn(read);
  const { secretPolicies, queuePolicies, keys } = permissions;
  return {
    stack,
    functions,
    routes,
    schedules: schedulesIn(read, who),
    tables: ofType(resources, "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable").map(
      ({ id, properties }) => ({ name: nameOf(read, id), properties: objectOf(read.resolve(properties)) }),
    ),
    secrets: secretsOf(functions, read),
    queues,
    eventSources: eventSourcesIn(read, who, queues),
    told: eventDeliveryIn(read, queues),
    secretPolicies,
    queuePolicies,
    keys,
  };
}

type TemplateResource = Resource & { readonly metadata: JsonObject };

/** A template whose expressions can be resolved. */
interface Read extends Intrinsics, Pick<Stack, "assets"> {
  readonly folder: string;
  readonly resources: readonly TemplateResource[];
  readonly permissions: Permissions;
}

const nameOf = ({ text }: Intrinsics, id: string): string => text({ Ref: id }) ?? id;

function functionsIn(read: Read): readonly LambdaFunction[] {
  const { resources, text, arn, resolve: value } = read;
  const layers = new Map(
    ofType(resources, "AWS::Lambda::LayerVersion").map((layer) => [
      arn(layer.id),
      codeOf(read, layer, layer.properties.Content),
    ]),
  );
  const aliases = ofType(resources, "AWS::Lambda::Alias").map(({ id, properties }) => ({
    arn: arn(id),
    version: text(properties.FunctionVersion) ?? "",
  }));
  return ofType(resources, "AWS::Lambda::Function").map((resource) => {
    const { id, properties } = resource;
    const folder = codeOf(read, resource, properties.Code);
    const layerArns = listOf(properties.Layers).map((layer) => text(layer) ?? "");
    const alias = aliases.find((each) => each.arn.startsWith(`${arn(id)}:`));
    const roleArn = text(properties.Role);
    const role = roleArn === undefined ? undefined : read.permissions.role(roleArn);
    return {
      name: nameOf(read, id),
      arn: arn(id),
      invokedArn: alias?.arn ?? arn(id),
      version: alias?.version ?? "$LATEST",
      role,
      folder,
      ...findHandler(id, folder, text(properties.Handler) ?? ""),
      layers: layerArns.map(
        (layer) => layers.get(layer) ?? fail(`${id} uses layer ${layer}, which is elsewhere.`),
      ),
      environment: variables(value(objectOf(properties.Environment).Variables)),
      memoryMb: Number(properties.MemorySize ?? 128),
      timeoutMs: Number(properties.Timeout ?? 3) * 1000,
      tableActions: tableActions(role),
    };
  });
}

/** The folder of the assembly that holds its code. */
function codeOf({ text, assets, folder }: Read, { id, metadata }: TemplateResource, source?: Json): string {
  const key = text(objectOf(source).S3Key);
  const path = (key === undefined ? undefined : assets.get(key)) ?? textOf(metadata["aws:asset:path"]);
  return resolve(folder, path ?? fail(`The assembly in ${folder} does not hold the code of ${id}.`));
}

const schedulesIn = (read: Read, { calleeOf, checkGrant }: Invoking): readonly Schedule[] =>
  ofType(read.resources, "AWS::Events::Rule").flatMap(({ id, properties }) => {
    const { text, arn } = read;
    const expression = text(properties.ScheduleExpression);
    if (expression === undefined || properties.State === "DISABLED") return [];
    return listOf(properties.Targets).map((target) => {
      const { Arn: to, Input: input, InputPath: path, InputTransformer: transformer } = objectOf(target);
      if (path !== undefined || transformer !== undefined)
        fail(`${id} changes its event on the way to its target, which the local host cannot.`);
      const callee = calleeOf(text(to) ?? "", id);
      checkGrant(callee, "events.amazonaws.com", arn(id));
      const name = nameOf(read, id);
      return { name, arn: arn(id), expression, functionName: callee.name, input: text(input) };
    });
  });

const queuesIn = ({ resources, text, arn, resolve: value }: Read): readonly Queue[] =>
  ofType(resources, "AWS::SQS::Queue").map(({ id, properties }) => {
    const { deadLetterTargetArn, maxReceiveCount } = objectOf(value(properties.RedrivePolicy));
    const target = textOf(deadLetterTargetArn)?.split(":").at(-1);
    return {
      name: arn(id).split(":").at(-1) ?? id,
      arn: arn(id),
      url: text({ Ref: id }) ?? "",
      hiddenMs: Number(properties.VisibilityTimeout ?? 30) * 1000,
      deadLetters: target === undefined ? undefined : { queue: target, after: Number(maxReceiveCount) },
    };
  });

const eventSourcesIn = (
  { resources, text }: Read,
  { calleeOf }: Invoking,
  queues: readonly Queue[],
): readonly EventSource[] =>
  ofType(resources, "AWS::Lambda::EventSourceMapping").map(({ id, properties }) => {
    const source = text(properties.EventSourceArn) ?? "";
    return {
      queue: queues.find((each) => each.arn === source) ?? fail(`${id} reads ${source}, which is no queue.`),
      functionName: calleeOf(text(properties.FunctionName) ?? "", id).name,
      batchSize: Number(properties.BatchSize ?? 10),
      atOnce: Number(objectOf(properties.ScalingConfig).MaximumConcurrency ?? 2),
    };
  });

function eventDeliveryIn(
  { resources, text, resolve: value }: Read,
  queues: readonly Queue[],
): EventDelivery | undefined {
  const [pipe] = ofType(resources, "AWS::Pipes::Pipe");
  if (!pipe) return undefined;
  const targets = ofType(resources, "AWS::Events::Rule")
    .filter(({ properties }) => properties.EventPattern !== undefined)
    .flatMap(({ properties }) => listOf(properties.Targets).map((target) => text(objectOf(target).Arn)));
  return {
    table: tableOfStream(text(pipe.properties.Source)),
    pipe: value(pipe.properties) as unknown as Pipe,
    queues: queues.filter(({ arn }) => targets.includes(arn)),
  };
}

/** The name of the table whose stream this is: an expression of which nothing here knows a label stays as it is. */
const tableOfStream = (source: string | undefined): string => source?.replace(/\.StreamArn$/, "") ?? "";

const fail = (sentence: string): never => {
  throw new CannotStart(sentence);
};

interface Stack {
  readonly stack: string;
  readonly template: JsonObject;
  /** Where in the assembly the object is that the deployment would upload under this key. */
  readonly assets: ReadonlyMap<string, string>;
}

function readStack(folder: string): Stack {
  const file = (name: string) => {
    const path = join(folder, name);
    try {
      return objectOf(parseJson(readFileSync(path, "utf8")));
    } catch (error) {
      throw new CannotStart(
        `${path} cannot be read as part of a cloud assembly: ${(error as Error).message}.`,
      );
    }
  };
  const artifacts = Object.entries(objectOf(file("manifest.json").artifacts)).map(([name, artifact]) => ({
    name,
    type: textOf(objectOf(artifact).type),
    properties: objectOf(objectOf(artifact).properties),
  }));
  const stacks = artifacts.filter(({ type }) => type === "aws:cloudformation:stack");
  const [stack] = stacks;
  if (stack === undefined || stacks.length > 1) {
    throw new CannotStart(
      `The assembly in ${folder} has ${stacks.length} stacks; the local host serves one.`,
    );
  }
  const assets = new Map<string, string>();
  for (const { properties } of artifacts.filter(({ type }) => type === "cdk:asset-manifest")) {
    for (const entry of Object.values(objectOf(file(textOf(properties.file) ?? "").files))) {
      const path = textOf(objectOf(objectOf(entry).source).path);
      for (const destination of Object.values(objectOf(objectOf(entry).destinations))) {
        const key = textOf(objectOf(destination).objectKey);
        if (path !== undefined && key !== undefined) assets.set(key, path);
      }
    }
  }
  return { stack: stack.name, template: file(textOf(stack.properties.templateFile) ?? ""), assets };
}

/** `index.handler` is the export `handler` of index.mjs, .js or .cjs, in Lambda's order. */
function findHandler(id: string, folder: string, handler: string) {
  const dot = handler.lastIndexOf(".");
  const module = handler.slice(0, dot);
  const entry = [".js", ".mjs", ".cjs"]
    .map((end) => join(folder, module + end))
    .find((path) => existsSync(path));
  return {
    entry: entry ?? fail(`Function ${id} has handler ${handler}, and ${folder} has no such file.`),
    exportName: handler.slice(dot + 1),
  };
}

function variables(value: Json | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(objectOf(value)).map(([name, text]) => [name, String(text)]));
}

/** The DynamoDB actions that a function's role allows. */
const tableActions = (role: Role | undefined): readonly string[] =>
  (role?.policies ?? [])
    .flat()
    .filter(({ effect }) => effect === "Allow")
    .flatMap(({ actions }) => actions)
    .filter((action) => action.startsWith("dynamodb:"));

/** What a call of it can do to the records. */
export function kindOf({ tableActions }: LambdaFunction): string {
  if (tableActions.length === 0) return "asks";
  const writes = tableActions.some((action) =>
    /:(?:\*|UpdateItem|PutItem|DeleteItem|TransactWriteItems)$/.test(action),
  );
  return writes ? "changes" : "reads records";
}

function secretsOf(functions: readonly LambdaFunction[], { resources, text, arn }: Read): readonly Secret[] {
  const names = new Map(
    ofType(resources, "AWS::SecretsManager::Secret").map(({ id, properties }) => [
      arn(id),
      text(properties.Name) ?? id,
    ]),
  );
  const secrets = new Map<string, Secret>();
  for (const { environment } of functions) {
    for (const [variable, secretArn] of Object.entries(environment)) {
      const key = /^(.+)_SECRET_ID$/.exec(variable)?.[1]?.toLowerCase();
      if (key !== undefined)
        secrets.set(secretArn, { key, arn: secretArn, name: names.get(secretArn) ?? secretArn });
    }
  }
  return [...secrets.values()];
}
