import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Item } from "../faults/store.ts";

/** What the places of an expression stand for. */
export interface Placeholders {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined;
  readonly ExpressionAttributeValues?: Item | undefined;
}

/** DynamoDB's word for a command that is not well formed. Nothing was written. */
export class ValidationException extends Error {
  override readonly name: string = "ValidationException";
}

/** The same for an update that cannot be made of the item as it is. */
export class UpdateException extends ValidationException {}

type Value = AttributeValue | undefined;
type Operand = (item: Item, given: Placeholders) => Value;
type Condition = (item: Item, given: Placeholders) => boolean;
type Path = readonly (string | number)[];
type PathOf = (given: Placeholders) => Path;
type Change = (item: Item, changed: Item, given: Placeholders) => Item;

/** An expression that has been read once, and the placeholders in it. */
interface Read<T> {
  readonly run: T;
  readonly names: ReadonlySet<string>;
  readonly values: ReadonlySet<string>;
}

const token = /\s*(?:([#:]?[A-Za-z_][\w-]*|[#:][\w-]+)|(\d+)|(<>|<=|>=|[=<>()[\],.+-]))/y;

class Tokens {
  readonly names = new Set<string>();
  readonly values = new Set<string>();
  readonly #all: string[] = [];
  #at = 0;

  constructor(expression: string) {
    token.lastIndex = 0;
    const text = expression.trimEnd();
    while (token.lastIndex < text.length) {
      const from = token.lastIndex;
      const found = token.exec(text);
      if (!found) throw new ValidationException(`a token that is none at ${from} of ${expression}`);
      this.#all.push(found[1] ?? found[2] ?? found[3] ?? "");
    }
  }

  get isAtEnd(): boolean {
    return this.#at === this.#all.length;
  }

  peek(ahead = 0): string {
    return this.#all[this.#at + ahead] ?? "";
  }

  next(): string {
    const found = this.peek();
    this.#at += 1;
    return found;
  }

  /** Keywords are of either case. */
  isWord(word: string): boolean {
    return this.peek().toUpperCase() === word;
  }

  takes(text: string): boolean {
    if (this.peek().toUpperCase() !== text) return false;
    this.#at += 1;
    return true;
  }

  expect(text: string): void {
    if (!this.takes(text)) throw new ValidationException(`"${this.peek()}" instead of "${text}"`);
  }
}

function read<T>(expression: string, parse: (tokens: Tokens) => T): Read<T> {
  const tokens = new Tokens(expression);
  const run = parse(tokens);
  if (!tokens.isAtEnd) throw new ValidationException(`"${tokens.peek()}" is not expected in ${expression}`);
  return { run, names: tokens.names, values: tokens.values };
}

function cached<T>(parse: (tokens: Tokens) => T): (expression: string) => Read<T> {
  const known = new Map<string, Read<T>>();
  return (expression) => {
    const found = known.get(expression) ?? read(expression, parse);
    known.set(expression, found);
    return found;
  };
}

export const conditionOf = cached(anyOf);
export const updateOf = cached(changesOf);
export const projectionOf = cached((tokens) => listOf(tokens, pathOf));

/** @throws ValidationException where a placeholder stands for nothing, or what is given stands nowhere. */
export function checkPlaceholders(reads: readonly Read<unknown>[], given: Placeholders): void {
  const check = (kind: string, used: ReadonlySet<string>[], all: object = {}) => {
    const known = Object.keys(all);
    for (const name of known)
      if (!used.some((each) => each.has(name))) throw new ValidationException(`${kind} ${name} is not used`);
    for (const each of used)
      for (const name of each)
        if (!Object.hasOwn(all, name)) throw new ValidationException(`${kind} ${name} is not defined`);
  };
  check("name", reads.map(({ names }) => names) as ReadonlySet<string>[], given.ExpressionAttributeNames);
  check("value", reads.map(({ values }) => values) as ReadonlySet<string>[], given.ExpressionAttributeValues);
}

function listOf<T>(tokens: Tokens, one: (tokens: Tokens) => T): readonly T[] {
  const all = [one(tokens)];
  while (tokens.takes(",")) all.push(one(tokens));
  return all;
}

function anyOf(tokens: Tokens): Condition {
  const all = [allOf(tokens)];
  while (tokens.takes("OR")) all.push(allOf(tokens));
  const [only] = all;
  return all.length === 1 && only ? only : (item, given) => all.some((each) => each(item, given));
}

function allOf(tokens: Tokens): Condition {
  const all = [oneOf(tokens)];
  while (tokens.takes("AND")) all.push(oneOf(tokens));
  const [only] = all;
  return all.length === 1 && only ? only : (item, given) => all.every((each) => each(item, given));
}

const comparisons: Readonly<Record<string, (order: number) => boolean>> = {
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

function oneOf(tokens: Tokens): Condition {
  if (tokens.takes("NOT")) {
    const inner = oneOf(tokens);
    return (item, given) => !inner(item, given);
  }
  if (tokens.takes("(")) {
    const inner = anyOf(tokens);
    tokens.expect(")");
    return inner;
  }
  const isCall = tokens.peek(1) === "(" && !tokens.isWord("SIZE");
  if (isCall) return called(tokens);
  const left = operandOf(tokens);
  if (tokens.takes("BETWEEN")) {
    const from = operandOf(tokens);
    tokens.expect("AND");
    const to = operandOf(tokens);
    return (item, given) => {
      const value = left(item, given);
      const [least, most] = [ordered(value, from(item, given)), ordered(value, to(item, given))];
      return least !== undefined && most !== undefined && least >= 0 && most <= 0;
    };
  }
  if (tokens.takes("IN")) {
    tokens.expect("(");
    const all = listOf(tokens, operandOf);
    tokens.expect(")");
    return (item, given) => {
      const value = left(item, given);
      return value !== undefined && all.some((each) => isEqual(value, each(item, given)));
    };
  }
  const sign = tokens.next();
  const right = operandOf(tokens);
  if (sign === "=")
    return (item, given) => {
      const value = left(item, given);
      return value !== undefined && isEqual(value, right(item, given));
    };
  // What is not there differs from everything, and from another thing that is not there.
  if (sign === "<>")
    return (item, given) => {
      const [one, other] = [left(item, given), right(item, given)];
      return one === undefined || other === undefined || !isEqual(one, other);
    };
  const holds = comparisons[sign];
  if (!holds) throw new ValidationException(`"${sign}" compares nothing`);
  return (item, given) => {
    const order = ordered(left(item, given), right(item, given));
    return order !== undefined && holds(order);
  };
}

function called(tokens: Tokens): Condition {
  const name = tokens.next().toLowerCase();
  tokens.expect("(");
  const path = pathOf(tokens);
  const of: Operand = (item, given) => at(item, path(given));
  const argument = tokens.takes(",") ? operandOf(tokens) : undefined;
  tokens.expect(")");
  if (name === "attribute_exists" && !argument) return (item, given) => of(item, given) !== undefined;
  if (name === "attribute_not_exists" && !argument) return (item, given) => of(item, given) === undefined;
  if (name === "begins_with" && argument)
    return (item, given) => {
      const [text, start] = [of(item, given)?.S, argument(item, given)?.S];
      return text !== undefined && start !== undefined && text.startsWith(start);
    };
  if (name === "contains" && argument)
    return (item, given) => {
      const [value, part] = [of(item, given), argument(item, given)];
      if (value?.S !== undefined) return part?.S !== undefined && value.S.includes(part.S);
      return value?.L?.some((each) => isEqual(each, part)) ?? false;
    };
  if (name === "attribute_type" && argument)
    return (item, given) => {
      const value = of(item, given);
      return value !== undefined && typeOf(value) === argument(item, given)?.S;
    };
  throw new ValidationException(`no such function: ${name}`);
}

function operandOf(tokens: Tokens): Operand {
  if (tokens.isWord("SIZE") && tokens.peek(1) === "(") {
    tokens.next();
    tokens.expect("(");
    const path = pathOf(tokens);
    tokens.expect(")");
    return (item, given) => {
      const { S, L, M } = at(item, path(given)) ?? {};
      const size = S === undefined ? (L?.length ?? (M && Object.keys(M).length)) : Buffer.byteLength(S);
      return size === undefined ? undefined : { N: String(size) };
    };
  }
  if (tokens.peek().startsWith(":")) {
    const name = tokens.next();
    tokens.values.add(name);
    return (_item, given) => given.ExpressionAttributeValues?.[name];
  }
  const path = pathOf(tokens);
  return (item, given) => at(item, path(given));
}

function pathOf(tokens: Tokens): PathOf {
  const steps: (string | number)[] = [stepOf(tokens)];
  while (tokens.peek() === "." || tokens.peek() === "[") {
    if (tokens.takes(".")) steps.push(stepOf(tokens));
    else {
      tokens.expect("[");
      steps.push(Number(tokens.next()));
      tokens.expect("]");
    }
  }
  return (given) =>
    steps.map((step) =>
      typeof step === "string" && step.startsWith("#")
        ? (given.ExpressionAttributeNames?.[step] ?? "")
        : step,
    );
}

function stepOf(tokens: Tokens): string {
  const name = tokens.next();
  if (!/^#?[A-Za-z_]/.test(name)) throw new ValidationException(`"${name}" names no attribute`);
  if (name.startsWith("#")) tokens.names.add(name);
  return name;
}

/** What stands at that place of an item. */
export function at(item: Item, [first, ...rest]: Path): Value {
  let value: Value = item[String(first)];
  for (const step of rest) value = typeof step === "number" ? value?.L?.[step] : value?.M?.[step];
  return value;
}

/** The item with another value at that place, or with none. */
function withAt(item: Item, [first, ...rest]: Path, value: Value): Item {
  const name = String(first);
  if (rest.length === 0) {
    if (value !== undefined) return { ...item, [name]: value };
    const { [name]: _gone, ...others } = item;
    return others;
  }
  const inner = item[name]?.M;
  if (!inner) {
    if (value === undefined) return item;
    throw new UpdateException(`no document path ${[first, ...rest].join(".")} in the item`);
  }
  return { ...item, [name]: { M: { ...withAt(inner, rest, value) } } };
}

function changesOf(tokens: Tokens): Change {
  const all: Change[] = [];
  while (!tokens.isAtEnd) {
    if (tokens.takes("SET")) all.push(...listOf(tokens, assignmentOf));
    else if (tokens.takes("REMOVE")) all.push(...listOf(tokens, removalOf));
    else throw new ValidationException(`"${tokens.peek()}" begins no clause that is known here`);
  }
  return (item, changed, given) => all.reduce((so, change) => change(item, so, given), changed);
}

/** Each value is of the item as it was before the whole update. */
function assignmentOf(tokens: Tokens): Change {
  const path = pathOf(tokens);
  tokens.expect("=");
  const value = sumOf(tokens);
  return (item, changed, given) => {
    const set = value(item, given);
    if (set === undefined) throw new UpdateException("an attribute in the expression is not in the item");
    return withAt(changed, path(given), set);
  };
}

function removalOf(tokens: Tokens): Change {
  const path = pathOf(tokens);
  return (_item, changed, given) => withAt(changed, path(given), undefined);
}

function sumOf(tokens: Tokens): Operand {
  const left = givenOf(tokens);
  const sign = tokens.peek();
  if (sign !== "+" && sign !== "-") return left;
  tokens.next();
  const right = givenOf(tokens);
  return (item, given) => {
    const [one, other] = [left(item, given), right(item, given)];
    if (one?.N === undefined || other?.N === undefined)
      throw new UpdateException("what is added is no number");
    return { N: String(numberOf(one.N) + (sign === "+" ? 1 : -1) * numberOf(other.N)) };
  };
}

function givenOf(tokens: Tokens): Operand {
  if (tokens.peek(1) !== "(") return operandOf(tokens);
  const name = tokens.next().toLowerCase();
  tokens.expect("(");
  const first = givenOf(tokens);
  tokens.expect(",");
  const second = givenOf(tokens);
  tokens.expect(")");
  if (name === "if_not_exists") return (item, given) => first(item, given) ?? second(item, given);
  if (name !== "list_append") throw new ValidationException(`no such function: ${name}`);
  return (item, given) => {
    const [one, other] = [first(item, given), second(item, given)];
    if (!one || !other) return undefined;
    if (!one.L || !other.L) throw new UpdateException("what is appended is no list");
    return { L: [...one.L, ...other.L] };
  };
}

const typeOf = (value: AttributeValue): string => Object.keys(value)[0] ?? "";

/** DynamoDB's numbers have 38 digits; all that the gateway writes are whole and safe. */
export function numberOf(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`a number that is not compared here: ${text}`);
  return value;
}

/** Undefined for values of two types, and of types that have no order. */
function ordered(one: Value, other: Value): number | undefined {
  if (one?.N !== undefined && other?.N !== undefined) return numberOf(one.N) - numberOf(other.N);
  if (one?.S !== undefined && other?.S !== undefined)
    return Buffer.compare(Buffer.from(one.S), Buffer.from(other.S));
  return undefined;
}

export function isEqual(one: Value, other: Value): boolean {
  if (one === undefined || other === undefined) return one === other;
  if (one.S !== undefined) return one.S === other.S;
  if (one.N !== undefined) return other.N !== undefined && numberOf(one.N) === numberOf(other.N);
  if (one.L) {
    const list = other.L;
    return list?.length === one.L.length && one.L.every((each, index) => isEqual(each, list[index]));
  }
  if (one.M) {
    const [members, others] = [one.M, other.M];
    if (!others || Object.keys(members).length !== Object.keys(others).length) return false;
    return Object.entries(members).every(([name, value]) => isEqual(value, others[name]));
  }
  if (one.BOOL !== undefined) return one.BOOL === other.BOOL;
  throw new Error(`a value of a type that is not compared here: ${typeOf(one)}`);
}
