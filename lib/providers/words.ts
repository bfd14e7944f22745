import type { ProviderWord } from "../problem.ts";

const endPunctuation = ".,;:!?\u2026\u3002";

/**
 * A word of a provider that decides something, as such words are compared: without regard to letter case, outer white space
 * and end punctuation, any white space within as one blank, and nothing looser. Tables hold words in this form; what is shown and kept is the provider's own.
 */
export function decisive(text: string): string {
  const trimmed = text.trim().replace(/\s+/g, " ");
  let end = trimmed.length;
  while (end > 0 && isEnding(trimmed.charAt(end - 1))) end -= 1;
  return trimmed.slice(0, end).toLowerCase();
}

const isEnding = (character: string): boolean =>
  endPunctuation.includes(character) || character.trim() === "";

export const isSameWord = (one: string, other: string): boolean => decisive(one) === decisive(other);

/** An id as it is compared where a provider may keep it in another letter case, or without its signs. */
export const lettersIn = (id: string): string => id.toLowerCase().replace(/[^a-z0-9]/g, "");

export const isSameLetters = (one: string, other: string): boolean => lettersIn(one) === lettersIn(other);

/** Whether the provider says that it has not finished a change: what it shows nothing of today may be done tomorrow. */
export const saysUnfinished = ({ code, message }: ProviderWord): boolean =>
  [code, message].some((text) => {
    const said = decisive(text.replaceAll(/[-_]/g, " ")).replaceAll(ofNoChange, "");
    return unfinished.test(said);
  });

const unfinished =
  /\b(?:pending|queued?|awaiting|awaited|initiated|on hold|submitted|scheduled|accepted|please wait|yet to be|not (?:yet )?(?:completed|confirmed|finished)|(?:in|under) ?(?:progress|process|review)|underway|under way|(?:is|are|being|still|will be) (?:process(?:ed|ing)|completed|credited|debited|verified|reviewed))\b|^(?:\w+ )?processing$/;

/** What is said of no change that is under way: of somebody's papers or wallet, or that there is none. */
const ofNoChange = new RegExp(
  [
    // "KYC verification is pending", "account under review"
    String.raw`\b(?:kyc|verification|documents?|profile|account|wallet|customer)(?: (?:kyc|verification|status|is|are|still))* (?:pending|on hold|(?:in|under) (?:progress|process|review))\b`,
    String.raw`\bpending (?:kyc|verification|documents?|approval of (?:kyc|documents?)|amount|dues?|balance)\b`,
    String.raw`\bno (?:\w+ )?(?:pending|queued|scheduled|initiated)\b`,
    String.raw`\b(?:not|cannot|can not|never)(?: be| been| yet been)? (?:pending|initiated|submitted|scheduled|accepted|queued)\b`,
  ].join("|"),
  "g",
);
