import { JsonNumber, type JsonObject, type JsonValue } from "../../lib/signing/json.ts";
import { encodePhpJson } from "../../lib/signing/php-json.ts";
import { aggrepayReplyTexts, aggrepayRequestPieces, type Piece } from "../../lib/signing/pieces.ts";
import { type Draft, part, partsOf } from "../draft.ts";
import { CannotInspect, type Finding } from "../finding.ts";
import { field, type Pasted } from "../pasted.ts";
import { notTheSecrets, otherThan, type SecretTexts, type Subject } from "../scheme.ts";

const way = { algorithm: "sha512", charset: "utf-8", letterCase: "upper" } as const;
const draftOf = (pieces: readonly Piece[]): Draft => ({ ...way, parts: partsOf(pieces, ["salt"]) });

/** A form post: the salt, and each filled field in the order of the names. */
export function aggrepayRequest(message: Pasted, secret: SecretTexts): Subject {
  const salt = secret.text("salt");
  const carried = field(message.fields, "hash");
  const sent = message.fields.filter(([name]) => name.toLowerCase() !== "hash");
  const hasKey = sent.some(([name]) => name === "api_key");
  const fields: readonly Piece[] = hasKey ? sent : [["api_key", secret.text("apiKey")], ...sent];
  return {
    genuine: [draftOf(aggrepayRequestPieces(salt, fields))],
    others: otherOrders(salt, fields),
    around: {
      otherSecrets: otherThan(secret, "salt"),
      unsigned: carried === undefined ? [] : [part("hash", carried)],
    },
    carried,
    notes: [
      ...(hasKey || carried !== undefined
        ? notTheSecrets("api_key", "apiKey", secret, field(sent, "api_key"))
        : []),
      ...namesIn(sent),
    ],
  };
}

function otherOrders(salt: string, fields: readonly Piece[]): Subject["others"] {
  const pieces = (list: readonly Piece[]): readonly Piece[] => [
    ["salt", salt],
    ...list.flatMap((each): readonly Piece[] => [["", "|"], each]),
  ];
  const filled = fields.filter(([, value]) => value !== "");
  const byName = (list: readonly Piece[]) => list.toSorted(([one], [other]) => (one < other ? -1 : 1));
  const order = (says: string, list: readonly Piece[]) => ({
    finding: { kind: "order", says } as const,
    draft: draftOf(pieces(list)),
  });
  const empty = (says: string, list: readonly Piece[]) => ({
    finding: { kind: "empty field", says } as const,
    draft: draftOf(pieces(list)),
  });
  return [
    order("The fields stand in the order in which they are sent, not in that of their names.", filled),
    order("The fields stand in the opposite order.", byName(filled).toReversed()),
    order(
      "The fields stand in the order of their values.",
      filled.toSorted(([, one], [, other]) => (one < other ? -1 : 1)),
    ),
    empty("Empty fields are counted.", byName(fields)),
    empty("The hash is counted, as an empty field.", byName([...filled, ["hash", ""]])),
    empty("Empty fields are counted, in the order in which they are sent.", fields),
  ];
}

