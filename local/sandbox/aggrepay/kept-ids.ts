/**
 * Forms in which a wallet may keep a merchant's id, for all that its document says. It never names the id that was sent again:
 *
 * - Statement and inquiry show the kept form. The ledger of the control endpoint goes on to show the id that was sent.
 * - Whatever names an id (inquiry, reversal, "taken") is compared with kept ids as it was sent. So the wallet answers "no such
 *   id", cannot reverse that debit, and calls the id free: a second debit under it moves money again. A wallet that does the
 *   same to what it is asked would refuse it; this one protects nobody.
 * - A reversal's own id is `<id>_REVERSAL` in the form of the reversal's own call. Its reply still has the id as it was made,
 *   as a row that was just written still has the text that it was written with.
 * - Where two ids come to one, the first transaction is the one that is found.
 */
import { createHash } from "node:crypto";

export interface IdForm {
  readonly description: string;
  readonly keeps: (id: string) => string;
}

export const idForms = {
  "id-cut": { description: "cut to 50 characters", keeps: (id) => id.slice(0, 50) },
  "id-lower": { description: "in lower case", keeps: (id) => id.toLowerCase() },
  "id-stripped": { description: "without . and -", keeps: (id) => id.replace(/[.-]/g, "") },
  "id-prefixed": { description: "after MERCHANT7_", keeps: (id) => `MERCHANT7_${id}` },
  "id-suffixed": { description: "before -01", keeps: (id) => `${id}-01` },
  "id-hashed": {
    description: "as a hash of 32 characters",
    keeps: (id) => createHash("sha256").update(id).digest("hex").slice(0, 32),
  },
  "id-cut-short": { description: "cut to 15 characters", keeps: (id) => id.slice(0, 15) },
} as const satisfies Record<string, IdForm>;
