import { decisive } from "../words.ts";

/** What a validator says of one field: it knows no such value, has it already, or finds it malformed. */
export interface Finding {
  /** In small letters, its words one space apart; empty where the sentence names none. */
  readonly field: string;
  readonly finds: "unknown" | "taken" | "malformed";
}

/** A validator's text is short; what is longer is not looked at. */
const textLimit = 500;

const prefix = /^validation[a-z ]*: ?/;
const betweenSentences = /[.!;]+[\s,]+/;
const advice =
  /^\(and \d+ more errors?\)$|^(?:please )?(?:choose|use|enter) (?:another|a different)\b[\w ]*$/;

/** What the fields of AggrePay's calls end with. Whatever else a sentence is about, no validator said it of our request. */
const ending =
  /(?:^|[ .-])(?:id|number|mobile|phone|email|address|otp|m?pin|name|birth|amount|description|code|branch|city|pincode|size|active|line \d|customer|merchant|key|hash)$/;

const subject = String.raw`(?:the )?(selected )?["'\`]?([a-z][a-z0-9 .-]{0,60}?)["'\`]?(?: (?:field|format|length|confirmation))*`;
const unknown = "(?:(?:was )?not|could not be|can ?not be) found|does not exist";
const rest = "(?:[^,;]|, ?(?:numbers|digits|dashes))*";
/** The sentences of Laravel's validator, which AggrePay's texts are, and near forms of them. */
const malformed = [
  `(?:is|are) (?:required|prohibited|missing|invalid|empty|not (?:present|allowed|valid|an? ${rest}))(?: (?:when|unless|if|with) ${rest})?`,
  String.raw`(?:(?:must|should)(?: not| only)?|(?:may|can) ?(?:not|only)) (?:(?:be|have) (?:an?|at|between|greater|less|more|longer|one|in|of|exactly|equal|valid|unique|different|numeric|positive|negative|true|present|empty|\d)\b|contain|exceed|start|end|exist)${rest}`,
  `(?:does not|must|should) match${rest}`,
  "(?:has|contains) (?:an? )?(?:invalid|duplicate|unauthorized) [a-z ]+",
].join("|");
/** Words of what has begun: no validator says them of a request, however its sentence begins. */
const ofWhatBegan =
  /\b(?:pending|process(?:ing|ed)?|progress|initiated|debited|credited|refunded|reversed|succe\w+|timed? ?out)\b/;
const sentence = new RegExp(`^${subject} (?:(${unknown})|(has already been taken)|(${malformed}))$`);

/**
 * What a validator's text says, sentence by sentence; nothing where any sentence of it is not a validator's. A validator speaks
 * before anything is done, so such a text proves that nothing was; any other text under the same code does not.
 * Source: AggrePay Wallet API v1.0, the texts of INVALID-PARAMS, which are those of Laravel's validator.
 */
export function findingsIn(message: string): readonly Finding[] {
  if (message.length > textLimit) return [];
  const text = plain(message).replace(prefix, "");
  if (ofWhatBegan.test(text)) return [];
  const sentences = text.split(betweenSentences).filter((each) => !advice.test(each));
  const findings = sentences.map(findingOf).filter((each) => each !== undefined);
  return findings.length < sentences.length ? [] : findings;
}

/**
 * Whether a text says that the provider knows no such value of that field, and nothing else. One that counts more errors leaves
 * them out: the api key's may be among them, and without it every value is unknown.
 */
export function isUnknown(field: string, message: string): boolean {
  if (/\band \d+ more\b/.test(plain(message))) return false;
  const [finding, ...more] = findingsIn(message);
  return finding?.finds === "unknown" && finding.field === field && more.length === 0;
}

/** A field's name is written `mobile_number`, `mobile number`, `Mobile Number` and `mobileNumber`. */
const plain = (message: string): string =>
  decisive(message.replace(/([a-z])([A-Z])/g, "$1 $2").replaceAll("_", " "));

function findingOf(text: string): Finding | undefined {
  if (/^the given data (?:is|was) invalid$/.test(text)) return { field: "", finds: "malformed" };
  const [, kind, field = "", isUnknownHere, isTaken, isMalformed] = sentence.exec(text) ?? [];
  if (!ending.test(field)) return undefined;
  if (isTaken !== undefined) return { field, finds: "taken" };
  const isSelected = kind === "selected " && isMalformed === "is invalid";
  return { field, finds: isUnknownHere !== undefined || isSelected ? "unknown" : "malformed" };
}
