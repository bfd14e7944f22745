import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type AggrepayGateway, startAggrepayGateway } from "../support/aggrepay-gateway.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import {
  formOf,
  hang,
  type PeerRequest,
  type Reply,
  refusal,
  signed,
  text,
  type Value,
} from "../support/peer.ts";
import { type Answer, walletOf } from "../support/sandbox-gateway.ts";
import { words } from "../support/words.ts";

/** Doubt from its beginning to its end, through the gateway as it runs: asked by repeats, or by the clock alone. */
const times = {
  PROVIDER_TIMEOUT_MS: "2500",
  FUNCTION_TIMEOUT_MS: "9000",
  LEASE_MS: "9500",
  QUIET_PERIOD_MS: "1000",
  BACK_OFF_MS: "300",
};
/** A little more than lease and quiet period together. */
const quietOverMs = 11_000;

/** To be called once the gateways stand, one after the other: too many cold starts at once would be all that is tested. */
const starts: (() => void)[] = [];
const startPauseMs = 60;

/** All scenarios of this file run at once, for most of them only wait: each is awaited by a test of its own. */
function atOnce(scenarios: Readonly<Record<string, () => Promise<void>>>): void {
  const running = new Map<string, Promise<void>>();
  for (const [name, run] of Object.entries(scenarios))
    starts.push(() => {
      const started = run();
      started.catch(() => undefined);
      running.set(name, started);
    });
  test.each(Object.entries(scenarios))("%s", (name, run) => {
    const started = running.get(name);
    running.delete(name);
    // One that is tried once more runs once more.
    return started ?? run();
  });
}

/** One whose provider is the sandbox, one whose provider is scripted; and one whose reconciler runs. */
let asked: Gateway;
let scripted: AggrepayGateway;
let timed: Gateway;
let timedDir: string;
const timedEnv = { ...times, SCHEDULE_MS: "1000" };
const wallet = patientWalletOf(() => asked);
const timedWallet = patientWalletOf(() => timed);
/** Customers of the first, and one of the last. */
let asha: string;
let ravi: string;
let tara: string;

beforeAll(async () => {
  timedDir = await mkdtemp(join(tmpdir(), "doubt-"));
  [asked, scripted, timed] = await Promise.all([
    startGateway({ env: { ...times, SCHEDULE_MS: "0" } }),
    startAggrepayGateway(times),
    startGateway({ env: timedEnv, dataDir: timedDir }),
  ]);
  [asha, ravi, tara] = await Promise.all([
    wallet.newCustomer(),
    wallet.newCustomer(),
    timedWallet.newCustomer(),
  ]);
  for (const start of starts) {
    start();
    await sleep(startPauseMs);
  }
});

afterAll(async () => {
  await Promise.all([asked?.stop(), scripted?.stop(), timed?.stop()]);
  await rm(timedDir, { recursive: true, force: true });
});

/** For operations that are tested alike: `<route>: <what>`. */
const forEach = <Each extends { readonly route: string }>(
  all: readonly Each[],
  what: string,
  run: (each: Each) => Promise<void>,
) => Object.fromEntries(all.map((each) => [`${each.route}: ${what}`, () => run(each)]));

/** On a busy machine a request may be put off before anything is written: its caller repeats it, as it is told to. */
async function patient(send: () => Promise<Answer>): Promise<Answer> {
  for (let each = 0; ; each += 1) {
    const answer = await send();
    if (answer.status !== 503 || answer.body.record || each === 20) return answer;
    await sleep(500);
  }
}

function patientWalletOf(gateway: () => Gateway) {
  const wallet = walletOf(gateway);
  const post: typeof wallet.post = (...given) => patient(() => wallet.post(...given));
  return { ...wallet, post };
}

/** Repeats a request for as long as its outcome is unknown; gives the first answer that is another, or the last one. */
async function repeated(send: () => Promise<Answer>, forMs = 25_000): Promise<Answer> {
  const until = Date.now() + forMs;
  for (;;) {
    const answer = await send();
    if (answer.status !== 504 || answer.body.record?.state === "needs_attention" || Date.now() > until)
      return answer;
    await sleep(500);
  }
}

/** What goes before: repeated until it is done. */
async function made(send: () => Promise<Answer>): Promise<Answer> {
  for (let each = 0; ; each += 1) {
    const answer = await send();
    if (answer.status === 200 || each === 40) return answer;
    await sleep(500);
  }
}

const about = ({ status, body }: Answer) => ({
  status,
  code: body.code,
  retry: body.retry,
  state: body.record?.state,
  attempt: body.record?.attempt,
});

