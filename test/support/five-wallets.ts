import { freshReference, registeredBody, registrationOf } from "./account-bindings.ts";
import { type Answer, fresh } from "./aggrepay-gateway.ts";
import { type PeerRequest, planted, type Reply, signedText } from "./peer.ts";
import type { Wallets } from "./wallets.ts";

/** One call of each provider, and AggrePay's both kinds: how it is asked, and what its success is. */
export interface Subject {
  readonly title: string;
  readonly provider: string;
  readonly kind: "read" | "change";
  readonly route: string;
  /** The last part of the provider's path. */
  readonly name: string;
  readonly input: (id: string) => object;
  readonly freshId: () => string;
  /** The body of the provider's success. */
  readonly success: (request: PeerRequest) => string;
  /** A refusal of the provider's own under a code that no table has. */
  readonly unlisted: string;
}

const subject = (given: Omit<Subject, "title" | "freshId"> & Partial<Pick<Subject, "freshId">>): Subject => ({
  title: given.route,
  freshId: () => fresh(),
  ...given,
});

export const subjects: readonly Subject[] = [
  subject({
    provider: "AggrePay",
    kind: "read",
    route: "aggrepay/fetch-balance",
    name: "fetchbalance",
    input: () => ({ customerId: "546693304" }),
    success: () => signedText({ data: { balance: "41.0", customer_id: "546693304" } }),
    unlisted: JSON.stringify({
      data: null,
      error: { code: "SLOW-DOWN", message: "x" },
      page: null,
      hash: null,
    }),
  }),
  subject({
    provider: "AggrePay",
    kind: "change",
    route: "aggrepay/debit-wallet",
    name: "debitwallet",
    input: (id) => ({
      fromCustomerId: "546693304",
      amount: "4.00",
      mpin: planted.mpin,
      merchantTransactionId: id,
    }),
    success: () => signedText({ data: { transaction_id: 654561373 } }),
    unlisted: JSON.stringify({
      data: null,
      error: { code: "SLOW-DOWN", message: "x" },
      page: null,
      hash: null,
    }),
  }),
  subject({
    provider: "PayU",
    kind: "read",
    route: "payu/check-status",
    name: "check-status",
    input: () => ({ verifyClientTxnId: "LOAD-1" }),
    success: () => JSON.stringify({ responseCode: "00", responseMessage: "Success", responseDump: [] }),
    unlisted: JSON.stringify({ responseCode: "4290", responseMessage: "x" }),
  }),
  subject({
    provider: "Wibmo",
    kind: "read",
    route: "wibmo/encrypt",
    name: "encrypt",
    input: () => ({ customerMobile: "+919900261104" }),
    success: () => JSON.stringify({ token: "dG9r" }),
    unlisted: JSON.stringify({ errorCode: "4290", errorMessage: "x" }),
  }),
  subject({
    provider: "DreamzWallet",
    kind: "read",
    route: "dreamzwallet/get-secret-key",
    name: "getSecretKey",
    input: () => ({ customerId: "189433" }),
    success: () =>
      JSON.stringify({
        customerId: "189433",
        secKey: "planted-user-key-55",
        status: "SUCCESS",
        responseCode: "SUCCESS",
      }),
    unlisted: JSON.stringify({ status: "FAILED", responseCode: "TOO MANY", message: "x" }),
  }),
  subject({
    provider: "NICEPAY",
    kind: "change",
    route: "nicepay/register-account-binding",
    name: "userAccountBinding",
    input: registrationOf,
    freshId: freshReference,
    success: (request) => JSON.stringify(registeredBody(request)),
    unlisted: JSON.stringify({ resultCd: "4290", resultMsg: "x" }),
  }),
];

export const callOf = ({ route, input }: Subject, wallets: Wallets, id: string): Promise<Answer> =>
  wallets.call(route, input(id));

type HeaderLines = Readonly<Record<string, string | readonly string[]>>;

/** The success of a subject in other bytes, under more headers. */
export const successOf =
  (
    { success }: Subject,
    write: (body: Buffer) => Buffer | string = (body) => body,
    { status = 200, headers = {} }: { readonly status?: number; readonly headers?: HeaderLines } = {},
  ): Reply =>
  (response, request) => {
    response
      .writeHead(status, { "content-type": "application/json", ...(headers as Record<string, string>) })
      .end(write(Buffer.from(success(request))));
  };
