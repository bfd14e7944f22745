import { pooled } from "../pooled.ts";
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
 * Takes in what a body holds of notifications: durable before it returns. One may come many times, in any order, and before
 * the reply to its own registration is recorded.
 * @returns What was done with it; of several, with the first that is not bound.
 * @throws Problem `access-denied` (401) for a wrong signature, `not-sent` (503) when it could not be kept.
 */
export async function receiveNotification(
  { readings, isListed, verified }: Delivery,
  world: Runtime,
  records: Records,
): Promise<Received> {
  const { notifications, versions } = await genuineOf(readings, world);
  verified?.();
  const said = notifications.map((each) => each.map((one) => admittedNotification(one, versions)));
  const received: Received[] = [];
  const kept = { ...records, keep: oneAfterAnother(records.keep) };
  await atOnce(
    [...Map.groupBy(said.entries(), ([, meanings]) => meanings[0]?.admitted.referenceNo).values()],
    async (ofOne) => {
      for (const [at, meanings] of ofOne) received[at] = await takeIn({ meanings, isListed }, world, kept);
    },
  );
  const told = received.find(({ kind }) => kind !== "bound") ?? received[0];
  if (!told) throw new Error("a body that verified holds no notification");
  return told;
}

/** A body may hold hundreds of notifications, and the function has seconds. */
const lanes = 8;

/** Does all that can be done, also where some of it fails. @throws what failed first, once nothing is under way. */
async function atOnce<Each>(all: readonly Each[], work: (each: Each) => Promise<void>): Promise<void> {
  const failed: unknown[] = [];
  await pooled(all, lanes, (each) => work(each).catch((error) => failed.push(error)));
  if (failed.length > 0) throw failed[0];
}

/** Strays share a counter, and transactions on one item at the same moment refuse each other. */
function oneAfterAnother<Given, Got>(write: (given: Given) => Promise<Got>): (given: Given) => Promise<Got> {
  let last: Promise<unknown> = Promise.resolve();
  return (given) => {
    const written = last.then(() => write(given));
    last = written.catch(() => undefined);
    return written;
  };
}

/** What one notification may say, without what is secret in it, and whether its address is known. */
interface Judged {
  readonly meanings: readonly Admitted[];
  readonly isListed: boolean;
}

async function takeIn(judged: Judged, world: Runtime, records: Records): Promise<Received> {
  const sealing = await currentRing(world.secrets, "sealingKeys");
  const account = world.config.account("nicepay");
  try {
    for (let tried = 0; tried < tries; tried++) {
      const { meaning, verdict, id, record, fingerprints } = await likeliest(judged, account, world, records);
      if (verdict === "bound already") return { kind: "bound", record: id };
      if (verdict !== "agrees") {
        const why = verdict.disagrees.join("; ");
        const { admitted: notification, holding } = meaning;
        const strange = { notification, holding, why, registration: record, account, id };
        const stray = strayOf({ ...strange, sealing, fingerprints }, world.clock.now());
        // One that came before, as in a queue's next try of a body that holds many, needs no turn.
        const kept = (await records.get(stray.id)) ? "kept" : await records.keep(stray);
        const kind = kept === "kept" ? "stray" : kept === "dropped" ? "dropped" : undefined;
        return { kind, record: stray.id };
      }
      if (record && (await bound(meaning.admitted, record, sealing, { world, records })))
        return { kind: "bound", record: id };
    }
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw new Problem("not-sent", "The notification could not be kept.", { cause });
  }
  throw new Problem("not-sent", "The notification could not be kept: its record kept changing.");
}

/** A meaning of a notification, and how it fits its registration. */
interface Likely extends Registration {
  readonly meaning: Admitted;
  readonly verdict: Verdict;
}

/** The meaning that agrees with the registration; else the one with the fewest doubts, the first of those. */
async function likeliest(
  { meanings, isListed }: Judged,
  account: string,
  { secrets }: Runtime,
  records: Records,
): Promise<Likely> {
  let best: Likely | undefined;
  for (const meaning of meanings) {
    const id = recordId("nicepay", account, { namespace: "binding", id: meaning.admitted.referenceNo });
    const record = best?.id === id ? best.record : await records.get(id);
    const fingerprints = await ringOf(record ? registeredFacts(record) : {}, secrets);
    const registration = { id, record, fingerprints };
    const verdict = await judge(meaning, isListed, registration, secrets);
    if (best === undefined || doubtsIn(verdict) < doubtsIn(best.verdict))
      best = { ...registration, meaning, verdict };
  }
  if (!best) throw new Error("a notification without a meaning");
  return best;
}

