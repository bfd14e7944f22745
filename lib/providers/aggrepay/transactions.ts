import { twoPlaces } from "../../money.ts";
import type { ProviderWord } from "../../problem.ts";
import { type Ask, type Evidence, type Known, type Subject, withoutAnswer } from "../inquiry.ts";
import { UnreadableReply } from "../provider.ts";
import { isSameMobile, type Reader, readable } from "../reader.ts";
import { isSameLetters, isSameWord, lettersIn, saysUnfinished } from "../words.ts";
import { explained } from "./explained.ts";
import { isKept } from "./ids.ts";
import type { AggrepayCall, AggrepayReply } from "./index.ts";
import { isUnknown } from "./validation.ts";

/** A transaction as sections 11 to 13 show it to a caller: what cannot be read of it is null. */
export const transaction = ({ informs }: Reader) => ({
  transactionId: informs.id("transaction_id"),
  merchantTransactionId: informs.optionalId("merchant_transaction_id"),
  transactionType: informs.text("transaction_type"),
  paymentType: informs.text("payment_type"),
  amount: informs.amount("amount"),
  balance: informs.amount("balance"),
  time: informs.time("time"),
  transactionStatus: informs.text("transaction_status"),
});

/** Whether rows of a customer's list say that they are of another customer, or of two where none was asked for. */
export function isOfOthers(rows: readonly Reader[], customerId: string | undefined): boolean {
  const shown = rows.map((row) => readable(() => row.optionalId("customer_id")) ?? customerId);
  return new Set([customerId, ...shown].filter((id) => id !== undefined)).size > 1;
}

/** What an inquiry compares of the transaction that was asked about, and reads no more. */
export const comparedTransaction = (row: Reader) => ({
  transactionId: row.id("transaction_id"),
  merchantTransactionId: row.optionalId("merchant_transaction_id"),
  paymentType: row.text("payment_type"),
  amount: row.amount("amount"),
  time: row.time("time"),
  transactionStatus: row.text("transaction_status"),
});

type Transaction = ReturnType<typeof comparedTransaction>;

/** A row of the customer's list, as far as an inquiry compares it. */
export type ComparedRow = Omit<Transaction, "transactionStatus">;

/** Each undefined where it cannot be read: rows are judged one by one. */
type ListedRow = { readonly [name in keyof ComparedRow]: ComparedRow[name] | undefined } & {
  readonly status: string | undefined;
};

const listedRow = (row: Reader): ListedRow => ({
  transactionId: readable(() => row.id("transaction_id")),
  merchantTransactionId: readable(() => row.optionalId("merchant_transaction_id")),
  paymentType: readable(() => row.text("payment_type")),
  amount: readable(() => row.amount("amount")),
  time: readable(() => row.time("time")),
  status: readable(() => row.text("transaction_status")),
});

function isWhole(row: ListedRow): row is ListedRow & ComparedRow {
  const { status: _informs, ...compared } = row;
  return Object.values(compared).every((value) => value !== undefined);
}

/**
 * What a reply to a change of money names. The document's has the transaction's id alone (sections 5 to 7); where it shows more of the
 * transaction, that must not be of another one, or of one that did not happen.
 * @throws UnreadableReply, which is doubt.
 */
export function moved(data: Reader, sent: Moved): { readonly transactionId: string } {
  const transactionId = data.id("transaction_id");
  const shows = (field: string, isOther: () => boolean, word?: ProviderWord) => {
    if (readable(isOther))
      throw new UnreadableReply(`/data/${field} is not that of what was sent`, `/data/${field}`, word);
  };
  const status = readable(() => data.optionalText("transaction_status")) ?? null;
  shows(
    "transaction_status",
    () => status !== null && !isSameWord(status, "PAYMENT_SUCCESS"),
    status === null ? undefined : { code: status, message: "" },
  );
  shows("merchant_transaction_id", () => {
    const id = data.optionalId("merchant_transaction_id");
    return id !== null && lettersIn(id) !== lettersIn(sent.merchantTransactionId);
  });
  refuseOtherParties(data, sent);
  const { amount } = sent;
  if (amount !== undefined && data.has("amount"))
    shows("amount", () => !mayBeAmount(data.amount("amount"), amount));
  return { transactionId };
}

/** What of a change of money a reply may name. */
interface Moved extends Parties {
  readonly merchantTransactionId: string;
  readonly amount?: string;
}

interface Parties {
  readonly fromCustomerId?: string | undefined;
  readonly fromMobileNumber?: string | undefined;
  readonly toCustomerId?: string | undefined;
  readonly toMobileNumber?: string | undefined;
  readonly toSubMerchantId?: string | undefined;
  readonly pgTransactionId?: string | undefined;
}

