import { dreamzwalletPieces } from "../../lib/signing/pieces.ts";
import { type Draft, part, partsOf } from "../draft.ts";
import { CannotInspect } from "../finding.ts";
import { field, fieldsOf, type Pasted } from "../pasted.ts";
import { notTheSecrets, otherThan, type SecretTexts, type Subject } from "../scheme.ts";

/** A request: a hash of the account's key, the customer and the wallet's owner, or of the last two. */
export function dreamzwalletRequest(message: Pasted, secret: SecretTexts): Subject {
  const nested = message.json instanceof Map ? message.json.get("authentication") : undefined;
  const fields = nested instanceof Map ? fieldsOf(nested) : message.fields;
  const customerId = field(fields, "customerId");
  if (customerId === undefined) throw new CannotInspect('The request has no "customerId".');
  const [secKey, walletOwnerId] = [secret.text("secKey"), secret.text("walletOwnerId")];
  const draft = (key: string | undefined): Draft => ({
    algorithm: "sha256",
    charset: "utf-8",
    letterCase: secret.optional("hashCase") === "upper" ? "upper" : "lower",
    parts: partsOf(dreamzwalletPieces(key, customerId, walletOwnerId), ["secKey"]),
  });
  const isKeyless = secret.optional("hashParts") === "customerId,walletOwnerId";
  const carried = field(fields, "verificationHash");
  const envelope = secret.optional("envelope");
  return {
    genuine: [draft(isKeyless ? undefined : secKey)],
    others: [
      {
        finding: {
          kind: "scheme",
          piece: "secKey",
          says: `"secKey" ${isKeyless ? "is covered too" : "is not covered"}: see "hashParts" of the secret.`,
        },
        draft: draft(isKeyless ? secKey : undefined),
      },
    ],
    around: {
      otherSecrets: otherThan(secret, "secKey"),
      unsigned: fields
        .filter(([name]) => !["customerId", "walletOwnerId", "verificationHash"].includes(name))
        .map(([name, value]) => part(name, value, true)),
    },
    carried,
    notes:
      carried === undefined
        ? []
        : [
            ...notTheSecrets("walletOwnerId", "walletOwnerId", secret, field(fields, "walletOwnerId")),
            ...(secret.optional("token")
              ? notTheSecrets("token", "token", secret, field(fields, "token"))
              : []),
            ...((envelope !== undefined) === nested instanceof Map
              ? []
              : [
                  {
                    kind: "scheme",
                    says: `The fields stand ${envelope ? "in no" : "in an"} envelope: see "envelope" of the secret.`,
                  } as const,
                ]),
          ],
  };
}
