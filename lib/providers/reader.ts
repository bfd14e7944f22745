import { shownAmount } from "../money.ts";
import { decodeJson, JsonError, JsonNumber, type JsonObject, type JsonValue } from "../signing/index.ts";
import { withOffset } from "../time.ts";
import { isPlaceholder } from "./placeholder.ts";
import { NotDone, type ProviderAnswer, UnreadableReply } from "./provider.ts";
import { decisive } from "./words.ts";

const idLimit = 255;

/**
 * Reads a reply by the provider's field names, in three depths:
 *
 * - what is verified or compared (ids, kind, amount, status, order of time) and what the answer is about: by the methods
 *   here, which throw UnreadableReply where the field is not there or is something else;
 * - what only informs: by the same methods of `informs`, which give null and name the field in `unread`;
 * - what an inquiry does not need: not at all.
 *
 * Providers write one thing in several forms: ids and amounts as texts or numbers, yes and no in five ways, PHP an empty list
 * for null and a list as an object with the keys 0, 1, 2. Here each becomes one thing, and no number ever passes through a
 * floating-point number.
 */
export class Reader {
  readonly #value: JsonValue;
  readonly #at: string;
  readonly #utcOffset: string;
  readonly #unread: Set<string>;

  /** `unread` is where `informs` names the fields that it could not read. */
  constructor(value: JsonValue, at: string, utcOffset: string, unread: Set<string> = new Set()) {
    this.#value = opened(value);
    this.#at = at;
    this.#utcOffset = utcOffset;
    this.#unread = unread;
  }

