import { CannotStart } from "../cannot-start.ts";
import type { Intrinsics } from "../intrinsics.ts";
import { type Json, type JsonObject, listOf, objectOf, textOf } from "../json.ts";
import { onceFor } from "../once-for.ts";
import { identityPolicy, type Policy, resourcePolicy } from "./policy.ts";

/** The role that a function runs under, and all that the template lets it do. */
export interface Role {
  readonly name: string;
  readonly arn: string;
  readonly policies: readonly Policy[];
  /** Services of AWS that may act as the role: `lambda.amazonaws.com`. */
  readonly trusts: readonly string[];
}

/** A customer-managed key: using what it encrypts is using it. */
export interface Key {
  readonly arn: string;
  readonly policy: Policy;
}

/** What the template says about who may do what. */
export interface Permissions {
  /** @throws CannotStart where the template does not say all that the role may do. */
  role(arn: string): Role;
  /** By the ARN of the secret that has it. */
  readonly secretPolicies: ReadonlyMap<string, Policy>;
  /** By the ARN of the queue that has it. */
  readonly queuePolicies: ReadonlyMap<string, Policy>;
  /** By the ARN of the table, secret or queue that it encrypts. */
  readonly keys: ReadonlyMap<string, Key>;
}

/** A resource of the template. */
export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly properties: JsonObject;
}

/** Those of one of these types, in the template's order. */
export const ofType = <R extends Resource>(
  resources: readonly R[],
  ...types: readonly string[]
): readonly R[] => resources.filter(({ type }) => types.includes(type));

export function permissionsOf(
  resources: readonly Resource[],
  { resolve, text, arn }: Intrinsics,
): Permissions {
  const fail = (sentence: string): never => {
    throw new CannotStart(sentence);
  };

  const keysOfTemplate = ofType(resources, "AWS::KMS::Key").map(({ id, properties }) => ({
    names: [arn(id), text({ Ref: id })],
    key: { arn: arn(id), policy: resourcePolicy(resolve(properties.KeyPolicy), `key ${id}`) },
  }));
  const encrypted = [
    ...ofType(resources, "AWS::DynamoDB::Table").map(({ id, properties }) => ({
      id,
      name: text(objectOf(properties.SSESpecification).KMSMasterKeyId),
    })),
    ...ofType(resources, "AWS::SecretsManager::Secret").map(({ id, properties }) => ({
      id,
      name: text(properties.KmsKeyId),
    })),
    ...ofType(resources, "AWS::SQS::Queue").map(({ id, properties }) => ({
      id,
      name: text(properties.KmsMasterKeyId),
    })),
  ];
  const keys = new Map(
    encrypted.flatMap(({ id, name }): readonly (readonly [string, Key])[] => {
      if (name === undefined) return [];
      const found = keysOfTemplate.find(({ names }) => names.includes(name));
      return [[arn(id), found?.key ?? fail(`${id} is under key ${name}, which the template does not have.`)]];
    }),
  );

  const open = ofType(resources, "AWS::DynamoDB::Table").find(
    ({ properties }) => properties.ResourcePolicy !== undefined,
  );
  if (open !== undefined) fail(`Table ${open.id} has a resource policy, which the local host does not know.`);

  const secretPolicies = new Map<string, Policy>();
  for (const { id, properties } of ofType(resources, "AWS::SecretsManager::ResourcePolicy")) {
    const secret = text(properties.SecretId) ?? fail(`${id} names no secret.`);
    secretPolicies.set(secret, resourcePolicy(resolve(properties.ResourcePolicy), id));
  }

  const queuePolicies = new Map(
    ofType(resources, "AWS::SQS::QueuePolicy").flatMap(({ id, properties }) =>
      listOf(properties.Queues).map((url) => {
        const queue = ofType(resources, "AWS::SQS::Queue").find(
          (each) => text({ Ref: each.id }) === text(url),
        );
        const policy = resourcePolicy(resolve(properties.PolicyDocument), id);
        return [arn(queue?.id ?? fail(`${id} names no queue.`)), policy] as const;
      }),
    ),
  );

  /** Policies that are resources of their own, and the roles that have them. */
  const attached = ofType(
    resources,
    "AWS::IAM::Policy",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::RolePolicy",
  ).map(({ id, type, properties }) => {
    const { Roles: roles, RoleName: single } = properties;
    const name = type === "AWS::IAM::ManagedPolicy" ? arn(id) : undefined;
    return { name, properties, roles: [...listOf(resolve(roles)), resolve(single)] };
  });
  const roles = new Map(ofType(resources, "AWS::IAM::Role").map((each) => [arn(each.id), each]));

  const role = onceFor((roleArn): Role => {
    const found =
      roles.get(roleArn) ??
      fail(`The template does not have role ${roleArn}, so what it may do is not known.`);
    const { id, properties } = found;
    if (properties.PermissionsBoundary !== undefined)
      fail(`Role ${id} has a permissions boundary, which the local host does not know.`);
    const name = text({ Ref: id }) ?? id;
    const managed = listOf(resolve(properties.ManagedPolicyArns)).map(String);
    const ofRole = attached.filter(
      (policy) => policy.roles.includes(name) || (policy.name !== undefined && managed.includes(policy.name)),
    );
    const unknown = managed.find((each) => !ofRole.some((policy) => policy.name === each));
    if (unknown !== undefined)
      fail(`Role ${id} has ${unknown}, whose statements the template does not have.`);
    const documents = [
      ...listOf(properties.Policies).map(objectOf),
      ...ofRole.map((each) => each.properties),
    ];
    return {
      name,
      arn: roleArn,
      policies: documents.map((each) => identityPolicy(resolve(each.PolicyDocument), `role ${id}`)),
      trusts: trustedServices(resolve(properties.AssumeRolePolicyDocument)),
    };
  });

  return { role, secretPolicies, queuePolicies, keys };
}

/** Those that a role's trust policy lets in without a condition. */
const trustedServices = (document: Json | undefined): readonly string[] =>
  listOf(objectOf(document).Statement)
    .map(objectOf)
    .filter(
      ({ Effect, Action, Condition }) => Effect === "Allow" && Action === "sts:AssumeRole" && !Condition,
    )
    .flatMap(({ Principal }) => [objectOf(Principal).Service].flat().flatMap((each) => textOf(each) ?? []));
