import { decodeJson, JsonError, JsonNumber, type JsonValue } from "../lib/signing/json.ts";
import type { Piece } from "../lib/signing/pieces.ts";
import { CannotInspect } from "./finding.ts";

/** A request, a reply or a notification as somebody has it: a text to be pasted, or its parts. */
export type Given =
  | string
  | {
      readonly headers?: Readonly<Record<string, string>>;
      /** The body as it was sent, or its fields. */
      readonly body?: string | Readonly<Record<string, unknown>>;
    };

/** The same, read. */
export interface Pasted {
  readonly headers: readonly Piece[];
  readonly body: string;
  /** The fields of a form or of a JSON object, in their order; what is nested is left out. */
  readonly fields: readonly Piece[];
  readonly json: JsonValue | undefined;
}

/**
 * Reads headers and body. A text is a whole HTTP message, headers alone, or a body alone; a body is a JSON object or a form.
 * @throws CannotInspect where there is nothing to read.
 */
export function pasted(given: Given): Pasted {
  const { headers, body } = typeof given === "string" ? message(given) : partsOf(given);
  const text = body.replace(/^\ufeff/, "");
  const json = /^\s*[[{]/.test(text) ? jsonIn(text) : undefined;
  return { headers, body, json, fields: json === undefined ? formIn(text) : fieldsOf(json) };
}

function partsOf({ headers = {}, body = "" }: Exclude<Given, string>) {
  return {
    headers: Object.entries(headers),
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}

/** Headers end at an empty line; a text whose first line is no header is a body. */
function message(text: string): { readonly headers: readonly Piece[]; readonly body: string } {
  const lines = text.split(/\r?\n/);
  const first = lines.findIndex((line) => line.trim() !== "");
  if (first < 0) throw new CannotInspect("There is nothing to look at: the text is empty.");
  const start = /^(?:[A-Z]+ \S+ HTTP\/|HTTP\/[\d.]+ \d{3})/.test(lines[first] ?? "") ? first + 1 : first;
  const isHeader = (line: string) => /^[\w-]+:(?!\/\/)/.test(line) && !/^\s*[{"]/.test(line);
  if (start === first && !isHeader(lines[first] ?? "")) return { headers: [], body: text };
  let end = start;
  while (end < lines.length && isHeader(lines[end] ?? "")) end += 1;
  const headers = lines.slice(start, end).map((line): Piece => {
    const at = line.indexOf(":");
    return [line.slice(0, at), line.slice(at + 1).replace(/^ /, "")];
  });
  return { headers, body: lines.slice(end).join("\n").replace(/^\n/, "") };
}

function jsonIn(text: string): JsonValue {
  try {
    return decodeJson(text);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new CannotInspect(`The body is not JSON: ${error.reason}, after ${error.at} characters.`);
  }
}

/** A field of a form that is not escaped, such as a percent sign of its own, stays as it is. */
function formIn(text: string): readonly Piece[] {
  if (text.trim() === "") return [];
  return text
    .replaceAll(/\r?\n&?/g, "&")
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair): Piece => {
      const at = pair.includes("=") ? pair.indexOf("=") : pair.length;
      return [unescaped(pair.slice(0, at)), unescaped(pair.slice(at + 1))];
    });
}

const unescaped = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text.replaceAll("+", " ");
  }
};

/** The scalars of an object, as text; null is empty. */
export function fieldsOf(json: JsonValue): readonly Piece[] {
  if (!(json instanceof Map)) return [];
  return [...json].flatMap(([name, value]): readonly Piece[] => {
    if (typeof value === "string") return [[name, value]];
    if (value instanceof JsonNumber) return [[name, value.token]];
    if (value === null) return [[name, ""]];
    return typeof value === "boolean" ? [[name, String(value)]] : [];
  });
}

/** A field's value, by its name or by its name in another letter case. */
export function field(fields: readonly Piece[], name: string): string | undefined {
  const exact = fields.find(([given]) => given === name);
  const found = exact ?? fields.find(([given]) => given.toLowerCase() === name.toLowerCase());
  return found?.[1];
}
