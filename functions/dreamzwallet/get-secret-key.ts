import * as v from "valibot";
import { walletCustomerId } from "../../lib/fields.ts";
import { read, readHandler } from "../../lib/operation/read.ts";
import { dreamzwallet } from "../../lib/providers/dreamzwallet/index.ts";
import { UnreadableReply } from "../../lib/providers/provider.ts";

/** The key is the user's own secret: it goes to the caller, and into no log and no record. */
export const operation = read({
  name: "dreamzwallet/get-secret-key",
  summary: "Fetches the secret key of a wallet user",
  source: "DreamzWallet, get secret key",
  provider: dreamzwallet,
  reveals: true,
  input: v.object({ customerId: walletCustomerId }),
  sends: (input) => ({
    path: "/accountServices/AccountService/getSecretKey",
    customerId: input.customerId,
  }),
  returns: (reply, input) => {
    if (reply.optionalId("customerId") !== input.customerId)
      throw new UnreadableReply("it is for another customerId");
    return { customerId: input.customerId, secKey: reply.token("secKey") };
  },
});

export const handler = /* @__PURE__ */ readHandler(operation);
