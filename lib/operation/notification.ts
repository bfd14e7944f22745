import { Problem } from "../problem.ts";
import type { Facts } from "../providers/inquiry.ts";
import { type AccountBindingNotification, isSigned } from "../providers/nicepay/notification.ts";
import { recordId } from "../records/identity.ts";
import type { RecordItem } from "../records/record.ts";
import type { Records, Stray } from "../records/store.ts";
import type { Runtime } from "../runtime.ts";
import { currentRing, fingerprint, type KeyRing } from "../secrets/key-ring.ts";
import { seal, unsealed } from "../secrets/seal.ts";
import { isSameSecret, type Secrets, type SecretValue } from "../secrets/secrets.ts";
import { equalInConstantTime } from "../signing/index.ts";
import type { Failure } from "./answer.ts";

/**
 * What was done with a notification that verified. `bound`: it set the binding, or had set it before. `stray`: it disagrees
 * with what was registered, or nothing was; it is kept for a person and changes no binding.
 */
export type Received = { readonly kind: "bound" | "stray"; readonly record: string };

/** A record may change between the look and the write; a notification is handled again by its sender if all of these lose. */
const tries = 5;

/**
 * Takes a notification in: durable before it returns. It may come many times, in any order, and before the reply to its own
 * registration is recorded.
 * @throws Problem `access-denied` (401) for a wrong signature, `not-sent` (503) when it could not be kept.
 */
export async function receiveNotification(
  notification: AccountBindingNotification,
  world: Runtime,
  records: Records,
): Promise<Received> {
  if (!(await isGenuine(notification, world)))
    throw new Problem("access-denied", "The merchantToken is not this merchant's.", { status: 401 });
  const rings: Rings = {
    sealing: await currentRing(world.secrets, "sealingKeys"),
    fingerprints: await currentRing(world.secrets, "fingerprintKeys"),
  };
  const account = world.config.account("nicepay");
  const id = recordId("nicepay", account, { namespace: "binding", id: notification.referenceNo });
  try {
    for (let tried = 0; tried < tries; tried++) {
      const record = await records.get(id);
      const verdict = await compare(notification, record, world.secrets);
      if (verdict === "bound already") return { kind: "bound", record: id };
      if (verdict !== "agrees") {
        const stray = strayOf(notification, verdict.disagrees, account, rings, world.clock.now());
        await records.keep(stray);
        return { kind: "stray", record: stray.id };
      }
      if (record && (await bound(notification, record, rings, world, records)))
        return { kind: "bound", record: id };
    }
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw new Problem("not-sent", "The notification could not be kept.", { cause });
  }
  throw new Problem("not-sent", "The notification could not be kept: its record kept changing.");
}

interface Rings {
  readonly sealing: KeyRing;
  readonly fingerprints: KeyRing;
}

/**
 * With the secret in force, the one before it, and at last the one that may have come just now: read after the notification
 * came, so that a freshly rotated key loses none. A version before that holds no key fits nothing.
 */
async function isGenuine(notification: AccountBindingNotification, { secrets }: Runtime): Promise<boolean> {
  const cameAt = secrets.moment();
  const current = await secrets.current("nicepay");
  if (isSigned(notification, current)) return true;
  const previous = await secrets.previous("nicepay").catch(() => undefined);
  if (previous && isSignedByUsable(notification, previous)) return true;
  const fresh = await secrets.refreshed("nicepay", cameAt);
  return !isSameSecret(fresh, current) && isSigned(notification, fresh);
}

function isSignedByUsable(notification: AccountBindingNotification, secret: SecretValue): boolean {
  try {
    return isSigned(notification, secret);
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}

type Verdict = "agrees" | "bound already" | { readonly disagrees: string };

/** Whether a notification is the binding of that record, or has been before, or why it is not. */
async function compare(
  notification: AccountBindingNotification,
  record: RecordItem | undefined,
  secrets: Secrets,
): Promise<Verdict> {
  if (!record) return { disagrees: "no registration has this referenceNo" };
  const registered: Facts = JSON.parse(record.facts ?? "{}");
  // The signature covers none of these but the phone: a replayed token with another user's key must not bind.
  for (const field of ["billingPhone", "clientUserKey", "mitraCd"] as const)
    if (registered[field] !== notification[field])
      return { disagrees: `${field} is not what was registered` };
  const known = record.tXid ?? record.binding?.tXid;
  if (known !== undefined && notification.tXid !== undefined && known !== notification.tXid)
    return { disagrees: "tXid is not that of the registration" };
  if (record.binding) {
    const held = await unsealed(secrets, record.binding.userToken, record.id);
    const isSame = equalInConstantTime(held.reveal(), notification.userToken.reveal());
    return isSame ? "bound already" : { disagrees: "the account is bound with another userToken" };
  }
  if (record.state === "not_sent" || record.state === "not_executed" || record.state === "declined")
    return { disagrees: `the registration is ${record.state}` };
  return "agrees";
}

async function bound(
  { referenceNo, mitraCd, tXid, userToken }: AccountBindingNotification,
  record: RecordItem,
  { sealing }: Rings,
  { clock }: Runtime,
  records: Records,
): Promise<boolean> {
  const now = clock.now();
  return records.bind({
    seen: record,
    binding: { userToken: seal(sealing, userToken, record.id), boundAt: now, tXid },
    // The user has logged in, so the redirect that the registration's reply would have brought is no longer needed.
    result: JSON.stringify({
      referenceNo,
      tXid: tXid ?? null,
      mitraCd,
      registeredAt: null,
      redirectUrlHttp: null,
    }),
    now,
  });
}

/** Named by its whole content, so that the same notification again is the same item. */
function strayOf(
  notification: AccountBindingNotification,
  why: string,
  account: string,
  { sealing, fingerprints }: Rings,
  now: number,
): Stray {
  const { referenceNo, billingPhone, billingNm, clientUserKey, mitraCd, tXid, userToken } = notification;
  const shown = { billingPhone, billingNm, clientUserKey, mitraCd, tXid };
  const request = fingerprint(fingerprints, JSON.stringify([referenceNo, shown, userToken.reveal()])) ?? "";
  const id = recordId("nicepay", account, { namespace: "notification", id: `${referenceNo} ${request}` });
  const failure: Failure = {
    code: "outcome-unknown",
    detail: `A notification is kept that binds nothing: ${why}.`,
  };
  return {
    id,
    provider: "nicepay",
    account,
    operation: "account-binding-webhook",
    namespace: "notification",
    identity: referenceNo,
    request,
    facts: JSON.stringify(shown),
    failure: JSON.stringify(failure),
    binding: { userToken: seal(sealing, userToken, id), boundAt: now, tXid },
    now,
  };
}
