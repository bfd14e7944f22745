/** What the NICEPAY sandbox can be told to do wrong: on the wire, in the reply, in its code, in its order. */
import { descriptionsOf, type Effect, slowFault, wireFaults } from "../common/faults.ts";
import { altered, type JsonFault } from "../common/json-sandbox.ts";
import { errorReply, messages, type ResultCode } from "./reply.ts";

const refusal = (code: ResultCode, effect: Effect = "none", what = ""): JsonFault => ({
  description: `${what || (effect === "applied" ? "registered, yet the answer is" : "answers")} ${code} "${messages[code]}"`,
  effect,
  answer: { kind: "altered", alter: () => ({ status: 200, body: errorReply(code) }) },
});

export const table = {
  ...wireFaults,
  slow: slowFault,
  "code-1001": refusal("1001"),
  "code-1002": refusal("1002"),
  "code-1003": refusal("1003"),
  "code-1004": refusal("1004"),
  "code-1001-after": refusal("1001", "applied"),
  "code-1002-after": refusal("1002", "applied"),
  "code-1003-after": refusal("1003", "applied"),
  "code-1004-after": refusal("1004", "applied"),
  "code-9001": refusal("9001"),
  "code-9002": refusal("9002"),
  "code-9002-after": refusal("9002", "applied"),
  "code-9009": refusal("9009"),
  "code-9010": refusal("9010"),
  "code-9011": refusal("9011"),
  "code-9012": refusal("9012"),
  "code-9014": refusal("9014"),
  "code-9016": refusal("9016"),
  "code-9017": refusal("9017"),
  "code-9019": refusal("9019"),
  "code-9020": refusal("9020"),
  "code-9108": refusal("9108"),
  "code-9109": refusal("9109"),
  "code-9302": refusal("9302"),
  "code-9302-after": refusal("9302", "applied"),
  "code-9528": refusal("9528"),
  "code-8003": refusal("8003"),
  "code-p380": refusal("P380"),
  "code-9920": refusal("9920"),
  "code-9920-after": refusal("9920", "applied"),
  "other-phone": altered("user detail shows another account's phone", (reply) => ({
    ...reply,
    billingPhone: "+6281299999999",
  })),
  "masked-phone": altered("user detail shows a part of the phone", (reply) => ({
    ...reply,
    billingPhone: `${reply.billingPhone}`.replace(/^(\+62) ?(\d{3})\d+(\d{4})$/, "$1 $2 $3"),
  })),
  "still-active": altered("the deactivation says that the token is active still", (reply) => ({
    ...reply,
    tokenStatus: "1",
  })),
  "odd-time": altered("success with a transTm that is a number and has lost its zero", (reply) => ({
    ...reply,
    transTm: 91502,
  })),
  "no-time": altered("success without transDt and transTm", ({ transDt: _, transTm: __, ...reply }) => reply),
  "unknown-code": refusal("9876"),
  "unknown-code-after": refusal("9876", "applied"),
  "notify-first": {
    description: "the user logs in and the notification is answered before the registration is",
    effect: "applied",
    answer: { kind: "honest" },
  },
  "notify-timeout": {
    description: "the user logs in and the notification is answered; the registration never is",
    effect: "applied",
    answer: { kind: "never" },
  },
  "notify-refused": refusal("9012", "applied", "the notification is answered, then the registration gets"),
  "notify-other-txid": altered(
    "the notification is answered, then the registration gets another tXid",
    (reply) => ({ ...reply, tXid: `${reply.tXid}`.replace(/.$/, "X") }),
  ),
  "other-reference": altered("the reply is for another referenceNo", (reply) => ({
    ...reply,
    referenceNo: `${reply.referenceNo}X`,
  })),
  "no-txid": altered("success without a tXid", ({ tXid: _, ...reply }) => reply),
  "no-redirect": altered("success without a redirectUrlHttp", ({ redirectUrlHttp: _, ...reply }) => reply),
  "bad-redirect": altered("success with a redirectUrlHttp that is no address for a browser", (reply) => ({
    ...reply,
    redirectUrlHttp: "javascript:void(0)",
  })),
} as const satisfies Record<string, JsonFault>;

export type NicepayFault = keyof typeof table;

/** Every fault and what it does. */
export const nicepayFaults = descriptionsOf(table);