/** What stands under a customer's plain name may be the payer's or the payee's. */
function refuseOtherParties(data: Reader, sent: Parties): void {
  const { fromCustomerId: payer, toCustomerId: payee, fromMobileNumber, toMobileNumber } = sent;
  data.namesNoOther("from_customer_id", payer);
  data.namesNoOther("to_customer_id", payee);
  data.namesNoOther("customer_id", payer ?? payee, (shown) => shown === payer || shown === payee);
  data.namesNoOther("from_mobile_number", fromMobileNumber, isSameMobile);
  data.namesNoOther("to_mobile_number", toMobileNumber, isSameMobile);
  const mobiles = [fromMobileNumber, toMobileNumber].filter((each) => each !== undefined);
  data.namesNoOther("mobile_number", mobiles[0], (shown) =>
    mobiles.some((each) => isSameMobile(shown, each)),
  );
  data.namesNoOther("to_sub_merchant_id", sent.toSubMerchantId);
  data.namesNoOther("pg_transaction_id", sent.pgTransactionId, isSameLetters);
}

/** Asks for a transaction by the id that we gave it (section 12; the path is spelt with one t). */
export const askByMerchantTransactionId = (merchantTransactionId: string): AggrepayCall => ({
  path: "fetchbymerchantransactionid",
  fields: { merchant_transaction_id: merchantTransactionId },
});

/** The provider's words for a transaction that it does not know (section 12, sample 2). */
export const noSuchTransaction = [
  { code: "INVALID-PARAMS", message: (text: string) => isUnknown("merchant transaction id", text) },
];

/** The provider's clock and ours may differ by this much. */
const clockToleranceMs = 5 * 60_000;
const formToleranceMs = 24 * 60 * 60_000 + clockToleranceMs;
const pageSize = 100;
/** At most so many pages of a customer's list are read, from the end where the newest stand. */
const pageLimit = 10;

interface MoneyKind {
  readonly paymentType: "CREDIT" | "DEBIT";
  /** Which fact names the customer in whose list the transaction stands: the payer of a transfer. */
  readonly party: "fromCustomerId" | "toCustomerId";
}

/**
 * The inquiry of a change of money that we named. It happened when the transaction stands under our id and in the customer's
 * own list, with our amount and kind, and not before the attempt; it did not when the provider knows no such id and other
 * records of ours explain each row of the customer's list since the attempt that could be it.
 */
export const moneyInquiry = (kind: MoneyKind) => ({
  evidence: (subject: Subject, ask: Ask<AggrepayCall, AggrepayReply>, known: Known) =>
    moneyEvidence(kind, subject, ask, known),
  readsRecords: true as const,
  absence: "not executed" as const,
});

async function moneyEvidence(
  kind: MoneyKind,
  { since, ...last }: Subject,
  ask: Ask<AggrepayCall, AggrepayReply>,
  known: Known,
): Promise<Evidence> {
  const subject: Subject = { ...last, dispatchedAt: since ?? last.dispatchedAt };
  const told = await ask(askByMerchantTransactionId(subject.identity), ({ data }) =>
    comparedTransaction(data),
  );
  if (told.kind === "answer") {
    const contradiction = contradictionIn(told.answer, subject.identity, kind.paymentType, subject);
    if (contradiction) return contradiction;
  }
  const absence = told.kind === "answer" ? undefined : withoutAnswer(told, noSuchTransaction);
  if (absence && absence.shows !== "nothing") return absence;

  // Where absence would be believed, times are read with room for every zone, and for a date without a time.
  const toleranceMs = told.kind === "answer" ? clockToleranceMs : formToleranceMs;
  const { rows, gap } = await rowsSince(
    subject.dispatchedAt - toleranceMs,
    subject.facts[kind.party] ?? "",
    ask,
    subject.identity,
  );
  if (told.kind === "answer") {
    const { transactionId } = told.answer;
    const others = rows.filter((row) => row.transactionId !== transactionId);
    if (others.length === rows.length) return { shows: "unclear", why: gap ?? notListed };
    const twofold = whatContradicts(rows, subject.identity, transactionId);
    if (twofold) return twofold;
    const besides = others.flatMap(({ merchantTransactionId: id }) => id ?? []);
    return {
      ...{ shows: "done", result: { transactionId } },
      ...(!isKept(subject.identity, known.option) && { besides }),
    };
  }
  if (gap !== undefined) return { shows: "unclear", why: gap };
  const candidates = rows.filter(
    ({ merchantTransactionId, paymentType, amount }) =>
      merchantTransactionId === subject.identity ||
      (!isSameWord(paymentType ?? "", kind.paymentType === "DEBIT" ? "CREDIT" : "DEBIT") &&
        (amount === undefined || mayBeAmount(amount, subject.facts.amount ?? ""))),
  );
  const verdict = await explained(candidates.filter(isWhole), subject.identity, known);
  if (verdict.shows !== "nothing" || candidates.every(isWhole)) return verdict;
  return { shows: "unclear", why: "The customer's list holds a row that cannot be read and could be it." };
}

