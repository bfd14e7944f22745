import { createHash } from "node:crypto";
import { expect } from "vitest";
import {
  bindingRecord,
  freshReference,
  notificationOf,
  notify,
  type Registration,
  register,
  registered,
  registrationOf,
  userTokenOf,
} from "./account-bindings.ts";
import type { Answer } from "./aggrepay-gateway.ts";
import type { Reply } from "./peer.ts";
import { jsonOf, reply, secretValues, startWallets, type Wallets } from "./wallets.ts";

/** A gateway that asks NICEPAY about user tokens. */
export const startAsking = (
  env: Readonly<Record<string, string>> = {},
  secrets: object = secretValues,
): Promise<Wallets> => startWallets({ secrets, env: { NICEPAY_USER_DETAIL: "on", ...env } });

const sha256 = (...parts: readonly string[]): string =>
  createHash("sha256")
    .update(Buffer.from(parts.join("") + secretValues.nicepay.merchantKey, "utf8"))
    .digest("hex");

const { iMid } = secretValues.nicepay;
/** The merchantTokens of the provider's pages, by code of our own. */
export const detailTokenOf = (userToken: string): string => sha256(iMid, userToken);
export const removalTokenOf = (timeStamp: string, userToken: string): string =>
  sha256(timeStamp, iMid, userToken);

/** The page's sample of user detail, in the letter case of the provider's other calls. */
export const detail = (more: object = {}): Reply =>
  reply({
    resultCd: "0000",
    resultMsg: "SUCCESS",
    billingNm: "NON PROD",
    billingPhone: "+6282112345678",
    accountStatus: "1",
    accountType: "2",
    limitDetails: [
      { paymentType: "30_days", remainingUserLimit: "3449710.00", totalUserLimit: "3500000.00" },
      { paymentType: "6_months", remainingUserLimit: "18338977.60", totalUserLimit: "18600000.00" },
    ],
    ...more,
  });

/** The page's table of a deactivation. */
export const removed =
  (more: object = {}): Reply =>
  (response, request) =>
    reply({
      resultCd: "0000",
      resultMsg: "SUCCESS",
      userToken: jsonOf(request).userToken,
      tokenStatus: "0",
      description: "12345678deactivated by merchant",
      ...more,
    })(response, request);

export const says = (resultCd: string, resultMsg = "as it says"): Reply => reply({ resultCd, resultMsg });

/** Registers a binding and has its notification come: the account is bound. */
export async function bound(
  wallets: Wallets,
  more: Partial<Registration> = {},
  userToken?: string,
): Promise<string> {
  const referenceNo = freshReference();
  const registration = registrationOf(referenceNo, more);
  wallets.peer.script({ userAccountBinding: registered() });
  expect((await register(wallets, registration)).status).toBe(200);
  const fields = { userToken: userToken ?? userTokenOf(referenceNo) };
  expect((await notify(wallets, notificationOf(registration, { fields }))).status).toBe(200);
  return referenceNo;
}

export const deactivate = (wallets: Wallets, referenceNo: string, key?: string): Promise<Answer> =>
  wallets.call("nicepay/deactivate-account-binding", { referenceNo }, key === undefined ? {} : { key });

export const deactivated = (referenceNo: string, description: string | null) => ({
  referenceNo,
  deactivated: true,
  description,
});

export const deactivationRecord = (referenceNo: string, state: string, attempt = 1) => ({
  ...bindingRecord(referenceNo, state, attempt),
  id: expect.stringMatching(/^deactivation\.[A-Za-z0-9_-]{43}$/) as string,
  operation: "nicepay/deactivate-account-binding",
});

/** The names of the calls that reached the provider since the last script. */
export const sent = ({ peer }: Wallets): readonly string[] => peer.requests.map(({ name }) => name);
