import { createHash } from "node:crypto";
import { accountBindingToken } from "../../lib/signing/index.ts";
import type { WireReply, WireRequest } from "../../lib/transport.ts";
import { asItIs, bytes, type Dress, type Json, type Said, type Wire, written } from "./dress.ts";
import { derived } from "./subjects.ts";

/** Something that the provider did. `sent` and `applied` are places in the world's one order of events. */
export interface Effect {
  /** What it was done for: `money order-1`. Two effects of one name are money that moved twice. */
  readonly of: string;
  readonly path: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly id: string;
  /** Wall clock, milliseconds. */
  readonly at: number;
  /** Where it was found then; undefined of what somebody else had done, which is known at each host. */
  readonly host: string | undefined;
  readonly sent: number;
  readonly applied: number;
}

/** The place of what was sent by somebody else. */
export const before = Number.POSITIVE_INFINITY;

/** How the provider treats the next change that reaches it, once. */
export interface Treatment {
  /** Whether it acts: before it answers, never, or when the world lets what is late happen. */
  readonly acts: "yes" | "no" | "late";
  readonly replies:
    | "truly"
    | "never"
    | "500"
    | "garbage"
    | "wrong hash"
    | "unknown code"
    | "both null"
    | "refusal"
    | "invalid field"
    | "pending under a validator's code"
    | "unauthorized"
    | "firewall"
    | "throttled"
    | "throttled over success"
    /** A proxy sent the request twice: what it says is the answer to the second one. */
    | "second"
    /** The same, and the second one was too much for it: it refuses what it has done from then on. */
    | "second throttled"
    /** The same, and a key that had been taken out of service was told so. */
    | "second unauthorized"
    /** It is not finished, and it may be hours before it is. */
    | "unfinished";
}

export interface Keys {
  readonly apiKey: string;
  readonly salt: string;
  readonly iMid: string;
  readonly merchantKey: string;
}

type Fields = Record<string, string>;

const reads = new Set([
  "fetchbymerchantransactionid",
  "fetchtransactions",
  "fetchcustomerdetail",
  "getsubmerchants",
]);

/** The name of what a change does, by what makes it one: two calls of one name are the same change twice. */
export function effectName(path: string, fields: Fields): string {
  switch (path) {
    case "creditwallet":
    case "debitwallet":
    case "wallettowallet":
      return `money ${fields.merchant_transaction_id}`;
    case "debitreversal":
      return `reversal ${fields.merchant_transaction_id}`;
    case "userAccountBinding":
      return `binding ${fields.referenceNo}`;
    case "addsubmerchant":
      return `${path} ${fields.name}`;
    case "registrationotp":
      return `${path} ${fields.email}`;
    case "registercustomer":
      return `${path} ${fields.mobile_number}`;
    default:
      return `${path} ${fields.customer_id}`;
  }
}

const sha512 = (text: string) => createHash("sha512").update(text, "utf8").digest("hex").toUpperCase();
const firewall = bytes(403, "<html><title>403 Forbidden</title></html>");
const throttled = { ...bytes(429, "<html>Too Many Requests</html>"), retryAfter: "120" };

/** Applied by whoever lets late things happen. */
type Later = (act: () => Promise<unknown>) => void;

/**
 * AggrePay and NICEPAY in memory, with the truth kept as a list of effects. It does what it is asked as often as it is
 * asked, unless told to refuse what it has done: a gateway that sends twice must not be saved by its provider.
 */
