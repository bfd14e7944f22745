/** The notification of an account binding, and how it reaches the merchant: again until it is answered 200. */
import { setTimeout as pause } from "node:timers/promises";
import {
  type Binding,
  type Bindings,
  type Format,
  isNotified,
  type Registration,
  userTokenOf,
} from "./bindings.ts";
import { type Merchant, merchantToken } from "./signature.ts";

export type Notification = Readonly<Record<string, string>>;

/** The document's fields without their merchantToken. */
export const notificationOf = (registration: Registration): Notification => {
  const { iMid, tXid, referenceNo, mitraCd, billingNm, billingPhone, billingEmail, clientUserKey } =
    registration;
  return {
    iMid,
    tXid,
    referenceNo,
    mitraCd,
    billingNm,
    billingPhone,
    billingEmail,
    userToken: userTokenOf(registration),
    clientUserKey,
  };
};

export const signed = (fields: Notification, merchants: readonly Merchant[]): Notification => {
  const { iMid = "", referenceNo = "", billingPhone = "" } = fields;
  const merchantKey = (merchants.find((merchant) => merchant.iMid === iMid) ?? merchants[0])?.merchantKey;
  if (merchantKey === undefined) return fields;
  return { merchantToken: merchantToken({ iMid, referenceNo, billingPhone }, merchantKey), ...fields };
};

const tryMs = 5_000;

/** The status of the answer, or null where none came within five seconds. */
export async function post(
  url: string,
  fields: Notification,
  as: Format,
  closing: AbortSignal,
): Promise<number | null> {
  try {
    const response = await fetch(url, {
      method: "POST",
      redirect: "manual",
      signal: AbortSignal.any([closing, AbortSignal.timeout(tryMs)]),
      ...(as === "form"
        ? { body: new URLSearchParams(fields) }
        : { body: JSON.stringify(fields), headers: { "content-type": "application/json" } }),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return null;
  }
}

/** Before the second try and those after it: five tries in all. */
const pausesMs = [100, 200, 400, 800];

export class Notifier {
  readonly #bindings: Bindings;
  readonly #merchants: () => readonly Merchant[];
  readonly #closing = new AbortController();
  readonly #running = new Map<string, Promise<void>>();

  constructor(bindings: Bindings, merchants: () => readonly Merchant[]) {
    this.#bindings = bindings;
    this.#merchants = merchants;
  }

  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Ends the tries that are under way; the next sandbox on this journal goes on with them. */
  close(): void {
    this.#closing.abort();
  }

  /** The user logs in: notifies until it is answered 200 or five tries are used up. */
  async login(referenceNo: string, as: Format): Promise<void> {
    const running = this.#running.get(referenceNo);
    if (running !== undefined) return running;
    const binding = this.#bindings.binding(referenceNo);
    if (binding === undefined || isNotified(binding)) return;
    this.#bindings.commit({ kind: "login", referenceNo, as });
    await this.#notify(referenceNo);
  }

  /** What was not finished when the sandbox before this one ended. */
  resume(): void {
    for (const binding of this.#bindings.bindings) {
      if (!isDue(binding)) continue;
      this.#notify(binding.registration.referenceNo).catch((error: unknown) =>
        console.error("NICEPAY sandbox:", error),
      );
    }
  }

  #notify(referenceNo: string): Promise<void> {
    const running = this.#tryAll(referenceNo).finally(() => this.#running.delete(referenceNo));
    this.#running.set(referenceNo, running);
    return running;
  }

  async #tryAll(referenceNo: string): Promise<void> {
    for (;;) {
      const binding = this.#bindings.binding(referenceNo);
      if (binding === undefined || !isDue(binding)) return;
      const { registration, as = "json", answers } = binding;
      const wait = pausesMs[answers.length - 1];
      if (wait !== undefined) await pause(wait, undefined, { signal: this.closing }).catch(() => undefined);
      const fields = signed(notificationOf(registration), this.#merchants());
      const status = await post(registration.dbProcessUrl, fields, as, this.closing);
      if (this.closing.aborted) return;
      this.#bindings.commit({ kind: "notify", referenceNo, status });
    }
  }
}

const isDue = (binding: Binding): boolean =>
  binding.as !== undefined && !isNotified(binding) && binding.answers.length <= pausesMs.length;
