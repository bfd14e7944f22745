import type { ProviderName } from "../lib/secrets/names.ts";
import { type Digests, titleOf, webDigests } from "./digests.ts";
import { type Draft, digestOf, hexOf, namesSecret, type Part, part } from "./draft.ts";
import { readExpected } from "./expected.ts";
import { CannotInspect, type Finding } from "./finding.ts";
import { type Mask, maskOf, notesOn, shown } from "./mask.ts";
import { type Given, type Pasted, pasted } from "./pasted.ts";
import { difference, type Scheme, type SecretTexts, type Subject, secretTexts } from "./scheme.ts";
import { aggrepayReply, aggrepayRequest } from "./schemes/aggrepay.ts";
import { dreamzwalletRequest } from "./schemes/dreamzwallet.ts";
import { nicepayMessage } from "./schemes/nicepay.ts";
import { payuRequest } from "./schemes/payu.ts";
import { wibmoRequest } from "./schemes/wibmo.ts";
import { explained, type Ground } from "./search.ts";

/** What can be inspected, by provider. */
const schemes = {
  aggrepay: { request: aggrepayRequest, reply: aggrepayReply },
  payu: { request: payuRequest },
  wibmo: { request: wibmoRequest },
  dreamzwallet: { request: dreamzwalletRequest },
  nicepay: { request: nicepayMessage, notification: nicepayMessage },
} as const satisfies Readonly<Record<ProviderName, Partial<Record<MessageKind, Scheme>>>>;

export type MessageKind = "request" | "reply" | "notification";

/** One version of the provider's secret. */
export interface SecretVersion {
  /** Such as `AWSCURRENT`: it is shown. */
  readonly label: string;
  readonly json: Readonly<Record<string, unknown>>;
}

export interface Question {
  readonly provider: ProviderName;
  /** A request unless told. */
  readonly kind?: MessageKind;
  /** Tells apart what looks alike: NICEPAY's two calls about a user token. */
  readonly operation?: string;
  /** The version in force first. Others are tried as an explanation. */
  readonly secrets: readonly [SecretVersion, ...SecretVersion[]];
  readonly message: Given;
  /** The hash that the provider or somebody else computed; the message's own is taken where this is left out. */
  readonly expected?: string;
  /** False where nothing is to be compared, also where the message carries a signature. */
  readonly compares?: boolean;
  /** The same message as another party made it, with its hash. */
  readonly theirs?: Given;
}

/** A part of the signed text, as it is shown. */
export interface ShownPiece {
  /** Empty for a sign between two parts. */
  readonly name: string;
  readonly shown: string;
  readonly isSecret: boolean;
  /** In UTF-16 units. */
  readonly length: number;
  readonly notes: readonly string[];
}

export interface Inspection {
  readonly provider: ProviderName;
  readonly kind: MessageKind;
  /** How the signature is made, in a sentence. */
  readonly scheme: string;
  /** The signed text, escaped and masked; empty where nothing is signed. */
  readonly text: string;
  readonly pieces: readonly ShownPiece[];
  /** Of an HMAC. */
  readonly key?: ShownPiece;
  readonly digest?: string;
  readonly expected?: string;
  /**
   * `signed`: there was nothing to compare with. `agrees`: it is right. `differs`: `findings` say how. `unexplained`: it is
   * wrong, and no mistake that is known gives the expected hash.
   */
  readonly verdict: "signed" | "agrees" | "differs" | "unexplained";
  readonly findings: readonly Finding[];
  /** How many digests were computed. */
  readonly tried: number;
}

/** What a caller may choose. */
export interface Means {
  /** WebCrypto unless told, which browsers and Node have; `nodeDigests` is faster. */
  readonly digests?: Digests;
  /** The most digests to compute: 200,000 unless told. */
  readonly most?: number;
}

/**
 * Shows what a signature covers, and where a hash differs, why. No value of a secret is in what it returns or throws, nor is
 * an MPIN, an OTP or a token of the message.
 * @throws CannotInspect for a question that cannot be worked on.
 */
