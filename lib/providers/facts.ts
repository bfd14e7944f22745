import type { ProblemCode } from "../problem.ts";

/** A fact about a provider that its calls do not need: the stack, the local host, the tools and the documents read it. In no bundle. */
export interface ProviderFacts {
  /** As people write it. */
  readonly title: string;
  /** A few words that follow its title and a colon: `a closed loop wallet`. */
  readonly about: string;
  /** Scheme and host by stage. Undefined: the provider gives each merchant a host of its own, which must be chosen. */
  readonly hosts: Readonly<Record<Stage, string | undefined>>;
  /** The gateway changes something there: the merchant's account is part of every identity. */
  readonly hasChanges?: true;
  readonly secret: SecretShape;
  /**
   * Codes that are no refusal, each with a sentence. Where the provider changed something, what it did is not known; a read's
   * reply cannot be used.
   */
  readonly inconclusive?: Readonly<Record<string, string>>;
  /** By the name of the context value. */
  readonly settings: Readonly<Record<string, Setting>>;
  /** A read that needs no customer's data, to see whether the secret is right. Undefined: it has none. */
  readonly question?: Question;
}

export type Stage = "dev" | "prod";

export interface SecretShape {
  /** The parts that must be there, in the order of the provider's document. */
  readonly needed: readonly string[];
  /** The parts that some merchants have, with their values where only these are allowed (the preset first). */
  readonly optional: Readonly<Record<string, OptionalPart>>;
}

export interface OptionalPart {
  readonly values?: readonly string[];
  /** How the values are told where a list does not say enough. */
  readonly shown?: string;
}

/** The value where nothing is chosen; undefined where none is written then. */
export const presetAt = ({ preset }: Setting, stage: Stage): string | undefined =>
  typeof preset === "object" ? preset[stage] : preset;

/**
 * What functions are told by one environment variable, by the name of its context value (`variableOf`). infra/context.ts has the
 * rule of each kind.
 */
export type Setting = {
  /** For people, in docs/configuration.md; Markdown. */
  readonly about: string;
  /** What the template has where nothing is chosen. Undefined: nothing. `none` is written as an empty variable. */
  readonly preset?: string | Readonly<Record<Stage, string>>;
  /** What a function takes where the variable is not set. */
  readonly unset?: string;
  /** The value at `npm start` where it is another. */
  readonly local?: string;
  /** Why production has no preset of it. */
  readonly mustBeChosen?: string;
  /** The template has other resources with it. */
  readonly inTemplate?: true;
} & ({ readonly kind: Kind } | CountSetting);

type Kind =
  | "account"
  | "codesOrNone"
  | "hostNamesOrNone"
  | "merchantUrl"
  | "networks"
  | "onOrOff"
  | "origin"
  | "originOrNone"
  | "path"
  | "secondPerson"
  | "utcOffset";

export interface CountSetting {
  readonly kind: "count";
  readonly least: number;
  readonly most: number;
  readonly of?: string;
  readonly orNone?: true;
}

export interface Question {
  readonly operation: string;
  /** @param missing An id that the provider does not know. */
  readonly input: (missing: string) => object;
  /** What a 200 proves. */
  readonly proves: string;
  /** Refusals that also prove something. */
  readonly refusals: Readonly<Partial<Record<ProblemCode, string>>>;
}
