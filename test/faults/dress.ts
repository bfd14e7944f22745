import { createHash } from "node:crypto";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import type { WireReply } from "../../lib/transport.ts";
import type { Random } from "../soak/random.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type Members = Readonly<Record<string, Json>>;

/** What the provider says, before it is bytes. */
export interface Said {
  readonly status: number;
  readonly value: Members;
  /** AggrePay's: with a hash, which is made with this salt, or is none. */
  readonly isHashed: boolean;
  readonly salt?: string;
  /** How a hash that is none is written. */
  readonly noHash?: "" | null;
}

/** Bytes as they come from the network. */
export interface Wire extends WireReply {
  /** Its Content-Encoding. */
  readonly coding?: string;
}

/** How a provider, and what stands before it, writes what it says; the same is said in every dress. */
export interface Dress {
  readonly said: (said: Said) => Said;
  readonly wire: (reply: WireReply) => Wire;
}

export const asItIs: Dress = { said: (said) => said, wire: (reply) => reply };

type Restate = (said: Said, random: Random) => Said;

const php = (value: Json): string =>
  JSON.stringify(value)
    .replaceAll("/", "\\/")
    .replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
const sha512 = (text: string) => createHash("sha512").update(text, "utf8").digest("hex").toUpperCase();
export const bytes = (status: number, text: string): WireReply => ({
  status,
  body: Buffer.from(text, "utf8"),
});

/** What is said, as bytes. AggrePay's hash is made of what it writes, and of nothing where it signs nothing. */
export function written({ status, value, salt, isHashed, noHash = null }: Said): WireReply {
  const hash = salt === undefined ? noHash : sha512(salt + php(value));
  return bytes(status, JSON.stringify(isHashed ? { ...value, hash } : value));
}

/** The reply that AggrePay's bytes are, where its hash is that of the salt, or it is an error without one. */
export function readSaid(text: string, salt: string): Said | undefined {
  const { hash, ...value } = membersIn(text);
  const isError = hash === null && isMembers(value.error ?? null);
  if (hash !== sha512(salt + php(value)) && !isError) return undefined;
  return { status: 200, value, isHashed: true, ...(!isError && { salt }) };
}

function membersIn(text: string): Members {
  try {
    const value = JSON.parse(text) as Json;
    return isMembers(value) ? value : {};
  } catch {
    return {};
  }
}

interface Kind {
  readonly name: string;
  readonly said?: Restate;
  readonly wire?: (reply: Wire, random: Random) => Wire;
}

type Member = readonly [name: string, value: Json];

/** Each member of each object within, as it is written instead. */
function rewritten(value: Json, rewrite: (member: Member) => Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map((each) => rewritten(each, rewrite));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, inner]): Member => {
    return [name, rewritten(rewrite([name, inner]), rewrite)];
  });
  return Object.fromEntries(members);
}

/** Another form of every member of these names whose value is a text. */
const texts =
  (names: readonly string[], form: (text: string, random: Random) => Json): Restate =>
  (said, random) => ({
    ...said,
    value: rewritten(said.value, ([name, value]) =>
      names.includes(name) && typeof value === "string" ? form(value, random) : value,
    ) as Members,
  });

const inData =
  (change: (data: Json, random: Random) => Json): Restate =>
  (said, random) =>
    said.isHashed && said.salt !== undefined
      ? { ...said, value: { ...said.value, data: change(said.value.data ?? null, random) } }
      : said;

const isMembers = (value: Json): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A time as `2026-01-05 11:30:00`, in forms that name the same moment. */
/** A text that is no time stays as it is. */
function inUtc(text: string): string {
  const at = new Date(`${text.replace(" ", "T")}+05:30`);
  return Number.isNaN(at.getTime()) ? text : `${at.toISOString().slice(0, 19)}Z`;
}

const timeForms: readonly ((text: string) => string)[] = [
  (text) => `${text}.0`,
  (text) => `${text}.123456`,
  (text) => text.replace(" ", "T"),
  (text) => `${text.replace(" ", "T")}+05:30`,
  (text) => `${text} +0530`,
  (text) => text.replaceAll("-", "/"),
  (text) => text.replaceAll("-", "."),
  (text) => text.replace(/\D/g, ""),
  (text) => ` ${text} `,
  inUtc,
];