const doubt = (attempt = 1) => ({
  status: 504,
  code: "outcome-unknown",
  retry: "same-identity",
  state: "in_doubt",
  attempt,
});
const needsAttention = (attempt = 1) => ({ ...doubt(attempt), state: "needs_attention" });
const taken = { code: "INVALID-PARAMS", message: "The merchant transaction id has already been taken." };
const notExecuted = {
  status: 502,
  code: "provider-fault",
  retry: "same-identity",
  state: "not_executed",
  attempt: 1,
};
const success = (attempt = 1) => ({
  status: 200,
  code: undefined,
  retry: undefined,
  state: "succeeded",
  attempt,
});

let count = 0;
const fresh = (marker = "") => {
  count += 1;
  return `d-${count}${marker && `.sandbox.${marker}`}`;
};

/**
 * An amount that nothing else in this file has. Two changes of one kind, customer and amount that are in doubt at once are a
 * person's: neither explains the row of the other.
 */
const ownAmount = (): string => {
  count += 1;
  return (count / 100 + 1).toFixed(2);
};

describe("at a provider that is there to be asked", () => {
  const moneys = [
    {
      route: "credit-wallet",
      path: "creditwallet",
      input: () => ({ toCustomerId: asha, amount: ownAmount(), pgTransactionId: fresh() }),
    },
    {
      route: "debit-wallet",
      path: "debitwallet",
      input: () => ({ fromCustomerId: asha, amount: ownAmount(), mpin: "1234" }),
    },
    {
      route: "wallet-to-wallet",
      path: "wallettowallet",
      input: () => ({ fromCustomerId: asha, toCustomerId: ravi, amount: ownAmount(), mpin: "1234" }),
    },
  ];
  type Money = (typeof moneys)[number];

  function moneyOf({ route, path, input }: Money, marker: string) {
    const id = fresh(marker);
    const given = { ...input(), merchantTransactionId: id };
    return {
      id,
      send: () => wallet.post(route, given),
      sent: async () => (await wallet.calls(path, { merchant_transaction_id: id })).length,
      effects: () => wallet.effects({ merchantTransactionId: id }),
    };
  }

  describe("about money", () => {
    atOnce({
      ...forEach(moneys, "done without a word, a repeat learns it", async (money) => {
        const { send, sent, effects } = moneyOf(money, "timeout-after");
        expect(about(await send())).toEqual(doubt());
        const learned = await repeated(send);
        expect(about(learned)).toEqual(success());
        const [effect, ...more] = await effects();
        expect(more).toEqual([]);
        expect(learned.body.result).toEqual({ transactionId: String(effect?.transactionId) });
        const again = await send();
        expect([again.status, again.replayed, again.text]).toEqual([200, true, learned.text]);
        expect([await sent(), (await effects()).length]).toEqual([1, 1]);
      }),

      ...forEach(moneys, "never done, it may be made again after the quiet period", async (money) => {
        const { send, sent, effects } = moneyOf(money, "once.timeout-before");
        expect(about(await send())).toEqual(doubt());
        expect(about(await send())).toEqual(doubt());
        expect(about(await repeated(send))).toEqual(notExecuted);
        expect([await sent(), (await effects()).length]).toEqual([1, 0]);
        const second = await send();
        expect(about(second)).toEqual(success(2));
        expect(second.replayed).toBe(false);
        expect([await sent(), (await effects()).length]).toEqual([2, 1]);
      }),

      ...forEach(moneys, "done late, it is waited for", async (money) => {
        const { send, sent, effects } = moneyOf(money, "timeout-late");
        expect(about(await send())).toEqual(doubt());
        expect(about(await repeated(send))).toEqual(success());
        expect([await sent(), (await effects()).length]).toEqual([1, 1]);
      }),

      ...forEach(moneys, "refused in words that nobody knows, it is declined in the end", async (money) => {
        const { send, sent, effects } = moneyOf(money, "unknown-code");
        const word = { code: "SOMETHING-NEW", message: "Something new happened" };
        const begun = await send();
        expect([about(begun), begun.body.provider]).toEqual([doubt(), word]);
        const learned = await repeated(send);
        expect(about(learned)).toEqual({
          status: 422,
          code: "declined",
          retry: "after-fix",
          state: "declined",
          attempt: 1,
        });
        expect(learned.body.provider).toEqual(word);
        const again = await send();
        expect([again.text, again.replayed]).toEqual([learned.text, true]);
        expect([await sent(), (await effects()).length]).toEqual([1, 0]);
      }),

      ...forEach(moneys, "refused in such words and done all the same, it succeeds", async (money) => {
        const { send, sent, effects } = moneyOf(money, "unknown-code-after");
        expect(about(await send())).toEqual(doubt());
        expect(about(await repeated(send))).toEqual(success());
        expect([await sent(), (await effects()).length]).toEqual([1, 1]);
      }),

      ...forEach(
        moneys,
        "taken on its second attempt and not to be found, it is a person's",
        async (money) => {
          const { id, send, sent, effects } = moneyOf(money, "once.hash-mismatch");
          expect((await send()).body.record?.state).toBe("not_executed");
          await wallet.arm("invalid-params-taken", money.path, { merchant_transaction_id: id });
          const second = await send();
          expect([about(second), second.body.provider]).toEqual([doubt(2), taken]);
          expect(about(await repeated(send))).toEqual(needsAttention(2));
          expect(about(await send())).toEqual(needsAttention(2));
          expect([await sent(), (await effects()).length]).toEqual([2, 0]);
        },
      ),

      ...forEach(moneys, "where nobody answers the question, it stays in doubt", async (money) => {
        const { send, sent } = moneyOf(money, "timeout-before.sandbox.inquiry.http-502");
        await send();
        await sleep(quietOverMs);
        expect(about(await send())).toEqual(doubt());
        expect(await sent()).toBe(1);
      }),

      ...Object.fromEntries(
        [
          ...words("reset-after http-500-after garbage truncated wrong-hash no-hash null-null-after"),
          ...words("invalid-input-after"),
        ].map((fault) => [
          `debit-wallet: done and spoiled by ${fault}, a repeat learns it`,
          async () => {
            const [, debit = moneys[0]] = moneys;
            const { send, sent, effects } = moneyOf(debit as Money, fault);
            expect(about(await send())).toEqual(doubt());
            expect(about(await repeated(send))).toEqual(success());
            expect([await sent(), (await effects()).length]).toEqual([1, 1]);
          },
        ]),
      ),

      "debit-wallet: 20 repeats of doubt at once move nothing": async () => {
        const { send, sent, effects } = moneyOf(moneys[1] as Money, "timeout-after");
        await send();
        const answers = await Promise.all(Array.from({ length: 20 }, send));
        for (const answer of answers) expect([200, 504]).toContain(answer.status);
        expect(about(await repeated(send))).toEqual(success());
        expect([await sent(), (await effects()).length]).toEqual([1, 1]);
      },
    });
  });

  describe("about a reversal", () => {
    async function debited() {
      const merchantTransactionId = fresh();
      const input = { fromCustomerId: asha, amount: "7.00", mpin: "1234", merchantTransactionId };
      expect((await made(() => wallet.post("debit-wallet", input))).status).toBe(200);
      return merchantTransactionId;
    }
    const reversalOf = (id: string, fault: string) => ({
      send: () =>
        wallet.post("debit-reversal", { merchantTransactionId: id, description: `sandbox.${fault}` }),
      sent: async () => (await wallet.calls("debitreversal", { merchant_transaction_id: id })).length,
      effects: () => wallet.effects({ merchantTransactionId: `${id}_REVERSAL` }),
    });

    atOnce({
      "done without a word, a repeat learns it": async () => {
        const id = await debited();
        const { send, sent, effects } = reversalOf(id, "timeout-after");
        expect(about(await send())).toEqual(doubt());
        const learned = await repeated(send);
        const [effect] = await effects();
        expect(about(learned)).toEqual(success());
        expect(learned.body.result).toEqual({
          merchantTransactionId: `${id}_REVERSAL`,
          transactionId: String(effect?.transactionId),
        });
        expect([await sent(), (await effects()).length]).toEqual([1, 1]);
      },

      "not found proves nothing: it stays in doubt, and is not made again": async () => {
        const stays = async (fault: string) => {
          const { send, sent } = reversalOf(await debited(), fault);
          expect(about(await send())).toEqual(doubt());
          await sleep(quietOverMs);
          for (let each = 0; each < 2; each += 1) expect(about(await send())).toEqual(doubt());
          expect(await sent()).toBe(1);
        };
        await Promise.all([stays("timeout-before"), stays("unknown-code")]);
      },

      "in doubt itself, it keeps its debit from being called not executed": async () => {
        const id = fresh();
        expect(about(await reversalOf(id, "timeout-before").send())).toEqual(doubt());
        const debit = () =>
          wallet.post("debit-wallet", {
            fromCustomerId: asha,
            amount: "8.00",
            mpin: "1234",
            merchantTransactionId: id,
            description: "sandbox.timeout-before",
          });
        expect(about(await debit())).toEqual(doubt());
        expect(about(await repeated(debit))).toEqual(needsAttention());
        expect(await wallet.calls("debitwallet", { merchant_transaction_id: id })).toHaveLength(1);
      },

      "of a debit in doubt is refused until the debit is known": async () => {
        const { id, send } = moneyOf(moneys[1] as Money, "timeout-after");
        await send();
        const reverse = () => wallet.post("debit-reversal", { merchantTransactionId: id });
        expect((await reverse()).status).toBe(409);
        expect((await repeated(send)).status).toBe(200);
        expect((await reverse()).status).toBe(200);
      },
    });
  });

  describe("about a customer or a sub merchant", () => {
    const person = { otp: "123456", lastName: "Rao", mpin: "1234" };
    async function registration(fault: string) {
      const mobileNumber = wallet.newMobile();
      const otp = { email: "ravi@example.com", mobileNumber };
      expect((await made(() => wallet.post("registration-otp", otp, randomUUID()))).status).toBe(200);
      const key = randomUUID();
      const input = { mobileNumber, firstName: `Ravi sandbox.${fault}`, ...person };
      return () => wallet.post("register-customer", input, key);
    }
    const shop = (name: string) => ({
      mobileNumber: "+919800000001",
      email: "shop@example.com",
      name,
      accountNumber: "00112233445566",
      accountName: "Shop",
      ifscCode: "HDFC0000001",
      bankName: "HDFC Bank",
      bankBranch: "Chennai",
    });
    const shopNamed = (name: string) => {
      const key = randomUUID();
      return () => wallet.post("add-sub-merchant", shop(name), key);
    };
    const keyed = (route: string, input: object) => {
      const key = randomUUID();
      return () => wallet.post(route, input, key);
    };

    atOnce({
      "register-customer: done without a word, a repeat learns it": async () => {
        const send = await registration("timeout-after");
        expect(about(await send())).toEqual(doubt());
        const learned = await repeated(send);
        expect(about(learned)).toEqual(success());
        const customerId = String(learned.body.result?.customerId);
        expect(await wallet.effects({ kind: "register", customerId })).toHaveLength(1);
      },

      "register-customer: never done, it may be made again after the quiet period": async () => {
        const send = await registration("once.timeout-before");
        expect(about(await send())).toEqual(doubt());
        expect(about(await repeated(send))).toEqual(notExecuted);
        expect(about(await send())).toEqual(success(2));
      },

      "add-sub-merchant: done without a word, a repeat learns it": async () => {
        const send = shopNamed("Done.sandbox.timeout-after");
        const before = (await wallet.effects({ kind: "sub-merchant" })).length;
        expect(about(await send())).toEqual(doubt());
        const learned = await repeated(send);
        expect(about(learned)).toEqual(success());
        expect(learned.body.result).toEqual({ subMerchantId: expect.stringMatching(/^\d+$/) as string });
        expect((await wallet.effects({ kind: "sub-merchant" })).length).toBeGreaterThan(before);
      },

      "add-sub-merchant: never done, it may be made again after the quiet period": async () => {
        const send = shopNamed("Again.sandbox.once.timeout-before");
        expect(about(await send())).toEqual(doubt());
        expect(about(await repeated(send))).toEqual(notExecuted);
        expect(about(await send())).toEqual(success(2));
      },

      "update-customer: what was sent being there confirms it": async () => {
        const send = keyed("update-customer", { customerId: ravi, description: "sandbox.timeout-after" });
        expect(about(await send())).toEqual(doubt());
        const learned = await repeated(send);
        expect([about(learned), learned.body.result]).toEqual([success(), { updated: true }]);
      },

      "update-customer: its not being there proves nothing, and is a person's": async () => {
        const send = keyed("update-customer", { customerId: ravi, city: "sandbox.timeout-before" });
        expect(about(await send())).toEqual(doubt());
        expect(about(await repeated(send))).toEqual(needsAttention());
      },

      "customer-status: what was asked for being so confirms it": async () => {
        const customerId = await wallet.newCustomer();
        const match = { customer_id: customerId, customer_active: "n" };
        await wallet.arm("timeout-after", "customerstatus", match);
        const send = keyed("customer-status", { customerId, customerActive: false });
        expect(about(await send())).toEqual(doubt());
        const learned = await repeated(send);
        expect([about(learned), learned.body.result]).toEqual([
          success(),
          { customerId, customerActive: false },
        ]);
        expect(await wallet.calls("customerstatus", match)).toHaveLength(1);
      },

      "customer-status: its not being so proves nothing, and is a person's": async () => {
        const customerId = await wallet.newCustomer();
        const match = { customer_id: customerId, customer_active: "n" };
        await wallet.arm("timeout-before", "customerstatus", match);
        const send = keyed("customer-status", { customerId, customerActive: false });
        expect(about(await send())).toEqual(doubt());
        expect(about(await repeated(send))).toEqual(needsAttention());
        expect(await wallet.calls("customerstatus", match)).toHaveLength(1);
      },

      ...forEach(
        [
          { route: "customer-otp", path: "customerotp", input: {} },
          { route: "forgot-mpin", path: "forgotmpin", input: { otp: "123456", newMpin: "4321" } },
          { route: "change-mpin", path: "changempin", input: { oldMpin: "1234", newMpin: "4321" } },
        ],
        "nothing can be asked, so it is a person's once its lease has ended",
        async ({ route, path, input }) => {
          const customerId = await wallet.newCustomer();
          await wallet.arm("timeout-after", path, { customer_id: customerId });
          const send = keyed(route, { customerId, ...input });
          expect(about(await send())).toEqual(doubt());
          expect(about(await repeated(send))).toEqual(needsAttention());
          expect(await wallet.calls(path, { customer_id: customerId })).toHaveLength(1);
        },
      ),

      "registration-otp: nothing can be asked, so it is a person's once its lease has ended": async () => {
        const email = "otp.sandbox.timeout-after@example.com";
        const send = keyed("registration-otp", { email, mobileNumber: wallet.newMobile() });
        expect(about(await send())).toEqual(doubt());
        expect(about(await repeated(send))).toEqual(needsAttention());
      },
    });
  });
});