function namesIn(fields: readonly Piece[]): readonly Finding[] {
  const names = fields.map(([name]) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  const odd = names.filter((name) => !/^[a-z][a-z0-9_]*$/.test(name)).length;
  return [
    ...(twice === undefined ? [] : [{ kind: "surplus", says: "A field is given twice." } as const]),
    ...(odd === 0
      ? []
      : [{ kind: "letter case", says: `${odd} names of fields are not in small letters.` } as const]),
  ];
}

/** A reply: the salt, and the reply without its hash as PHP encodes it again, with `\/` or with bare slashes. */
export function aggrepayReply(message: Pasted, secret: SecretTexts): Subject {
  const { json } = message;
  if (!(json instanceof Map)) throw new CannotInspect("The reply is not a JSON object, so it has no hash.");
  const draft = (text: string): Draft =>
    draftOf([
      ["salt", secret.text("salt")],
      ["reply", text],
    ]);
  const hash = json.get("hash");
  return {
    genuine: textsOf(json).map(draft),
    others: jsonForms(message, json).map(({ says, text }) => ({
      finding: { kind: "JSON form", piece: "reply", says },
      draft: draft(text),
    })),
    around: { otherSecrets: otherThan(secret, "salt"), unsigned: [] },
    carried: typeof hash === "string" ? hash : undefined,
    notes:
      typeof hash === "string" && hash !== ""
        ? []
        : [{ kind: "missing", piece: "hash", says: "The reply has no hash: nothing of it can be verified." }],
  };
}

function textsOf(json: JsonObject): readonly string[] {
  try {
    return aggrepayReplyTexts(json);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CannotInspect("The reply holds a number that PHP cannot encode.");
  }
}

interface JsonForm {
  readonly says: string;
  readonly text: string;
}

/** Other texts that are hashed by mistake, or that a genuine reply became on its way. */
function jsonForms(message: Pasted, json: JsonObject): readonly JsonForm[] {
  const rest = without(json, "hash");
  const text = (value: JsonValue) => encodePhpJson(value);
  const raw = message.body.trim();
  const forms: JsonForm[] = [
    {
      says: "It covers the reply as it came, its hash cut out, not as PHP encodes it again.",
      text: cutOut(raw),
    },
    { says: "It covers the whole reply as it came.", text: raw },
    { says: "Characters outside ASCII stand as they are.", text: unescapedUnicode(text(rest)) },
    {
      says: "Characters outside ASCII and slashes stand as they are.",
      text: unescapedUnicode(encodePhpJson(rest, { bareSlashes: true })),
    },
    { says: "The reply stands with spaces after its commas and colons.", text: spaced(text(rest)) },
    { says: "The hash is counted, as null.", text: text(new Map(json).set("hash", null)) },
    { says: "The hash is counted, as an empty text.", text: text(new Map(json).set("hash", "")) },
    { says: "The members stand in the order of their names.", text: text(sortedDeep(rest)) },
    { says: "The outermost members stand in the order of their names.", text: text(sorted(rest)) },
  ];
  for (const name of rest.keys()) {
    const member = rest.get(name) ?? null;
    forms.push({ says: `It covers "${name}" alone.`, text: text(member) });
    forms.push({ says: `"${name}" is missing.`, text: text(without(rest, name)) });
  }
  for (const [says, changed] of changes(rest, [])) forms.push({ says, text: text(changed) });
  return [...forms, ...forms.map(({ says, text }) => ({ says, text: text.replaceAll("\\/", "/") }))];
}

const without = (json: JsonObject, name: string): JsonObject =>
  new Map([...json].filter(([key]) => key !== name));
const sorted = (json: JsonObject): JsonObject =>
  new Map([...json].toSorted(([one], [other]) => (one < other ? -1 : 1)));

function sortedDeep(value: JsonValue): JsonValue {
  if (value instanceof Map)
    return sorted(new Map([...value].map(([name, member]) => [name, sortedDeep(member)])));
  return Array.isArray(value) ? value.map(sortedDeep) : value;
}

const cutOut = (raw: string): string =>
  raw.replace(/,\s*"hash"\s*:\s*"[^"]*"/, "").replace(/"hash"\s*:\s*"[^"]*"\s*,\s*/, "");
const unescapedUnicode = (text: string): string =>
  text.replaceAll(/\\u([0-9a-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
const spaced = (text: string): string =>
  text.replaceAll(/"(?:[^"\\]|\\.)*"|[:,]/g, (piece) => (piece.length === 1 ? `${piece} ` : piece));

/** The reply with one value of it changed, as something on the way may have changed it. */
function* changes(
  value: JsonValue,
  path: readonly string[],
): Iterable<readonly [says: string, changed: JsonValue]> {
  const name = path.length === 0 ? "The reply" : `"${path.join("/")}"`;
  if (value instanceof Map) {
    for (const [key, member] of value)
      for (const [says, changed] of changes(member, [...path, key]))
        yield [says, new Map([...value]).set(key, changed)];
    for (const key of path.length === 0 ? [] : value.keys())
      yield [`"${[...path, key].join("/")}" is missing.`, without(value, key)];
    if (value.size === 0) yield [`${name} is null.`, null];
    return;
  }
  if (Array.isArray(value)) {
    for (const [at, member] of value.entries())
      for (const [says, changed] of changes(member, [...path, String(at)]))
        yield [says, value.with(at, changed)];
    if (value.length === 0) {
      yield [`${name} is null.`, null];
      yield [`${name} is an empty text.`, ""];
    }
    return;
  }
  for (const [says, changed] of scalarChanges(value)) yield [`${name} ${says}.`, changed];
}

function* scalarChanges(value: JsonValue): Iterable<readonly [says: string, changed: JsonValue]> {
  if (value === null || value === "") {
    if (value !== null) yield ["is null", null];
    if (value !== "") yield ["is an empty text", ""];
    yield ["is an empty list", []];
    return;
  }
  if (value instanceof JsonNumber) {
    yield ["is a text", value.token];
    for (const token of numberTokens(value.token))
      yield ["is a number in another form", new JsonNumber(token)];
    return;
  }
  if (typeof value === "boolean") {
    yield ["is a number", new JsonNumber(value ? "1" : "0")];
    yield ["is a text", value ? "1" : "0"];
    yield ["is a word", String(value)];
    return;
  }
  if (typeof value !== "string") return;
  if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(value)) yield ["is a number", new JsonNumber(value)];
  yield ["is without the white space around it", value.trim()];
  yield ["has a space at its end", `${value} `];
  yield ["is in capital letters", value.toUpperCase()];
  yield ["is in small letters", value.toLowerCase()];
  yield ["is in another Unicode form (NFC)", value.normalize("NFC")];
  yield ["is in another Unicode form (NFD)", value.normalize("NFD")];
  yield ["is null", null];
}

const numberTokens = (token: string): readonly string[] =>
  /^-?\d+$/.test(token) ? [`${token}.0`, `${token}.00`] : [token.replace(/\.?0+$/, ""), `${token}0`];
