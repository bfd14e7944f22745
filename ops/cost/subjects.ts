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

/** `ready` is sent, and answered with that status. */
const subject = (name: string, of: string, ready: Subject["ready"], status = 200): Subject => ({
  name,
  of,
  status,
  ready,
});

const debitWallet = "aggrepay/debit-wallet";
const webhook = "nicepay/account-binding-webhook";
const mpin = "1234";
const amount = "120.50";
const email = "asha.rao@example.com";

/** As long as a UUID, which is what most callers take. */
const id = (what: string, n: number) => `${what}-${String(n).padStart(35 - what.length, "0")}`;
const list = (query: NonNullable<Invocation["query"]>): Invocation => ({ method: "GET", query });
const idOf = (body: Answer["body"]) => (body.record as { readonly id: string }).id;

/** In this order: what leaves something for a person, or in doubt, comes after what looks for it. */
export async function subjectsIn(world: World): Promise<readonly Subject[]> {
  const shop = await openShop(world);
  return [
    ...reads(shop),
    ...money(shop),
    ...customers(shop),
    ...bindings(),
    ...looks(shop),
    ...decisions(shop),
    subject("debit as usually written", usualDebit, async (n) => shop.debit(id("usual", n))),
  ];
}

type Shop = Awaited<ReturnType<typeof openShop>>;

