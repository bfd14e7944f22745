import * as v from "valibot";
import type { Sample } from "../../lib/operation/sample.ts";
import { from, id, orNull, time, words } from "../shapes.sample.ts";

const user = (referenceNo: string) => ({
  referenceNo,
  billingNm: "Budi Sétiawan",
  billingPhone: "+6282112345678",
  callBackUrl: "https://shop.example/bound?user=1",
  clientUserKey: `user-${referenceNo.slice(-12)}`,
});

export const sample = {
  notes: [
    "Send the user to `redirectUrlHttp` of the answer. The user token comes by notification: ask `GET /v1/account-bindings/{referenceNo}` for it.",
  ],
  full: (id) => {
    const input = { ...user(id), mitraCd: "KDVI", billingEmail: "budi@example.co.id" };
    return { input, sends: input };
  },
  least: (id) => ({ input: user(id), sends: { ...user(id), mitraCd: "KDVI" } }),
  other: (id) => ({ ...user(id), billingPhone: "+6282112345679" }),
  reply: ({ referenceNo, mitraCd }) => ({
    resultCd: "0000",
    resultMsg: "SUCCESS",
    tXid: `T.${referenceNo}`,
    referenceNo,
    payMethod: "06",
    transDt: "20250102",
    transTm: "030405",
    mitraCd,
    redirectUrlHttp: `https://provider.example/login?ref=${referenceNo}`,
  }),
  result: v.strictObject({
    referenceNo: id("The merchant's own id of the binding"),
    tXid: orNull(
      id(
        "The provider's id of the binding; null where the reply gave none, or a notification without one came first",
      ),
    ),
    mitraCd: orNull(words("The wallet, such as KDVI")),
    registeredAt: from(
      orNull(time("When the provider took the registration, in Jakarta's time")),
      "transDt",
      "transTm",
    ),
    redirectUrlHttp: orNull(
      words("Where the user's browser is sent to log in; null where its notification came before the reply"),
    ),
  }),
  answer: ({ referenceNo, mitraCd }) => ({
    result: {
      referenceNo,
      tXid: `T.${referenceNo}`,
      mitraCd,
      registeredAt: "2025-01-02T03:04:05+07:00",
      redirectUrlHttp: `https://provider.example/login?ref=${referenceNo}`,
    },
  }),
} satisfies Sample<Readonly<Record<string, string>>, object>;
