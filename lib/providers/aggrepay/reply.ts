import { plainDecimal } from "../../money.ts";
import { JsonNumber, type JsonObject, type JsonValue } from "../../signing/index.ts";
import { withOffset } from "../../time.ts";
import { UnreadableReply } from "../provider.ts";

/**
 * Reads a verified reply by the provider's field names. The provider writes booleans as strings, ids and amounts as strings
 * or numbers; here each becomes one thing, and no number ever passes through a floating-point number.
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

  get isTrue(): boolean {
    return this.#value === true || this.#value === "true";
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
    if (value === null) return null;
    if (typeof value === "string" && value !== "") return value;
    const digits = value instanceof JsonNumber ? plainDecimal(value.token) : undefined;
    if (digits === undefined || !/^\d+$/.test(digits)) throw this.#unreadable(field, "an id");
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
    return this.optionalText(field) ?? this.#fail(field, "a text");
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