/** Who the situations are about, and the requests that several have. */
async function openShop(world: World) {
  /** What comes before a situation, and must be answered so. */
  const done = async (name: string, request: Invocation, status = 200): Promise<Answer["body"]> => {
    const { answer } = await world.invoke(name, request);
    if (answer.status === status) return answer.body;
    throw new Error(`${name} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  };
  let mobiles = 0;
  const registration = async () => {
    mobiles += 1;
    const mobileNumber = `+9198${String(mobiles).padStart(8, "0")}`;
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
  // One for each doubt: what ends it reads the customer's other records.
  const doubters = new Map<string, string>();
  const debit = (id: string, pin = mpin, fromCustomerId = customerId) =>
    post({ fromCustomerId, amount, mpin: pin, merchantTransactionId: id });
  const lost = async (id: string) => {
    const doubter = doubters.get(id) ?? (await newCustomer());
    doubters.set(id, doubter);
    return debit(id, mpin, doubter);
  };
  return { done, registration, credit, debit, lost, customerId, payee };
}

function reads({ customerId }: Shop): readonly Subject[] {
  const customerMobile = "+919876543210";
  return [
    subject("balance", "aggrepay/fetch-balance", async () => post({ customerId })),
    subject("PayU status", "payu/check-status", async (n) => post({ verifyClientTxnId: id("load", n) })),
    subject("Wibmo token", "wibmo/encrypt", async () => post({ customerMobile })),
    subject("Wibmo record", "wibmo/retrieve-customer-record", async () => post({ customerMobile })),
    subject("DreamzWallet key", "dreamzwallet/get-secret-key", async () => post({ customerId: "asha" })),
  ];
}

const money = ({ done, credit, debit, lost, customerId, payee }: Shop): readonly Subject[] => [
  subject("credit", "aggrepay/credit-wallet", async (n) => credit(customerId, id("credit", n), amount)),
  subject("debit", debitWallet, async (n) => debit(id("debit", n))),
  subject("debit, repeated", debitWallet, async (n) => {
    await done(debitWallet, debit(id("twice", n)));
    return debit(id("twice", n));
  }),
  subject("debit, declined", debitWallet, async (n) => debit(id("declined", n), "9999"), 422),
  subject("debit, in doubt", debitWallet, async (n) => lost(id("lost.sandbox.reset-after", n)), 504),
  // Of the situation before this one, whose doubt this ends.
  subject("debit in doubt, repeated", debitWallet, async (n) => lost(id("lost.sandbox.reset-after", n))),
  subject("transfer", "aggrepay/wallet-to-wallet", async (n) => {
    const merchantTransactionId = id("transfer", n);
    return post({ fromCustomerId: customerId, toCustomerId: payee, amount, mpin, merchantTransactionId });
  }),
  subject("reversal", "aggrepay/debit-reversal", async (n) => {
    await done(debitWallet, debit(id("undone", n)));
    return post({ merchantTransactionId: id("undone", n) });
  }),
];

const customers = ({ registration, customerId }: Shop): readonly Subject[] => [
  subject("registration of a customer", "aggrepay/register-customer", () => registration()),
  subject("update of a customer", "aggrepay/update-customer", async (n) =>
    post({ customerId, city: `Town ${n}` }, id("update", n)),
  ),
];

const user = { billingNm: "Jhon Doe", billingPhone: "+6282112345678", clientUserKey: "user-1" };

function notification(referenceNo: string): Invocation {
  const { iMid, merchantKey } = nicepaySandboxSecret;
  const { billingPhone } = user;
  const merchantToken = accountBindingToken({ iMid, referenceNo, billingPhone }, merchantKey);
  const userToken = `token-${referenceNo}`;
  return post({ ...user, merchantToken, iMid, referenceNo, mitraCd: "KDVI", userToken });
}

const bindings = (): readonly Subject[] => [
  subject("registration of a binding", "nicepay/register-account-binding", async (n) =>
    post({ ...user, referenceNo: id("link", n), callBackUrl: "https://shop.example/bound" }),
  ),
  // Of the registration before.
  subject("notification of a binding", webhook, async (n) => notification(id("link", n))),
  subject("binding", "account-bindings/get", async (n) => ({
    method: "GET",
    path: { referenceNo: id("link", n) },
  })),
];

const looks = ({ done, debit, lost, customerId }: Shop): readonly Subject[] => [
  subject("record", "records/get", async (n) => {
    const body = await done(debitWallet, debit(id("debit", n)));
    return { method: "GET", path: { id: idOf(body) } };
  }),
  subject("list of what waits, empty", "records/list", async () => list({ state: "needs_attention" })),
  subject("list of a customer, ten rows", "records/list", async () => list({ customerId, limit: "10" })),
  subject("reconcile, nothing due", "reconcile", async () => undefined),
  subject("reconcile, one in doubt", "reconcile", async (n) => {
    await done(debitWallet, await lost(id("left.sandbox.reset-after", n)), 504);
    await sleep(20);
    return undefined;
  }),
];

function decisions({ done, lost }: Shop): readonly Subject[] {
  const decide = (id: string, body: object): Invocation => ({ method: "POST", path: { id }, body });
  const waiting = async (query: NonNullable<Invocation["query"]>): Promise<readonly string[]> => {
    const { result } = await done("records/list", list({ state: "needs_attention", ...query }));
    return (result as readonly { readonly id: string }[]).map(({ id }) => id);
  };
  return [
    subject("settled by hand", "records/resolve", async (n) => {
      // A notification of what nobody registered waits for a person.
      await done(webhook, notification(id("stray", n)));
      const [first = ""] = await waiting({});
      return decide(first, { outcome: "declined", reason: "Nobody registered it" });
    }),
    subject(
      "settled by hand, ten at once",
      "records/resolve",
      async (n) => {
        const strays = Array.from({ length: 10 }, (_, at) => id(`stray-${at}`, n));
        for (const each of strays) await done(webhook, notification(each));
        const ids = await waiting({ limit: "10" });
        return post({ ids, outcome: "declined", reason: "Nobody registered them" });
      },
      207,
    ),
    subject(
      "proposed by one person",
      "records/resolve",
      async (n) => {
        const stuck = await lost(id("stuck.sandbox.reset-after.sandbox.inquiry.http-502", n));
        await done(debitWallet, stuck, 504);
        await sleep(20);
        const body = await done(debitWallet, stuck, 504);
        return decide(idOf(body), { outcome: "not_executed", reason: "The provider's support says so" });
      },
      202,
    ),
  ];
}
