import { Problem } from "../problem.ts";
import {
  type AccountBindingNotification,
  type NotificationReadings,
  signedIn,
} from "../providers/nicepay/notification.ts";
import { recordId } from "../records/identity.ts";
import type { RecordItem } from "../records/record.ts";
import type { Records } from "../records/store.ts";
import type { Runtime } from "../runtime.ts";
import { currentRing, type KeyRing } from "../secrets/key-ring.ts";
import { seal, unsealed } from "../secrets/seal.ts";
import { isSameSecret, type Secrets, type SecretValue } from "../secrets/secrets.ts";
import { equalInConstantTime } from "../signing/index.ts";
import { boundResult, fitOf, notifiedBy, registeredFacts } from "./account-binding.ts";
import { admittedNotification } from "./admitted.ts";
import { ringOf } from "./kept.ts";
import { strayOf } from "./stray.ts";

/**
 * What was done with a notification that verified. `bound`: it set the binding, or had set it before. `stray`: it disagrees
 * with what was registered, or nothing was; it is kept for a person and changes no binding. `dropped`: it is one more of
 * strays of which enough are kept; `undefined` in place of that where it was said a moment ago.
 */
export interface Received {
  readonly kind: "bound" | "stray" | "dropped" | undefined;
  readonly record: string;
}

export interface Delivery {
  readonly readings: NotificationReadings;
  /** Whether it came from an address of the provider's that we know. */
  readonly isListed: boolean;
  /** Called once it is known to be the provider's. */
  readonly verified?: () => void;
}

/** A record may change between the look and the write; a notification is handled again by its sender if all of these lose. */
const tries = 5;

/**
 * Takes a notification in: durable before it returns. It may come many times, in any order, and before the reply to its own
 * registration is recorded.
 * @throws Problem `access-denied` (401) for a wrong signature, `not-sent` (503) when it could not be kept.
 */
export async function receiveNotification(
  { readings, isListed, verified }: Delivery,
  world: Runtime,
  records: Records,
): Promise<Received> {
  const genuine = await genuineOf(readings, world);
  if (!genuine)
    throw new Problem("access-denied", "The merchantToken is not this merchant's.", { status: 401 });
  verified?.();
  const { admitted, holding } = admittedNotification(genuine.notification, genuine.versions);
  const sealing = await currentRing(world.secrets, "sealingKeys");
  const account = world.config.account("nicepay");
  const { referenceNo } = genuine.notification;
  const id = recordId("nicepay", account, { namespace: "binding", id: referenceNo });
  try {
    for (let tried = 0; tried < tries; tried++) {
      const record = await records.get(id);
      const fingerprints = await ringOf(record ? registeredFacts(record) : {}, world.secrets);
      const judged = { notification: admitted, holding, isListed };
      const verdict = await judge(judged, { id, record, fingerprints }, world.secrets);
      if (verdict === "bound already") return { kind: "bound", record: id };
      if (verdict !== "agrees") {
        const why = verdict.disagrees;
        const strange = { notification: admitted, holding, why, registration: record, account, id };
        const stray = strayOf({ ...strange, sealing, fingerprints }, world.clock.now());
        const kept = await records.keep(stray);
        const kind = kept === "kept" ? "stray" : kept === "dropped" ? "dropped" : undefined;
        return { kind, record: stray.id };
      }
      if (record && (await bound(admitted, record, sealing, world, records)))
        return { kind: "bound", record: id };
    }
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw new Problem("not-sent", "The notification could not be kept.", { cause });
  }
  throw new Problem("not-sent", "The notification could not be kept: its record kept changing.");
}

/**
 * With the secret in force, the one before it, and at last the one that may have come just now: read after the notification
 * came, so that a freshly rotated key loses none. A version before that holds no key fits nothing.
 */
async function genuineOf(readings: NotificationReadings, { secrets }: Runtime): Promise<Genuine | undefined> {
  const cameAt = secrets.moment();
  const current = await secrets.current("nicepay");
  const signed = signedIn(readings, current);
  if (signed) return { notification: signed, versions: [current] };
  const [previous] = await Promise.allSettled([secrets.previous("nicepay")]);
  if (previous.status === "fulfilled" && previous.value) {
    const signedBefore = signedInUsable(readings, previous.value);
    if (signedBefore) return { notification: signedBefore, versions: [current, previous.value] };
  }
  const fresh = await secrets.refreshed("nicepay", cameAt);
  const signedSince = isSameSecret(fresh, current) ? undefined : signedIn(readings, fresh);
  // It may be the version that could not be read which it was signed with.
  if (!signedSince && previous.status === "rejected") throw previous.reason;
  return signedSince && { notification: signedSince, versions: [current, fresh] };
}

/** A notification that verified, and the versions of the secret that it was tried with. */
interface Genuine {
  readonly notification: AccountBindingNotification;
  readonly versions: readonly SecretValue[];
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
async function judge(
  { notification, holding, isListed }: Judged,
  { id, record, fingerprints }: Registration,
  secrets: Secrets,
): Promise<Verdict> {
  const fit = fitOf(record, notifiedBy(notification, id, fingerprints));
  const doubts = [
    ...(typeof fit === "object" ? [fit.disagrees] : []),
    ...notification.inexact
      .filter(mustBeExact)
      .map((field) => `${field}: bytes or a plus sign that can be read in two ways`),
    ...holding.map((field) => `${field}: holds what is secret`),
  ];
  if (doubts.length === 0 && record?.binding) {
    const held = await unsealed(secrets, record.binding.userToken, record.id);
    if (equalInConstantTime(held.reveal(), notification.userToken.reveal())) return "bound already";
    doubts.push("the account is bound with another userToken");
  }
  if (!isListed) doubts.push("the source address is not on the list (webhookSourceAddresses)");
  return doubts.length === 0 ? "agrees" : { disagrees: doubts.join("; ") };
}

interface Judged {
  readonly notification: AccountBindingNotification;
  /** Fields in which there was a secret. */
  readonly holding: readonly string[];
  readonly isListed: boolean;
}

/** The registration of a referenceNo, if there is one, and the keys that its facts are hashed with. */
interface Registration {
  readonly id: string;
  readonly record: RecordItem | undefined;
  readonly fingerprints: KeyRing;
}

/** A guess must not become a token, or a key that fits. What is signed has been proved, and a name is for people to read. */
const mustBeExact = (field: string): boolean =>
  ["userToken", "clientUserKey", "mitraCd", "tXid"].includes(field);

async function bound(
  notification: AccountBindingNotification,
  record: RecordItem,
  sealing: KeyRing,
  { clock }: Runtime,
  records: Records,
): Promise<boolean> {
  const now = clock.now();
  const { tXid, userToken, referenceNo } = notification;
  return records.bind({
    seen: record,
    binding: { userToken: seal(sealing, userToken, record.id), boundAt: now, tXid },
    result: boundResult(referenceNo, notification),
    now,
  });
}
