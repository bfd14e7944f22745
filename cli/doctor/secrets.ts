import { readFileSync } from "node:fs";
import type { ProviderFacts, SecretShape } from "../../lib/providers/facts.ts";
import { providers } from "../../lib/providers/index.ts";
import { type Finding, failed, ok, warning } from "../../ops/smoke/finding.ts";
import { isObject, type JsonObject, jsonOf } from "../shown.ts";
import { didYouMean } from "../suggest.ts";
import type { Verdict } from "./machine.ts";

/** Whether a file of secrets has the parts that each provider's secret needs. No value of it is quoted. */
export function secretsIn(file: string): readonly Finding[] {
  const check = "secrets";
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return [{ check, ...failed(`${file} cannot be read`) }];
  }
  const content = jsonOf(text);
  if (!isObject(content))
    return [{ check, ...failed(`${file} is no JSON object with a key for each provider`) }];
  return Object.entries(providers).map(([name, facts]) => ({
    check: `secret ${name}`,
    ...verdictOn(facts, content[name]),
  }));
}

function verdictOn({ secret }: ProviderFacts, given: unknown): Verdict {
  if (given === undefined) return warning("it is not in the file: calls of this provider are misconfigured");
  const value = isObject(given) && isObject(given.current) ? given.current : given;
  if (!isObject(value)) return failed("must be an object of texts");
  const faults = faultsOf(secret, value);
  return faults.length === 0 ? ok("it has the parts that it needs") : failed(faults.join("; "));
}

function faultsOf({ needed, optional }: SecretShape, value: JsonObject): readonly string[] {
  const known = [...needed, ...Object.keys(optional)];
  const missing = needed.filter((part) => typeof value[part] !== "string" || value[part] === "");
  const strangers = Object.keys(value).filter((part) => !known.includes(part));
  const outside = Object.entries(optional).filter(
    ([part, { values }]) =>
      values !== undefined && value[part] !== undefined && !values.some((each) => each === value[part]),
  );
  const trimmed = Object.entries(value).filter(
    ([, each]) => typeof each === "string" && each.trim() !== each,
  );
  return [
    ...missing.map((part) => `${part} must be a text that is not empty`),
    ...strangers.map((part) => `${part} is no part of it${didYouMean(part, known)}`),
    ...outside.map(([part, { values = [] }]) => `${part} must be ${values.join(" or ")}`),
    ...trimmed.map(([part]) => `${part} begins or ends with white space`),
  ];
}