export class Provider {
  readonly effects: Effect[] = [];
  /** The keys that it takes; the first signs its replies. */
  keys: Keys[];
  /** Whether it refuses a change that it has done ("already taken", "already reversed", 9009). */
  refusesRepeats = false;
  /** By how much the times that it shows are ahead of the truth. */
  clockAheadMs = 0;
  /** Whether a debit that was reversed is shown no more. */
  hidesReversed = false;
  /** Of which debit it says that it knows none once it is reversed. */
  forgetsReversed: (debit: string) => boolean = () => false;
  /** What it says of a change that it has done, where a refusal before looking was passed on. */
  saysOfDenied: keyof typeof wordsOfDenied = "taken";
  /** Lets what is not finished happen; undefined where that is as what is late. */
  finishes: ((sent: number, act: () => Promise<unknown>) => void) | undefined;
  /** What is not yet in a customer's list, and what is not found by its id. */
  hidesFromList: (effect: Effect) => boolean = () => false;
  hidesById: (effect: Effect) => boolean = () => false;
  /** The form in which it keeps an id, and so shows it and finds it. */
  keepsId: (id: string) => string | null = (id) => id;
  /** Whether it brings the id that it is asked for into that form too, as a column without letter case does. */
  asksInKeptForm = false;
  /** What it says of an id that it does not know. */
  unknown = "The selected merchant transaction id is invalid.";
  /** Whether it answers what it is asked; changes it answers as it is told to. */
  answersReads = true;
  /** What stands before it answers the next questions instead, one each. */
  readonly refusedReads: ("firewall" | "throttled" | "unavailable")[] = [];
  /** A field of that effect's row that cannot be read. */
  blurs: (effect: Effect) => string | undefined = () => undefined;
  /** How many rows of a customer's list it gives at most on a page, whatever it is asked for. */
  rowsAPage = 100;
  /** Whether a row of a customer's list is shown twice. */
  showsTwice: (effect: Effect) => boolean = () => false;
  /** What it says beside a code that nobody lists. */
  remark: (fields: Fields) => string = () => "";
  /** How it writes what it says. */
  dress: Dress = asItIs;
  /** Changes that it has taken and not yet made. */
  pending = 0;
  treatments: Treatment[] = [];
  /** What it said to the latest change that reached it; undefined where it was another thing than these. */
  said: Treatment["replies"] | "taken" | undefined;
  /** Every change that reached it, whatever it made of it. */
  readonly received: string[] = [];
  /** What it did, and a refusal before looking was passed on: it refuses to do that again. */
  readonly denied = new Set<string>();
  #count = 0;
  /** Where it is asked now. */
  #host: string | undefined;
  readonly #clock: () => number;
  readonly #order: () => number;

  constructor(keys: Keys, clock: () => number, order: () => number) {
    this.keys = [keys];
    this.#clock = clock;
    this.#order = order;
  }

  done(of: string): readonly Effect[] {
    return this.effects.filter((effect) => effect.of === of);
  }

  /** Whether a request asks for a change. */
  static changes(request: WireRequest): boolean {
    const { path, fields } = read(request);
    return !reads.has(path) && (path !== "customerstatus" || fields.customer_active !== undefined);
  }

  /** What somebody else had done there. */
  seed(path: string, fields: Fields, at = this.#clock()): Effect {
    return this.#act(path, fields, before, undefined, at);
  }

  /** One request, from its arrival to its reply; undefined where no reply ever comes. */
  handle(request: WireRequest, later: Later): Wire | undefined {
    const said = this.#answered(request, later);
    if (said === undefined) return undefined;
    return this.dress.wire("body" in said ? said : written(this.dress.said(said)));
  }

  #answered(request: WireRequest, later: Later): Said | WireReply | undefined {
    const { path, fields } = read(request);
    const { host } = request.url;
    this.#host = host;
    const isNicepay = path === "userAccountBinding";
    const isChange = Provider.changes(request);
    const sent = this.#order();
    const signer = this.keys.find((keys) =>
      isNicepay ? signedNicepay(fields, keys) : signedAggrepay(fields, keys),
    );
    if (isChange) {
      this.received.push(effectName(path, fields));
      this.said = undefined;
    }
    if (!signer)
      return isNicepay
        ? nicepay("9010", "Invalid Merchant Token")
        : refusal("HASH-MISMATCH", "Hash Mismatch");
    if (!isChange) return this.answersReads ? this.#shown(path, fields, signer) : undefined;

