import { createHash, randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { Answer } from "./aggrepay-gateway.ts";
import type { PeerRequest, Reply } from "./peer.ts";
import { jsonOf, reply, secretValues, type Wallets } from "./wallets.ts";

/** What a caller registers a binding with. */
export interface Registration {
  readonly referenceNo: string;
  readonly billingNm: string;
  readonly billingPhone: string;
  readonly callBackUrl: string;
  readonly clientUserKey: string;
  readonly mitraCd?: string;
  readonly billingEmail?: string;
}

/** What the provider pushes, under its own names. */
export type Notification = Readonly<Record<string, string>>;

export const webhookPath = "/webhooks/nicepay/account-binding";

/** A referenceNo that no other test has, of 40 characters at most. */
export const freshReference = (): string => `R.${randomUUID()}`;

export const registrationOf = (referenceNo: string, more: Partial<Registration> = {}): Registration => ({
  referenceNo,
  billingNm: "Budi Sétiawan",
  billingPhone: "+6282112345678",
  callBackUrl: "https://shop.example/bound?user=1",
  clientUserKey: `user-${referenceNo.slice(-12)}`,
  ...more,
});

/** The document's merchantToken, by code of our own. */
export const merchantTokenOf = (
  signed: { readonly iMid: string; readonly referenceNo: string; readonly billingPhone: string },
  merchantKey: string = secretValues.nicepay.merchantKey,
): string =>
  createHash("sha256")
    .update(Buffer.from(signed.iMid + signed.referenceNo + signed.billingPhone + merchantKey, "utf8"))
    .digest("hex");

/** The notification that the provider pushes for a registration, signed; `more` replaces fields after that. */
export function notificationOf(
  registration: Registration,
  { merchantKey, signs, ...more }: NotificationOptions = {},
): Notification {
  const { referenceNo, billingPhone, billingNm, clientUserKey, mitraCd = "KDVI" } = registration;
  const signed = { iMid: secretValues.nicepay.iMid, referenceNo, billingPhone, ...signs };
  const fields = {
    merchantToken: merchantTokenOf(signed, merchantKey),
    ...signed,
    mitraCd,
    billingNm,
    clientUserKey,
    userToken: userTokenOf(referenceNo),
    ...more.fields,
  };
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Notification;
}

export interface NotificationOptions {
  readonly merchantKey?: string;
  /** In place of what the registration says, and signed. */
  readonly signs?: Partial<Record<"iMid" | "referenceNo" | "billingPhone", string>>;
  /** In place of the others, and of the signature; undefined leaves a field out. */
  readonly fields?: Readonly<Record<string, string | undefined>>;
}

/** The user's payment token that the provider gives for a referenceNo. */
export const userTokenOf = (referenceNo: string): string => `planted+user/token=${referenceNo}`;
export const tXidOf = (referenceNo: string): string => `TX${referenceNo.replaceAll(/\W/g, "").slice(-20)}`;

export const asJson = (fields: Notification): string => JSON.stringify(fields);
/** As browsers write a form. */
export const asForm = (fields: Notification): string => new URLSearchParams({ ...fields }).toString();

export const types = { json: "application/json", form: "application/x-www-form-urlencoded" } as const;
export type Type = keyof typeof types;

export const notify = (wallets: Wallets, fields: Notification, type: Type = "json"): Promise<Answer> =>
  wallets.post(webhookPath, type === "json" ? asJson(fields) : asForm(fields), {
    "content-type": types[type],
  });

export const register = (wallets: Wallets, registration: object, key?: string): Promise<Answer> =>
  wallets.call("nicepay/register-account-binding", registration, key === undefined ? {} : { key });

/** Success as the document has it; the provider says back what it was sent. */
export function registeredBody(request: PeerRequest) {
  const { referenceNo, mitraCd } = jsonOf(request) as { readonly referenceNo: string; mitraCd: string };
  return {
    resultCd: "0000",
    resultMsg: "SUCCESS",
    tXid: tXidOf(referenceNo),
    referenceNo,
    payMethod: "06",
    transDt: "20250102",
    transTm: "030405",
    mitraCd,
    redirectUrlHttp: redirectOf(referenceNo),
  };
}

export const registered =
  (more: object = {}): Reply =>
  (response, request) =>
    reply({ ...registeredBody(request), ...more })(response, request);

export const redirectOf = (referenceNo: string): string => `https://nicepay.example/login?r=${referenceNo}`;

export const registrationResult = (referenceNo: string) => ({
  referenceNo,
  tXid: tXidOf(referenceNo),
  mitraCd: "KDVI",
  registeredAt: "2025-01-02T03:04:05+07:00",
  redirectUrlHttp: redirectOf(referenceNo),
});

const isoTime = expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/) as string;

export const bindingRecord = (referenceNo: string, state: string, attempt = 1) => ({
  id: expect.stringMatching(/^binding\.[A-Za-z0-9_-]{43}$/) as string,
  operation: "nicepay/register-account-binding",
  identity: referenceNo,
  state,
  attempt,
  createdAt: isoTime,
  updatedAt: isoTime,
});

export const binding = (wallets: Wallets, referenceNo: string): Promise<Answer> =>
  wallets.get(`/v1/account-bindings/${referenceNo}`);

/** What `GET /v1/account-bindings/{referenceNo}` gives once the user has bound the account. */
export const boundResult = (referenceNo: string, more: object = {}) => ({
  referenceNo,
  bound: true,
  boundAt: isoTime,
  tXid: tXidOf(referenceNo),
  userToken: userTokenOf(referenceNo),
  ...more,
});

/** The registration's item in the table. */
export async function itemOf(wallets: Wallets, referenceNo: string) {
  const item = (await wallets.items()).find(
    ({ identity, namespace }) => identity?.S === referenceNo && namespace?.S === "binding",
  );
  if (item === undefined) throw new Error(`there is no record of ${referenceNo}`);
  return item;
}

/** What is kept of notifications that bound nothing. */
export async function straysOf(wallets: Wallets, referenceNo: string) {
  return (await wallets.items()).filter(
    ({ identity, namespace }) => identity?.S === referenceNo && namespace?.S === "notification",
  );
}

/** The whole table as texts, one for each item, alike for like items. */
export async function written(wallets: Wallets): Promise<ReadonlySet<string>> {
  return new Set((await wallets.items()).map(canonical));
}

function canonical(value: unknown): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${name}:${canonical(member)}`).join()}}`;
}
