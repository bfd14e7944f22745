import * as v from "valibot";
import { referenceNo } from "../../lib/fields.ts";
import { boundAccount } from "../../lib/operation/bound-account.ts";
import { change, changeHandler } from "../../lib/operation/change.ts";
import { withoutAnswer } from "../../lib/providers/inquiry.ts";
import { nicepay } from "../../lib/providers/nicepay/index.ts";
import {
  asksAboutTokens,
  checkDeactivated,
  deactivationOf,
  tokenState,
  userDetailOf,
  userTokenVariables,
} from "../../lib/providers/nicepay/user-token.ts";
import { bindingKeys, deactivationKeys } from "../../lib/records/identity.ts";

/**
 * Revokes the user token of a binding, which the gateway keeps and the caller need not send. Doubt is settled by user detail:
 * a token that it still knows was not revoked.
 */
export const operation = change({
  name: "nicepay/deactivate-account-binding",
  summary: "Revokes the user token of an account binding",
  source: "NICEPAY's public pages: deactivate, account binding (payloan, advance API)",
  provider: nicepay,
  effect: "change",
  onlyWith: "NICEPAY_USER_DETAIL",
  variables: [...userTokenVariables, "NICEPAY_REMOVE_TOKEN_PATH"],
  keysBeginWith: [bindingKeys, deactivationKeys],
  input: v.object({ referenceNo }),
  refusesNew: (_input, config) =>
    asksAboutTokens(config)
      ? []
      : [{ pointer: "", detail: "cannot be carried out: NICEPAY_USER_DETAIL is off" }],
  identity: { namespace: "deactivation", of: (input) => input.referenceNo },
  opens: boundAccount,
  sends: (_input, { opened }) => deactivationOf(opened),
  returns: (reply, input, call) => {
    checkDeactivated(reply, call);
    return {
      referenceNo: input.referenceNo,
      deactivated: true,
      description: reply.informs.optionalText("description"),
    };
  },
  inquiry: {
    // The identity says which token to ask about.
    keeps: () => ({}),
    evidence: async ({ identity }, ask, { opened }) => {
      if (!opened) return { shows: "unclear", why: "The binding has no user token to ask about." };
      const told = await ask(userDetailOf(opened.secret), (reply) => tokenState(reply, opened));
      if (told.kind === "answer" && told.answer === "known")
        return { shows: "nothing", why: "NICEPAY still knows the user token." };
      if (told.kind === "answer" && told.answer === "another's")
        return { shows: "other", why: "NICEPAY shows another phone number for the user token." };
      // By its code only once that has been seen and configured.
      if (told.kind === "answer" || (told.kind === "refusal" && told.code === "not-found"))
        return { shows: "done", result: { referenceNo: identity, deactivated: true, description: null } };
      return withoutAnswer(told, []);
    },
    absence: "not executed",
    onlyIdentity: true,
  },
});

export const handler = /* @__PURE__ */ changeHandler(operation);
