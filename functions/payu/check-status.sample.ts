import * as v from "valibot";
import type { Sample } from "../../lib/operation/sample.ts";
import { from, id, orNull, time, words } from "../shapes.sample.ts";

const dumpRow = v.strictObject({
  urn: orNull(id("The provider's number of the wallet")),
  customerId: orNull(id("The customer")),
  responseCode: orNull(words("What became of the call, as a code of the provider's")),
  messageCode: orNull(id("Which call it was")),
  clientTxnId: orNull(words("The call's clientTxnId")),
  clientId: orNull(id("The client")),
  responseDateTime: orNull(time("When it was answered, in India's time")),
  responseMessage: orNull(words("What became of the call, in the provider's words")),
  bankId: orNull(id("The bank")),
  accosaRefNo: orNull(id("The provider's reference of the transaction")),
});

const asked = (id: string) => ({ verifyClientTxnId: `LOAD-${id}` });
const sent = (id: string) => ({ messageCode: "2050", verifyclientTxnId: `LOAD-${id}` });

export const sample = {
  full: (id) => ({
    input: { ...asked(id), clientTxnId: `ASK-${id}`, fromDate: "2022-02-01", toDate: "2022-02-17" },
    sends: { ...sent(id), clientTxnId: `ASK-${id}`, fromDate: "2022-02-01", toDate: "2022-02-17" },
  }),
  least: (id) => ({ input: asked(id), sends: sent(id) }),
  reply: ({ verifyclientTxnId, clientTxnId = null }) => ({
    messageCode: "2051",
    clientTxnId,
    responseCode: "00",
    responseMessage: "Success",
    urn: "",
    bankId: "6019",
    responseDateTime: "20220217101530",
    responseDump: [
      {
        urn: "100000012",
        customerId: "77",
        responseCode: "00",
        messageCode: "2011",
        clientTxnId: verifyclientTxnId,
        clientId: "8",
        responseDateTime: "20220216191500",
        responseMessage: "Success",
        bankId: "6019",
        accosaRefNo: "220471234",
      },
    ],
  }),
  result: v.strictObject({
    messageCode: orNull(id("The reply's own code")),
    clientTxnId: orNull(words("The clientTxnId of this question")),
    responseCode: words("What became of this question, as a code of the provider's"),
    responseMessage: orNull(words("What became of this question, in the provider's words")),
    urn: orNull(id("The provider's number of the wallet")),
    bankId: orNull(id("The bank")),
    responseDateTime: orNull(time("When the question was answered, in India's time")),
    responseDump: v.pipe(
      v.array(dumpRow),
      v.description("The calls with that clientTxnId, each with what became of it"),
    ),
    responseDumpMessage: from(orNull(words("What the provider says where there is no list")), "responseDump"),
  }),
  answer: ({ verifyclientTxnId, clientTxnId = null }) => ({
    result: {
      messageCode: "2051",
      clientTxnId,
      responseCode: "00",
      responseMessage: "Success",
      urn: null,
      bankId: "6019",
      responseDateTime: "2022-02-17T10:15:30+05:30",
      responseDump: [
        {
          urn: "100000012",
          customerId: "77",
          responseCode: "00",
          messageCode: "2011",
          clientTxnId: verifyclientTxnId,
          clientId: "8",
          responseDateTime: "2022-02-16T19:15:00+05:30",
          responseMessage: "Success",
          bankId: "6019",
          accosaRefNo: "220471234",
        },
      ],
      responseDumpMessage: null,
    },
  }),
} satisfies Sample<Readonly<Record<string, string | null>>, object>;
