import type { AccountBindingNotification } from "../providers/nicepay/notification.ts";
import { recordId } from "../records/identity.ts";
import type { RecordItem } from "../records/record.ts";
import type { Stray } from "../records/store.ts";
import { fingerprint, type KeyRing } from "../secrets/key-ring.ts";
import { seal } from "../secrets/seal.ts";
import { Secret } from "../secrets/secret.ts";
import { bindingForms, registeredFacts } from "./account-binding.ts";
import type { Failure } from "./answer.ts";
import type { StrayFacts } from "./bind-stray.ts";
import { hashedFacts, isHash, keyIdIn } from "./kept.ts";

/** Strays that are kept of one signed pair of referenceNo and billingPhone: nothing else of a notification is signed. */
const mostOfAPair = 4;
/** Strays that are kept in a day of referenceNos that were not registered here. */
const mostUnknownADay = 1_000;
const dayMs = 86_400_000;

/** The longest that the contract lets each field be of which text is kept. */
const lengths = {
  referenceNo: 40,
  mitraCd: 4,
  tXid: 30,
  userToken: 100,
} as const;

interface Strange {
  readonly notification: AccountBindingNotification;
  /** Fields in which there was a secret. */
  readonly holding: readonly string[];
  readonly why: string;
  /** The registration of its referenceNo; undefined where there is none. */
  readonly registration: RecordItem | undefined;
  readonly account: string;
  /** The id of the registration that it would belong to. */
  readonly id: string;
  readonly sealing: KeyRing;
  readonly fingerprints: KeyRing;
}

/**
 * Named by its whole content, so that the same notification again is the same item. The token is sealed for the registration
 * that it belongs to, so that a person may let it bind; phone and key are hashed for it, to be compared then.
 */
export function strayOf(strange: Strange, now: number): Stray {
  const { notification, holding, why, registration, account, id, sealing, fingerprints } = strange;
  const { referenceNo, billingPhone, billingNm, clientUserKey, mitraCd, tXid, userToken } = notification;
  const content = [referenceNo, billingPhone, billingNm, clientUserKey, mitraCd, tXid, userToken.reveal()];
  const request = fingerprint(fingerprints, JSON.stringify(content)) ?? "";
  const unsure = new Set([...notification.odd.keys(), ...holding]);
  const cut = (name: keyof typeof lengths, text: string): string => {
    if (text.length > lengths[name]) unsure.add(name);
    return text.slice(0, lengths[name]).replace(/[\ud800-\udbff]$/, "");
  };
  const facts = {
    mitraCd: cut("mitraCd", mitraCd),
    keyLength: clientUserKey.length,
    forms: hashedFacts(fingerprints, id, bindingForms(notification), keyIdOf(registration)),
  };
  const keptTXid = tXid === undefined ? undefined : cut("tXid", tXid);
  const identity = cut("referenceNo", referenceNo);
  const token = new Secret(cut("userToken", userToken.reveal()));
  const failure: Failure = {
    code: "outcome-unknown",
    detail: `A notification is kept that binds nothing: ${why}.`,
  };
  const counter = (...of: readonly string[]) =>
    recordId("nicepay", account, { namespace: "stray-count", id: JSON.stringify(of) });
  const day = Math.floor(now / dayMs);
  return {
    id: recordId("nicepay", account, { namespace: "notification", id: `${referenceNo} ${request}` }),
    provider: "nicepay",
    account,
    operation: "account-binding-webhook",
    namespace: "notification",
    identity,
    request,
    facts: JSON.stringify({ ...facts, unsure: [...unsure] } satisfies StrayFacts),
    failure: JSON.stringify(failure),
    binding: { userToken: seal(sealing, token, id), boundAt: now, tXid: keptTXid },
    now,
    bounds: [
      { id: counter("signed", referenceNo, billingPhone), most: mostOfAPair },
      ...(registration === undefined
        ? [{ id: counter("unknown", String(day)), most: mostUnknownADay, expires: (day + 2) * dayMs }]
        : []),
    ],
  };
}

/** The key that the registration's facts are hashed with, so that a person's word can compare one hash with the other. */
function keyIdOf(registration: RecordItem | undefined): string | undefined {
  const { clientUserKey } = registration ? registeredFacts(registration) : {};
  return clientUserKey !== undefined && isHash(clientUserKey) ? keyIdIn(clientUserKey) : undefined;
}
