import { providerNames } from "../../lib/providers/index.ts";
import type { ProviderName } from "../../lib/secrets/names.ts";
import { CannotInspect } from "../finding.ts";
import { type Inspection, inspect, type MessageKind, type SecretVersion } from "../inspect.ts";
import { nodeDigests } from "../node-digests.ts";
import type { Given } from "../pasted.ts";
import { requestOf } from "./made.ts";
import { isObject, type SecretSource, type Versions, versionsOf } from "./secrets.ts";

/** What the command is given as JSON; everything is optional but a way to know the provider and the message. */
interface Order {
  readonly provider: ProviderName;
  readonly operation: string | undefined;
  readonly kind: MessageKind;
  readonly input: Readonly<Record<string, unknown>> | undefined;
  readonly message: Given | undefined;
  readonly theirs: Given | undefined;
  readonly expected: string | undefined;
  readonly now: number | undefined;
  readonly versions: Versions | undefined;
}

/**
 * Signs or verifies as the JSON says: `operation` and `input`, or a `message`; `secret` or `secrets`, where they are not read
 * from elsewhere; to verify, `expected` or `theirs`, or the message's own signature.
 * @throws CannotInspect
 */
export async function carriedOut(
  verb: "sign" | "verify",
  json: Readonly<Record<string, unknown>>,
  source: SecretSource,
): Promise<Inspection> {
  const order = orderOf(json);
  const secrets = order.versions ?? (await versionsOf(order.provider, source));
  const made = order.message === undefined;
  const message = order.message ?? madeOf(order, secrets[0].json);
  const theirs = verb === "verify" ? order.theirs : undefined;
  const expected = verb === "verify" ? order.expected : undefined;
  if (verb === "verify" && made && theirs === undefined && expected === undefined)
    throw new CannotInspect('To verify, give "expected", "theirs", or a "message" with its signature.');
  return inspect(
    {
      provider: order.provider,
      kind: order.kind,
      secrets,
      message,
      compares: verb === "verify",
      ...(order.operation !== undefined && { operation: order.operation }),
      ...(theirs !== undefined && { theirs }),
      ...(expected !== undefined && { expected }),
    },
    { digests: nodeDigests },
  );
}

function madeOf({ operation, input, now, theirs }: Order, secret: Readonly<Record<string, unknown>>): Given {
  if (operation === undefined || input === undefined)
    throw new CannotInspect('Give "operation" and "input", or a "message".');
  return requestOf(operation, input, secret, now ?? dateIn(theirs) ?? Date.now());
}

/** The moment that the other message names, so that only what else differs is shown. */
function dateIn(theirs: Given | undefined): number | undefined {
  const headers = typeof theirs === "object" ? JSON.stringify(theirs.headers ?? {}) : (theirs ?? "");
  const [, date = ""] =
    /\bdate"?\s*:\s*"?([A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} [\d:]{8} GMT)/i.exec(headers) ?? [];
  const at = Date.parse(date);
  return Number.isNaN(at) ? undefined : at;
}

const providers: readonly string[] = providerNames;
const kinds: readonly string[] = ["request", "reply", "notification"];

function orderOf(json: Readonly<Record<string, unknown>>): Order {
  const operation = optionalText(json, "operation");
  const provider = optionalText(json, "provider") ?? operation?.split("/")[0];
  const kind = optionalText(json, "kind") ?? "request";
  if (provider === undefined || !providers.includes(provider))
    throw new CannotInspect(`"provider" must be one of ${providers.join(", ")}.`);
  if (!kinds.includes(kind)) throw new CannotInspect(`"kind" must be one of ${kinds.join(", ")}.`);
  const input = json.input;
  if (input !== undefined && !isObject(input)) throw new CannotInspect('"input" must be an object.');
  const at = optionalText(json, "now");
  if (at !== undefined && Number.isNaN(Date.parse(at))) throw new CannotInspect('"now" must be a time.');
  return {
    provider: provider as ProviderName,
    operation: operation?.includes("/") === false ? `${provider}/${operation}` : operation,
    kind: kind as MessageKind,
    input,
    message: given(json, "message"),
    theirs: given(json, "theirs"),
    expected: optionalText(json, "expected"),
    now: at === undefined ? undefined : Date.parse(at),
    versions: versionsIn(json),
  };
}

function optionalText(json: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = json[name];
  if (value === undefined || typeof value === "string") return value;
  throw new CannotInspect(`"${name}" must be a text.`);
}

/** A text, headers and body, or the fields of a body. */
function given(json: Readonly<Record<string, unknown>>, name: string): Given | undefined {
  const value = json[name];
  if (value === undefined || typeof value === "string") return value;
  if (!isObject(value)) throw new CannotInspect(`"${name}" must be a text or an object.`);
  const { headers, body } = value;
  if (headers === undefined && body === undefined) return { body: value };
  if (
    headers !== undefined &&
    !(isObject(headers) && Object.values(headers).every((each) => typeof each === "string"))
  )
    throw new CannotInspect(`"${name}.headers" must be an object of texts.`);
  if (body !== undefined && typeof body !== "string" && !isObject(body))
    throw new CannotInspect(`"${name}.body" must be a text or an object.`);
  return {
    ...(headers !== undefined && { headers: headers as Readonly<Record<string, string>> }),
    ...(body !== undefined && { body }),
  };
}

function versionsIn({ secret, secrets }: Readonly<Record<string, unknown>>): Versions | undefined {
  if (isObject(secret)) return [{ label: "given", json: secret }];
  if (secret !== undefined) throw new CannotInspect('"secret" must be an object.');
  if (secrets === undefined) return undefined;
  if (!isObject(secrets) || !Object.values(secrets).every(isObject))
    throw new CannotInspect('"secrets" must be an object of versions, the one in force first.');
  const [first, ...others] = Object.entries(secrets).map(
    ([label, json]): SecretVersion => ({ label, json: json as Readonly<Record<string, unknown>> }),
  );
  if (first === undefined) throw new CannotInspect('"secrets" must hold a version.');
  return [first, ...others];
}
