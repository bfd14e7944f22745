/**
 * Patterns of IAM policies: `*` stands for any characters and `?` for one.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export type Matches = (value: string) => boolean;

/** Upper and lower case differ, as in the values of StringLike. */
export function likeText(pattern: string): Matches {
  const expression = expressionOf(pattern, "su");
  return (value) => expression.test(value);
}

/** `dynamodb:Get*`: upper and lower case are one. */
export function likeAction(pattern: string): Matches {
  const expression = expressionOf(pattern, "sui");
  return (value) => expression.test(value);
}

/** Each of an ARN's six parts is compared by itself, so a wildcard in one never reaches into the next. */
export function likeArn(pattern: string): Matches {
  if (pattern === "*") return () => true;
  const parts = partsOf(pattern).map(likeText);
  return (value) => {
    const given = partsOf(value);
    return given.length === parts.length && parts.every((matches, index) => matches(given[index] ?? ""));
  };
}

/** Six parts, of which the last may hold colons of its own. */
export const isArnPattern = (text: string): boolean =>
  text === "*" || (text.startsWith("arn:") && partsOf(text).length === 6);

/** A policy variable such as that of the user's name stands for something else in each call. */
export const hasVariable = (text: string): boolean => /\$\{/.test(text);

function partsOf(arn: string): readonly string[] {
  const parts = arn.split(":");
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(":")];
}

function expressionOf(pattern: string, flags: string): RegExp {
  const escaped = pattern.replace(/[\\^$.|+()[\]{}]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, flags);
}