export async function inspect(question: Question, means: Means = {}): Promise<Inspection> {
  const { provider, kind = "request", secrets, operation } = question;
  const scheme = schemeOf(provider, kind);
  const ours = pasted(question.message);
  const theirs = question.theirs === undefined ? undefined : pasted(question.theirs);
  const texts = secrets.map(({ json }) => secretTexts(provider, json));
  const mask = maskOf([...texts.flatMap(secretsOf), ...[ours, theirs].flatMap(secretFields)]);
  const [current] = texts;
  if (current === undefined) throw new CannotInspect("A secret is needed.");
  const read = (message: Pasted, secret: SecretTexts) => scheme(message, secret, operation);
  const subject = read(ours, current);
  const compared = theirs ?? ours;
  const grounds = [
    read(compared, current),
    ...texts.slice(1).flatMap((each) => tried(() => read(compared, each))),
  ];
  const found = await judged({ question, subject, grounds, isTheirs: theirs !== undefined, means });
  return masked(await presented(question, subject, found, means), mask);
}

/** Of an older version that lacks a part nothing can be tried. */
function tried<T>(read: () => T): readonly T[] {
  try {
    return [read()];
  } catch (error) {
    if (error instanceof CannotInspect) return [];
    throw error;
  }
}

function schemeOf(provider: string, kind: MessageKind): Scheme {
  const found = Object.entries<Partial<Record<MessageKind, Scheme>>>(schemes).find(
    ([name]) => name === provider,
  );
  if (!found) throw new CannotInspect(`The provider must be one of ${Object.keys(schemes).join(", ")}.`);
  const scheme = found[1][kind];
  const known = Object.keys(found[1]);
  if (known.length === 0)
    throw new CannotInspect(`How ${provider} signs is not known here: inspect/schemes has nothing of it.`);
  if (!scheme)
    throw new CannotInspect(`A ${kind} of ${provider} is not signed: only a ${known.join(" or a ")} is.`);
  return scheme;
}

const secretsOf = ({ parts }: SecretTexts): readonly Part[] => parts.filter(({ isSecret }) => isSecret);
const secretFields = (message: Pasted | undefined): readonly Part[] =>
  (message?.fields ?? [])
    .filter(([name]) => namesSecret(name))
    .map(([name, value]) => part(name, value, true));

interface Case {
  readonly question: Question;
  readonly subject: Subject;
  /** What the expected hash is looked for on: the version in force first. */
  readonly grounds: readonly Subject[];
  readonly isTheirs: boolean;
  readonly means: Means;
}

type Judged = Pick<Inspection, "verdict" | "findings" | "tried" | "expected">;

/** Compares, and where the hash differs, looks for the reason. */
async function judged(given: Case): Promise<Judged> {
  const { question, subject, grounds, isTheirs, means } = given;
  const [base = subject] = grounds;
  const notes = isTheirs ? [...fieldsApart(subject, base), ...base.notes] : base.notes;
  const [draft] = base.genuine;
  const expectedText = question.compares === false ? undefined : (question.expected ?? base.carried);
  if (draft === undefined) return { verdict: verdictOf(notes), findings: notes, tried: 0 };
  if (expectedText === undefined)
    return { verdict: notes.length > 0 ? "differs" : "signed", findings: notes, tried: 0 };
  const expected = readExpected(expectedText, draft.letterCase);
  const shownExpected = { expected: expectedText };
  if (!expected) {
    const says = "The expected hash is no hash: neither hexadecimal digits nor base64 of a digest.";
    const findings = [...notes, { kind: "digest form", says } as const];
    return { ...shownExpected, verdict: "unexplained", findings, tried: 0 };
  }
  const found = await explained(
    groundsOf(question, grounds),
    expected,
    digestsOf(means),
    means.most ?? 200_000,
  );
  const findings = [...notes, ...expected.findings, ...(found.findings ?? [])];
  const verdict = found.findings === undefined ? "unexplained" : verdictOf(findings);
  return { ...shownExpected, verdict, findings, tried: found.tried };
}

const digestsOf = ({ digests = webDigests }: Means): Digests => digests;
const verdictOf = (findings: readonly Finding[]): "agrees" | "differs" =>
  findings.length === 0 ? "agrees" : "differs";

