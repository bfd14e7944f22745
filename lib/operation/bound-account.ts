import { Problem } from "../problem.ts";
import { nicepay } from "../providers/nicepay/index.ts";
import { checkConfirms, hasPhone, userDetailOf } from "../providers/nicepay/user-token.ts";
import type { Opened } from "../providers/provider.ts";
import { isClaimable } from "../records/claim.ts";
import { recordId } from "../records/identity.ts";
import { isDecidable } from "../records/person.ts";
import type { RecordItem } from "../records/record.ts";
import { isSettled } from "../records/states.ts";
import type { Records } from "../records/store.ts";
import type { Runtime } from "../runtime.ts";
import { unsealed } from "../secrets/seal.ts";
import type { Secret } from "../secrets/secret.ts";
import { registeredFacts } from "./account-binding.ts";
import { viewOf } from "./answer.ts";
import type { Held } from "./change-spec.ts";
import type { Request } from "./handler.ts";
import { comparison } from "./kept.ts";
import { looking } from "./read.ts";
import { before, readable } from "./record-query.ts";

/** The id of the record of a binding, or of its deactivation. */
export const bindingIdOf = (
  referenceNo: string,
  { config }: Pick<Held, "config">,
  namespace: "binding" | "deactivation" = "binding",
): string => recordId("nicepay", config.account("nicepay"), { namespace, id: referenceNo });

/**
 * The user token of a binding, and what its account was registered with. A flag keeps it back while a person is waited for, and
 * only from a deactivation that is yet to begin: one that has begun is told its outcome, whatever the binding has become since.
 * @throws Problem `not-found` where no account is bound, `in-progress` where that waits for a person, `not-sent` where a
 * record cannot be read.
 */
export async function boundAccount(referenceNo: string, held: Held): Promise<Opened> {
  const record = await before(held.records.get(bindingIdOf(referenceNo, held)));
  if (record?.binding === undefined)
    throw new Problem("not-found", "No user has bound an account under this referenceNo.");
  if (record.flagged !== undefined && isDecidable(record) && !(await hasBegun(referenceNo, held)))
    throw new Problem("in-progress", "Whether the account is bound waits for a person.");
  const secret = await unsealed(held.secrets, record.binding.userToken, record.id);
  return { secret, agrees: await comparison(record.id, registeredFacts(record), held.secrets) };
}

async function hasBegun(referenceNo: string, held: Held): Promise<boolean> {
  const deactivation = await before(held.records.get(bindingIdOf(referenceNo, held, "deactivation")));
  return deactivation !== undefined && !isClaimable(deactivation);
}

/**
 * When the user token of a binding was revoked through the gateway; undefined where it was not.
 * @throws Problem `in-progress` where that is not known, `not-sent` where the record cannot be read.
 */
export async function deactivatedAt(referenceNo: string, held: Held): Promise<number | undefined> {
  const record = await readable(held.records.get(bindingIdOf(referenceNo, held, "deactivation")));
  if (record === undefined) return undefined;
  if (record.flagged === undefined && isSettled(record.state))
    return record.state === "succeeded" ? record.stateSince : undefined;
  throw new Problem("in-progress", "Whether the user token was revoked is not known yet.", {
    record: viewOf(record),
  });
}

/** What a person reads of a binding whose token turns out to be another account's. */
const anothers = "NICEPAY shows another phone number for the user token than was registered.";

/** The same of a token that is in force no longer. */
const revoked = "NICEPAY knows no such user token, or it was revoked.";

/**
 * The record of a binding, once NICEPAY has been asked whose its token is. It is asked once: the record keeps that it was, and
 * a binding that is contradicted is flagged; not where NICEPAY knows the token no more because the gateway has revoked it meanwhile.
 * @param isRevoked Whether it has; throws where that is not known.
 * @throws Problem where NICEPAY gives no answer, and `not-sent` where the answer is not known to be recorded.
 */
export async function checkedAccount(
  seen: RecordItem,
  userToken: Secret,
  request: Pick<Request<never>, "remainingMs" | "note">,
  {
    world,
    records,
    isRevoked,
  }: {
    readonly world: Runtime;
    readonly records: Pick<Records, "check">;
    readonly isRevoked: () => Promise<boolean>;
  },
): Promise<RecordItem> {
  const { config, clock, uniqueId } = world;
  const circumstances = { config, now: clock.now(), uniqueId };
  const asked = { operation: "inquiry", effect: "read" } as const;
  const look = looking(nicepay, { asked, circumstances }, request, world);
  const agrees = await comparison(seen.id, registeredFacts(seen), world.secrets);
  const keep = async (flagged: string | undefined): Promise<RecordItem> => {
    try {
      return await records.check({ seen, flagged, now: clock.now() });
    } catch (cause) {
      throw new Problem("not-sent", "What NICEPAY says of the user token could not be recorded.", { cause });
    }
  };
  try {
    const isOwn = await look(userDetailOf(userToken), (reply) => {
      checkConfirms(reply, userToken);
      return hasPhone(reply, agrees);
    });
    return await keep(isOwn ? undefined : anothers);
  } catch (error) {
    if (error instanceof Problem && error.code === "not-found") {
      if (await isRevoked()) return seen;
      // The token is not given again, even if NICEPAY is no longer asked.
      await keep(revoked);
    }
    throw error;
  }
}
