import { Problem } from "../problem.ts";
import {
  type AccountBindingNotification,
  type NotificationReadings,
  signedIn,
} from "../providers/nicepay/notification.ts";
import { recordId } from "../records/identity.ts";
import type { RecordItem } from "../records/record.ts";
import type { Records, Stray } from "../records/store.ts";
import type { Runtime } from "../runtime.ts";
import { currentRing, fingerprint, type KeyRing } from "../secrets/key-ring.ts";
import { seal, unsealed } from "../secrets/seal.ts";
import { isSameSecret, type Secrets, type SecretValue } from "../secrets/secrets.ts";
import { equalInConstantTime } from "../signing/index.ts";
import { differencesFrom } from "./account-binding.ts";
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
  readings: NotificationReadings,
  world: Runtime,
  records: Records,
): Promise<Received> {
  const notification = await genuineOf(readings, world);
  if (!notification)
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
async function genuineOf(
  readings: NotificationReadings,
  { secrets }: Runtime,
): Promise<AccountBindingNotification | undefined> {
  const cameAt = secrets.moment();
  const current = await secrets.current("nicepay");
  const signed = signedIn(readings, current);
  if (signed) return signed;
  const [previous] = await Promise.allSettled([secrets.previous("nicepay")]);
  const signedBefore =
    previous.status === "fulfilled" && previous.value && signedInUsable(readings, previous.value);
  if (signedBefore) return signedBefore;
  const fresh = await secrets.refreshed("nicepay", cameAt);
  const signedSince = isSameSecret(fresh, current) ? undefined : signedIn(readings, fresh);
  // It may be the version that could not be read which it was signed with.
  if (!signedSince && previous.status === "rejected") throw previous.reason;
  return signedSince;
}

function signedInUsable(
  readings: NotificationReadings,
  secret: SecretValue,
): AccountBindingNotification | undefined {
  try {
    return signedIn(readings, secret);
  } catch (error) {
    if (error instanceof Problem) return undefined;
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
  const differences = [
    ...differencesFrom(record, notification),
    ...notification.inexact
      .filter(mustBeExact)
      .map((field) => `${field}: bytes or a plus sign that can be read in two ways`),
  ];
  if (differences.length > 0) return { disagrees: differences.join("; ") };
  if (record.binding) {
    const held = await unsealed(secrets, record.binding.userToken, record.id);
    const isSame = equalInConstantTime(held.reveal(), notification.userToken.reveal());
    return isSame ? "bound already" : { disagrees: "the account is bound with another userToken" };
  }
  if (record.state === "not_sent" || record.state === "not_executed" || record.state === "declined")
    return { disagrees: `the registration is ${record.state}` };
  return "agrees";
}

/** A guess must not become a token, or a key that fits. What is signed has been proved, and a name is for people to read. */
const mustBeExact = (field: string): boolean =>
  ["userToken", "clientUserKey", "mitraCd", "tXid"].includes(field);

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
