import type { ProblemCode, ProviderWord } from "../problem.ts";
import type { RecordItem } from "./record.ts";

/** Why a record did not succeed, as it keeps it. */
export interface Failure {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly provider?: ProviderWord;
  /** The provider called it done before: by this record's own earlier attempt, or by somebody else. */
  readonly taken?: true;
  /** What the refusal is called where it is one: it may follow from an earlier attempt's own work. */
  readonly refused?: ProblemCode;
  /** It was sent twice within this attempt: under a secret that was refused, and under the next. */
  readonly resent?: true;
  /** The provider said that it had not finished: what it does not show may be done later. */
  readonly unfinished?: true;
  /** The provider was asked, and shows that it did not act. */
  readonly shown?: true;
  /** When the provider asked to be called again, milliseconds since 1970. */
  readonly retryAt?: number;
}

// The parts of a record that it keeps as JSON. They are decoded here and nowhere else; the texts themselves are for conditions,
// which compare them as they are.

const decoded = <Part>(text: string | undefined): Part | undefined =>
  text === undefined ? undefined : (JSON.parse(text) as Part);

/** Without members where nothing failed. */
export const failureOf = ({ failure }: { readonly failure?: string | undefined }): Partial<Failure> =>
  decoded<Failure>(failure) ?? {};

/** The answer's `result`; null where there is none. */
export const resultOf = ({ result }: { readonly result?: string | undefined }): unknown =>
  decoded(result) ?? null;

/** Of a movement of money: the provider's id of it, where the result has one. */
export const transactionIdOf = ({ result }: { readonly result?: string | undefined }): string | undefined =>
  decoded<{ readonly transactionId?: string }>(result)?.transactionId;

/** What an inquiry asks with, or a notification must agree with; the operation that keeps it knows its members. */
export const factsOf = <Facts extends object>({ facts }: Pick<RecordItem, "facts">): Facts | undefined =>
  decoded<Facts>(facts);

/** The operation of a change of money and its effect, which `request` has in the clear: `["debit-wallet",{...}]`. */
export const effectOf = ({
  request,
}: Pick<RecordItem, "request">): readonly [string, Readonly<Record<string, string | undefined>>] =>
  JSON.parse(request);

/** Who settled it by hand; `Resolution` of person.ts. */
export const resolutionIn = <Resolution>({
  resolution,
}: Pick<RecordItem, "resolution">): Resolution | undefined => decoded<Resolution>(resolution);

/** `Proposal` of proposal.ts. */
export const proposalIn = <Proposal>({ proposal }: Pick<RecordItem, "proposal">): Proposal | undefined =>
  decoded<Proposal>(proposal);
