import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { requestHash } from "../../local/sandbox/aggrepay/signature.ts";
import { sandboxSecrets } from "../../local/sandbox/index.ts";
import { type Item, itemsOf } from "./dynamodb.ts";
import type { Gateway } from "./gateway.ts";
import { expectDeclared } from "./samples.ts";

/** What a caller sees of an answer. */
export interface Answer {
  readonly status: number;
  readonly body: {
    readonly code?: string;
    readonly retry?: string;
    readonly result?: Readonly<Record<string, unknown>>;
    readonly provider?: { readonly code: string; readonly message: string };
    readonly record?: { readonly id: string; readonly state: string; readonly attempt: number };
    readonly errors?: readonly object[];
  };
  readonly text: string;
  readonly replayed: boolean;
  readonly retryAfter: string | null;
}

interface Call {
  readonly path: string;
  readonly shown: Readonly<Record<string, string>>;
  readonly fields: readonly string[];
}

interface Effect {
  readonly kind: string;
  readonly merchantTransactionId: string | null;
  readonly transactionId: number | null;
  readonly customerId: string | null;
}

/** A gateway before its sandbox, whose calls and effects are there to be counted. `gateway` may be started anew meanwhile. */
export function walletOf(gateway: () => Gateway) {
  const sandbox = async <Shown>(path: string): Promise<Shown> => {
    const response = await fetch(`${gateway().sandboxUrl}/sandbox/${path}`);
    return (await response.json()) as Shown;
  };

  async function post(route: string, input: object, key?: string): Promise<Answer> {
    const response = await fetch(`${gateway().url}/v1/aggrepay/${route}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(key !== undefined && { "idempotency-key": key }) },
      body: JSON.stringify(input),
    });
    const text = await response.text();
    const body = JSON.parse(text);
    expectDeclared(`aggrepay/${route}`, { status: response.status, body });
    return {
      status: response.status,
      body,
      text,
      replayed: response.headers.get("idempotency-replayed") === "true",
      retryAfter: response.headers.get("retry-after"),
    };
  }

  let mobiles = 0;
  const newMobile = () => {
    mobiles += 1;
    return `+9198${String(mobiles).padStart(8, "0")}`;
  };

  return {
    post,
    newMobile,
    /** Calls of a path that the provider has received since it started, with these values. */
    async calls(path: string, match: Readonly<Record<string, string>> = {}): Promise<readonly Call[]> {
      const { calls } = await sandbox<{ readonly calls: readonly Call[] }>("calls");
      return calls.filter(
        (call) =>
          call.path === path && Object.entries(match).every(([name, value]) => call.shown[name] === value),
      );
    },
    async effects(match: Partial<Effect> = {}): Promise<readonly Effect[]> {
      const { effects } = await sandbox<{ readonly effects: readonly Effect[] }>("ledger");
      return effects.filter((effect) =>
        Object.entries(match).every(([name, value]) => effect[name as keyof Effect] === value),
      );
    },
    /** The next such call meets the fault. */
    /** A call of the provider with the merchant's own key, that no gateway knows of. */
    async aside(path: string, fields: Readonly<Record<string, string>>): Promise<void> {
      const { apiKey, salt } = sandboxSecrets.aggrepay;
      const all = { api_key: apiKey, ...fields };
      const hash = requestHash(new Map(Object.entries(all)), salt);
      const reply = await fetch(`${gateway().sandboxUrl}/api/v1/${path}`, {
        method: "POST",
        body: new URLSearchParams({ ...all, hash }),
      });
      expect(await reply.json()).toMatchObject({ error: null });
    },

    async arm(fault: string, path: string, match: Readonly<Record<string, string>>): Promise<void> {
      const body = JSON.stringify({ fault, path, match });
      const response = await fetch(`${gateway().sandboxUrl}/sandbox/faults`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      if (!response.ok) throw new Error(await response.text());
    },
    /** Registers a customer with money and MPIN 1234; its calls meet no fault but those that a test asks for. */
    async newCustomer(): Promise<string> {
      const mobileNumber = newMobile();
      const email = "asha@example.com";
      // On a machine that is busy with other tests a call may take too long; its repeat, or another one, does not.
      const made = async (send: () => Promise<Answer>) => {
        for (let each = 0; each < 40; each += 1) {
          const { status, body } = await send();
          if (status === 200) return body.result ?? {};
          await sleep(500);
        }
        throw new Error("no customer could be made");
      };
      await made(() => post("registration-otp", { email, mobileNumber }, randomUUID()));
      const person = { otp: "123456", firstName: "Asha", lastName: "Rao", mpin: "1234" };
      const key = randomUUID();
      const registered = await made(() => post("register-customer", { mobileNumber, ...person }, key));
      const toCustomerId = String(registered.customerId);
      const merchantTransactionId = `first-${randomUUID()}`;
      const credit = {
        toCustomerId,
        amount: "1000.00",
        merchantTransactionId,
        pgTransactionId: merchantTransactionId,
      };
      await made(() => post("credit-wallet", credit));
      return toCustomerId;
    },
    /** The records of an identity, as the table holds them. */
    async records(identity: string): Promise<readonly Item[]> {
      return (await itemsOf(gateway())).filter((item) => item.identity?.S === identity);
    },
  };
}
