/** Facts kept in a record, all text, none secret. */
export type Facts = Readonly<Record<string, string | undefined>>;

/** What an inquiry is about: the identity, and the facts that its record kept. */
export interface Subject {
  readonly identity: string;
  readonly facts: Facts;
}

/**
 * How the provider is asked what became of a change whose outcome is unknown. Where there is nothing to ask, `none` says
 * why, and a person settles it.
 */
export type Inquiry<Input, Call, Reply> =
  | { readonly none: string }
  | {
      /** What is kept to ask with; where it is left out, the effect that the record keeps anyway. */
      readonly keeps?: (input: Input) => Facts;
      readonly asks: (subject: Subject) => Call;
      /** Whether the reply shows the change as done. */
      readonly shows: (reply: Reply, subject: Subject) => boolean;
      /** Asked before the first attempt too: what is there already is not done again, and later proves nothing. */
      readonly looksFirst?: true;
    };
