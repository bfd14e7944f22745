import { CannotStart } from "../cannot-start.ts";
import { isArray, isObject, type Json, type JsonObject, objectOf, textOf } from "../json.ts";
import { type Condition, type Context, conditionOf } from "./condition.ts";
import { hasVariable, isArnPattern, likeAction, likeArn, type Matches } from "./pattern.ts";

/** The statements of one policy document, ready to be asked. */
export type Policy = readonly Statement[];

export interface Statement {
  readonly effect: "Allow" | "Deny";
  /** The patterns of `Action` as they are written; none where the statement has `NotAction`. */
  readonly actions: readonly string[];
  readonly coversAction: Matches;
  readonly coversResource: Matches;
  /** Whom a resource's policy speaks of; a role's own policy speaks of the role. */
  readonly names: (principal: Principal) => Named;
  readonly holds: Condition;
}

/** Who calls, as policies name them. */
export interface Principal {
  /** `arn:aws:iam::000000000000:role/Name` or `...:user/Name`; a role's sessions all have the role's. */
  readonly arn: string;
  /** `arn:aws:sts::000000000000:assumed-role/Name/session` for a role; the user's own ARN for a user. */
  readonly sessionArn: string;
  readonly account: string;
}

/** `by account`: the whole account is named, which leaves it to the account's own policies who of it may. */
type Named = "directly" | "by account" | "not";

/** One thing that somebody wants to do. */
export interface Access {
  readonly principal: Principal;
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
}

export type Verdict = "allowed" | "explicitly denied" | "not allowed";

/**
 * Reads the policy of a role or user.
 *
 * @throws CannotStart where it says something that is not understood here: nothing of a policy is ever passed over.
 */
export function identityPolicy(document: Json | undefined, where: string): Policy {
  return statementsOf(document, where).map((statement) => {
    if ("Principal" in statement) refuse(where, "has a Principal, which only a resource's policy may have");
    return read(statement, where, () => "directly");
  });
}

/** Reads the policy of a secret or key: one that says whom it speaks of. */
export function resourcePolicy(document: Json | undefined, where: string): Policy {
  return statementsOf(document, where)
    .filter(({ Principal: principal }) => !isOfService(principal))
    .map((statement) => read(statement, where, principalsOf(statement.Principal, where)));
}

/**
 * The rules of one account: an explicit Deny anywhere wins; else somebody must allow it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function decide(access: Access, own: readonly Policy[], ofResource: Policy = []): Verdict {
  const identity = own.flat().filter((statement) => applies(statement, access));
  const resource = ofResource.filter((statement) => applies(statement, access));
  if ([...identity, ...resource].some(({ effect }) => effect === "Deny")) return "explicitly denied";
  const direct = resource.some(({ names }) => names(access.principal) === "directly");
  return direct || identity.length > 0 ? "allowed" : "not allowed";
}

/**
 * As `decide`, for a KMS key: IAM policies count only where the key's own policy lets the account's policies count.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
export function decideForKey(access: Access, own: readonly Policy[], ofKey: Policy): Verdict {
  const decision = decide(access, own, ofKey);
  const named = ofKey.some((statement) => statement.effect === "Allow" && applies(statement, access));
  return decision === "allowed" && !named ? "not allowed" : decision;
}

const applies = (statement: Statement, { principal, action, resource, context }: Access): boolean =>
  statement.coversAction(action) &&
  statement.coversResource(resource) &&
  statement.names(principal) !== "not" &&
  statement.holds(context);

const refuse = (where: string, sentence: string): never => {
  throw new CannotStart(`A policy of ${where} ${sentence}.`);
};

function statementsOf(document: Json | undefined, where: string): readonly JsonObject[] {
  const { Statement: statements } = objectOf(document);
  const list = isArray(statements) ? statements : [statements];
  return list.map((statement) => (isObject(statement) ? statement : refuse(where, "has no statements")));
}

const elements: ReadonlySet<string> = new Set([
  ...["Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "NotResource", "Condition"],
]);

function read(statement: JsonObject, where: string, names: Statement["names"]): Statement {
  const unknown = Object.keys(statement).find((element) => !elements.has(element));
  if (unknown !== undefined) refuse(where, `has the element ${unknown}, which is not known`);
  const { Effect: effect, Condition: condition } = statement;
  if (effect !== "Allow" && effect !== "Deny")
    return refuse(where, `has the Effect ${JSON.stringify(effect)}`);
  return {
    effect,
    actions: "Action" in statement ? textsOf(statement.Action, where) : [],
    coversAction: cover(statement, "Action", where, (pattern) =>
      pattern === "*" || pattern.includes(":")
        ? likeAction(pattern)
        : refuse(where, `has the Action ${pattern}, which names no service`),
    ),
    coversResource: cover(statement, "Resource", where, (pattern) => {
      if (!isArnPattern(pattern)) refuse(where, `has the Resource ${pattern}, which is no ARN`);
      return likeArn(pattern);
    }),
    names,
    holds: conditionOf(condition, where),
  };
}

/** `Action` covers what one of its patterns matches, `NotAction` everything else; and so for resources. */
function cover(
  statement: JsonObject,
  element: "Action" | "Resource",
  where: string,
  compile: (pattern: string) => Matches,
): Matches {
  const { [element]: included, [`Not${element}`]: excluded } = statement;
  if ((included === undefined) === (excluded === undefined))
    return refuse(where, `needs one of ${element} and Not${element}`);
  const patterns = textsOf(included ?? excluded, where).map(compile);
  return (value) => patterns.some((matches) => matches(value)) === (included !== undefined);
}

function textsOf(value: Json | undefined, where: string): readonly string[] {
  const values = isArray(value) ? value : [value];
  return values.map((each) => {
    const text = textOf(each) ?? refuse(where, `has ${JSON.stringify(each)} where text belongs`);
    return hasVariable(text) ? refuse(where, `has the variable ${text}, which is not known`) : text;
  });
}

/** A statement about AWS's own services alone says nothing of any role or user. */
const isOfService = (principal: Json | undefined): boolean =>
  isObject(principal) && Object.keys(principal).join() === "Service";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html */
function principalsOf(value: Json | undefined, where: string): Statement["names"] {
  if (value === "*") return () => "directly";
  if (!isObject(value)) return refuse(where, "has a statement without a Principal");
  const { AWS: named, ...others } = value;
  const strange = Object.keys(others).find((kind) => kind !== "Service");
  if (strange !== undefined) refuse(where, `has a Principal of kind ${strange}, which is not known`);
  const names = named === undefined ? [] : textsOf(named, where);
  const misspelt = names.find((name) => !/^(?:\*|\d{12}|arn:[^*?]+)$/.test(name));
  if (misspelt !== undefined) refuse(where, `has the Principal ${misspelt}, which is no ARN and no account`);
  return ({ arn, sessionArn, account }) => {
    if (names.some((name) => name === "*" || name === arn || name === sessionArn)) return "directly";
    return names.some((name) => name === account || isRoot(name, account)) ? "by account" : "not";
  };
}

const isRoot = (name: string, account: string): boolean =>
  name.startsWith("arn:") && name.endsWith(`:iam::${account}:root`);
