import { plainDecimal } from "../money.ts";
import { JsonNumber, type JsonObject, type JsonValue } from "../signing/index.ts";
import { fromStamp, withOffset } from "../time.ts";
import { NotDone, UnreadableReply } from "./provider.ts";

const idLimit = 255;

/**
 * Reads a reply by the provider's field names. Providers write booleans as strings, ids and amounts as strings or numbers;
 * here each becomes one thing, and no number ever passes through a floating-point number.
 * Every method throws UnreadableReply when the field is not there or is something else.
 */
export class Reader {
  readonly #value: JsonValue;
  readonly #at: string;
  readonly #utcOffset: string;

  constructor(value: JsonValue, at: string, utcOffset: string) {
    this.#value = value;
    this.#at = at;
    this.#utcOffset = utcOffset;
  }

  get isNull(): boolean {
    return this.#value === null;
  }

  /** What this itself says, where it is a yes or no. */
  get isTrue(): boolean {
    const value = this.#value;
    if (value === true || value === "true") return true;
    if (value === false || value === "false") return false;
    throw new UnreadableReply(`${this.#at} is not true or false`);
  }

  /** True, or the provider did not do what it was asked. */
  done(field: string): true {
    if (this.boolean(field)) return true;
    throw new NotDone(field);
  }

  /** An id that must be the one that was asked about, where one was. */
  sameId(field: string, asked: string | undefined): string {
    const id = this.id(field);
    if (asked === undefined || id === asked) return id;
    throw new UnreadableReply(`${this.#at}/${field} is not the one that was asked about`);
  }

  has(field: string): boolean {
    return this.#value instanceof Map && this.#value.has(field);
  }

  /** The value of a field, to be read in its turn; null where it is not there. */
  part(field: string): Reader {
    return new Reader(this.#optional(field), `${this.#at}/${field}`, this.#utcOffset);
  }

  /** The text that this is, or undefined. */
  get asText(): string | undefined {
    return typeof this.#value === "string" ? this.#value : undefined;
  }

  /** A mobile number that must be the one that was asked about, where one was; shown with or without its country's code. */
  sameMobile(field: string, asked: string | undefined): void {
    if (asked === undefined || this.text(field).slice(-10) === asked.slice(-10)) return;
    throw new UnreadableReply(`${this.#at}/${field} is not the one that was asked about`);
  }

  /** The rows of a list; a single object counts as a list of one, null as none. */
  rows(): readonly Reader[] {
    const value = this.#value;
    if (value === null) return [];
    const rows = Array.isArray(value) ? (value as readonly JsonValue[]) : [value];
    return rows.map((row, index) => new Reader(row, `${this.#at}/${index}`, this.#utcOffset));
  }

  boolean(field: string): boolean {
    const value = this.#member(field);
    if (value === true || value === "true" || value === "y") return true;
    if (value === false || value === "false" || value === "n") return false;
    throw this.#unreadable(field, "true or false");
  }

  /** An id, as a string: it can pass 2^53. */
  id(field: string): string {
    return this.optionalId(field) ?? this.#fail(field, "an id");
  }

  optionalId(field: string): string | null {
    const value = this.#optional(field);
    if (value === null || value === "") return null;
    if (typeof value === "string" && value.length <= idLimit) return value;
    const digits = value instanceof JsonNumber ? plainDecimal(value.token) : undefined;
    if (digits === undefined || !/^\d{1,255}$/.test(digits)) throw this.#unreadable(field, "an id");
    return digits;
  }

  /** A decimal string with the provider's own digits. */
  amount(field: string): string {
    const value = this.#member(field);
    const token = value instanceof JsonNumber ? value.token : value;
    const plain = typeof token === "string" ? plainDecimal(token) : undefined;
    return plain ?? this.#fail(field, "an amount");
  }

  count(field: string): number {
    const value = this.#member(field);
    const token = value instanceof JsonNumber ? value.token : value;
    const count = typeof token === "string" && /^\d{1,15}$/.test(token) ? Number(token) : undefined;
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

  /** ISO 8601 with the offset that the provider's times are taken to have. */
  time(field: string): string {
    return withOffset(this.text(field), this.#utcOffset) ?? this.#fail(field, "a time");
  }

  /** ISO 8601 of a time written `YYYYMMDDHHmmss`, or null. */
  optionalStamp(field: string): string | null {
    const text = this.optionalText(field);
    if (text === null || text === "") return null;
    return fromStamp(text, this.#utcOffset) ?? this.#fail(field, "a time");
  }

  /** ISO 8601 of a date `YYYYMMDD` and a time `HHmmss` in two fields, or null. */
  optionalDateAndTime(date: string, time: string): string | null {
    const [day, clock] = [this.optionalText(date), this.optionalText(time)];
    if (day === null || clock === null) return null;
    return fromStamp(day + clock, this.#utcOffset) ?? this.#fail(date, "a date");
  }

  /** The whole as plain JSON, its numbers as the strings that they were written as: for data whose fields nobody documents. */
  plain(): unknown {
    return plain(this.#value);
  }

  #object(): JsonObject {
    const value = this.#value;
    if (value instanceof Map) return value as JsonObject;
    throw new UnreadableReply(`${this.#at} is not an object`);
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
    return new UnreadableReply(`${this.#at}/${field} is not ${expected}`);
  }
}

function plain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return value.token;
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([name, member]) => [name, plain(member)]));
  return Array.isArray(value) ? value.map(plain) : value;
}
