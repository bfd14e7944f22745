import { isAscii } from "./bytes.ts";
import { bareName, isField, type Member, mayHoldNotification, type Tier, type Within } from "./member.ts";

/** What was found in a text that is JSON, or nearly so. */
export interface FoundInJson {
  /** Each object as a notification of its own; then all members of the text as one. */
  readonly tiers: readonly Tier[];
  /** Strings that may be notifications in themselves. */
  readonly texts: readonly Within[];
}

/**
 * Reads every object of a text, at any depth, for the fields of a notification. It is no check of the text: the signature
 * checks what was found. So a comma too many, a name without quotes or a text that breaks off spoils no other member.
 * Time and memory grow with the length of the text alone.
 * @param isExact Whether the text's characters are known; ASCII ones always are.
 */
export function fromJson(text: string, isExact: boolean): FoundInJson {
  const scan = new Scan(text, isExact);
  scan.run();
  const complete = scan.objects.filter((members) => members.some(isToken));
  const all = scan.objects.flat();
  return {
    tiers: [complete.map((members) => [members]), ...(all.length > 0 ? [[[all]]] : [])],
    texts: scan.texts,
  };
}

const isToken = ({ name }: Member): boolean => name.toLowerCase() === "merchanttoken";

/** A value: a text that may be a guess, null, or what is neither. */
type Value = { readonly text: string; readonly isExact: boolean } | "null" | "other";

/** An object or a list that is not closed yet. */
interface Level {
  /** Undefined in a list. */
  readonly members: Member[] | undefined;
  name: string | undefined;
  value: Value | undefined;
  isEmpty: boolean;
}

/** Deeper levels are passed over, and so are more objects with fields of a notification than these. */
const deepest = 100;
const most = 1_000;

class Scan {
  readonly objects: Member[][] = [];
  readonly texts: Within[] = [];
  readonly #text: string;
  readonly #isExact: boolean;
  readonly #levels: Level[] = [newLevel(undefined)];
  #tooDeep = 0;
  #at = 0;

  constructor(text: string, isExact: boolean) {
    this.#text = text;
    this.#isExact = isExact;
  }

  run(): void {
    while (this.#at < this.#text.length) this.#step();
    // What breaks off is read as far as it goes.
    while (this.#levels.length > 0) this.#close();
  }

  get #level(): Level {
    return this.#levels.at(-1) ?? newLevel(undefined);
  }

  #step(): void {
    const sign = this.#text[this.#at] ?? "";
    const isWithin = this.#tooDeep === 0;
    this.#at += 1;
    if (sign === "{" || sign === "[") this.#open(sign);
    else if (sign === "}" || sign === "]") this.#close();
    else if (sign === '"' || sign === "'") this.#string(sign);
    else if (sign === ":" && isWithin) this.#name();
    else if (sign === "," && isWithin) this.#keep();
    else if (/[^\s:,]/.test(sign)) this.#bare();
  }

  #open(sign: string): void {
    if (this.#levels.length > deepest) {
      this.#tooDeep += 1;
      return;
    }
    this.#level.isEmpty = false;
    const members: Member[] | undefined = sign === "{" ? [] : undefined;
    this.#levels.push(newLevel(members));
  }

  #close(): void {
    if (this.#tooDeep > 0) {
      this.#tooDeep -= 1;
      return;
    }
    this.#keep();
    const closed = this.#levels.pop();
    const within = this.#levels.at(-1);
    // PHP writes an empty list for null.
    if (within) within.value = closed?.isEmpty ? "null" : "other";
    else if (this.#at < this.#text.length) this.#levels.push(newLevel(undefined));
  }

  #name(): void {
    const level = this.#level;
    if (level.name !== undefined || level.value === undefined) return;
    level.name = typeof level.value === "object" ? bareName(level.value.text) : "";
    level.value = undefined;
  }

  #keep(): void {
    const level = this.#level;
    const { members, name, value } = level;
    level.name = undefined;
    level.value = undefined;
    if (members === undefined || name === undefined || value === undefined || value === "null") return;
    if (!isField(name)) return;
    const said = value === "other" ? { text: undefined, isExact: true } : value;
    if (members.length === 0 && this.objects.length < most) this.objects.push(members);
    members.push({ name, ...said, hasOpenPlus: false });
  }

  #give(value: Value): void {
    if (this.#tooDeep > 0) return;
    const level = this.#level;
    level.isEmpty = false;
    // Of two values in place of one, as a quotation mark that is not escaped makes, neither is whole.
    level.value = level.value === undefined ? value : "other";
  }

  #string(quote: string): void {
    const from = this.#at;
    let to = from;
    while (to < this.#text.length && this.#text[to] !== quote) to += this.#text[to] === "\\" ? 2 : 1;
    this.#at = to + 1;
    if (to >= this.#text.length) {
      this.#give("other");
      return;
    }
    const { text, isExact } = unescaped(this.#text.slice(from, to));
    this.#give({ text, isExact: isExact && (this.#isExact || isAscii(text)) });
    if (mayHoldNotification(text)) this.texts.push({ text, hasOpenPlus: false });
  }

  #bare(): void {
    const from = this.#at - 1;
    while (this.#at < this.#text.length && !/[\s{}[\],:"']/.test(this.#text[this.#at] ?? "")) this.#at += 1;
    const text = this.#text.slice(from, this.#at);
    if (/^(?:null|none|undefined)$/i.test(text)) this.#give("null");
    else if (/^(?:true|false)$/i.test(text)) this.#give("other");
    // A number that ends the text may have been longer; one with an exponent has lost digits of the text that it was.
    else this.#give({ text, isExact: isNumber.test(text) && this.#at < this.#text.length });
  }
}

const newLevel = (members: Member[] | undefined): Level => ({
  members,
  name: undefined,
  value: undefined,
  isEmpty: true,
});

const isNumber = /^-?\d+(?:\.\d+)?$/;

const escapes: ReadonlyMap<string, string> = new Map([
  ...['"', "\\", "/"].map((sign) => [sign, sign] as const),
  ...([
    ["b", "\b"],
    ["f", "\f"],
    ["n", "\n"],
    ["r", "\r"],
    ["t", "\t"],
  ] as const),
]);

/** A string's characters; a guess where it has an escape, or a control character, that no JSON may have. */
function unescaped(inner: string): { readonly text: string; readonly isExact: boolean } {
  let isExact = !/[^ -\uffff]/.test(inner);
  const text = inner.replace(
    /\\(?:u([0-9a-f]{4})|([\s\S]))/gi,
    (_, hex: string | undefined, sign: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      const meant = escapes.get(sign);
      if (meant === undefined) isExact = false;
      return meant ?? sign;
    },
  );
  return { text: text.toWellFormed(), isExact: isExact && text.isWellFormed() };
}
