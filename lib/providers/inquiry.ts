import type { Config } from "../config.ts";
import type { ProviderWord } from "../problem.ts";
import type { Meaning, Opened } from "./provider.ts";
import { isSameWord } from "./words.ts";

/** Facts kept in a record, all text, none secret. */
export type Facts = Readonly<Record<string, string | undefined>>;

/** Under whom and with which amount a record is listed. */
export interface Listing {
  readonly customerId?: string | undefined;
  readonly amount?: string | undefined;
}

/** What an inquiry is about: the identity, the facts that its record kept, and when its attempt was claimed. */
export interface Subject {
  readonly identity: string;
  /** Of a reversal: which one of its debit. Of anything else, 1. */
  readonly number: number;
  readonly facts: Facts;
  /** Milliseconds since 1970; for a look before the first attempt, now. */
  readonly dispatchedAt: number;
  /** When the first attempt that may have acted began, where that is another one. */
  readonly since?: number;
  /**
   * Whether that field was sent with this value, both in the form that they are compared in; undefined where the record keeps
   * nothing of the field. A look before the first attempt compares nothing.
   */
  readonly wasSent: (field: string, value: string) => boolean | undefined;
}

/** What the provider answered to one question. */
export type ProviderSaid<Answer> =
  | { readonly kind: "answer"; readonly answer: Answer }
  | ({ readonly kind: "refusal"; readonly word: ProviderWord } & Meaning)
  | { readonly kind: "unclear"; readonly why: string; readonly word?: ProviderWord };

export type Ask<Call, Reply> = <Answer>(
  call: Call,
  read: (reply: Reply) => Answer,
) => Promise<ProviderSaid<Answer>>;

/** A record of ours, as far as an inquiry about another one needs it. */
export interface OwnRecord {
  /** Its outcome is not known yet, and it does not wait for a person. */
  readonly isUnfinished: boolean;
  /** The transaction that it names, where it succeeded and is not flagged. */
  readonly transactionId: string | undefined;
  /** How its success is known; undefined where the record does not say. */
  readonly provedBy: "reply" | "inquiry" | "notification" | "person" | undefined;
}

/** What an inquiry may know besides the provider's answers. */
export interface Known {
  /** A record of the same account, read consistently, and of reversals the latest; undefined where there is none. */
  readonly record: (namespace: "money" | "reversal", id: string) => Promise<OwnRecord | undefined>;
  /** The transactions that the records of a debit's reversals before that number name, flagged ones too. */
  readonly reversedBefore: (id: string, number: number) => Promise<readonly string[]>;
  readonly option: Config["option"];
  /** What the operation has opened to ask with. */
  readonly opened?: Opened;
}

/**
 * What the provider shows of a change. `done`: it happened, by evidence that could not be older than the attempt.
 * `nothing`: it says that it knows of none. `other`: what it shows contradicts the record. `unclear`: nothing to go by now.
 */
export type Evidence =
  | {
      readonly shows: "done";
      readonly result: object;
      /**
       * Where ids may be kept in a form of the provider's own, so that what it shows may be another record's: the ids under which it
       * shows other transactions of that time.
       */
      readonly besides?: readonly string[];
    }
  /** `why` says what it shows instead, where it shows anything. */
  | { readonly shows: "nothing"; readonly why?: string }
  | {
      readonly shows: "other";
      readonly why: string;
      /** It is just what was asked for, and stood there long before the attempt: somebody else did it. */
      readonly isOld?: boolean;
    }
  | {
      readonly shows: "unclear";
      readonly why: string;
      readonly refusal?: Meaning & { readonly word: ProviderWord };
    };

/**
 * How the provider is asked what became of a change whose outcome is unknown. Where there is nothing to ask, `none` says
 * why, and a person settles it.
 */
export type Inquiry<Input, Call, Reply> =
  | {
      readonly none: string;
      readonly keeps?: (input: Input, listing: Listing) => Facts;
      readonly compares?: (input: Input) => Facts;
      /** Evidence may still come by itself, as a notification, and is waited for. */
      readonly waits?: true;
    }
  | {
      /** What the record keeps to ask with; where it is left out, the effect that it keeps anyway. */
      readonly keeps?: (input: Input, listing: Listing) => Facts;
      /** What is only compared with what the provider shows or notifies, in the form for that: the record keeps keyed hashes of it. */
      readonly compares?: (input: Input) => Facts;
      readonly evidence: (subject: Subject, ask: Ask<Call, Reply>, known: Known) => Promise<Evidence>;
      /** It reads other records of ours. */
      readonly readsRecords?: true;
      /** What it means when the provider shows nothing, after the quiet period. */
      readonly absence: "not executed" | "proves nothing" | "needs a person";
      /** Another record may undo it, and then nothing may be shown of it: absence is believed only where none does. */
      readonly undoneBy?: "reversal";
      /** Its identity is the only one that there can be, and doing it twice does no harm: what shows nothing may be done again. */
      readonly onlyIdentity?: true;
      /** Asked before the first attempt too: what is there already is not done again, and later proves nothing. */
      readonly looksFirst?: true;
    };

/** The provider's words for "there is none": a code with its text, or with what the text must say. */
export interface NoneShown {
  readonly code: string;
  readonly message: string | ((message: string) => boolean);
}

/** What is shown under the key that was asked for is not what was sent: somebody else's work, or ours and altered since. */
export class Contradiction {
  readonly why: string;

  /** @param why Names what differs, and no value of it. */
  constructor(why: string) {
    this.why = why;
  }
}

/**
 * Evidence from one question: what `finds` returns shows it done; undefined, or the refusal `nothing` names, shows nothing.
 * A text that `finds` returns shows nothing too, and says what is shown instead; a `Contradiction` shows something else.
 */
export function oneQuestion<Call, Reply>(question: {
  readonly asks: (subject: Subject) => Call;
  readonly finds: (reply: Reply, subject: Subject) => object | string | undefined;
  readonly nothing: readonly NoneShown[];
}) {
  return async (subject: Subject, ask: Ask<Call, Reply>): Promise<Evidence> => {
    const told = await ask(question.asks(subject), (reply) => question.finds(reply, subject));
    if (told.kind === "answer") {
      const { answer } = told;
      if (answer === undefined) return { shows: "nothing" };
      if (answer instanceof Contradiction) return { shows: "other", why: answer.why };
      return typeof answer === "string"
        ? { shows: "nothing", why: answer }
        : { shows: "done", result: answer };
    }
    return withoutAnswer(told, question.nothing);
  };
}

export function withoutAnswer(
  told: Exclude<ProviderSaid<unknown>, { readonly kind: "answer" }>,
  nothing: readonly NoneShown[],
): Evidence {
  if (told.kind === "unclear") return { shows: "unclear", why: told.why };
  const { code, message } = told.word;
  const isMeant = ({ message: wanted }: NoneShown): boolean =>
    typeof wanted === "string" ? isSameWord(wanted, message) : wanted(message);
  if (nothing.some((word) => isSameWord(word.code, code) && isMeant(word))) return { shows: "nothing" };
  return { shows: "unclear", why: told.detail, refusal: told };
}
