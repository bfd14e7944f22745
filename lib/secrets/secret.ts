import { inspect } from "node:util";

/**
 * A text that must not be seen: an api key, a salt, an MPIN, an OTP. It prints as `[secret]` in logs, templates, JSON and
 * errors; only `reveal` gives the text, and only where it is signed or sent.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [inspect.custom](): string {
    return "[secret]";
  }
}

/**
 * The text with every occurrence of the given secrets taken out: for words of a provider that may echo what it was sent.
 * The longest first, so that one which begins another leaves no rest of it.
 */
export function scrub(text: string, secrets: readonly Secret[]): string {
  const texts = secrets.map((secret) => secret.reveal()).toSorted((a, b) => b.length - a.length);
  return texts.reduce((clean, secret) => clean.replaceAll(secret, "[secret]"), text);
}