/** Each genuine way, then each way of the family, under each version. */
function groundsOf({ secrets }: Question, subjects: readonly Subject[]): readonly Ground[] {
  return subjects.flatMap(({ genuine, others, around }, version): readonly Ground[] => {
    const because: readonly Finding[] = version === 0 ? [] : [versionFinding(secrets, version)];
    return [
      ...genuine.map((draft) => ({ draft, around, because })),
      ...others.map(({ draft, finding }) => ({ draft, around, because: [...because, finding] })),
    ];
  });
}

const versionFinding = (secrets: readonly SecretVersion[], version: number): Finding => ({
  kind: "secret version",
  says: `It is signed with the secret's version ${secrets[version]?.label}, and ${secrets[0]?.label} is in force.`,
});

/** How the parts of the other party's message differ from ours. */
function fieldsApart(ours: Subject, theirs: Subject): readonly Finding[] {
  const [own, other] = [ours.genuine[0]?.parts ?? [], theirs.genuine[0]?.parts ?? []];
  const named = (parts: readonly Part[]) => parts.filter(({ name }) => name !== "");
  const missing = named(own).flatMap(({ name, value }) => {
    const match = other.find((each) => each.name === name);
    return difference(name, value, match?.value) ?? [];
  });
  const surplus = named(other)
    .filter(({ name }) => !own.some((each) => each.name === name))
    .map(({ name }): Finding => ({ kind: "surplus", piece: name, says: `"${name}" is not in our message.` }));
  return [...missing, ...surplus].map((each) => ({ ...each, says: `In the other message, ${each.says}` }));
}

async function presented(
  { provider, kind = "request", secrets }: Question,
  subject: Subject,
  found: Judged,
  means: Means,
): Promise<Inspection> {
  const [draft] = subject.genuine;
  if (draft === undefined)
    return {
      ...{ provider, kind, text: "", pieces: [], ...found },
      scheme: "Nothing is signed: headers identify the merchant.",
    };
  const pieces = draft.parts.map((each) => shownPiece(each, secrets[0]));
  return {
    ...{ provider, kind, pieces, ...found },
    scheme: schemeSentence(draft),
    text: pieces.map((piece) => piece.shown).join(""),
    ...(draft.key && { key: shownPiece(draft.key, secrets[0]) }),
    digest: hexOf(await digestOf(draft, digestsOf(means)), draft.letterCase),
  };
}

const schemeSentence = ({ algorithm, key, letterCase }: Draft): string =>
  `${key ? `HMAC with ${titleOf(algorithm)} under "${key.name}"` : titleOf(algorithm)} of the text in UTF-8, in ${
    letterCase === "upper" ? "capital" : "small"
  } hexadecimal digits.`;

const counted = (value: string): string =>
  `${value.length} ${value.length === 1 ? "character" : "characters"}`;

/** A secret is shown as its name, its length and its version alone. */
function shownPiece({ name, value, isSecret }: Part, { label, json }: SecretVersion): ShownPiece {
  const version = Object.values(json).includes(value) ? `, ${label}` : "";
  return {
    name,
    isSecret,
    shown: isSecret ? `[${name}, ${counted(value)}${version}]` : value,
    length: value.length,
    notes: name === "" ? [] : notesOn(value, isSecret),
  };
}

/** Masks before it escapes, and then once more: no text that leaves here has a secret in it. */
function masked(inspection: Inspection, mask: Mask): Inspection {
  const clean = (text: string): string => mask(shown(mask(text)));
  const piece = (each: ShownPiece): ShownPiece => ({
    ...each,
    shown: each.isSecret ? each.shown : clean(each.shown),
  });
  const { key, expected, digest, findings } = inspection;
  const pieces = inspection.pieces.map(piece);
  return {
    ...inspection,
    pieces,
    text: pieces.map((each) => each.shown).join(""),
    ...(key && { key: piece(key) }),
    ...(expected !== undefined && { expected: clean(expected) }),
    ...(digest !== undefined && { digest }),
    findings: findings.map((finding) => ({ ...finding, says: mask(finding.says) })),
  };
}