    const treatment = this.treatments.shift() ?? { acts: "yes", replies: "truly" };
    // Whoever refuses a second copy refuses what had been done before.
    const refusesUsed = treatment.replies.startsWith("second") && refusesSecond.has(path);
    const name = effectName(path, fields);
    const repeated =
      (this.refusesRepeats || refusesUsed || this.denied.has(name)) &&
      this.done(name).some((effect) => this.#isHere(effect));
    if (repeated) {
      if (treatment.replies === "never") return undefined;
      this.said = "taken";
      return this.denied.has(name) ? this.#ofDenied(path) : this.#taken(path, fields);
    }
    if (treatment.acts === "late") {
      this.pending += 1;
      const { finishes } = this;
      const lets =
        finishes && treatment.replies === "unfinished"
          ? (act: () => Promise<unknown>) => finishes(sent, act)
          : later;
      lets(async () => {
        this.pending -= 1;
        this.#act(path, fields, sent, host);
      });
    }
    const effect = treatment.acts === "yes" ? this.#act(path, fields, sent, host) : undefined;
    this.said = treatment.replies;
    switch (treatment.replies) {
      case "never":
        return undefined;
      case "500":
        return bytes(500, "<html>Internal Server Error</html>");
      case "garbage":
        return bytes(200, "{ not json");
      case "wrong hash":
        return isNicepay
          ? bytes(200, "[]")
          : signed(this.#result(path, fields, effect), null, "another salt");
      case "unknown code":
        return isNicepay
          ? nicepay("9999", "Unheard of")
          : refusal("STRANGE-CODE", `Nobody lists this.${this.remark(fields)}`);
      case "both null":
        return isNicepay ? bytes(200, "{}") : aggrepay({ data: null, error: null, page: null });
      case "refusal":
        return isNicepay
          ? nicepay("9017", "Invalid phone")
          : refusal("TRANSACTION-LIMIT", "Daily Transaction Limit Reached");
      case "invalid field":
        return isNicepay
          ? nicepay("9017", "Invalid phone")
          : refusal("INVALID-PARAMS", "The description must not be greater than 50 characters.");
      // No validator says this: nothing is known of the change.
      case "pending under a validator's code":
        return isNicepay
          ? nicepay("9999", "Pending")
          : refusal("INVALID-PARAMS", "The bank did not respond in time.");
      case "unauthorized":
        return isNicepay ? nicepay("9011", "Invalid merchant") : refusal("UNAUTHORIZED", "Unauthorized");
      case "firewall":
        return firewall;
      case "throttled":
        return throttled;
      case "second":
        if (!refusesSecond.has(path)) return signed(this.#result(path, fields, effect), null, signer.salt);
        this.said = "taken";
        return this.#taken(path, fields);
      case "second throttled":
      case "second unauthorized":
        if (!refusesSecond.has(path)) return signed(this.#result(path, fields, effect), null, signer.salt);
        this.denied.add(name);
        if (treatment.replies === "second throttled") return throttled;
        return isNicepay
          ? nicepay("9010", "Invalid Merchant Token")
          : refusal("HASH-MISMATCH", "Hash Mismatch");
      case "unfinished":
        return isNicepay
          ? nicepay("9999", "Pending")
          : refusal("TRANSACTION-PENDING", "The transaction is pending with the bank.");
      default: {
        const said = isNicepay
          ? nicepay("0000", "SUCCESS", { ...fields, tXid: effect?.id ?? "" })
          : signed(this.#result(path, fields, effect), null, signer.salt);
        return treatment.replies === "throttled over success" ? { ...said, status: 429 } : said;
      }
    }
  }

  /** The notification of a binding, signed; undefined where none was registered. */
  notification(referenceNo: string, more: Fields = {}): Fields | undefined {
    const effect = this.done(`binding ${referenceNo}`)[0];
    const [keys] = this.keys;
    if (!effect || !keys) return undefined;
    const { billingPhone = "", billingNm = "", clientUserKey = "", mitraCd = "" } = effect.fields;
    const iMid = keys.iMid;
    const merchantToken = accountBindingToken({ iMid, referenceNo, billingPhone }, keys.merchantKey);
    return {
      ...{ merchantToken, iMid, referenceNo, billingPhone, billingNm, clientUserKey, mitraCd },
      ...{ tXid: effect.id, userToken: `token-of-${referenceNo}`, ...more },
    };
  }

  #taken(path: string, { merchant_transaction_id: debit = "" }: Fields): Said {
    const isForgotten = path === "debitreversal" && this.forgetsReversed(debit);
    return isForgotten ? refusal(...wordsOfDenied.unknown) : taken(path);
  }

  /** What an effect of its own makes impossible, in the words of that. */
  #ofDenied(path: string): Said {
    const [code, message] = wordsOfDenied[this.saysOfDenied];
    const isSaid = code !== "" && !["userAccountBinding", "addsubmerchant"].includes(path);
    return isSaid ? refusal(code, message) : taken(path);
  }

  /** Money that was moved at one host is not known at another. */
  #isHere({ of, host }: Effect): boolean {
    return (
      host === undefined ||
      host === this.#host ||
      !/^(money|reversal) /.test(of) ||
      // The host is not changed between a refusal that was for a second copy and what follows on it.
      this.denied.has(of)
    );
  }

  #act(path: string, fields: Fields, sent: number, host: string | undefined, at = this.#clock()): Effect {
    this.#count += 1;
    const of = effectName(path, fields);
    const id = String(700_000 + this.#count);
    const effect = { of, path, fields, id, at, host, sent, applied: this.#order() };
    this.effects.push(effect);
    return effect;
  }

  #result(path: string, fields: Fields, effect: Effect | undefined): Json {
    const id = effect?.id ?? "700000";
    switch (path) {
      case "registrationotp":
      case "customerotp":
        return { customer_exists: "true", otp_sent: "true" };
      case "registercustomer":
        return { customer_id: id };
      case "debitreversal":
        return { merchant_transaction_id: `${fields.merchant_transaction_id}_REVERSAL`, transaction_id: id };
      case "updatecustomer":
        return { updated: "true" };
      case "customerstatus":
        return { customer_id: fields.customer_id ?? "", customer_active: fields.customer_active ?? "y" };
      case "forgotmpin":
      case "changempin":
        return { mpin_updated: "true" };
      case "addsubmerchant":
        return { sub_merchant_id: id };
      default:
        return derived.find((each) => each.path === path)?.data(fields) ?? { transaction_id: id };
    }
  }

  #shown(path: string, fields: Fields, { salt }: Keys): Said | WireReply {
    const refused = this.refusedReads.shift();
    if (refused === "firewall") return firewall;
    if (refused === "throttled") return throttled;
    if (refused === "unavailable") return { ...bytes(503, "<html>Busy</html>"), retryAfter: "600" };
    switch (path) {
      case "fetchbymerchantransactionid": {
        const id = fields.merchant_transaction_id ?? "";
        const asked = this.asksInKeptForm ? this.keepsId(id) : id;
        const found = this.#money().find(
          (effect) => this.#keptId(effect) === asked && !this.hidesById(effect),
        );
        if (!found) return refusal("INVALID-PARAMS", this.unknown);
        return signed(this.#row(found, this.#keptId(found)), null, salt);
      }
      case "fetchtransactions": {
        const rows = this.#money()
          .filter((effect) => this.#customersOf(effect).includes(fields.customer_id ?? ""))
          .filter((effect) => !this.hidesFromList(effect))
          .toSorted((a, b) => b.at - a.at)
          .flatMap((effect) => (this.showsTwice(effect) ? [effect, effect] : [effect]));
        const size = Math.min(this.rowsAPage, Number(fields.page_size));
        const from = size * Number(fields.page_number);
        const page = {
          page_size: String(size),
          page_number: fields.page_number ?? "0",
          total_pages: String(Math.max(1, Math.ceil(rows.length / size))),
          total_elements: String(rows.length),
        };
        const shown = rows
          .slice(from, from + size)
          .map((row) => this.#row(row, row.path === "wallettowallet" ? null : this.#keptId(row)));
        return signed(shown.length === 0 ? null : shown, page, salt);
      }
      case "fetchcustomerdetail": {
        const found = this.done(`registercustomer ${fields.mobile_number}`).filter(
          (effect) => !this.hidesFromList(effect),
        )[0];
        if (fields.customer_id === undefined && !found)
          return refusal("INVALID-PARAMS", "The selected mobile number is invalid.");
        const updates = this.done(`updatecustomer ${fields.customer_id}`);
        const { customer_id = found?.id ?? "", mobile_number = "+919900000000" } = fields;
        const { first_name = "", last_name = "" } = found?.fields ?? {};
        const registered = found ? { first_name, last_name } : {};
        const profile = Object.assign(registered, ...updates.map((update) => update.fields)) as Fields;
        return signed({ ...profile, customer_id, mobile_number }, null, salt);
      }
      case "customerstatus": {
        const last = this.done(`customerstatus ${fields.customer_id}`).at(-1);
        const customer_active = last?.fields.customer_active ?? "y";
        return signed({ customer_id: fields.customer_id ?? "", customer_active }, null, salt);
      }
      default: {
        const list = this.effects.filter(
          (effect) => effect.path === "addsubmerchant" && !this.hidesFromList(effect),
        );
        if (list.length === 0) return refusal("NO-SUB-MERCHANT-RECORD", "Sub merchant details not found.");
        return signed(
          list.map(({ id, fields: { name = "" } }) => ({ id, name })),
          null,
          salt,
        );
      }
    }
  }

  /** A reversal goes back to whose debit it was. */
  #customersOf({ path, fields }: Effect): readonly (string | undefined)[] {
    const debit = this.done(`money ${fields.merchant_transaction_id}`)[0];
    const named = path === "debitreversal" ? debit?.fields : fields;
    return [named?.from_customer_id, named?.to_customer_id];
  }

  #keptId(effect: Effect): string | null {
    return this.keepsId(merchantId(effect));
  }

