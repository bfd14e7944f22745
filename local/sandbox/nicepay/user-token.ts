/**
 * User detail and deactivation of a bound account, as NICEPAY's public pages describe them. Which code a token gets that is
 * unknown or was revoked stands nowhere; 9920 is the code of the one failure that the pages print.
 */
import type { JsonObject } from "../common/json.ts";
import { type Operation, type Outcome, type Received, refused } from "../common/json-sandbox.ts";
import { jakartaHours, momentOf } from "../common/time.ts";
import type { Binding, Bindings } from "./bindings.ts";
import type { NicepayFault } from "./faults.ts";
import { errorReply, type ResultCode } from "./reply.ts";
import { hashOf, type Merchant } from "./signature.ts";

const documented = ["iMid", "timeStamp", "merchantToken", "userToken"];

const clockSkewMs = 10 * 60_000;

const textOf = (body: JsonObject, name: string): string => {
  const value = body[name];
  return typeof value === "string" ? value : "";
};

interface TokenCall {
  /** Its name in markers: `link-1.sandbox.detail.timeout-before`. */
  readonly stage: string;
  /** The fields that its merchantToken covers, in this order, before the key. */
  readonly signs: readonly string[];
  run(binding: Binding): Outcome;
}

export function tokenOperation(
  { stage, signs, run }: TokenCall,
  bindings: Bindings,
  merchants: () => readonly Merchant[],
): Operation<NicepayFault> {
  const refuse = (code: ResultCode) => refused(code, errorReply(code));
  const credentials = ({ body }: Received): ResultCode | undefined => {
    const known = merchants().filter(({ iMid }) => iMid === textOf(body, "iMid"));
    if (known.length === 0) return "9011";
    const parts = signs.map((name) => textOf(body, name));
    const isOurs = known.some(
      ({ merchantKey }) => hashOf([...parts, merchantKey]) === textOf(body, "merchantToken"),
    );
    return isOurs ? undefined : "9010";
  };
  return {
    documented,
    stage,
    carried: (body) => ({
      referenceNo: bindings.byUserToken(textOf(body, "userToken"))?.registration.referenceNo ?? "",
    }),
    isSigned: (received) => credentials(received) === undefined,
    run(received) {
      const wrong = credentials(received);
      if (wrong !== undefined) return refuse(wrong);
      const sent = momentOf(textOf(received.body, "timeStamp"), jakartaHours);
      const userToken = textOf(received.body, "userToken");
      const isInTime = sent !== undefined && Math.abs(received.at - sent) <= clockSkewMs;
      if (!isInTime || userToken === "" || userToken.length > 100) return refuse("8003");
      const binding = bindings.byUserToken(userToken);
      return binding === undefined || binding.isRevoked ? refuse("9920") : run(binding);
    },
  };
}

export const detailReply = ({ registration }: Binding): JsonObject => ({
  resultCd: "0000",
  resultMsg: "SUCCESS",
  billingNm: registration.billingNm,
  billingPhone: registration.billingPhone,
  accountStatus: "1",
  accountType: "2",
  limitDetails: [
    { paymentType: "30_days", remainingUserLimit: "3449710.00", totalUserLimit: "3500000.00" },
    { paymentType: "6_months", remainingUserLimit: "18338977.60", totalUserLimit: "18600000.00" },
  ],
});

export const removedReply = (userToken: string): JsonObject => ({
  resultCd: "0000",
  resultMsg: "SUCCESS",
  userToken,
  tokenStatus: "0",
  description: "deactivated by merchant",
});
