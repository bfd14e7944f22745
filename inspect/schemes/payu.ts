import { type Piece, payuBodyPieces, payuDatePieces } from "../../lib/signing/pieces.ts";
import { type Draft, part, partsOf } from "../draft.ts";
import { CannotInspect, type Finding } from "../finding.ts";
import { field, type Pasted } from "../pasted.ts";
import { difference, notTheSecrets, otherThan, type SecretTexts, type Subject } from "../scheme.ts";

const way = { algorithm: "sha512", charset: "utf-8", letterCase: "lower" } as const;

/** A request: an HMAC over the date line, or a hash of body, date and salt. */
export function payuRequest(message: Pasted, secret: SecretTexts): Subject {
  const { headers, body } = message;
  const date = field(headers, "date");
  if (date === undefined || date === "")
    throw new CannotInspect('The request has no "date" header, which is what PayU\'s signature covers.');
  const salt = part("merchantSalt", secret.text("merchantSalt"), true);
  const dated = (pieces: readonly Piece[]): Draft => ({ ...way, parts: partsOf(pieces, []), key: salt });
  const bodied: Draft = { ...way, parts: partsOf(payuBodyPieces(body, date, salt.value), ["merchantSalt"]) };
  const hmac = dated(payuDatePieces(date));
  const isDigest = secret.optional("signatureScheme") === "body-digest";
  const scheme = (says: string, draft: Draft) => ({ finding: { kind: "scheme", says } as const, draft });
  const authorization = authorizationIn(headers);
  return {
    genuine: [isDigest ? bodied : hmac],
    others: [
      scheme(
        `The signature is of the scheme "${isDigest ? "hmac" : "body-digest"}": see "signatureScheme" of the secret.`,
        isDigest ? hmac : bodied,
      ),
      ...otherLines(message, date).map(([says, pieces]) => scheme(says, dated(pieces))),
      ...otherBodies(body).map(([says, other]) => ({
        finding: { kind: "JSON form", piece: "body", says } as const,
        draft: { ...way, parts: partsOf(payuBodyPieces(other, date, salt.value), ["merchantSalt"]) },
      })),
    ],
    around: {
      otherSecrets: otherThan(secret, "merchantSalt"),
      unsigned: isDigest ? [] : [part("body", body)],
    },
    carried: authorization?.signature,
    notes: authorization ? notesOn(message, authorization, secret) : [],
  };
}

/** What stands in place of the date's line in other products of the same gateway. */
function otherLines({ headers, body }: Pasted, date: string): readonly (readonly [says: string, Piece[]])[] {
  const value: Piece = ["date", date];
  const digest = field(headers, "digest");
  return [
    ['The line does not begin with "date: ".', [value]],
    ['The line begins with "Date: ", in another letter case.', [["", "Date: "], value]],
    ['The line begins with "date:" without a space.', [["", "date:"], value]],
    ['The line begins with "x-date: ".', [["", "x-date: "], value]],
    ["The line ends with a line break.", [["", "date: "], value, ["", "\n"]]],
    ...(digest === undefined
      ? []
      : ([
          [
            "The digest's line is covered too.",
            [["", "date: "], value, ["", "\ndigest: "], ["digest", digest]],
          ],
        ] as const satisfies (readonly [string, Piece[]])[])),
    [
      "The body is covered too, in a line after the date's.",
      [["", "date: "], value, ["", "\n"], ["body", body]],
    ],
  ];
}

/** The same JSON, written otherwise. */
function otherBodies(body: string): readonly (readonly [says: string, body: string])[] {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return [];
  }
  const compact = JSON.stringify(value);
  const spaced = compact.replaceAll(/"(?:[^"\\]|\\.)*"|[:,]/g, (piece) =>
    piece.length === 1 ? `${piece} ` : piece,
  );
  const sorted =
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? JSON.stringify(Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))))
      : compact;
  const ascii = compact.replaceAll(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return [
    ["The body is written without spaces.", compact],
    ["The body is written with spaces after commas and colons.", spaced],
    ["The body is written in lines, 2 spaces deep.", JSON.stringify(value, null, 2)],
    ["The body is written in lines, 4 spaces deep.", JSON.stringify(value, null, 4)],
    ["The body's members stand in the order of their names.", sorted],
    ["The body has \\/ for /.", compact.replaceAll("/", "\\/")],
    ["The body has \\u escapes for what is not ASCII.", ascii],
    ["The body is empty.", ""],
  ];
}

interface Authorization {
  readonly username: string | undefined;
  readonly signature: string | undefined;
  readonly headers: string | undefined;
  readonly algorithm: string | undefined;
  readonly scheme: string;
}

function authorizationIn(headers: readonly Piece[]): Authorization | undefined {
  const text = field(headers, "authorization");
  if (text === undefined) return undefined;
  const value = (name: string) => new RegExp(`\\b${name}\\s*=\\s*"([^"]*)"`, "i").exec(text)?.[1];
  return {
    username: value("username"),
    signature: value("signature"),
    headers: value("headers"),
    algorithm: value("algorithm"),
    scheme: /^\S*/.exec(text.trim())?.[0] ?? "",
  };
}

function notesOn({ headers }: Pasted, given: Authorization, secret: SecretTexts): readonly Finding[] {
  const wallet = secret.optional("walletIdentifier");
  const mid = secret.optional("mid");
  const form =
    secret.optional("authorizationForm") === "prose" ? ["hmac-sha512", "date digest"] : ["sha512", "date"];
  const compared = [
    difference("authorization scheme", "hmac", given.scheme),
    difference("algorithm", form[0] ?? "", given.algorithm),
    difference("headers", form[1] ?? "", given.headers),
    wallet === undefined
      ? undefined
      : difference("walletIdentifier", wallet, field(headers, "walletIdentifier")),
    mid === undefined ? undefined : difference("mid", mid, field(headers, "mid")),
  ];
  return [
    ...notTheSecrets("username", "merchantKey", secret, given.username),
    ...(given.signature === undefined
      ? [{ kind: "missing", piece: "signature", says: "The authorization has no signature." } as const]
      : []),
    ...compared.filter((each) => each !== undefined),
  ];
}
