import { operations } from "../support/aggrepay-operations.ts";
import { planted } from "../support/peer.ts";
import type { Fields, Json } from "./mutate.ts";
import { tokenOf } from "./world.ts";

/** A request that is right, and what its answer would be made from. */
export interface Sample {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly key: boolean;
  readonly body: Fields | undefined;
}

/** Every id, number and address of the samples made the input's own. */
const own = (value: unknown, index: number): Json => {
  const token = tokenOf(index);
  const text = JSON.stringify(value ?? null)
    .replaceAll("546693304", token)
    .replaceAll("734203905", token)
    .replaceAll("+919900261104", `+91${token}`)
    .replaceAll("sriram@piggy.in", `u${token}@example.com`)
    .replaceAll("ABC122361", `m${token}`);
  return JSON.parse(text) as Json;
};

const aggrepay = operations.map((operation) => (index: number): Sample => {
  const { input } = operation.full(`m${tokenOf(index)}`);
  return {
    method: "POST",
    path: `/v1/aggrepay/${operation.route}`,
    key: operation.identity === "key",
    body: own(input, index) as Fields,
  };
});

const post =
  (path: string, of: (token: string) => Fields, key = false) =>
  (index: number): Sample => ({ ...{ method: "POST", path, key }, body: of(tokenOf(index)) });
const get =
  (path: (token: string) => string) =>
  (index: number): Sample => ({
    ...{ method: "GET", key: false, body: undefined },
    path: path(tokenOf(index)),
  });

const person = (token: string): Fields => ({
  customerMobile: `+91${token}`,
  customerId: token,
  emailId: `u${token}@example.com`,
});

const otherProviders = [
  post("/v1/payu/check-status", (token) => ({ verifyClientTxnId: `v${token}`, fromDate: "2024-01-01" })),
  post("/v1/wibmo/encrypt", person),
  post("/v1/wibmo/retrieve-customer-record", person),
  post("/v1/dreamzwallet/get-secret-key", (token) => ({ customerId: token })),
  post("/v1/nicepay/register-account-binding", (token) => ({
    referenceNo: `r${token}`,
    mitraCd: "KDVI",
    billingNm: "Budi",
    billingPhone: `+62${token}`,
    billingEmail: `u${token}@example.com`,
    callBackUrl: "https://shop.example/back",
    clientUserKey: `k${token}`,
  })),
  post("/v1/nicepay/user-detail", (token) => ({ userToken: `t${token}` })),
  post("/v1/nicepay/deactivate-account-binding", (token) => ({ referenceNo: `r${token}` })),
];

/** What calls a provider. */
export const calling = [...aggrepay, ...otherProviders];

const recordIdOf = (token: string): string => token.padEnd(43, "A");

export const everything = [
  ...calling,
  get((token) => `/v1/account-bindings/r${token}`),
  get((token) => `/v1/records/${recordIdOf(token)}`),
  get(() => "/v1/records/:doubtful"),
  get((token) => `/v1/records?customerId=${token}&limit=5`),
  get(() => "/v1/records?state=needs_attention&limit=5"),
  get((token) => `/v1/records?merchantTransactionId=m${token}`),
  ...["succeeded", "declined", "not_executed"].map((outcome) =>
    post("/v1/records/:doubtful/resolve", () => ({
      outcome,
      reason: "checked",
      transactionId: "7",
      attempt: 1,
    })),
  ),
];

/** What an honest provider says: `data` of AggrePay's document, a whole reply of the others. */
export function honestData(path: string, sends: Readonly<Record<string, string>>, index: number): Json {
  const operation = operations.find((each) => each.path === path);
  return own(operation?.data(sends) ?? null, index);
}

export const honestPage = (path: string): Json =>
  (operations.find((each) => each.path === path)?.page ?? null) as Json;

export function honestJson(path: string, body: Fields, index: number): Json {
  const token = tokenOf(index);
  if (path.endsWith("check-status"))
    return {
      ...{
        responseCode: "00",
        responseMessage: "SUCCESS",
        messageCode: 2051,
        urn: 70000000008,
        bankId: 7000,
      },
      ...{ clientTxnId: body.clientTxnId ?? null, responseDateTime: "20240101120000" },
      response_dump: [{ urn: 1, customerId: token, responseCode: "00", clientTxnId: "c", bankId: 6010 }],
    };
  if (path.endsWith("encrypt")) return { token: `tok${token}`, responseCode: "00" };
  if (path.endsWith("retrieveCustRecord")) return { token: `tok${token}` };
  if (path.endsWith("decrypt")) return { customerId: token, name: "Asha Rao", responseCode: "00" };
  if (path.endsWith("getSecretKey"))
    return { customerId: token, secKey: "user-own-key", status: "SUCCESS", responseCode: "SUCCESS" };
  if (path.endsWith("user-details"))
    return {
      ...{ resultCd: "0000", resultMsg: "SUCCESS", billingPhone: `+62${token}`, accountStatus: "1" },
      limitDetails: [{ paymentType: "30_days", remainingUserLimit: "1.00", totalUserLimit: "2.00" }],
    };
  if (path.endsWith("remove-token"))
    return { resultCd: "0000", resultMsg: "SUCCESS", userToken: body.userToken ?? null, tokenStatus: "0" };
  return {
    ...{ resultCd: "0000", resultMsg: "SUCCESS", tXid: `tx${token}`, referenceNo: body.referenceNo ?? null },
    ...{ payMethod: "06", transDt: "20240101", transTm: "120000", mitraCd: "KDVI" },
    redirectUrlHttp: "https://nicepay.example/login",
  };
}

export { planted };