  #money(): readonly Effect[] {
    const paths = ["creditwallet", "debitwallet", "wallettowallet", "debitreversal"];
    const reversed = new Set(
      this.effects.flatMap(({ path, fields }) =>
        path === "debitreversal" ? [fields.merchant_transaction_id] : [],
      ),
    );
    return this.effects.filter((effect) => {
      const { path, fields } = effect;
      if (!paths.includes(path) || !this.#isHere(effect)) return false;
      return !(this.hidesReversed && path === "debitwallet" && reversed.has(fields.merchant_transaction_id));
    });
  }

  #row(effect: Effect, merchantTransactionId: string | null): Json {
    const debit = this.done(`money ${effect.fields.merchant_transaction_id}`)[0];
    const isCredit = effect.path === "creditwallet" || effect.path === "debitreversal";
    const blurred = this.blurs(effect);
    return {
      amount: effect.fields.amount ?? debit?.fields.amount ?? "0",
      balance: "100.0",
      transaction_type: "C2M",
      payment_type: isCredit ? "CREDIT" : "DEBIT",
      // India's clock, to the second.
      time: new Date(effect.at + this.clockAheadMs + 19_800_000).toISOString().slice(0, 19).replace("T", " "),
      transaction_id: effect.id,
      merchant_transaction_id: merchantTransactionId,
      transaction_status: "PAYMENT_SUCCESS",
      ...(blurred !== undefined && { [blurred]: { of: "no form that is known" } }),
    };
  }
}

