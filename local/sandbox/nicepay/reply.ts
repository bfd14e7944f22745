/** Replies of the registration. */
import type { JsonObject } from "../common/json.ts";
import { jakartaHours, localTime } from "../common/time.ts";
import { loginKey, type Registration } from "./bindings.ts";

/** The merchant's site sends its user here. */
export const loginPath = "/sandbox/login";

/** The document has "0000" alone; these are the codes of the provider's public list, in short. */
export const messages = {
  "1001": "Connection error",
  "1002": "Socket error",
  "1003": "Server error",
  "1004": "Timeout error",
  "9001": "Failed to register, check your HTTP message",
  "9002": "Server is busy",
  "9009": "Reference number already exists",
  "9010": "Invalid merchant token",
  "9011": "Invalid merchant id",
  "9012": "This payment method is not activated",
  "9014": "Undefined: referenceNo",
  "9016": "Undefined: billingNm",
  "9017": "Undefined: billingPhone",
  "9019": "Undefined: callBackUrl",
  "9020": "Undefined: dbProcessUrl",
  "9108": "Paylater is not active",
  "9109": "Invalid length: referenceNo",
  "9302": "Server busy",
  "9528": "Not found",
  "8003": "Invalid data",
  P380: "Invalid format",
  "9920": "User token is not active",
  "9876": "Something new happened",
} as const;

export type ResultCode = keyof typeof messages;

export const errorReply = (code: ResultCode): JsonObject => ({
  resultCd: code,
  resultMsg: messages[code],
});

export function registeredReply(registration: Registration, at: number, sandboxUrl: string): JsonObject {
  const { tXid, referenceNo, mitraCd } = registration;
  const time = localTime(at, jakartaHours);
  return {
    resultCd: "0000",
    resultMsg: "SUCCESS",
    tXid,
    referenceNo,
    payMethod: "06",
    transDt: time.slice(0, 8),
    transTm: time.slice(8),
    mitraCd,
    redirectUrlHttp: `${sandboxUrl}${loginPath}?tk=${loginKey(registration)}`,
  };
}
