import type { AccountBindingNotification } from "../providers/nicepay/notification.ts";
import { phoneDigits } from "../providers/nicepay/phone.ts";
import { recordId } from "../records/identity.ts";
import type { Stray } from "../records/store.ts";
import { fingerprint, type KeyRing } from "../secrets/key-ring.ts";
import { seal } from "../secrets/seal.ts";
import { Secret } from "../secrets/secret.ts";
import type { Failure } from "./answer.ts";
import type { StrayFacts } from "./bind-stray.ts";

/** Strays that are kept of one signed pair of referenceNo and billingPhone: nothing else of a notification is signed. */
const mostOfAPair = 4;
/** Strays that are kept in a day of referenceNos that nobody registered here. */
const mostUnknownADay = 1_000;
const dayMs = 86_400_000;

/** The longest that the contract lets each field be; `billingPhone` without its separators. */
const lengths = {
  referenceNo: 40,
  billingPhone: 15,
  billingNm: 100,
  clientUserKey: 50,
  mitraCd: 4,
  tXid: 30,
  userToken: 100,
} as const;

interface Strange {
  readonly notification: AccountBindingNotification;
  readonly why: string;
  /** Nobody registered its referenceNo. */
  readonly isUnknown: boolean;
  readonly account: string;
  /** The id of the registration that it would belong to. */
  readonly id: string;
  readonly sealing: KeyRing;
  readonly fingerprints: KeyRing;
}

/**
 * Named by its whole content, so that the same notification again is the same item. The token is sealed for the registration
 * that it belongs to, so that a person may let it bind.
 */
export function strayOf(strange: Strange, now: number): Stray {
  const { notification, why, isUnknown, account, id, sealing, fingerprints } = strange;
  const { referenceNo, billingPhone, billingNm, clientUserKey, mitraCd, tXid, userToken } = notification;
  const content = [referenceNo, billingPhone, billingNm, clientUserKey, mitraCd, tXid, userToken.reveal()];
  const request = fingerprint(fingerprints, JSON.stringify(content)) ?? "";
  const unsure = new Set(notification.inexact);
  const cut = (name: keyof typeof lengths, text: string): string => {
    if (text.length > lengths[name]) unsure.add(name);
    return text.slice(0, lengths[name]).replace(/[\ud800-\udbff]$/, "");
  };
  const kept = {
    billingPhone: cut("billingPhone", phoneDigits(billingPhone) ?? billingPhone),
    billingNm: cut("billingNm", billingNm),
    clientUserKey: cut("clientUserKey", clientUserKey),
    mitraCd: cut("mitraCd", mitraCd),
    tXid: tXid === undefined ? undefined : cut("tXid", tXid),
  };
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
    facts: JSON.stringify({ ...kept, unsure: [...unsure] } satisfies StrayFacts),
    failure: JSON.stringify(failure),
    binding: { userToken: seal(sealing, token, id), boundAt: now, tXid: kept.tXid },
    now,
    bounds: [
      { id: counter("signed", referenceNo, billingPhone), most: mostOfAPair },
      ...(isUnknown
        ? [{ id: counter("unknown", String(day)), most: mostUnknownADay, expires: (day + 2) * dayMs }]
        : []),
    ],
  };
}
