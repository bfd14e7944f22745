import { Problem } from "../problem.ts";
import type { Facts } from "../providers/inquiry.ts";
import { recordId } from "../records/identity.ts";
import { factsOf } from "../records/parts.ts";
import type { RecordItem } from "../records/record.ts";
import type { Records } from "../records/store.ts";
import { boundResult, fitOf, type Notified, registeredFacts } from "./account-binding.ts";
import { invalid } from "./body.ts";
import { isHash, keyIdIn } from "./kept.ts";
import { readable } from "./record-query.ts";

/** What a stray keeps of its notification: what is compared when a person lets it bind, and no text of a person. */
export interface StrayFacts extends Pick<Notified, "mitraCd" | "keyLength"> {
  /** Hashed for the registration that it belongs to. */
  readonly forms: Facts;
  /** Fields that were cut or missing, could be read in more than one way, or held a secret. */
  readonly unsure: readonly string[];
}

/** A record may change between the look and the write. */
const tries = 5;

/**
 * Binds what a stray brought, because a person says so: under every condition of a binding but the source address. Whoever
 * says it again after an answer that was lost finds it done.
 * @throws Problem `invalid-request` naming why it cannot be bound, `not-sent` where it is not known to be.
 */
export async function bindStray(stray: RecordItem, records: Records, now: number): Promise<void> {
  const kept = factsOf<Partial<StrayFacts>>(stray) ?? {};
  const { binding, identity, provider, account } = stray;
  const { unsure, forms, mitraCd = "", keyLength = 0 } = kept;
  const refuse = (why: string) => invalid([{ pointer: "/outcome", detail: `cannot be succeeded: ${why}` }]);
  if (unsure === undefined || forms === undefined || !binding)
    throw refuse("an earlier version kept it, and its token opens nowhere");
  const inDoubt = unsure.filter((field) => field !== "billingNm" && field !== "billingPhone");
  if (inDoubt.length > 0) throw refuse(`${inDoubt.join(", ")}: cut, missing, or read in more than one way`);
  const id = recordId(provider, account, { namespace: "binding", id: identity });
  const said: Notified = {
    mitraCd,
    keyLength,
    tXid: binding.tXid,
    agrees: (form, registered) => (forms[form] === undefined ? undefined : forms[form] === registered),
  };
  for (let tried = 0; tried < tries; tried += 1) {
    const seen = await readable(records.get(id));
    if (seen && !isUnderOneKey(registeredFacts(seen), forms))
      throw refuse("its registration was kept under another fingerprint key: it has to be registered again");
    const fit = fitOf(seen, said);
    if (typeof fit === "object") throw refuse(fit.disagrees.join("; "));
    if (seen?.binding?.userToken === binding.userToken) return;
    if (fit === "bound") throw refuse("the account is bound already");
    if (seen && (await isBound(seen))) return;
  }
  throw new Problem("not-sent", "Nothing was bound: the registration kept changing. Send it again as it is.");

  async function isBound(seen: RecordItem): Promise<boolean> {
    if (!binding) return false;
    try {
      return await records.bind({ seen, binding, result: boundResult(identity, said), now });
    } catch (cause) {
      throw new Problem("not-sent", "Whether it was bound is not known: send it again as it is.", { cause });
    }
  }
}

/** Hashes of one key are equal where their values are; of two keys they say nothing. */
function isUnderOneKey(
  { clientUserKey: registered = "" }: Facts,
  { clientUserKey: notified = "" }: Facts,
): boolean {
  return isHash(registered) && isHash(notified) && keyIdIn(registered) === keyIdIn(notified);
}