const amountForms: readonly ((text: string) => Json)[] = [
  (text) => Number(text),
  (text) => Number(text).toFixed(2),
  (text) => `${Number(text).toFixed(2)}00`,
  (text) => ` ${text} `,
];

const wordForms: readonly ((text: string) => string)[] = [
  (text) => text.toUpperCase(),
  (text) => text.toLowerCase(),
  (text) => ` ${text}\n`,
  (text) => text.replace(/\.$/, ""),
  (text) => `${text.replace(/\.$/, "")}!`,
  (text) => `${text} .`,
];

const agreeing = ["true", "TRUE", "Yes", "y", "1", 1, true] as const;
const refusing = ["false", "FALSE", "No", "n", "0", 0, false] as const;
const informing = [
  ...["balance", "transaction_type", "page_size", "page_number", "total_elements"],
  ...["transDt", "transTm", "mitraCd"],
];
const unheardOf: readonly Json[] = [null, "", "NA", ["x"], { of: "x" }, "1,2,3", true];

/**
 * Rows of others, of which something cannot be read. The amount of each can be, and is none of ours: without it a row of a kind
 * that is not known could be a change of ours, and makes an absence unproven.
 */
const foreignRows: readonly Members[] = [
  { amount: "999.99", payment_type: "DEBIT", time: null, transaction_id: null },
  { amount: "999.99", payment_type: "CREDIT", time: "yesterday", transaction_id: ["x"] },
  { amount: "888.88", payment_type: null, time: { at: "x" }, merchant_transaction_id: { of: "x" } },
  { amount: "888.88", payment_type: "ADJUSTMENT", time: "2019-02-31 10:00:00", balance: null },
  { amount: "777.77", payment_type: "OPENING", time: "", transaction_status: null },
];

const codings: Readonly<Record<string, (body: Uint8Array) => Buffer>> = {
  gzip: (body) => gzipSync(body),
  "x-gzip": (body) => gzipSync(body),
  GZIP: (body) => gzipSync(body),
  deflate: (body) => deflateSync(body),
  " deflate": (body) => deflateRawSync(body),
  br: (body) => brotliCompressSync(body),
  "gzip, br": (body) => brotliCompressSync(gzipSync(body)),
};

const isGzip = (body: Uint8Array): boolean => body[0] === 0x1f && body[1] === 0x8b;
const labels = {
  gzip: ["", "identity", "utf-8", "UTF8", "none", "x-nobody", "deflate"],
  plain: ["gzip", "deflate", "br", "utf-8", "binary", "aws-chunked", "x-nobody", "gzip, gzip"],
};

/** Sentences of a validator, each with forms that say the same. */
const sentenceForms: readonly (readonly [RegExp, readonly ((...groups: readonly string[]) => string)[]])[] = [
  [
    /^The selected (.+) is invalid\.$/,
    [
      (field) => `The selected ${field?.replaceAll(" ", "_")} is invalid.`,
      (field) => `Validation error: The selected ${field} is invalid`,
      (field) => `${field} was not found.`,
      (field) => `The "${field}" does not exist. Please choose another.`,
    ],
  ],
  [
    /^The (.+) has already been taken\.$/,
    [
      (field) => `${field?.replaceAll(" ", "_")} has already been taken`,
      (field) => `Validation failed: The ${field} field has already been taken.`,
      (field) => `The '${field}' has already been taken (and 1 more error)`,
    ],
  ],
  [
    /^The (.+) must not be greater than (\d+) characters\.$/,
    [
      (field, most) => `The ${field} may not be greater than ${most} characters`,
      (field, most) => `The given data was invalid. The ${field} should not exceed ${most} characters.`,
      (field) => `${field} format is invalid`,
    ],
  ],
];

function inAnotherForm(text: string, random: Random): string {
  for (const [pattern, forms] of sentenceForms) {
    const [, ...groups] = pattern.exec(text) ?? [];
    if (groups.length > 0) return random.pick(forms)(...groups);
  }
  return text;
}

