/** A sandbox on a free port with a folder of its own, and a client that signs as section 17.1 says. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requestHash } from "../../local/sandbox/aggrepay/signature.ts";
import { type Sandbox, sandboxOtp, startAggrepaySandbox } from "../../local/sandbox/aggrepay.ts";

export const secret = { apiKey: "k-1", salt: "c0ffee5a17" };

export type Form = Readonly<Record<string, string>>;

export interface Reply {
  readonly data: unknown;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly page: unknown;
  readonly hash: string | null;
}

export interface LedgerLine {
  readonly seq: number;
  readonly kind: string;
  readonly merchantTransactionId: string | null;
  readonly transactionId: number | null;
  readonly amountPaise: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly customerId: string | null;
}

export interface CallLine {
  readonly at: number;
  readonly path: string;
  readonly fields: readonly string[];
  readonly undocumented: readonly string[];
  readonly shown: Form;
  readonly signed: boolean;
  readonly fault: string | null;
  readonly verdict: string;
  readonly effect: number | null;
}

export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "aggrepay-sandbox-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export const start = (dataDir: string, clock: () => number = Date.now): Promise<Sandbox> =>
  startAggrepaySandbox({ dataDir, secrets: () => [secret], clock });

export function signedForm(fields: Form, { apiKey, salt } = secret): URLSearchParams {
  const sent = { ...fields, api_key: apiKey };
  return new URLSearchParams({ ...sent, hash: requestHash(new Map(Object.entries(sent)), salt) });
}

export class Wallet {
  readonly url: string;
  #mobile = 9_800_000_000;

  constructor(url: string) {
    this.url = url;
  }

  send(path: string, fields: Form = {}, signal: AbortSignal | null = null): Promise<Response> {
    return fetch(`${this.url}/api/v1/${path}`, {
      method: "POST",
      body: signedForm(fields),
      redirect: "manual",
      signal,
    });
  }

  async call(path: string, fields: Form = {}): Promise<Reply> {
    return (await (await this.send(path, fields)).json()) as Reply;
  }

  /** The reply's data; a refusal fails the test. */
  async data(path: string, fields: Form = {}): Promise<unknown> {
    const { data, error } = await this.call(path, fields);
    if (error !== null) throw new Error(`${path}: ${error.code} ${error.message}`);
    return data;
  }

  /** "CODE text" of a refusal. */
  async refusal(path: string, fields: Form = {}): Promise<string> {
    const { data, error, page, hash } = await this.call(path, fields);
    if (data !== null || error === null || page !== null || hash !== null)
      throw new Error(`${path} succeeded`);
    return `${error.code} ${error.message}`;
  }

  freshMobile(): string {
    this.#mobile += 1;
    return `+91${this.#mobile}`;
  }

  async register(mobile = this.freshMobile(), more: Form = {}): Promise<string> {
    await this.data("registrationotp", { mobile_number: mobile, email: "asha@example.com" });
    const data = await this.data("registercustomer", registering(mobile, more));
    return (data as { customer_id: string }).customer_id;
  }

  /** Gives the transaction id. */
  async credit(customerId: string, amount: string, id: string, more: Form = {}): Promise<number> {
    const data = await this.data("creditwallet", crediting(customerId, amount, id, more));
    return (data as { transaction_id: number }).transaction_id;
  }

  async debit(customerId: string, amount: string, id: string, more: Form = {}): Promise<number> {
    const data = await this.data("debitwallet", debiting(customerId, amount, id, more));
    return (data as { transaction_id: number }).transaction_id;
  }

  balance(customerId: string): Promise<unknown> {
    return this.data("fetchbalance", { customer_id: customerId }).then(
      (data) => (data as { balance: string }).balance,
    );
  }

  async control(method: string, path: string, body?: unknown): Promise<unknown> {
    const init: RequestInit = {
      method,
      headers: { "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
    return (await fetch(`${this.url}/sandbox/${path}`, init)).json();
  }

  async effects(): Promise<readonly LedgerLine[]> {
    return ((await this.control("GET", "ledger")) as { effects: readonly LedgerLine[] }).effects;
  }

  async effectsOf(kind: string): Promise<number> {
    return (await this.effects()).filter((effect) => effect.kind === kind).length;
  }

  async calls(): Promise<readonly CallLine[]> {
    return ((await this.control("GET", "calls")) as { calls: readonly CallLine[] }).calls;
  }
}

export const registering = (mobile: string, more: Form = {}): Form => ({
  mobile_number: mobile,
  otp: sandboxOtp,
  first_name: "Asha",
  last_name: "Rao",
  mpin: "1234",
  ...more,
});

export const crediting = (customerId: string, amount: string, id: string, more: Form = {}): Form => ({
  to_customer_id: customerId,
  amount,
  merchant_transaction_id: id,
  pg_transaction_id: `pg-${id}`,
  ...more,
});

export const debiting = (customerId: string, amount: string, id: string, more: Form = {}): Form => ({
  from_customer_id: customerId,
  amount,
  mpin: "1234",
  merchant_transaction_id: id,
  ...more,
});

export const transferring = (
  from: string,
  to: string,
  amount: string,
  id: string,
  more: Form = {},
): Form => ({
  from_customer_id: from,
  to_customer_id: to,
  amount,
  mpin: "1234",
  merchant_transaction_id: id,
  ...more,
});
