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

/** The text with every occurrence of the given secrets taken out: for words of a provider that may echo what it was sent. */
export function scrub(text: string, secrets: readonly Secret[]): string {
  return secrets.reduce((clean, secret) => clean.replaceAll(secret.reveal(), "[secret]"), text);
}
