import { Problem } from "../problem.ts";
import { nicepay } from "../providers/nicepay/index.ts";
import { tokenState, type UserTokenCall, userDetailOf } from "../providers/nicepay/user-token.ts";
import type { Reader } from "../providers/reader.ts";
import type { RecordItem } from "../records/record.ts";
import { jakartaOffset } from "../time.ts";
import type { RecordBooks, RecordTools } from "./books.ts";
import { isOpen, Tally, type Verdict } from "./books-judge.ts";
import { bindingIdOf, boundAccount } from "./bound-account.ts";

const deactivation = "deactivate-account-binding";

/** What NICEPAY's user detail shows of a user token, and what the records say of it. */
type Standing = "known" | "revoked" | "another's";

/**
 * NICEPAY has no list of bindings, and a lost registration is found by no call. What is looked up is whose each user token is that
 * the day's records brought, or that none knows it any more that they revoked.
 */
export const bindingBooks: RecordBooks<UserTokenCall, Reader> = {
  provider: nicepay,
  operations: ["register-account-binding", deactivation],
  utcOffset: () => jakartaOffset,
  verdictOn,
};

async function verdictOn(
  record: RecordItem,
  { held, ask }: RecordTools<UserTokenCall, Reader>,
): Promise<Verdict> {
  const { identity } = record;
  const verdict = new Tally(identity);
  const isRevoking = record.operation === deactivation;
  const revocation = isRevoking
    ? record
    : await held.records.get(bindingIdOf(identity, held, "deactivation"));
  if (isOpen(record) || (revocation !== undefined && isOpen(revocation))) {
    verdict.open += 1;
    return verdict;
  }
  const isRevoked = revocation?.state === "succeeded";
  // No user has logged in, or there is nothing to be revoked.
  if (isRevoking ? !isRevoked : record.binding === undefined) {
    verdict.withoutEffect += 1;
    return verdict;
  }
  const shown = await shownOf(record, held, ask);
  const expected = isRevoked ? "revoked" : "known";
  if (typeof shown === "object") verdict.notProven.push(`Record ${record.id}: ${shown.why}`);
  else if (shown === expected) verdict.borneOut += 1;
  else
    verdict.differs(shown === "revoked" ? "record-without-movement" : "differs", { record, ...says[shown] });
  return verdict;
}

const says = {
  known: {
    says: "The record says that the user token was revoked, and NICEPAY still knows it.",
    fields: ["state"],
  },
  revoked: { says: "NICEPAY knows no such user token, or it was revoked, and no record of ours revoked it." },
  "another's": {
    says: "NICEPAY shows another phone number for the user token than was registered.",
    fields: ["customer"],
  },
} as const satisfies Record<Standing, object>;

async function shownOf(
  { identity }: RecordItem,
  held: RecordTools<UserTokenCall, Reader>["held"],
  ask: RecordTools<UserTokenCall, Reader>["ask"],
): Promise<Standing | { readonly why: string }> {
  try {
    const opened = await boundAccount(identity, held);
    const told = await ask(userDetailOf(opened.secret), (reply) => tokenState(reply, opened));
    if (told.kind === "answer") return told.answer;
    if (told.kind === "refusal" && told.code === "not-found") return "revoked";
    const why = told.kind === "refusal" ? told.detail : told.why;
    return { why: told.word ? `${why} (code ${told.word.code})` : why };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { why: error.message };
  }
}