const doubtsIn = (verdict: Verdict): number => (typeof verdict === "object" ? verdict.disagrees.length : 0);

/**
 * With the secret in force, the one before it, and at last the one that may have come just now: read after the notification
 * came, so that a freshly rotated key loses none. A version before that holds no key fits nothing.
 */
async function genuineOf(readings: NotificationReadings, { secrets }: Runtime): Promise<Genuine> {
  const cameAt = secrets.moment();
  const current = await secrets.current("nicepay");
  const signed = signedIn(readings, current);
  if (signed.length > 0) return { notifications: signed, versions: [current] };
  const [previous] = await Promise.allSettled([secrets.previous("nicepay")]);
  if (previous.status === "fulfilled" && previous.value) {
    const signedBefore = signedInUsable(readings, previous.value);
    if (signedBefore.length > 0) return { notifications: signedBefore, versions: [current, previous.value] };
  }
  const fresh = await secrets.refreshed("nicepay", cameAt);
  const signedSince = isSameSecret(fresh, current) ? [] : signedIn(readings, fresh);
  if (signedSince.length > 0) return { notifications: signedSince, versions: [current, fresh] };
  // It may be the version that could not be read which it was signed with.
  if (previous.status === "rejected") throw previous.reason;
  throw new Problem("access-denied", "The merchantToken is not this merchant's.", { status: 401 });
}

/** Notifications that verified, each with what it may say, and the versions of the secret that they were tried with. */
interface Genuine {
  readonly notifications: ReturnType<typeof signedIn>;
  readonly versions: readonly SecretValue[];
}

function signedInUsable(readings: NotificationReadings, secret: SecretValue): Genuine["notifications"] {
  try {
    return signedIn(readings, secret);
  } catch (error) {
    if (error instanceof Problem) return [];
    throw error;
  }
}

type Verdict = "agrees" | "bound already" | { readonly disagrees: readonly string[] };

/** Whether a notification is the binding of that record, or has been before, or why it is not. */
async function judge(
  { admitted: notification, holding }: Admitted,
  isListed: boolean,
  { id, record, fingerprints }: Registration,
  secrets: Secrets,
): Promise<Verdict> {
  const fit = fitOf(record, notifiedBy(notification, id, fingerprints), notification.odd);
  const doubts = [
    ...(typeof fit === "object" ? fit.disagrees : []),
    ...[...notification.odd].map(([field, why]) => `${field}: ${why}`),
    ...holding.map((field) => `${field}: holds what is secret`),
  ];
  if (doubts.length === 0 && record?.binding) {
    const held = await unsealed(secrets, record.binding.userToken, record.id);
    if (equalInConstantTime(held.reveal(), notification.userToken.reveal())) return "bound already";
    doubts.push("the account is bound with another userToken");
  }
  if (!isListed) doubts.push("the source address is not on the list (webhookSourceAddresses)");
  return doubts.length === 0 ? "agrees" : { disagrees: doubts };
}

/** A notification without what is secret in it, and the fields in which that was. */
type Admitted = ReturnType<typeof admittedNotification>;

/** The registration of a referenceNo, if there is one, and the keys that its facts are hashed with. */
interface Registration {
  readonly id: string;
  readonly record: RecordItem | undefined;
  readonly fingerprints: KeyRing;
}

async function bound(
  notification: AccountBindingNotification,
  record: RecordItem,
  sealing: KeyRing,
  { world, records }: { readonly world: Runtime; readonly records: Records },
): Promise<boolean> {
  const now = world.clock.now();
  const { tXid, userToken, referenceNo } = notification;
  return records.bind({
    seen: record,
    binding: { userToken: seal(sealing, userToken, record.id), boundAt: now, tXid },
    result: boundResult(referenceNo, notification),
    now,
  });
}