  /** For what only informs. */
  get informs(): Informing {
    return new Informing(this, this.#unread);
  }

  get isNull(): boolean {
    return this.#value === null;
  }

  /** Null, an empty text, or a list or object of nothing. */
  get isEmpty(): boolean {
    const value = this.#value;
    if (value instanceof Map) return value.size === 0;
    return value === null || value === "" || (Array.isArray(value) && value.length === 0);
  }

  get isObject(): boolean {
    return this.#value instanceof Map;
  }

  /** What this itself says, where it is a yes or no. */
  get isTrue(): boolean {
    const says = yesOrNo(this.#value);
    if (says === undefined) throw new UnreadableReply(`${this.#at} is not true or false`, this.#at);
    return says;
  }

  /** True, or the provider did not do what it was asked. */
  done(field: string): true {
    if (this.boolean(field)) return true;
    throw new NotDone(field);
  }

  /** An id that must be the one that was asked about; where none was, it only informs. */
  sameId(field: string, asked: string | undefined): string | null {
    if (asked === undefined) return this.informs.id(field);
    if (this.optionalId(field) === asked) return asked;
    throw this.#unreadable(field, "the one that was asked about");
  }

  /**
   * What was asked about and may be named by the reply: where it is, it must be that. What cannot be read, or is a placeholder, names
   * nothing; of what is masked the last digits are compared.
   * @param isSame Whether the text that is shown is the one that was asked about, where it need not be so byte for byte.
   */
  namesNoOther(field: string, asked: string | undefined, isSame?: IsSame): void {
    const refusal = this.refusalOf(field, asked, isSame);
    if (refusal) throw refusal;
  }

  /** What `namesNoOther` would throw. */
  refusalOf(
    field: string,
    asked: string | undefined,
    isSame: IsSame = isSameText,
  ): UnreadableReply | undefined {
    if (asked === undefined || !this.#holdsOneObject) return undefined;
    // An id may come as a number, and a number in more than one form.
    if (readable(() => this.optionalId(field)) === asked) return undefined;
    const shown = readable(() => this.optionalText(field))?.trim() ?? "";
    const shownEnd = /[1-9]\d+$/.exec(shown)?.[0] ?? "";
    if (isSame(shown, asked) || (isPlaceholder(shown) && asked.endsWith(shownEnd))) return undefined;
    return this.#unreadable(field, "the one that was asked about");
  }

  has(field: string): boolean {
    return this.#value instanceof Map && this.#value.has(field);
  }

  /** The names of its fields. */
  get fields(): readonly string[] {
    return this.#value instanceof Map ? [...(this.#value as JsonObject).keys()] : [];
  }

  /** The objects in its fields, and in lists there. */
  get within(): readonly Reader[] {
    const parts = this.fields.map((field) => this.part(field));
    return parts.flatMap((part) => readable(() => part.rows()) ?? []).filter(({ isObject }) => isObject);
  }

  /** The value of a field, to be read in its turn; null where it is not there. */
  part(field: string): Reader {
    return this.#inside(this.#optional(field), field);
  }

  /** The text that this is, or undefined; a JSON text of an object or a list is what it holds. */
  get asText(): string | undefined {
    return typeof this.#value === "string" ? this.#value : undefined;
  }

  /** A mobile number that must be the one that was asked about, where one was: by its last ten digits. */
  sameMobile(field: string, asked: string | undefined): void {
    if (asked === undefined || isSameMobile(this.text(field), asked)) return;
    throw this.#unreadable(field, "the one that was asked about");
  }

  /** The rows of a list; a single object counts as a list of one, null as none. */
  rows(): readonly Reader[] {
    return this.#list().map((row, index) => this.#inside(row, String(index)));
  }

  boolean(field: string): boolean {
    return yesOrNo(this.#member(field)) ?? this.#fail(field, "true or false");
  }

  /** An id, as a string: it can pass 2^53. A placeholder is none. */
  id(field: string): string {
    const id = this.optionalId(field);
    return id === null || isPlaceholder(id) ? this.#fail(field, "an id") : id;
  }

  /** A token or a key; a placeholder is none. */
  token(field: string): string {
    const token = this.text(field);
    return isPlaceholder(token) ? this.#fail(field, "a token") : token;
  }

  optionalId(field: string): string | null {
    const value = this.#optional(field);
    if (value === null || (typeof value === "string" && value.trim() === "")) return null;
    if (typeof value === "string" && value.length <= idLimit) return value;
    const digits = value instanceof JsonNumber ? shownAmount(value.token)?.replace(/\.0+$/, "") : undefined;
    if (digits === undefined || !/^\d{1,255}$/.test(digits)) throw this.#unreadable(field, "an id");
    return digits;
  }

  /** A decimal string with the provider's own digits. */
  amount(field: string): string {
    const value = this.#member(field);
    const token = value instanceof JsonNumber ? value.token : value;
    const plain = typeof token === "string" ? shownAmount(token) : undefined;
    return plain ?? this.#fail(field, "an amount");
  }

  count(field: string): number {
    const value = this.#member(field);
    const token = value instanceof JsonNumber ? value.token : value;
    const count = typeof token === "string" && /^\s*\d{1,15}\s*$/.test(token) ? Number(token) : undefined;
    return count ?? this.#fail(field, "a count");
  }

  text(field: string): string {
    return this.optionalText(field) || this.#fail(field, "a text");
  }

  optionalText(field: string): string | null {
    const value = this.#optional(field);
    if (value === null || typeof value === "string") return value;
    if (value instanceof JsonNumber) return value.token;
    throw this.#unreadable(field, "a text");
  }

  /** ISO 8601 with an offset: the time's own, else the one that the provider's times are taken to have. */
  time(field: string): string {
    return withOffset(this.text(field), this.#utcOffset) ?? this.#fail(field, "a time");
  }

  /** The same, or null where the field is not there or empty. */
  optionalTime(field: string): string | null {
    return this.optionalText(field) ? this.time(field) : null;
  }

  /** ISO 8601 of a date and a time `HHmmss` in two fields. A time may be a number, and has then lost its leading zeros. */
  dateAndTime(date: string, time: string): string {
    const day = this.text(date).trim();
    const clock = this.text(time).trim();
    const digits = /^\d{1,6}$/.test(clock) ? clock.padStart(6, "0").replace(/\B(?=(?:\d\d)+$)/g, ":") : clock;
    const shown = `${day.replace(/^(\d{4})(\d\d)(\d\d)$/, "$1-$2-$3")} ${digits}`;
    return withOffset(shown, this.#utcOffset) ?? this.#fail(time, "a time, with its date");
  }

  /** The whole as plain JSON, its numbers as the strings that they were written as: for data whose fields are not documented. */
  plain(): unknown {
    return plain(this.#value);
  }

  #inside(value: JsonValue, name: string): Reader {
    return new Reader(value, `${this.#at}/${name}`, this.#utcOffset, this.#unread);
  }

  get #holdsOneObject(): boolean {
    return readable(() => this.#object()) !== undefined;
  }

  /** The object that this is; a list of one counts as what it holds. */
  #object(): JsonObject {
    const value = this.#value;
    const [only, ...more] = listed(value) ?? [value];
    const object = only === undefined || more.length > 0 ? value : opened(only);
    if (object instanceof Map) return object as JsonObject;
    throw new UnreadableReply(`${this.#at} is not an object`, this.#at);
  }

  #list(): readonly JsonValue[] {
    const value = this.#value;
    if (value === null) return [];
    const rows = listed(value) ?? (value instanceof Map ? [value] : undefined);
    if (rows === undefined) throw new UnreadableReply(`${this.#at} is not a list`, this.#at);
    return rows;
  }

  #optional(field: string): JsonValue {
    return this.#object().get(field) ?? null;
  }

  #member(field: string): JsonValue {
    const value = this.#optional(field);
    if (value === null) throw this.#unreadable(field, "there");
    return value;
  }

  #fail(field: string, expected: string): never {
    throw this.#unreadable(field, expected);
  }

  #unreadable(field: string, expected: string): UnreadableReply {
    const at = `${this.#at}/${field}`;
    return new UnreadableReply(`${at} is not ${expected}`, at);
  }
}

/** The success whose whole reply is read by the fields of one object. */
export function success(value: JsonValue, utcOffset: string): ProviderAnswer<Reader> {
  const unread = new Set<string>();
  return { kind: "success", reply: new Reader(value, "", utcOffset, unread), unread };
}

type IsSame = (shown: string, asked: string) => boolean;

const isSameText: IsSame = (shown, asked) => shown === asked;

/** By its last ten digits: the country's code may stand before them, in whatever form. */
export function isSameMobile(shown: string, asked: string): boolean {
  const digits = (text: string) => text.replace(/\D/g, "").slice(-10);
  return digits(shown) === digits(asked);
}

/** Reads what only informs: null where it cannot be read, and the field's name is kept, never its value. */
class Informing {
  readonly #reader: Reader;
  readonly #unread: Set<string>;

  constructor(reader: Reader, unread: Set<string>) {
    this.#reader = reader;
    this.#unread = unread;
  }

  id = (field: string) => this.#orNull(() => this.#reader.id(field));
  optionalId = (field: string) => this.#orNull(() => this.#reader.optionalId(field));
  text = (field: string) => this.#orNull(() => this.#reader.text(field));
  optionalText = (field: string) => this.#orNull(() => this.#reader.optionalText(field));
  boolean = (field: string) => this.#orNull(() => this.#reader.boolean(field));
  amount = (field: string) => this.#orNull(() => this.#reader.amount(field));
  count = (field: string) => this.#orNull(() => this.#reader.count(field));
  time = (field: string) => this.#orNull(() => this.#reader.time(field));
  optionalTime = (field: string) => this.#orNull(() => this.#reader.optionalTime(field));
  dateAndTime = (date: string, time: string) => this.#orNull(() => this.#reader.dateAndTime(date, time));
  rows = (field: string) => this.#orNull(() => this.#reader.part(field).rows());

  #orNull<Value>(read: () => Value): Value | null {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof UnreadableReply)) throw error;
      // One name for a field of all rows: a long list makes no long line.
      this.#unread.add(error.at.replace(/\/\d+(?=\/|$)/g, "/*"));
      return null;
    }
  }
}

/** The value, or undefined where it cannot be read: for rows that are judged one by one. */
export function readable<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnreadableReply) return undefined;
    throw error;
  }
}

/** What a JSON text of an object or a list holds; anything else is itself. */
function opened(value: JsonValue): JsonValue {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return decodeJson(value);
  } catch (error) {
    if (error instanceof JsonError) return value;
    throw error;
  }
}

/** The rows of a list, also of one that PHP wrote as an object because a row was taken out of it. */
function listed(value: JsonValue): readonly JsonValue[] | undefined {
  if (Array.isArray(value)) return value as readonly JsonValue[];
  if (!(value instanceof Map) || value.size === 0) return undefined;
  const object = value as JsonObject;
  return [...object.keys()].every((key) => /^\d{1,9}$/.test(key)) ? [...object.values()] : undefined;
}

const yes = ["true", "yes", "y", "1"];
const no = ["false", "no", "n", "0"];

function yesOrNo(value: JsonValue): boolean | undefined {
  if (typeof value === "object" && !(value instanceof JsonNumber)) return undefined;
  const word = decisive(value instanceof JsonNumber ? value.token : String(value));
  return yes.includes(word) ? true : no.includes(word) ? false : undefined;
}

function plain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return value.token;
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([name, member]) => [name, plain(member)]));
  return Array.isArray(value) ? value.map(plain) : value;
}