/** Why a transaction cannot be said to stand in the customer's own list; undefined where it does, or no customer is known. */
export async function whyNotListed(
  transactionId: string,
  customerId: string | undefined,
  { dispatchedAt }: Subject,
  ask: Ask<AggrepayCall, AggrepayReply>,
): Promise<string | undefined> {
  if (customerId === undefined) return undefined;
  const { rows, gap } = await rowsSince(dispatchedAt - clockToleranceMs, customerId, ask);
  return rows.some((row) => row.transactionId === transactionId) ? undefined : (gap ?? notListed);
}

/**
 * Why a reversal that is shown may be of a number before this one, or of somebody outside this record; undefined where it cannot.
 * The provider shows all of a debit's reversals under one id, and a refusal of one number does not mean that nobody did it: so what
 * proves a later number must be younger than its attempt, with no tolerance but that of times in whole seconds.
 */
export async function whyOfEarlier(
  { transactionId, time }: Transaction,
  { identity, number, dispatchedAt }: Subject,
  { reversedBefore }: Known,
): Promise<string | undefined> {
  if (number === 1) return undefined;
  const isOlder = !(Date.parse(time) >= Math.floor(dispatchedAt / 1000) * 1000);
  if (!isOlder && !(await reversedBefore(identity, number)).includes(transactionId)) return undefined;
  return `The provider shows a reversal (${transactionId.slice(0, 40)}, ${time}) that may be older than this one.`;
}

/** Where the customer's list bears out no single success under that id. It may be behind, and show as unfinished what is done. */
function whatContradicts(
  rows: readonly ListedRow[],
  id: string,
  own: string,
): Extract<Evidence, { readonly shows: "other" | "unclear" }> | undefined {
  const isOther = ({ merchantTransactionId, transactionId = own }: ListedRow) =>
    merchantTransactionId === id && transactionId !== own;
  if (rows.some(isOther))
    return { shows: "other", why: "The customer's list shows another transaction under the same id." };
  const status = rows
    .filter(({ transactionId }) => transactionId === own)
    .flatMap((row) => row.status ?? [])
    .find((each) => !isSameWord(each, "PAYMENT_SUCCESS"));
  if (status === undefined) return undefined;
  const why = "The customer's list shows the transaction with another status.";
  return { shows: saysUnfinished({ code: status, message: "" }) ? "unclear" : "other", why };
}

const notListed = "The transaction stands under its id, and not yet in the customer's list.";

/**
 * Whether it is older than the attempt, by more than a zone that is not known or a missing time of day can explain. A time that was
 * never set does not count.
 */
const isLongBefore = ({ time }: Pick<Transaction, "time">, { dispatchedAt }: Subject): boolean =>
  Date.parse(time) > firstOfThese && Date.parse(time) < dispatchedAt - formToleranceMs;
const firstOfThese = Date.UTC(2010);

/** Whether it may be older than the attempt by more than what two clocks differ: what is no moment may be. */
const isBefore = ({ time }: Pick<Transaction, "time">, { dispatchedAt }: Subject): boolean =>
  !(Date.parse(time) >= dispatchedAt - clockToleranceMs);

/**
 * That a transaction shown under our id is not what the record asked for, and why. `isOld`: only its time differs, and by so much
 * that somebody else did it long before.
 */
export function contradictionIn(
  shown: Transaction,
  id: string,
  paymentType: "CREDIT" | "DEBIT" | undefined,
  subject: Subject,
): Extract<Evidence, { readonly shows: "other" }> | undefined {
  const { facts } = subject;
  const differs = [
    shown.merchantTransactionId !== id && "id",
    !isSameWord(shown.transactionStatus, "PAYMENT_SUCCESS") && "status",
    paymentType !== undefined && !isSameWord(shown.paymentType, paymentType) && "kind of payment",
    facts.amount !== undefined && !isSameAmount(shown.amount, facts.amount) && "amount",
    // Older than the attempt: something outside this record did it.
    isBefore(shown, subject) && "time, which is before the attempt",
  ].filter((name) => name !== false);
  if (differs.length === 0) return undefined;
  const { transactionId, paymentType: kind, amount, time, transactionStatus } = shown;
  const seen = [transactionId, kind, amount, time, transactionStatus]
    .map((text) => text.slice(0, 40))
    .join(", ");
  const why = `The provider shows a transaction (${seen}) that differs in its ${differs.join(" and ")}.`;
  return { shows: "other", why, isOld: differs.length === 1 && isLongBefore(shown, subject) };
}

/** What was read of a customer's list; `gap` says why rows may be missing from it. */
interface Listed {
  readonly rows: readonly ListedRow[];
  readonly gap?: string;
}

