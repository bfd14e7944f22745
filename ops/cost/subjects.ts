import { setTimeout as sleep } from "node:timers/promises";
import { accountBindingToken } from "../../lib/signing/index.ts";
import { sandboxOtp } from "../../local/sandbox/aggrepay.ts";
import { nicepaySandboxSecret } from "../../local/sandbox/nicepay.ts";
import { type Answer, type Invocation, usualDebit, type World } from "./world.ts";

/** One situation that is measured: what comes before it is not. */
export interface Subject {
  readonly name: string;
  readonly of: string;
  readonly status: number;
  /** Makes ready what the situation needs, and gives the request; `undefined` is the clock. */
  readonly ready: (n: number) => Promise<Invocation | undefined>;
}

const post = (body: object, key?: string): Invocation => ({
  method: "POST",
  body,
  ...(key !== undefined && { key }),
});

const mpin = "1234";
const amount = "120.50";
const email = "asha.rao@example.com";

/** In this order: what leaves something for a person, or in doubt, comes after what looks for it. */
export async function subjectsIn(world: World): Promise<readonly Subject[]> {
  const done = async (name: string, request: Invocation, status = 200): Promise<Answer["body"]> => {
    const { answer } = await world.invoke(name, request);
    if (answer.status === status) return answer.body;
    throw new Error(`${name} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  };
  let mobiles = 0;
  const newMobile = () => {
    mobiles += 1;
    return `+9198${String(mobiles).padStart(8, "0")}`;
  };
  const registration = async () => {
    const mobileNumber = newMobile();
    await done("aggrepay/registration-otp", post({ email, mobileNumber }, `otp-${mobileNumber}`));
    const person = { mobileNumber, otp: sandboxOtp, firstName: "Asha", lastName: "Rao", mpin };
    return post(person, `register-${mobileNumber}`);
  };
  const credit = (toCustomerId: string, id: string, rupees: string) =>
    post({ toCustomerId, amount: rupees, merchantTransactionId: id, pgTransactionId: `pg-${id}` });
  const newCustomer = async () => {
    const { result } = await done("aggrepay/register-customer", await registration());
    const { customerId } = result as { readonly customerId: string };
    await done("aggrepay/credit-wallet", credit(customerId, `first-${customerId}`, "100000.00"));
    return customerId;
  };
  const customerId = await newCustomer();
  const payee = await newCustomer();
  /** An inquiry goes through the customer's list, which must not grow by what else is measured. */
  const doubter = await newCustomer();

  const debit = (id: string, pin = mpin, fromCustomerId = customerId) =>
    post({ fromCustomerId, amount, mpin: pin, merchantTransactionId: id });
  const lost = (id: string) => debit(id, mpin, doubter);
  /** As long as a UUID, which is what most callers take. */
  const id = (what: string, n: number) => `${what}-${String(n).padStart(35 - what.length, "0")}`;
  const binding = (referenceNo: string) => ({
    referenceNo,
    billingNm: "Jhon Doe",
    billingPhone: "+6282112345678",
    callBackUrl: "https://shop.example/bound",
    clientUserKey: "user-1",
  });
  const notification = (referenceNo: string) => {
    const { billingNm, billingPhone, clientUserKey } = binding(referenceNo);
    const { iMid, merchantKey } = nicepaySandboxSecret;
    const merchantToken = accountBindingToken({ iMid, referenceNo, billingPhone }, merchantKey);
    const userToken = `token-${referenceNo}`;
    return post({
      merchantToken,
      iMid,
      referenceNo,
      mitraCd: "KDVI",
      billingNm,
      billingPhone,
      userToken,
      clientUserKey,
    });
  };
  const webhook = "nicepay/account-binding-webhook";
  const idOf = (body: Answer["body"]) => (body.record as { readonly id: string }).id;
  const list = (query: NonNullable<Invocation["query"]>): Invocation => ({ method: "GET", query });
  const reading = (name: string, of: string, body: (n: number) => object): Subject => ({
    name,
    of,
    status: 200,
    ready: async (n) => post(body(n)),
  });

  return [
    reading("balance", "aggrepay/fetch-balance", () => ({ customerId })),
    reading("PayU status", "payu/check-status", (n) => ({ verifyClientTxnId: id("load", n) })),
    reading("Wibmo token", "wibmo/encrypt", () => ({ customerMobile: "+919876543210" })),
    reading("Wibmo record", "wibmo/retrieve-customer-record", () => ({ customerMobile: "+919876543210" })),
    reading("DreamzWallet key", "dreamzwallet/get-secret-key", () => ({ customerId: "asha" })),
    {
      name: "credit",
      of: "aggrepay/credit-wallet",
      status: 200,
      ready: async (n) => credit(customerId, id("credit", n), amount),
    },
    { name: "debit", of: "aggrepay/debit-wallet", status: 200, ready: async (n) => debit(id("debit", n)) },
    {
      name: "debit, repeated",
      of: "aggrepay/debit-wallet",
      status: 200,
      async ready(n) {
        await done("aggrepay/debit-wallet", debit(id("twice", n)));
        return debit(id("twice", n));
      },
    },
    {
      name: "debit, declined",
      of: "aggrepay/debit-wallet",
      status: 422,
      ready: async (n) => debit(id("declined", n), "9999"),
    },
    {
      name: "debit, in doubt",
      of: "aggrepay/debit-wallet",
      status: 504,
      ready: async (n) => lost(id("lost.sandbox.reset-after", n)),
    },
    {
      name: "debit in doubt, repeated",
      of: "aggrepay/debit-wallet",
      status: 200,
      // Of the situation before this one, whose doubt this ends.
      ready: async (n) => lost(id("lost.sandbox.reset-after", n)),
    },
    {
      name: "transfer",
      of: "aggrepay/wallet-to-wallet",
      status: 200,
      ready: async (n) =>
        post({
          fromCustomerId: customerId,
          toCustomerId: payee,
          amount,
          mpin,
          merchantTransactionId: id("transfer", n),
        }),
    },
    {
      name: "reversal",
      of: "aggrepay/debit-reversal",
      status: 200,
      async ready(n) {
        await done("aggrepay/debit-wallet", debit(id("undone", n)));
        return post({ merchantTransactionId: id("undone", n) });
      },
    },
    {
      name: "registration of a customer",
      of: "aggrepay/register-customer",
      status: 200,
      ready: () => registration(),
    },
    {
      name: "update of a customer",
      of: "aggrepay/update-customer",
      status: 200,
      ready: async (n) => post({ customerId, city: `Town ${n}` }, id("update", n)),
    },
    {
      name: "registration of a binding",
      of: "nicepay/register-account-binding",
      status: 200,
      ready: async (n) => post(binding(id("link", n))),
    },
    {
      name: "notification of a binding",
      of: webhook,
      status: 200,
      // Of the registration before.
      ready: async (n) => notification(id("link", n)),
    },
    {
      name: "binding",
      of: "account-bindings/get",
      status: 200,
      ready: async (n) => ({ method: "GET", path: { referenceNo: id("link", n) } }),
    },
    {
      name: "record",
      of: "records/get",
      status: 200,
      async ready(n) {
        const body = await done("aggrepay/debit-wallet", debit(id("debit", n)));
        return { method: "GET", path: { id: idOf(body) } };
      },
    },
    {
      name: "list of what waits, empty",
      of: "records/list",
      status: 200,
      ready: async () => list({ state: "needs_attention" }),
    },
    {
      name: "list of a customer, ten rows",
      of: "records/list",
      status: 200,
      ready: async () => list({ customerId, limit: "10" }),
    },
    { name: "reconcile, nothing due", of: "reconcile", status: 200, ready: async () => undefined },
    {
      name: "reconcile, one in doubt",
      of: "reconcile",
      status: 200,
      async ready(n) {
        await done("aggrepay/debit-wallet", lost(id("left.sandbox.reset-after", n)), 504);
        await sleep(20);
        return undefined;
      },
    },
    {
      name: "settled by hand",
      of: "records/resolve",
      status: 200,
      async ready(n) {
        // A notification of what nobody registered waits for a person.
        await done(webhook, notification(id("stray", n)));
        const listed = await done("records/list", list({ state: "needs_attention" }));
        const [waiting] = listed.result as readonly { readonly id: string }[];
        return {
          method: "POST",
          path: { id: waiting?.id ?? "" },
          body: { outcome: "declined", reason: "Nobody registered it" },
        };
      },
    },
    {
      name: "settled by hand, ten at once",
      of: "records/resolve",
      status: 207,
      async ready(n) {
        const strays = Array.from({ length: 10 }, (_, at) => id(`stray-${at}`, n));
        for (const each of strays) await done(webhook, notification(each));
        const listed = await done("records/list", list({ state: "needs_attention", limit: "10" }));
        const ids = (listed.result as readonly { readonly id: string }[]).map((each) => each.id);
        return post({ ids, outcome: "declined", reason: "Nobody registered them" });
      },
    },
    {
      name: "proposed by one person",
      of: "records/resolve",
      status: 202,
      async ready(n) {
        const stuck = lost(id("stuck.sandbox.reset-after.sandbox.inquiry.http-502", n));
        await done("aggrepay/debit-wallet", stuck, 504);
        await sleep(20);
        const body = await done("aggrepay/debit-wallet", stuck, 504);
        return {
          method: "POST",
          path: { id: idOf(body) },
          body: { outcome: "not_executed", reason: "The provider's support says so" },
        };
      },
    },
    {
      name: "debit as usually written",
      of: usualDebit,
      status: 200,
      ready: async (n) => debit(id("usual", n)),
    },
  ];
}