const kinds: readonly Kind[] = [
  {
    name: "content coding under another label",
    wire: (reply, random) => {
      if (reply.coding !== undefined && !(isGzip(reply.body) && reply.coding.trim().endsWith("gzip")))
        return reply;
      const body = reply.coding === undefined && random.chance(0.5) ? gzipSync(reply.body) : reply.body;
      return { ...reply, body, coding: random.pick(isGzip(body) ? labels.gzip : labels.plain) };
    },
  },
  {
    name: "content coding",
    wire: (reply, random) => {
      const coding = random.pick(Object.keys(codings));
      return { ...reply, body: codings[coding]?.(reply.body) ?? reply.body, coding };
    },
  },
  {
    name: "byte order mark",
    wire: (reply) => ({ ...reply, body: Buffer.concat([Buffer.from("\ufeff"), reply.body]) }),
  },
  { name: "time in another form", said: texts(["time"], (text, random) => random.pick(timeForms)(text)) },
  {
    name: "amount in another form",
    said: texts(["amount"], (text, random) => random.pick(amountForms)(text)),
  },
  {
    name: "id as a number",
    // A zero in front of it would be lost.
    said: texts(["transaction_id", "customer_id", "sub_merchant_id"], (text) =>
      /^[1-9]\d{0,14}$/.test(text) ? Number(text) : text,
    ),
  },
  {
    name: "yes and no in another form",
    said: texts(
      ["customer_exists", "otp_sent", "updated", "mpin_updated", "customer_active"],
      (text, random) => random.pick(["true", "y", "yes"].includes(text) ? agreeing : refusing),
    ),
  },
  { name: "a validator's sentence in another form", said: texts(["message"], inAnotherForm) },
  {
    name: "words in another form",
    said: texts(["code", "message", "payment_type", "transaction_status"], (text, random) =>
      random.pick(wordForms)(text),
    ),
  },
  {
    name: "what only informs cannot be read",
    said: texts(informing, (_text, random) => random.pick(unheardOf)),
  },
  {
    name: "rows of others cannot be read",
    said: inData((data, random) => {
      const isList = Array.isArray(data) && data.some((row) => isMembers(row) && "payment_type" in row);
      return isList ? [random.pick(foreignRows), ...(data as Json[]), random.pick(foreignRows)] : data;
    }),
  },
  {
    name: "a list in another shape",
    said: inData((data, random) => {
      if (!Array.isArray(data)) return data;
      const rows = data as readonly Json[];
      const keyed = Object.fromEntries(rows.map((row, index) => [String(index + 1), row]));
      return random.pick<Json>([keyed, JSON.stringify(rows), rows.length === 1 ? (rows[0] ?? null) : keyed]);
    }),
  },
  {
    name: "an object in another shape",
    said: inData((data, random) =>
      // A list that wears another shape already stays as it is.
      isMembers(data) && !Object.values(data).every(isMembers)
        ? random.pick<Json>([[data], JSON.stringify(data), { "7": data }])
        : data,
    ),
  },
  {
    name: "PHP's empty list and text for null",
    said: (said, random) => {
      const empty = () => random.pick<Json>(["", [], null]);
      const { data = null, error = null, page = null } = said.value;
      if (!said.isHashed) return said;
      if (said.salt !== undefined) return { ...said, value: { ...said.value, error: error ?? empty() } };
      if (error === null) return said;
      return {
        ...said,
        value: { error, data: data ?? empty(), page: page ?? empty() },
        noHash: random.pick(["", null]),
      };
    },
  },
  {
    name: "members that nobody documents",
    said: (said) => ({ ...said, value: { ...said.value, trace: { node: ["7", { of: [] }] } } }),
  },
  {
    name: "an error under another HTTP status",
    said: (said, random) =>
      said.isHashed && isMembers(said.value.error ?? null) && said.status === 200
        ? { ...said, status: random.pick([200, 201, 400, 401, 403, 404, 422]) }
        : said,
  },
];

/** The names of all that a reply may wear. */
export const dressKinds = kinds.map(({ name }) => name);

/** What each reply wears is drawn, unless `wears` says it; `met` is told the names. */
export function drawnDress(
  random: Random,
  met: (name: string) => void,
  wears: (name: string) => boolean = () => random.chance(0.25),
): Dress {
  const worn = () => kinds.filter(({ name }) => wears(name));
  let now: readonly Kind[] | undefined;
  const taken = <T>(kind: Kind, before: T, after: T): T => {
    if (after !== before) met(kind.name);
    return after;
  };
  return {
    said(said) {
      now = worn();
      return now.reduce((value, kind) => taken(kind, value, kind.said?.(value, random) ?? value), said);
    },
    wire(reply) {
      const all = now ?? worn();
      now = undefined;
      return all
        .toReversed()
        .reduce<Wire>((value, kind) => taken(kind, value, kind.wire?.(value, random) ?? value), reply);
    },
  };
}
