import * as v from "valibot";
import { clientTxnId, date, optional } from "../../lib/fields.ts";
import { read, readHandler } from "../../lib/operation/read.ts";
import { responseDump } from "../../lib/providers/payu/dump.ts";
import { clientTxnIdLength, payu } from "../../lib/providers/payu/index.ts";
import { indiaOffset, stamp } from "../../lib/time.ts";

/** Answers what became of a Load call: the dump of the call whose clientTxnId is `verifyClientTxnId`. */
export const operation = read({
  name: "payu/check-status",
  summary: "Tells what became of a Load call of the closed loop wallet",
  source: "PayU closed loop wallet, check status",
  provider: payu,
  input: v.pipe(
    v.object({
      verifyClientTxnId: clientTxnId,
      clientTxnId: optional(clientTxnId),
      fromDate: optional(date),
      toDate: optional(date),
    }),
    v.check(
      ({ fromDate, toDate }) => fromDate === undefined || toDate === undefined || fromDate <= toDate,
      "must have a fromDate that is not after its toDate",
    ),
  ),
  sends: (input, { config, now, uniqueId }) => ({
    path: "/loyalty-points/v1/wallet/check-status",
    body: {
      messageCode: "2050",
      clientTxnId: input.clientTxnId ?? uniqueId(clientTxnIdLength(config)),
      requestDateTime: stamp(now, indiaOffset),
      // The provider's own spelling.
      verifyclientTxnId: input.verifyClientTxnId,
      fromDate: input.fromDate,
      toDate: input.toDate,
    },
  }),
  returns: (reply, input, { body }) => {
    const { informs } = reply;
    for (const name of ["verifyclientTxnId", "verifyClientTxnId"])
      reply.namesNoOther(name, input.verifyClientTxnId);
    // Of this question, or of the call that it is about: which of them the document does not say.
    const own = [String(body.clientTxnId), input.verifyClientTxnId];
    reply.namesNoOther("clientTxnId", own[0], (shown) => own.includes(shown));
    return {
      messageCode: informs.optionalId("messageCode"),
      clientTxnId: informs.optionalText("clientTxnId"),
      responseCode: reply.text("responseCode"),
      responseMessage: informs.optionalText("responseMessage"),
      urn: informs.optionalId("urn"),
      bankId: informs.optionalId("bankId"),
      responseDateTime: informs.optionalTime("responseDateTime"),
      ...responseDump(reply, input.verifyClientTxnId),
    };
  },
});

export const handler = /* @__PURE__ */ readHandler(operation);
