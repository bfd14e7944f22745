import { twoPlaces } from "../../money.ts";
import type { Booked, Books, Kind, Listed, Movement, Party } from "../books.ts";
import type { Ask } from "../inquiry.ts";
import { type Reader, readable } from "../reader.ts";
import { isSameWord } from "../words.ts";
import { recordsNamed } from "./explained.ts";
import { type AggrepayCall, type AggrepayReply, aggrepay, utcOffsetIn } from "./index.ts";
import { isOfOthers, rowsSince, tooLong } from "./transactions.ts";

/**
 * A customer's successful transactions (section 11). A transfer stands in both customers' lists, and the document's sample shows
 * it without our id.
 */
export const books: Books<AggrepayCall, AggrepayReply> = {
  provider: aggrepay,
  variables: ["AGGREPAY_ACCOUNT"],
  operations: ["credit-wallet", "debit-reversal", "debit-wallet", "wallet-to-wallet"],
  withPayee: ["wallet-to-wallet"],
  utcOffset: utcOffsetIn,
  partiesOf,
  movementsOf,
  namedBy: ({ id, kind }) =>
    id == null ? [] : recordsNamed({ merchantTransactionId: id, paymentType: kind ?? "credit" }),
};

function partiesOf({ operation, customerId, effect }: Booked): readonly Party[] {
  const party = (id: string | undefined, kind: Kind): readonly Party[] =>
    id === undefined ? [] : [{ customerId: id, kind }];
  switch (operation) {
    case "debit-wallet":
      return party(customerId, "debit");
    case "wallet-to-wallet":
      return [...party(customerId, "debit"), ...party(effect.toCustomerId, "credit")];
    default:
      return party(customerId, "credit");
  }
}

/**
 * Read as an inquiry reads it, page by page, so that what is missing is known; each row is read here too, with its status. Rows
 * are part of what is read of a reply, and are kept only of one that held no secret.
 */
async function movementsOf(
  customerId: string,
  since: number,
  ask: Ask<AggrepayCall, AggrepayReply>,
): Promise<Listed> {
  const rows: Row[] = [];
  const keeping: typeof ask = async (call, read) => {
    const told = await ask(call, (reply) => ({
      answer: read(reply),
      rows: reply.data
        .rows()
        .filter((row) => !isOfOthers([row], customerId))
        .map(rowIn),
    }));
    if (told.kind !== "answer") return told;
    rows.push(...told.answer.rows);
    return { kind: "answer", answer: told.answer.answer };
  };
  const { gap: found } = await rowsSince(since, customerId, keeping);
  const gap = found === tooLong ? await gapInWhole(customerId, keeping) : found;
  return { movements: rows.map(movementIn), gap };
}

const pageSize = 100;
/** Where a row's time cannot be read, an inquiry gives up on a long list; no caller waits for the books. */
const pageLimit = 100;

/** Reads every page, whatever its order; why rows may be missing all the same. */
async function gapInWhole(
  customerId: string,
  ask: Ask<AggrepayCall, AggrepayReply>,
): Promise<string | undefined> {
  let seen = 0;
  for (let number = 0; number < pageLimit; number += 1) {
    const fields = { customer_id: customerId, page_number: String(number), page_size: String(pageSize) };
    const told = await ask({ path: "fetchtransactions", fields }, ({ data, page }) => ({
      rows: data.rows().length,
      hasOthers: isOfOthers(data.rows(), customerId),
      pages: page.count("total_pages"),
      elements: page.count("total_elements"),
    }));
    if (told.kind !== "answer") return told.kind === "refusal" ? told.detail : told.why;
    const { rows, hasOthers, pages, elements } = told.answer;
    seen += rows;
    if (hasOthers) return "The customer's list shows rows of another customer.";
    if (number + 1 >= pages)
      return seen < elements ? "The customer's list shows fewer rows than it says it has." : undefined;
  }
  return tooLong;
}

type Row = ReturnType<typeof rowIn>;

const rowIn = (row: Reader) => ({
  amount: readable(() => row.amount("amount")),
  payment: readable(() => row.text("payment_type")),
  time: readable(() => row.time("time")),
  status: readable(() => row.text("transaction_status")),
  transactionId: readable(() => row.id("transaction_id")),
  id: readable(() => row.optionalId("merchant_transaction_id")),
});

function movementIn({ amount, payment, time, status, transactionId, id }: Row): Movement {
  return {
    transactionId,
    id,
    kind: payment === undefined ? undefined : kindIn(payment),
    amount: amount === undefined ? undefined : unsigned(amount),
    at: time === undefined ? undefined : Date.parse(time),
    happened: status === undefined ? undefined : isSameWord(status, "PAYMENT_SUCCESS"),
    shown: [
      `transaction ${cut(transactionId)}`,
      `id ${cut(id)}`,
      ...[payment, amount, time, status].map(cut),
    ].join(", "),
  };
}

const kindIn = (payment: string): Kind | undefined =>
  isSameWord(payment, "DEBIT") ? "debit" : isSameWord(payment, "CREDIT") ? "credit" : undefined;

/** A debit may be shown with its sign. What has more than two places is no amount of this wallet. */
function unsigned(amount: string): string | undefined {
  const [whole = "", places = ""] = amount.replace(/^[-+]/, "").split(".");
  const paise = places.replace(/0+$/, "");
  return paise.length > 2 || whole.length > 12
    ? undefined
    : twoPlaces(paise === "" ? whole : `${whole}.${paise}`);
}

const shownLimit = 80;
const cut = (text: string | null | undefined): string => {
  if (text == null) return text === null ? "none" : "unreadable";
  return text.length > shownLimit ? `${text.slice(0, shownLimit)}...` : text;
};
