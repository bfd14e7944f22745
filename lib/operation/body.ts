import type { APIGatewayProxyEventV2 } from "aws-lambda";
import * as v from "valibot";
import { type FieldError, Problem } from "../problem.ts";
import { decodeJson, JsonError, JsonNumber, type JsonObject, type JsonValue } from "../signing/index.ts";

const bodyLimit = 64 * 1024;
const nestingLimit = 8;
/** Faults that one answer names: enough to mend a request by, and no answer larger than what it answers. */
const faultLimit = 20;

/** What of an event a body is read from. */
type Posted = Pick<APIGatewayProxyEventV2, "headers" | "body" | "isBase64Encoded">;

/** What an operation takes: fields of one flat JSON object, every other field refused. */
export type InputSchema<Input> = v.GenericSchema<unknown, Input> & { readonly entries: v.ObjectEntries };

/**
 * The operation's input from the request's body.
 * @throws Problem `unacceptable-body` or `invalid-request`, naming each place that is at fault and quoting no value.
 */
export function readInput<Input>(event: Posted, schema: InputSchema<Input>): Input {
  requireJson(event.headers["content-type"], event.headers["content-encoding"]);
  const fields = readObject(limited(bodyOf(event)), schema.entries);
  const unknown = [...fields.keys()].filter((name) => !Object.hasOwn(schema.entries, name));
  const parsed = v.safeParse(schema, plainObject(fields), { abortPipeEarly: true });
  const faults = [
    ...unknown.map((name) => ({
      pointer: pointerTo([name]),
      detail: `is not a field of this request${meant(name, Object.keys(schema.entries))}`,
    })),
    ...[...fields]
      .filter(isMended)
      .map(([name]) => ({ pointer: pointerTo([name]), detail: "holds bytes that are not UTF-8" })),
    ...(parsed.issues ?? []).map(faultOf),
  ];
  if (faults.length > 0 || !parsed.success) throw invalid(faults.slice(0, faultLimit));
  return parsed.output;
}

/** ` (fromCustomerId is)`, where one field's name ends as this one does, or this one as it: `customer_id`, `FromCustomerId`. */
function meant(name: string, known: readonly string[]): string {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, "");
  const typed = plain(name.slice(0, longestName));
  const alike = known.filter(
    (each) => typed.length > 2 && (plain(each).endsWith(typed) || typed.endsWith(plain(each))),
  );
  const field = alike.find((each) => plain(each) === typed) ?? (alike.length === 1 ? alike[0] : undefined);
  return field === undefined ? "" : ` (${field} is)`;
}

/** A name can be as long as the body: what is longer than this is no field's with a slip in it. */
const longestName = 100;

/** API Gateway gives a body of text as text, and puts U+FFFD where it had bytes that are none. */
const isMended = ([name, value]: readonly [string, JsonValue]): boolean =>
  `${name}${typeof value === "string" ? value : ""}`.includes("\ufffd");

export const invalid = (errors: readonly FieldError[], whole = "The body"): Problem => {
  const [first] = errors;
  const place = first?.pointer || first?.header || whole;
  return new Problem("invalid-request", `${place} ${first?.detail ?? "is not valid"}.`, { errors });
};

/** `application/json` with parameters or none; a semicolon more than needed means nothing. */
const jsonType = (() => {
  const token = "[\\w!#$%&'*+.^`|~-]+";
  const parameter = `\\s*;(?:\\s*${token}\\s*=\\s*(?:${token}|"(?:[^"\\\\]|\\\\.)*"))?`;
  return new RegExp(`^application/(?:[\\w.+-]+\\+)?json(?:${parameter})*\\s*$`, "i");
})();
/** API Gateway joins a header that was sent twice with a comma. */
const severalTypes = /^[\w.+-]+\/[^,]*,\s*[\w.+-]+\//;
const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/gi;
/** US-ASCII is a part of UTF-8. */
const isUtf8 = (name: string): boolean => /^(?:utf-?8|us-ascii)$/i.test(name);

function requireJson(contentType: string | undefined, contentEncoding: string | undefined): void {
  const type = contentType?.trim() ?? "";
  if (!jsonType.test(type))
    throw unacceptable(
      "content-type",
      severalTypes.test(type)
        ? "holds more than one type: was the header sent twice? It must be application/json, sent once"
        : "must be application/json",
    );
  if (![...type.matchAll(charset)].every(([, name = ""]) => isUtf8(name)))
    throw unacceptable("content-type", "must have the charset utf-8 or none: JSON is UTF-8");
  // Some write the charset where a coding belongs.
  const codings = (contentEncoding ?? "").split(",").map((name) => name.trim());
  if (!codings.every((name) => name === "" || /^identity$/i.test(name) || isUtf8(name)))
    throw unacceptable(
      "content-encoding",
      "must be left out: the body must be sent as it is, not compressed",
    );
}

const unacceptable = (header: string, detail: string): Problem =>
  new Problem("unacceptable-body", `The header ${header} ${detail}.`, {
    status: 415,
    errors: [{ header, detail }],
  });

/** The body's bytes: API Gateway passes on whatever it does not take for text in base64. */
export const bodyOf = (event: Pick<Posted, "body" | "isBase64Encoded">): Uint8Array =>
  Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8");

function limited(body: Uint8Array): Uint8Array {
  if (body.byteLength > bodyLimit)
    throw new Problem("unacceptable-body", `The body must have at most ${bodyLimit} bytes.`, {
      status: 413,
      errors: [{ pointer: "", detail: `must have at most ${bodyLimit} bytes` }],
    });
  if (body.byteLength === 0) throw invalid([{ pointer: "", detail: "is empty: a JSON object is expected" }]);
  return body;
}

function readObject(body: Uint8Array, known: v.ObjectEntries): JsonObject {
  const value = decode(body, known);
  if (value instanceof Map) return value as JsonObject;
  throw invalid([{ pointer: "", detail: "must be a JSON object" }]);
}

function decode(body: Uint8Array, known: v.ObjectEntries): JsonValue {
  try {
    return decodeJson(body, { duplicates: "refuse", maxDepth: nestingLimit });
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    const detail = `is not acceptable JSON at character ${error.at}: ${error.reason}`;
    // In JSON that is broken a name may hold what was meant for a value: only a field's own name is quoted.
    const [, name = ""] = error.pointer?.split("/") ?? [];
    throw invalid([{ pointer: Object.hasOwn(known, name) ? `/${name}` : "", detail }]);
  }
}

/** For the schema: a number that is exactly a small whole number becomes one, any other stays what no schema accepts. */
function plainObject(fields: JsonObject): object {
  return Object.fromEntries([...fields].map(([name, value]) => [name, plain(value)]));
}

function plain(value: JsonValue): unknown {
  if (!(value instanceof JsonNumber)) return value;
  return /^-?\d{1,15}$/.test(value.token) ? Number(value.token) : value;
}

const pointerTo = (path: readonly unknown[]): string =>
  shorten(path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""));

/** A name in the request can be as long as the request. */
const shorten = (pointer: string): string =>
  pointer.length > 100 ? `${pointer.slice(0, 100).replace(/[\ud800-\udbff]$/, "")}…` : pointer;

function faultOf(issue: v.BaseIssue<unknown>): FieldError {
  const pointer = pointerTo(issue.path?.map((step) => step.key) ?? []);
  const missing = issue.kind === "schema" && issue.path !== undefined && issue.received === "undefined";
  return { pointer, detail: missing ? "is required" : issue.message };
}
