import { CannotStart } from "./cannot-start.ts";
import { isArray, isObject, type Json, type JsonObject, listOf, objectOf, textOf } from "./json.ts";
import { onceFor } from "./once-for.ts";

/** The account and region that everything local is said to be in. */
export const local = {
  account: "000000000000",
  region: "ap-south-1",
  apiId: "local",
  stage: "$default",
} as const;

/** CloudFormation's answer to the expressions of a template, for the resource types that functions are told about. */
export interface Intrinsics {
  resolve(value: Json | undefined): Json | undefined;
  /** As `resolve`, for what can only be text. */
  text(value: Json | undefined): string | undefined;
  arn(logicalId: string): string;
}

const noValue = Symbol("AWS::NoValue");

const pseudoParameters: Readonly<Record<string, string>> = {
  "AWS::AccountId": local.account,
  "AWS::Region": local.region,
  "AWS::Partition": "aws",
  "AWS::URLSuffix": "amazonaws.com",
};

export function intrinsics(template: JsonObject, stackName: string): Intrinsics {
  const resources = objectOf(template.Resources);
  const parameters = objectOf(template.Parameters);
  const properties = (logicalId: string) => objectOf(objectOf(resources[logicalId]).Properties);
  const typeOf = (logicalId: string) => textOf(objectOf(resources[logicalId]).Type) ?? "";
  /** The logical ids that are the same without their hash. */
  const bearers = Map.groupBy(Object.keys(resources), withoutHash);

  function evaluate(value: Json): Json | typeof noValue {
    if (isArray(value)) return value.map(evaluate).filter((item) => item !== noValue);
    if (!isObject(value)) return value;
    const [[name, argument] = [], ...others] = Object.entries(value);
    if (others.length === 0 && name !== undefined && argument !== undefined) {
      if (name === "Ref") return reference(required(argument, name));
      if (name === "Fn::GetAtt") return attribute(argument);
      if (name === "Fn::Join") return join(argument);
      if (name === "Fn::Sub") return substitute(argument);
      if (name.startsWith("Fn::")) {
        throw new CannotStart(
          `The local host cannot resolve ${name} of stack ${stackName} (local/intrinsics.ts).`,
        );
      }
    }
    const result: Record<string, Json> = {};
    for (const [key, item] of Object.entries(value)) {
      const evaluated = item === undefined ? noValue : evaluate(item);
      if (evaluated !== noValue) result[key] = evaluated;
    }
    return result;
  }

  function reference(id: string): Json | typeof noValue {
    if (id === "AWS::NoValue") return noValue;
    const pseudo = id === "AWS::StackName" ? stackName : pseudoParameters[id];
    if (pseudo !== undefined) return pseudo;
    if (parameters[id] !== undefined) return parameter(id);
    if (resources[id] === undefined) {
      throw new CannotStart(`Stack ${stackName} refers to ${id}, which its template does not have.`);
    }
    if (typeOf(id) === "AWS::SQS::Queue")
      return `https://sqs.${local.region}.amazonaws.com/${local.account}/${physicalName(id)}`;
    return referredByArn.has(typeOf(id)) ? arn(id) : physicalName(id);
  }

  function parameter(id: string): Json {
    const preset = objectOf(parameters[id]).Default;
    if (preset !== undefined) return preset;
    throw new CannotStart(
      `Parameter ${id} of stack ${stackName} has no default, so the local host cannot know it.`,
    );
  }

  /** The name that the template gives, else the logical id without the hash that CDK adds to it. */
  function physicalName(id: string): string {
    const name = text(properties(id)[nameProperties[typeOf(id)] ?? "Name"]);
    if (name !== undefined) return name;
    const short = withoutHash(id);
    return short === "" || (bearers.get(short)?.length ?? 0) > 1 ? id : short;
  }

  const arn = onceFor((id): string =>
    arnOf(typeOf(id), physicalName(id), (property) => text(properties(id)[property]) ?? ""),
  );

  function attribute(argument: Json): string {
    const [id, name] = isArray(argument) ? argument : splitAttribute(required(argument, "Fn::GetAtt"));
    const logicalId = required(id, "Fn::GetAtt");
    if (resources[logicalId] === undefined) {
      throw new CannotStart(`Stack ${stackName} refers to ${logicalId}, which its template does not have.`);
    }
    if (typeof name === "string" && arnAttributes.has(name)) return arn(logicalId);
    if (name === "Version") return firstVersion;
    return `${physicalName(logicalId)}.${required(name, "Fn::GetAtt")}`;
  }

  function join(argument: Json): string {
    const [separator, parts] = listOf(argument);
    const values = listOf(evaluateTo(parts)).map((part) => required(part, "Fn::Join"));
    return values.join(textOf(separator) ?? "");
  }

  function substitute(argument: Json): string {
    const [format, given] = isArray(argument) ? argument : [argument];
    const variables = objectOf(given);
    return required(format, "Fn::Sub").replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal !== "") return `\${${name}}`;
      const variable = variables[name];
      if (variable !== undefined) return required(evaluateTo(variable), "Fn::Sub");
      return name.includes(".") && !name.startsWith("AWS::")
        ? attribute(splitAttribute(name))
        : required(evaluateTo({ Ref: name }), "Fn::Sub");
    });
  }

  function evaluateTo(value: Json | undefined): Json | undefined {
    const result = value === undefined ? noValue : evaluate(value);
    return result === noValue ? undefined : result;
  }

  function required(value: Json | undefined, where: string): string {
    if (typeof value === "string") return value;
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    throw new CannotStart(`${where} in stack ${stackName} has ${JSON.stringify(value)} where text belongs.`);
  }

  function text(value: Json | undefined): string | undefined {
    const result = evaluateTo(value);
    return result === undefined ? undefined : required(result, "A property");
  }

  return { resolve: evaluateTo, text, arn };
}