const merchantId = ({ path, fields }: Effect): string =>
  `${fields.merchant_transaction_id}${path === "debitreversal" ? "_REVERSAL" : ""}`;

function read({ url, body, headers }: WireRequest): { readonly path: string; readonly fields: Fields } {
  const path = url.pathname.split("/").at(-1) ?? "";
  const isJson = headers["content-type"] === "application/json";
  return {
    path,
    fields: isJson ? (JSON.parse(body) as Fields) : Object.fromEntries(new URLSearchParams(body)),
  };
}

/** The path of a request, for the name of a point. */
export const pathOf = (request: WireRequest): string => read(request).path;

function signedAggrepay(fields: Fields, { apiKey, salt }: Keys): boolean {
  const values = Object.entries(fields)
    .filter(([name]) => name !== "hash")
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, value]) => `|${value}`);
  return fields.api_key === apiKey && fields.hash === sha512(salt + values.join(""));
}

function signedNicepay(
  { iMid = "", referenceNo = "", billingPhone = "", merchantToken }: Fields,
  keys: Keys,
): boolean {
  return (
    iMid === keys.iMid &&
    merchantToken === accountBindingToken({ iMid, referenceNo, billingPhone }, keys.merchantKey)
  );
}

const aggrepay = (value: Said["value"], salt?: string): Said => ({
  ...{ status: 200, value, isHashed: true },
  ...(salt !== undefined && { salt }),
});

const signed = (data: Json, page: Json, salt: string): Said => aggrepay({ data, error: null, page }, salt);

const refusal = (code: string, message: string): Said =>
  aggrepay({ data: null, error: { code, message }, page: null });

function nicepay(resultCd: string, resultMsg: string, fields: Fields = {}): Said {
  const { referenceNo = null, tXid = null, mitraCd = null } = fields;
  const redirectUrlHttp = "https://dev.nicepay.co.id/login";
  const [transDt, transTm] = ["20260105", "130000"];
  const value = { resultCd, resultMsg, referenceNo, tXid, mitraCd, transDt, transTm, redirectUrlHttp };
  return { status: 200, value, isHashed: false };
}

/** What may be said of a change that was done, because it was done; none is that it was. */
export const wordsOfDenied = {
  taken: ["", ""],
  funds: ["INSUFFICIENT-FUND", "Insufficient fund"],
  limit: ["TRANSACTION-LIMIT", "Daily Transaction Limit Reached"],
  mpin: ["INVALID-MPIN", "Invalid MPIN"],
  otp: ["INVALID-OTP", "Invalid OTP"],
  unknown: ["INVALID-PARAMS", "The selected merchant transaction id is invalid."],
} as const;

/** What is done once under its name; what else is done twice is done as if once. */
const refusesSecond = new Set([
  "creditwallet",
  "debitwallet",
  "wallettowallet",
  "debitreversal",
  "registercustomer",
  "addsubmerchant",
  "userAccountBinding",
]);

function taken(path: string): Said {
  if (path === "userAccountBinding") return nicepay("9009", "Duplicate");
  if (path === "debitreversal")
    return refusal("TRANSACTION-ALREADY-REVERSED", "This Transaction is already reversed");
  if (path === "registercustomer") return refusal("INVALID-INPUT-DATA", "Invalid input Data");
  return refusal("INVALID-PARAMS", "The merchant transaction id has already been taken.");
}
