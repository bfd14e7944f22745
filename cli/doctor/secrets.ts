import { readFileSync } from "node:fs";
import type { SecretShape } from "../../lib/providers/facts.ts";
import { providers } from "../../lib/providers/index.ts";
import { standardWebhookSignature } from "../../lib/signing/standard-webhooks.ts";
import { type Finding, failed, ok, warning } from "../../ops/smoke/finding.ts";
import type { Environment } from "../io.ts";
import { isObject, type JsonObject, jsonOf } from "../shown.ts";
import { didYouMean } from "../suggest.ts";
import type { Verdict } from "./machine.ts";

/**
 * Whether a file of secrets has the parts that each provider's secret needs, and what events are signed with where they are
 * delivered (`MERCHANT_WEBHOOK_URL`). No value of it is quoted.
 */
export function secretsIn(file: string, environment: Environment): readonly Finding[] {
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
  if ("current" in content || "previous" in content)
    return [
      {
        check,
        ...failed(
          '"current" and "previous" stand under the key of each provider, not at the top of the file',
        ),
      },
    ];
  const ofProviders = Object.entries(providers).map(([name, { secret }]) => ({
    check: `secret ${name}`,
    ...verdictOn(secret, content[name]),
  }));
  return environment.MERCHANT_WEBHOOK_URL || content.webhook !== undefined
    ? [...ofProviders, { check: "secret webhook", ...webhookVerdict(content.webhook) }]
    : ofProviders;
}

const webhookShape: SecretShape = { needed: ["signingSecret"], optional: {} };

function webhookVerdict(given: unknown): Verdict {
  if (given === undefined)
    return failed(
      'MERCHANT_WEBHOOK_URL is set, and the file has no "webhook": {"signingSecret": "whsec_..."}: no event is delivered',
    );
  const verdict = verdictOn(webhookShape, given);
  if (verdict.verdict !== "ok") return verdict;
  try {
    standardWebhookSignature(signingSecretsOf(given), { id: "evt", timestamp: 0, body: "" });
    return verdict;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return failed(error.message);
  }
}

/** The texts of the versions that there are. */
const signingSecretsOf = (given: unknown): readonly string[] =>
  (isObject(given) && isObject(given.current) ? [given.current, given.previous] : [given])
    .filter(isObject)
    .map(({ signingSecret }) => String(signingSecret));

function verdictOn(secret: SecretShape, given: unknown): Verdict {
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