/** The ARN of what has this type and name; `given` is the text of a property of it. */
function arnOf(type: string, name: string, given: (property: string) => string): string {
  const service = (serviceOfType[type] ?? type.split("::")[1] ?? "unknown").toLowerCase();
  const start = `arn:aws:${service}:${local.region}:${local.account}`;
  // A template may give the function's name, its ARN or a part of that.
  const functionName = given("FunctionName").replace(/^.*:function:/, "");
  if (type === "AWS::Lambda::Function") return `${start}:function:${name}`;
  if (type === "AWS::Lambda::Version") return `${start}:function:${functionName}:${firstVersion}`;
  if (type === "AWS::Lambda::Alias") return `${start}:function:${functionName}:${name}`;
  if (type === "AWS::IAM::Role") return `arn:aws:iam::${local.account}:role${given("Path") || "/"}${name}`;
  if (type === "AWS::IAM::ManagedPolicy") return `arn:aws:iam::${local.account}:policy/${name}`;
  if (type === "AWS::KMS::Key") return `${start}:key/${name}`;
  if (type === "AWS::DynamoDB::Table" || type === "AWS::DynamoDB::GlobalTable")
    return `${start}:table/${name}`;
  // Secrets Manager ends every ARN with a hyphen and six random characters.
  if (type === "AWS::SecretsManager::Secret") return `${start}:secret:${name}-000000`;
  return `${start}:${name}`;
}

/** What a function that has just been deployed has. */
const firstVersion = "1";

const arnAttributes: ReadonlySet<string> = new Set(["Arn", "Id", "FunctionArn", "TableArn", "AliasArn"]);

const splitAttribute = (text: string): readonly string[] => {
  const dot = text.indexOf(".");
  return [text.slice(0, dot), text.slice(dot + 1)];
};

/** `Ref` gives a name for most types, and an ARN for these. */
const referredByArn: ReadonlySet<string> = new Set([
  "AWS::SecretsManager::Secret",
  "AWS::Lambda::LayerVersion",
  "AWS::Lambda::Version",
  "AWS::Lambda::Alias",
  "AWS::IAM::ManagedPolicy",
]);

const nameProperties: Readonly<Record<string, string>> = {
  "AWS::DynamoDB::Table": "TableName",
  "AWS::DynamoDB::GlobalTable": "TableName",
  "AWS::Lambda::Function": "FunctionName",
  "AWS::Logs::LogGroup": "LogGroupName",
  "AWS::SQS::Queue": "QueueName",
  "AWS::IAM::Role": "RoleName",
  "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
};

const serviceOfType: Readonly<Record<string, string>> = {
  "AWS::ApiGatewayV2::Api": "execute-api",
};

/** A logical id without the hash that CDK adds to it. */
const withoutHash = (id: string): string => id.replace(/[0-9A-F]{8}$/, "");