/**
 * The customer's transactions since that moment: every page, unless the provider lists the newest first and what follows
 * is older, which its last page must bear out; or the oldest first, as its first page must: then pages are read from the end.
 * A row whose time cannot be read is neither old nor new, so it is among them.
 */
export async function rowsSince(
  since: number,
  customerId: string,
  ask: Ask<AggrepayCall, AggrepayReply>,
  identity?: string,
): Promise<Listed> {
  const rows: ListedRow[] = [];
  let mayBeOrdered = true;
  let seen = 0;
  for (let number = 0; number < pageLimit; number++) {
    const page = await pageOf(number, customerId, ask);
    if ("why" in page) return { rows, gap: page.why };
    seen += page.rows.length;
    rows.push(...page.rows.filter((row) => mayBeSince(row) || isOwn(row)));
    if (page.hasOthers) return { rows, gap: ofOthers };
    if (page.pages === undefined)
      return { rows, gap: "How many pages the customer's list has cannot be read." };
    if (number + 1 >= page.pages)
      return seen < (page.elements ?? 0)
        ? { rows, gap: "The customer's list shows fewer rows than it says it has." }
        : { rows };
    if (number === 0 && isOldestFirst(page.rows) && !page.rows.some(mayBeSince))
      return fromTheEnd(page.pages);
    if (!mayBeOrdered || page.rows.every(mayBeSince) || !isNewestFirst(page.rows)) continue;
    const last = await pageOf(page.pages - 1, customerId, ask);
    if ("why" in last) return { rows, gap: last.why };
    if (!last.rows.some(mayBeSince)) return { rows };
    mayBeOrdered = false;
  }
  return { rows, gap: tooLong };

  /** Our own id is looked at, whatever time stands beside it. */
  function isOwn({ merchantTransactionId }: ListedRow): boolean {
    return identity !== undefined && merchantTransactionId === identity;
  }

  function mayBeSince({ time }: ListedRow): boolean {
    return time === undefined || !(Date.parse(time) < since);
  }

  async function fromTheEnd(pages: number): Promise<Listed> {
    for (let number = pages - 1; number > 0; number--) {
      if (pages - number >= pageLimit) return { rows, gap: tooLong };
      const page = await pageOf(number, customerId, ask);
      if ("why" in page) return { rows, gap: page.why };
      rows.push(...page.rows.filter(mayBeSince));
      if (page.hasOthers) return { rows, gap: ofOthers };
      // The newest rows may stand on a page that was not there before.
      if (page.pages !== pages) return { rows, gap: "The customer's list grew while it was read." };
      if (!page.rows.every(mayBeSince) && isOldestFirst(page.rows)) return { rows };
    }
    return { rows };
  }
}

const ofOthers = "The customer's list shows rows of another customer.";
export const tooLong = "The customer's list is longer than is read.";

async function pageOf(number: number, customerId: string, ask: Ask<AggrepayCall, AggrepayReply>) {
  const fields = { customer_id: customerId, page_number: String(number), page_size: String(pageSize) };
  const told = await ask({ path: "fetchtransactions", fields }, ({ data, page }) => ({
    rows: data
      .rows()
      .filter((row) => !isOfOthers([row], customerId))
      .map(listedRow),
    hasOthers: isOfOthers(data.rows(), customerId),
    // The provider may give smaller pages than it is asked for.
    pages: readable(() => page.count("total_pages")),
    number: readable(() => page.count("page_number")),
    elements: readable(() => page.count("total_elements")),
  }));
  if (told.kind === "answer") {
    const { number: shown = number } = told.answer;
    return shown === number
      ? told.answer
      : { why: "The customer's list shows another page than was asked for." };
  }
  return { why: told.kind === "refusal" ? told.detail : told.why };
}

const isOldestFirst = (rows: readonly ListedRow[]): boolean => isNewestFirst(rows.toReversed());

/** One row, or several of one second, show no order. */
function isNewestFirst(rows: readonly ListedRow[]): boolean {
  const times = rows.map(({ time }) => Date.parse(time ?? ""));
  return times.every((time, index) => time <= (times[index - 1] ?? time)) && times.at(0) !== times.at(-1);
}

/** Whether an amount could be that one in another form: signed, in the hundredth part, or without its places. */
function mayBeAmount(shown: string, expected: string): boolean {
  const unsigned = shown.replace(/^[-+]/, "");
  const [whole = "", places = ""] = twoPlaces(expected).split(".");
  return isSameAmount(unsigned, expected) || unsigned === whole || unsigned === `${whole}${places}`;
}

function isSameAmount(shown: string, expected: string): boolean {
  const [whole = "", fraction = ""] = shown.split(".");
  return `${whole}.${fraction.replace(/0+$/, "").padEnd(2, "0")}` === twoPlaces(expected);
}
