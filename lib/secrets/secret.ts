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
