import {
  accountBindingPieces,
  deactivationPieces,
  type Piece,
  userDetailPieces,
} from "../../lib/signing/pieces.ts";
import { type Draft, namesSecret, part, partsOf } from "../draft.ts";
import { CannotInspect } from "../finding.ts";
import { field, type Pasted } from "../pasted.ts";
import { notTheSecrets, otherThan, type SecretTexts, type Subject } from "../scheme.ts";

const draftOf = (pieces: readonly Piece[]): Draft => ({
  algorithm: "sha256",
  charset: "utf-8",
  letterCase: "lower",
  parts: partsOf(pieces, ["merchantKey", "userToken"]),
});

/** A registration, a notification, or a call about a user token: a hash of its own few fields and the merchant's key. */
export function nicepayMessage(message: Pasted, secret: SecretTexts, operation: string | undefined): Subject {
  const { fields } = message;
  const [iMid, merchantKey] = [secret.text("iMid"), secret.text("merchantKey")];
  const given = (name: string): string => {
    const value = field(fields, name);
    if (value === undefined) throw new CannotInspect(`The message has no "${name}", which its token covers.`);
    return value;
  };
  const carried = field(fields, "merchantToken");
  const isAboutToken = field(fields, "referenceNo") === undefined;
  // What the other side signed is what it sent.
  const own = field(fields, "iMid") ?? iMid;
  const binding = () =>
    accountBindingPieces(
      { iMid: own, referenceNo: given("referenceNo"), billingPhone: given("billingPhone") },
      merchantKey,
    );
  const detail = () => userDetailPieces({ iMid: own, userToken: given("userToken") }, merchantKey);
  const deactivation = () =>
    deactivationPieces(
      { timeStamp: given("timeStamp"), iMid: own, userToken: given("userToken") },
      merchantKey,
    );
  const isDeactivation = operation?.endsWith("deactivate-account-binding") ?? false;
  const [due, other] = isDeactivation ? [deactivation, detail] : [detail, deactivation];
  const hasTime = field(fields, "timeStamp") !== undefined;
  const covered = [
    "iMid",
    "referenceNo",
    "billingPhone",
    "merchantToken",
    ...(isAboutToken ? ["userToken"] : []),
  ];
  return {
    genuine: [draftOf(isAboutToken ? due() : binding())],
    others:
      isAboutToken && hasTime
        ? [
            {
              finding: {
                kind: "scheme",
                piece: "timeStamp",
                says: `"timeStamp" is ${isDeactivation ? "not covered, as in a user detail" : "covered, as in a deactivation"}.`,
              },
              draft: draftOf(other()),
            },
          ]
        : [],
    around: {
      otherSecrets: otherThan(secret, "merchantKey"),
      unsigned: fields
        .filter(([name]) => !covered.includes(name))
        .map(([name, value]) => part(name, value, namesSecret(name))),
    },
    carried,
    notes: carried === undefined ? [] : notTheSecrets("iMid", "iMid", secret, field(fields, "iMid")),
  };
}