describe("at a provider that shows something else", () => {
  const india = (at: number) => new Date(at + 5.5 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");
  const minute = 60_000;
  type Row = Readonly<Record<string, Value>>;
  const rowOf = (id: string | null, more: Row = {}): Row => ({
    amount: "5.0",
    balance: 83,
    transaction_type: "C2M",
    payment_type: "DEBIT",
    time: india(Date.now()),
    transaction_id: 734203905,
    merchant_transaction_id: id,
    transaction_status: "PAYMENT_SUCCESS",
    ...more,
  });

  const notFound = refusal("INVALID-PARAMS", "The selected merchant transaction id is invalid.");
  const lost: Reply = hang;

  /** What the provider answers about each identity and each customer; each scenario has its own. */
  const debits = new Map<string, Reply>();
  const shown = new Map<string, Reply>();
  const lists = new Map<string, (page: number, size: number) => Reply>();
  const listing =
    (...rows: readonly Row[]) =>
    (page: number, size: number): Reply =>
      signed(rows.slice(page * size, (page + 1) * size), {
        page_size: size,
        page_number: page,
        total_pages: Math.ceil(rows.length / size),
        total_elements: rows.length,
      });
  const none = signed(null, { page_size: 100, page_number: 0, total_pages: 0, total_elements: 0 });
  const by =
    (
      field: string,
      find: (value: string, form: Readonly<Record<string, string>>) => Reply | undefined,
    ): Reply =>
    (response, request) => {
      const form = formOf(request);
      (find(form[field] ?? "", form) ?? text("", 500))(response, request);
    };

  starts.push(() =>
    scripted.peer.script({
      debitwallet: by("merchant_transaction_id", (id) => debits.get(id) ?? lost),
      fetchbymerchantransactionid: by("merchant_transaction_id", (id) => shown.get(id) ?? notFound),
      fetchtransactions: by("customer_id", (id, form) =>
        lists.get(id)?.(Number(form.page_number), Number(form.page_size)),
      ),
      customerstatus: by("customer_id", (id, form) =>
        form.customer_active === undefined ? lists.get(id)?.(0, 0) : lost,
      ),
      updatecustomer: lost,
      fetchcustomerdetail: by("customer_id", (id) => lists.get(id)?.(0, 0)),
    }),
  );

  const callScripted = (...given: Parameters<AggrepayGateway["call"]>) =>
    patient(async () => (await scripted.call(...given)) as unknown as Answer);

  function debit() {
    const id = fresh();
    count += 1;
    const customerId = String(600_000_000 + count);
    const input = { fromCustomerId: customerId, amount: "5.00", mpin: "1234", merchantTransactionId: id };
    return {
      id,
      customerId,
      send: () => callScripted("debit-wallet", input),
      sent: () =>
        scripted.peer.requests.filter(
          (request: PeerRequest) =>
            request.name === "debitwallet" && formOf(request).merchant_transaction_id === id,
        ).length,
    };
  }

  const failureOf = async (answer: Answer) =>
    JSON.parse(
      (await scripted.recordOf(answer as unknown as Parameters<typeof scripted.recordOf>[0])).failure?.S ??
        "{}",
    ) as { readonly detail: string; readonly provider?: object };

  const contradictions: Readonly<Record<string, (id: string) => Row>> = {
    "another amount": (id) => rowOf(id, { amount: "5.01" }),
    "the other kind of payment": (id) => rowOf(id, { payment_type: "CREDIT" }),
    "another status": (id) => rowOf(id, { transaction_status: "PAYMENT_FAILED" }),
    "a time before the attempt": (id) => rowOf(id, { time: india(Date.now() - 6 * minute) }),
    "an id in other letters": (id) => rowOf(id.toUpperCase()),
    "no id": () => rowOf(null),
  };

  const agreeing: Readonly<Record<string, Row>> = {
    "an amount that is a number": { amount: 5 },
    "an amount with more places": { amount: "5.0000" },
    "a clock that is behind by less than five minutes": { time: india(Date.now() - 4 * minute) },
    "a clock that is ahead": { time: india(Date.now() + 60 * minute) },
  };

  /** Rows of the customer's list that are not this debit. */
  const explained: Readonly<Record<string, Row>> = {
    "another amount": rowOf(null, { amount: "5.01" }),
    "the other kind": rowOf(null, { payment_type: "CREDIT" }),
    "an older time": rowOf(null, { time: india(Date.now() - 26 * 60 * minute) }),
  };

  describe("about a debit whose reply was lost", () => {
    atOnce({
      ...Object.fromEntries(
        Object.entries(contradictions).map(([what, row]) => [
          `under its id with ${what}: a person's, who sees both sides`,
          async () => {
            const { id, customerId, send, sent } = debit();
            const word = { code: "SOMETHING-NEW", message: "What is this?" };
            debits.set(id, refusal(word.code, word.message));
            shown.set(id, signed(row(id)));
            lists.set(customerId, listing(row(id)));
            const begun = await send();
            expect(about(begun)).toEqual(doubt());
            const before = await failureOf(begun);
            const learned = await repeated(send);
            expect(about(learned)).toEqual(needsAttention());
            const after = await failureOf(learned);
            expect(after.detail.startsWith(before.detail)).toBe(true);
            expect(after.detail.length).toBeGreaterThan(before.detail.length);
            expect(after.provider).toEqual(word);
            expect(sent()).toBe(1);
          },
        ]),
      ),

      ...Object.fromEntries(
        Object.entries(agreeing).map(([what, more]) => [
          `under its id with ${what}: it succeeded`,
          async () => {
            const { id, customerId, send, sent } = debit();
            shown.set(id, signed(rowOf(id, more)));
            lists.set(customerId, listing(rowOf("later", { transaction_id: 1 }), rowOf(id, more)));
            expect(about(await send())).toEqual(doubt());
            const learned = await repeated(send);
            expect([about(learned), learned.body.result]).toEqual([
              success(),
              { transactionId: "734203905" },
            ]);
            expect(sent()).toBe(1);
          },
        ]),
      ),

      "under its id and not in the customer's list: in doubt, until it is": async () => {
        const { id, customerId, send, sent } = debit();
        shown.set(id, signed(rowOf(id)));
        lists.set(customerId, listing(rowOf(id, { transaction_id: 734203906 })));
        await send();
        await sleep(quietOverMs);
        expect(about(await send())).toEqual(doubt());
        lists.set(customerId, listing(rowOf(id)));
        expect(about(await repeated(send))).toEqual(success());
        expect(sent()).toBe(1);
      },

      "under its id, deep in the customer's list: found on its third page": async () => {
        const { id, customerId, send } = debit();
        const newer = Array.from({ length: 250 }, (_, at) => rowOf(`n-${at}`, { transaction_id: at + 1 }));
        shown.set(id, signed(rowOf(id)));
        lists.set(customerId, listing(...newer, rowOf(id)));
        await send();
        expect(about(await repeated(send))).toEqual(success());
      },

      "nowhere under its id, and a row that could be it: a person's": async () => {
        const { customerId, send, sent } = debit();
        lists.set(customerId, listing(rowOf(null)));
        await send();
        expect(about(await repeated(send))).toEqual(needsAttention());
        expect(sent()).toBe(1);
      },

      "nowhere under its id, and a row under another id that no record of ours has: a person's, named":
        async () => {
          const { customerId, send, sent } = debit();
          lists.set(customerId, listing(rowOf("other")));
          await send();
          const learned = await repeated(send);
          expect(about(learned)).toEqual(needsAttention());
          expect((await failureOf(learned)).detail).toMatch(
            /transaction 734203905, id other, 5\.00?, \d{4}-/,
          );
          expect(sent()).toBe(1);
        },

      "nowhere under its id, and such a row on the second page: a person's": async () => {
        const { customerId, send } = debit();
        const newer = Array.from({ length: 100 }, (_, at) => rowOf(`n-${at}`, { transaction_id: at + 1 }));
        lists.set(customerId, listing(...newer, rowOf(null)));
        await send();
        expect(about(await repeated(send))).toEqual(needsAttention());
      },

      "nowhere under its id, and such a row on the second page of a provider that gives 50 at most":
        async () => {
          const { customerId, send } = debit();
          const newer = Array.from({ length: 50 }, (_, at) => rowOf(`n-${at}`, { transaction_id: at + 1 }));
          lists.set(customerId, (page) => listing(...newer, rowOf(null))(page, 50));
          await send();
          expect(["in_doubt", "needs_attention"]).toContain((await repeated(send, 9_000)).body.record?.state);
        },

      ...Object.fromEntries(
        Object.entries(explained).map(([what, row]) => [
          `nowhere under its id, and a row of ${what}: not executed`,
          async () => {
            const { customerId, send, sent } = debit();
            lists.set(customerId, listing(row));
            await send();
            expect(about(await repeated(send))).toEqual(notExecuted);
            expect(sent()).toBe(1);
          },
        ]),
      ),

      ...Object.fromEntries(
        Object.entries({
          "not found in other words": refusal("INVALID-PARAMS", "The selected customer id is invalid."),
          "not found under another code": refusal(
            "INVALID-INPUT-DATA",
            "The selected merchant transaction id is invalid.",
          ),
          "not found, with HTTP 500": refusal(
            "INVALID-PARAMS",
            "The selected merchant transaction id is invalid.",
            500,
          ),
          "data and error both null": text('{"data":null,"error":null,"page":null,"hash":null}'),
          "a wrong hash": signed(rowOf("x"), null, { salt: "another" }),
        }).map(([what, reply]) => [
          `${what}: proves nothing`,
          async () => {
            const { id, customerId, send, sent } = debit();
            shown.set(id, reply);
            lists.set(customerId, () => none);
            await send();
            await sleep(quietOverMs);
            expect(about(await send())).toEqual(doubt());
            expect(sent()).toBe(1);
          },
        ]),
      ),

      "a list that cannot be had: proves nothing": async () => {
        const { send, sent } = debit();
        await send();
        await sleep(quietOverMs);
        expect(about(await send())).toEqual(doubt());
        expect(sent()).toBe(1);
      },

      ...Object.fromEntries(
        [
          ["in words that nobody knows", "SOMETHING-NEW", "What is this?", "declined"],
          ["in words that are hidden", "SOMETHING-NEW", "Pending, of 1-2-3-4", "in_doubt"],
          ["with a text for a code", "Job a1b2c3d4e5f6 is still pending", "", "in_doubt"],
        ].map(([what, code = "", message = "", state]) => [
          `refused ${what} and not there: ${state}`,
          async () => {
            const { id, customerId, send, sent } = debit();
            lists.set(customerId, () => none);
            debits.set(id, refusal(code, message));
            expect(about(await send())).toEqual(doubt());
            await sleep(quietOverMs);
            expect((await send()).body.record?.state).toBe(state);
            expect(sent()).toBe(1);
          },
        ]),
      ),

      "taken on its second attempt, and there by our first: it succeeded": async () => {
        const { id, customerId, send, sent } = debit();
        lists.set(customerId, () => none);
        expect(about(await send())).toEqual(doubt());
        expect(about(await repeated(send))).toEqual(notExecuted);
        // The first one lands after all that waiting.
        shown.set(id, signed(rowOf(id)));
        lists.set(customerId, listing(rowOf(id)));
        debits.set(id, refusal(taken.code, taken.message));
        expect(about(await send())).toEqual(doubt(2));
        expect(about(await repeated(send))).toEqual(success(2));
        expect(sent()).toBe(2);
      },

      "taken on its second attempt, and there by somebody's earlier one: a person's": async () => {
        const { id, customerId, send } = debit();
        debits.set(id, refusal("HASH-MISMATCH", "Hash Mismatch"));
        expect((await send()).body.record?.state).toBe("not_executed");
        debits.set(id, refusal(taken.code, taken.message));
        const row = rowOf(id, { time: india(Date.now() - 60 * minute) });
        shown.set(id, signed(row));
        lists.set(customerId, listing(row));
        expect(about(await send())).toEqual(doubt(2));
        expect(about(await repeated(send))).toEqual(needsAttention(2));
      },
    });
  });

  describe("about another customer", () => {
    const stranger = "546693305";
    atOnce({
      "customer-status: confirms nothing": async () => {
        const customerId = String(700_000_001);
        lists.set(customerId, () => signed({ customer_id: stranger, customer_active: "n" }));
        const key = randomUUID();
        const send = () => callScripted("customer-status", { customerId, customerActive: false }, { key });
        expect(about(await send())).toEqual(doubt());
        expect(about(await send())).toEqual(doubt());
      },
      "update-customer: confirms nothing": async () => {
        const customerId = String(700_000_002);
        lists.set(customerId, () => signed({ customer_id: stranger, city: "Pune" }));
        const key = randomUUID();
        const send = () => callScripted("update-customer", { customerId, city: "Pune" }, { key });
        expect(about(await send())).toEqual(doubt());
        expect(about(await send())).toEqual(doubt());
      },
    });
  });
});

describe("that nobody asks about but the clock", () => {
  const debitOf = (id: string) => ({
    fromCustomerId: tara,
    amount: ownAmount(),
    mpin: "1234",
    merchantTransactionId: id,
  });
  const becomes = (identity: string, state: string) =>
    vi.waitFor(
      async () => {
        const [record] = await timedWallet.records(identity);
        expect(record?.state?.S).toBe(state);
        return record;
      },
      { timeout: 25_000, interval: 300 },
    );
  const sent = async (id: string) =>
    (await timedWallet.calls("debitwallet", { merchant_transaction_id: id })).length;

  describe("while the host runs", () => {
    atOnce({
      "what was done succeeds, and a repeat is answered from the record": async () => {
        const id = fresh("timeout-after");
        const debit = debitOf(id);
        expect(about(await timedWallet.post("debit-wallet", debit))).toEqual(doubt());
        const record = await becomes(id, "succeeded");
        expect([record?.shard, record?.due, record?.failure]).toEqual([undefined, undefined, undefined]);
        const [effect] = await timedWallet.effects({ merchantTransactionId: id });
        const repeat = await timedWallet.post("debit-wallet", debit);
        expect([about(repeat), repeat.replayed]).toEqual([success(), true]);
        expect(repeat.body.result).toEqual({ transactionId: String(effect?.transactionId) });
        expect(await sent(id)).toBe(1);
      },

      "what was not done may be made again": async () => {
        const id = fresh("once.timeout-before");
        const debit = debitOf(id);
        await timedWallet.post("debit-wallet", debit);
        await becomes(id, "not_executed");
        expect(await sent(id)).toBe(1);
        expect(about(await timedWallet.post("debit-wallet", debit))).toEqual(success(2));
        expect(await timedWallet.effects({ merchantTransactionId: id })).toHaveLength(1);
      },

      "what was refused in words that nobody knows is declined": async () => {
        const id = fresh("unknown-code");
        await timedWallet.post("debit-wallet", debitOf(id));
        await becomes(id, "declined");
        expect(await sent(id)).toBe(1);
      },

      "what cannot be asked about is a person's": async () => {
        const customerId = await timedWallet.newCustomer();
        await timedWallet.arm("timeout-after", "changempin", { customer_id: customerId });
        const key = randomUUID();
        const input = { customerId, oldMpin: "1234", newMpin: "4321" };
        expect(about(await timedWallet.post("change-mpin", input, key))).toEqual(doubt());
        await becomes(key, "needs_attention");
        expect(about(await timedWallet.post("change-mpin", input, key))).toEqual(needsAttention());
      },
    });
  });

  test("also where the host was killed with the debit on its way", async () => {
    const id = fresh("slow");
    const lost = timedWallet.post("debit-wallet", debitOf(id)).catch(() => undefined);
    await vi.waitFor(async () => expect(await sent(id)).toBe(1), { timeout: 5_000 });
    await timed.kill("SIGKILL");
    await lost;
    timed = await startGateway({ env: timedEnv, dataDir: timedDir });
    await becomes(id, "succeeded");
    expect(await sent(id)).toBe(0);
    expect(await timedWallet.effects({ merchantTransactionId: id })).toHaveLength(1);
  });
});
