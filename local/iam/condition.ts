import { BlockList, isIP } from "node:net";
import { CannotStart } from "../cannot-start.ts";
import { local } from "../intrinsics.ts";
import { isArray, isObject, type Json } from "../json.ts";
import { hasVariable, isArnPattern, likeArn, likeText, type Matches } from "./pattern.ts";

/** What is known of a call, by the name of the condition key in lower case. A key that is not there has no value. */
export type Context = ReadonlyMap<string, readonly string[]>;

/** Whether all conditions of a statement hold. */
export type Condition = (context: Context) => boolean;

/** The condition keys that the local host knows a value for. */
const knownKeys: ReadonlySet<string> = new Set(
  [
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalType",
    "aws:RequestedRegion",
    "aws:SecureTransport",
    "aws:SourceIp",
    "aws:ViaAWSService",
    "dynamodb:LeadingKeys",
    "kms:CallerAccount",
    "kms:EncryptionContext:SecretARN",
    "kms:EncryptionContext:aws:dynamodb:subscriberId",
    "kms:EncryptionContext:aws:dynamodb:tableName",
    "kms:EncryptionContext:aws:sqs:arn",
    "kms:ViaService",
    "lambda:SourceFunctionArn",
  ].map((key) => key.toLowerCase()),
);

/** What AWS knows of any call. */
export function contextOf(
  arn: string,
  account: string,
  more: readonly (readonly [string, string])[] = [],
): Context {
  const known: readonly (readonly [string, string])[] = [
    ["aws:PrincipalArn", arn],
    ["aws:PrincipalAccount", account],
    ["aws:PrincipalType", arn.includes(":user/") ? "User" : "AssumedRole"],
    ["aws:PrincipalIsAWSService", "false"],
    ["aws:RequestedRegion", local.region],
    // Deployed, every call is by TLS; policies that insist on it are to find it here too.
    ["aws:SecureTransport", "true"],
    ["aws:ViaAWSService", "false"],
    ...more,
  ];
  return new Map(known.map(([key, value]) => [key.toLowerCase(), [value]]));
}

/** How a value of the call is compared with one of the policy. */
type Comparison = (wanted: string, fail: (sentence: string) => never) => Matches;

const equal: Comparison = (wanted) => (value) => value === wanted;
const equalIgnoringCase: Comparison = (wanted) => (value) => value.toLowerCase() === wanted.toLowerCase();
// For AWS too, ArnEquals and ArnLike are one.
const arnLike: Comparison = (wanted, fail) =>
  isArnPattern(wanted) ? likeArn(wanted) : fail(`compares with "${wanted}", which is no ARN`);

const inNetwork: Comparison = (wanted, fail) => {
  const [address = "", prefix] = wanted.split("/");
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  const list = new BlockList();
  try {
    list.addSubnet(address, Number(prefix ?? (family === "ipv6" ? 128 : 32)), family);
  } catch {
    return fail(`compares with "${wanted}", which is no address or network`);
  }
  return (value) => isIP(value) !== 0 && list.check(value, isIP(value) === 6 ? "ipv6" : "ipv4");
};

/** `negated`: holds where no value of the policy matches, and where the call has no such key. */
const comparisons: ReadonlyMap<string, { readonly comparison: Comparison; readonly negated: boolean }> =
  new Map([
    ["StringEquals", { comparison: equal, negated: false }],
    ["StringNotEquals", { comparison: equal, negated: true }],
    ["StringEqualsIgnoreCase", { comparison: equalIgnoringCase, negated: false }],
    ["StringNotEqualsIgnoreCase", { comparison: equalIgnoringCase, negated: true }],
    ["StringLike", { comparison: likeText, negated: false }],
    ["StringNotLike", { comparison: likeText, negated: true }],
    ["ArnEquals", { comparison: arnLike, negated: false }],
    ["ArnLike", { comparison: arnLike, negated: false }],
    ["ArnNotEquals", { comparison: arnLike, negated: true }],
    ["ArnNotLike", { comparison: arnLike, negated: true }],
    ["IpAddress", { comparison: inNetwork, negated: false }],
    ["NotIpAddress", { comparison: inNetwork, negated: true }],
    ["Bool", { comparison: equalIgnoringCase, negated: false }],
  ]);

/**
 * Reads a statement's `Condition`. All of its operators and keys must hold; of a key's values, one.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 *
 * @throws CannotStart where it has an operator or key that is not known here: to guess would allow or deny at random.
 */
export function conditionOf(condition: Json | undefined, where: string): Condition {
  if (condition === undefined) return () => true;
  const fail = (sentence: string): never => {
    throw new CannotStart(`A condition of ${where} ${sentence}.`);
  };
  const block = isObject(condition) ? condition : fail("is no object");
  const all = Object.entries(block).flatMap(([name, keys]) => {
    const operator = operatorOf(name) ?? fail(`has the operator ${name}, which is not known`);
    if (!isObject(keys)) return fail(`has no keys under ${name}`);
    return Object.entries(keys).map(([key, wanted]) => {
      if (!knownKeys.has(key.toLowerCase()))
        return fail(`asks for ${key}, which the local host does not know`);
      return operator(key.toLowerCase(), valuesOf(wanted, fail), fail);
    });
  });
  return (context) => all.every((holds) => holds(context));
}

/** The condition that an operator makes of a key and what it is compared with. */
type Operator = (key: string, wanted: readonly string[], fail: (sentence: string) => never) => Condition;

function operatorOf(name: string): Operator | undefined {
  const [, quantifier, base = "", ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?(.+?)(IfExists)?$/.exec(name) ?? [];
  if (name === "Null") return isNull;
  const found = comparisons.get(base);
  if (found === undefined) return undefined;
  const { comparison, negated } = found;
  return (key, wanted, fail) => {
    const patterns = wanted.map((value) => comparison(value, fail));
    const holds: Matches = (value) => patterns.some((matches) => matches(value)) !== negated;
    return (context) => {
      const values = context.get(key);
      if (quantifier === "ForAllValues") return (values ?? []).every(holds);
      if (quantifier === "ForAnyValue") return (values ?? []).some(holds);
      if (values === undefined) return negated || ifExists !== undefined;
      return values.every(holds);
    };
  };
}

/** `"Null": {"kms:ViaService": "true"}` holds where the call has no such key. */
const isNull: Operator = (key, wanted) => (context) => wanted.includes(String(!context.has(key)));

function valuesOf(wanted: Json | undefined, fail: (sentence: string) => never): readonly string[] {
  const values = isArray(wanted) ? wanted : [wanted];
  return values.map((value) => {
    if (typeof value !== "string" && typeof value !== "boolean" && typeof value !== "number")
      return fail("compares with what is no text");
    const text = String(value);
    return hasVariable(text) ? fail(`has the variable ${text}, which is not known`) : text;
  });
}
