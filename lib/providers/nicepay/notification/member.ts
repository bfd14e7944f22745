/** One field of a notification's body, as one reading of the body has it. A field that is null is left out. */
export interface Member {
  readonly name: string;
  /** A text, or a number's own digits; undefined where the value is neither. */
  readonly text: string | undefined;
  /** False where `text` is a guess: bytes that are not UTF-8, an escape that no JSON has, a value that breaks off. */
  readonly isExact: boolean;
  /** Whether a `+` stood in the value of a form, and nothing shows whether it means a plus or a space. */
  readonly hasOpenPlus: boolean;
}

export type Members = readonly Member[];

/** What one notification may say, the likelier first; the signature tells which, or leaves more than one. */
export type Group = readonly Members[];

/** The notifications of a body, as one way of reading it finds them. */
export type Tier = readonly Group[];

const fields = [
  ...["merchantToken", "iMid", "referenceNo", "billingPhone"],
  ...["mitraCd", "clientUserKey", "userToken", "tXid", "billingNm"],
];
const inLowerCase: ReadonlySet<string> = new Set(fields.map((name) => name.toLowerCase()));

/** A text that may be a whole notification in itself, as the JSON text in one field of a form is. */
export interface Within {
  readonly text: string;
  /** As of a member: whether a `+` stood in it that may be read otherwise. */
  readonly hasOpenPlus: boolean;
}

/** Whether a name, in whatever letter case, is that of a field which is read. */
export const isField = (name: string): boolean => inLowerCase.has(name.toLowerCase());

/** The name of a field as it is compared: PHP writes `data[iMid]` for a member of a member. */
export const bareName = (name: string): string => name.trim().replace(/^.*\[([^\]]*)\]$/, "$1");

/** Whether a text may be one. */
export const mayHoldNotification = (text: string): boolean => /merchantToken\W/i.test(text);
