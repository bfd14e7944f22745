import * as v from "valibot";
import { userToken } from "../../lib/fields.ts";
import { read, readHandler } from "../../lib/operation/read.ts";
import { Problem } from "../../lib/problem.ts";
import { nicepay } from "../../lib/providers/nicepay/index.ts";
import {
  asksAboutTokens,
  refuseAnother,
  userDetailOf,
  userTokenVariables,
} from "../../lib/providers/nicepay/user-token.ts";

/**
 * Whose account a user token is of, and what it may borrow. Off unless NICEPAY_USER_DETAIL is `on`: it rests on the provider's
 * public pages, which lost the signs of its path and the letter case of its names.
 */
export const operation = read({
  name: "nicepay/user-detail",
  summary: "Confirms a user token: shows the account that it is of",
  source: "NICEPAY's public pages: user detail, account binding (payloan, advance API)",
  provider: nicepay,
  onlyWith: "NICEPAY_USER_DETAIL",
  variables: userTokenVariables,
  input: v.object({ userToken }),
  refuses: (_input, config) => {
    if (asksAboutTokens(config)) return [];
    throw new Problem("not-found", "This operation is switched off (NICEPAY_USER_DETAIL).");
  },
  sends: (input) => userDetailOf(input.userToken),
  returns: (reply, input) => {
    refuseAnother(reply, input.userToken.reveal());
    return {
      billingPhone: reply.text("billingPhone"),
      billingNm: reply.informs.optionalText("billingNm"),
      accountStatus: reply.informs.optionalId("accountStatus"),
      accountType: reply.informs.optionalId("accountType"),
      limitDetails:
        reply.informs.rows("limitDetails")?.map((row) => ({
          paymentType: row.informs.text("paymentType"),
          remainingUserLimit: row.informs.amount("remainingUserLimit"),
          totalUserLimit: row.informs.amount("totalUserLimit"),
        })) ?? null,
    };
  },
});

export const handler = /* @__PURE__ */ readHandler(operation);
