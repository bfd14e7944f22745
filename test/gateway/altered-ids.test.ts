import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { type Answer, walletOf } from "../support/sandbox-gateway.ts";

/**
 * The provider keeps a merchantTransactionId in another form than it was sent in, and the reply of the debit is lost. It then
 * answers "no such id" and lists the debit under another id, so only a person can tell what happened.
 */
const times = {
  PROVIDER_TIMEOUT_MS: "1500",
  FUNCTION_TIMEOUT_MS: "6500",
  LEASE_MS: "7000",
  QUIET_PERIOD_MS: "1000",
  BACK_OFF_MS: "300",
  SCHEDULE_MS: "1000",
};
/** Lease, quiet period and some turns of the reconciler, on a busy machine. */
const settledWithinMs = 60_000;

const forms = {
  "id-cut": (id: string) => id.slice(0, 50),
  "id-lower": (id: string) => id.toLowerCase(),
  "id-stripped": (id: string) => id.replaceAll(".", "").replaceAll("-", ""),
  "id-prefixed": (id: string) => `MERCHANT7_${id}`,
  "id-suffixed": (id: string) => `${id}-01`,
  "id-hashed": (id: string) => createHash("sha256").update(id).digest("hex").slice(0, 32),
};
type Form = keyof typeof forms;
const formNames = Object.keys(forms) as Form[];

interface Detail {
  readonly id: string;
  readonly state: string;
  readonly waits: string | null;
  readonly provedBy: string | null;
  readonly failure: { readonly detail: string } | null;
  readonly lastInquiry: { readonly learned: string } | null;
}

let count = 0;
/** 64 characters of every kind that an id may have. */
const longId = () => {
  count += 1;
  return `Order.A-b_${count}.${"kZ.9-".repeat(12)}`.slice(0, 64);
};
/** Another id that only its end tells from it: cut, they are one. */
const twinOf = (id: string) => `${id.slice(0, -2)}-B`;

interface Debit {
  readonly id: string;
  readonly amount: string;
  readonly send: () => Promise<Answer>;
  readonly detail: () => Promise<Detail>;
  readonly effects: () => Promise<readonly Effect[]>;
  readonly sent: () => Promise<number>;
}
interface Effect {
  readonly transactionId: number | null;
  readonly at: number;
}

function debitsOf(gateway: () => Gateway) {
  const wallet = walletOf(gateway);
  const found = async (id: string): Promise<Detail> => {
    const { body } = await walletGet(gateway(), `/v1/records/${id}`);
    return body.record as unknown as Detail;
  };
  return {
    wallet,
    debit(customer: string, amount: string, id = longId()): Debit {
      const input = { fromCustomerId: customer, amount, mpin: "1234", merchantTransactionId: id };
      const send = () => wallet.post("debit-wallet", input);
      return {
        id,
        amount,
        send,
        detail: async () => found((await send()).body.record?.id ?? ""),
        effects: async () =>
          (await wallet.effects({ merchantTransactionId: id })) as unknown as readonly Effect[],
        sent: async () => (await wallet.calls("debitwallet", { merchant_transaction_id: id })).length,
      };
    },
    /** The reply is lost, after the debit or before it; the provider keeps the id in that form. */
    async lost({ id, send }: Debit, fault: "reset-after" | "reset-before", form?: Form): Promise<string> {
      const match = { merchant_transaction_id: id };
      if (form !== undefined) await wallet.arm(form, "debitwallet", match);
      await wallet.arm(fault, "debitwallet", match);
      const answer = await send();
      expect([answer.status, answer.body.record?.state]).toEqual([504, "in_doubt"]);
      return answer.body.record?.id ?? "";
    },
    /** What the reconciler makes of it, without a repeat: one that comes after `not_executed` is a new attempt. */
    async settled(record: string): Promise<Detail> {
      const until = Date.now() + settledWithinMs;
      for (;;) {
        const detail = await found(record);
        if (!["dispatched", "in_doubt"].includes(detail.state) || Date.now() > until) return detail;
        await sleep(500);
      }
    },
  };
}

async function walletGet(gateway: Gateway, path: string): Promise<{ readonly body: Answer["body"] }> {
  const response = await fetch(`${gateway.url}${path}`);
  return { body: (await response.json()) as Answer["body"] };
}

/** Each caller does what it is told: the same request again, for as long as its outcome is in doubt. */
async function repeated({ send }: Debit): Promise<Answer> {
  const until = Date.now() + settledWithinMs;
  for (;;) {
    const answer = await send();
    const isOpen = answer.body.record?.state === "in_doubt" || answer.status === 409;
    if (!isOpen || Date.now() > until) return answer;
    await sleep(500);
  }
}

const about = ({ status, body }: Answer) => ({
  status,
  code: body.code,
  state: body.record?.state,
  attempt: body.record?.attempt,
});
const aPersons = { status: 504, code: "outcome-unknown", state: "needs_attention", attempt: 1 };

let unknown: Gateway;
let known: Gateway;
const plain = debitsOf(() => unknown);
const milder = debitsOf(() => known);

beforeAll(async () => {
  [unknown, known] = await Promise.all([
    startGateway({ env: times }),
    startGateway({ env: { ...times, AGGREPAY_IDS_KEPT: "73" } }),
  ]);
});

afterAll(() => Promise.all([unknown?.stop(), known?.stop()]));

/** One by one they would wait for their quiet periods one by one: all of them begin before the first is looked at. */
const begun = new Map<string, readonly Debit[]>();
const debitsOfScenario = (name: string): readonly Debit[] => begun.get(name) ?? [];

beforeAll(async () => {
  for (const [on, prefix] of [
    [plain, "unknown"],
    [milder, "known"],
  ] as const)
    for (const form of formNames) {
      const customer = await on.wallet.newCustomer();
      const alone = on.debit(customer, "99.25");
      await on.lost(alone, "reset-after", form);
      begun.set(`${prefix} ${form} alone`, [alone]);
      const id = longId();
      const pair = [on.debit(customer, "41.50", id), on.debit(customer, "41.50", twinOf(id))] as const;
      await on.lost(pair[0], "reset-after", form);
      await on.lost(pair[1], "reset-before", form);
      begun.set(`${prefix} ${form} pair`, pair);
    }
});

/** That the sentence is enough to find the row: the provider's transaction, its id as it is kept, amount and time. */
async function expectRowNamed(debit: Debit, done: Debit, form: Form): Promise<void> {
  const [effect] = await done.effects();
  const detail = await debit.detail();
  expect([detail.state, detail.waits]).toEqual(["needs_attention", "person"]);
  const row = /lists a row that could be it: transaction (\S+), id (\S+), (\S+), (\S+)\.$/;
  for (const sentence of [detail.failure?.detail, detail.lastInquiry?.learned]) {
    const [, transaction, id, amount, time = ""] = row.exec(sentence ?? "") ?? [];
    expect([transaction, id]).toEqual([String(effect?.transactionId), forms[form](done.id)]);
    expect(Number(amount)).toBe(Number(debit.amount));
    expect(Date.parse(time)).toBe(Math.floor((effect?.at ?? 0) / 1000) * 1000);
  }
}

describe.each([
  ["unknown", "how ids are kept is not known"],
  ["known", "ids are said to be kept, and are not"],
])("gateway %s, where %s", (prefix) => {
  test.each(formNames)("%s: a debit whose reply is lost moves once, and is a person's", async (form) => {
    const [debit] = debitsOfScenario(`${prefix} ${form} alone`) as [Debit];
    expect(about(await repeated(debit))).toEqual(aPersons);
    for (let again = 0; again < 3; again += 1) expect(about(await debit.send())).toEqual(aPersons);
    expect([await debit.sent(), (await debit.effects()).length]).toEqual([1, 1]);
    await expectRowNamed(debit, debit, form);
  });

  test.each(formNames)("%s: of two equal debits in doubt at once neither is debited again", async (form) => {
    const pair = debitsOfScenario(`${prefix} ${form} pair`) as [Debit, Debit];
    const answers = await Promise.all(pair.map(repeated));
    expect(answers.map(about)).toEqual([aPersons, aPersons]);
    for (const debit of pair) expect(about(await debit.send())).toEqual(aPersons);
    const [done, lost] = pair;
    expect([await done.sent(), (await done.effects()).length]).toEqual([1, 1]);
    expect([await lost.sent(), (await lost.effects()).length]).toEqual([1, 0]);
    await expectRowNamed(done, done, form);
    await expectRowNamed(lost, done, form);
  });
});

test("a person who has found the row says so, and the caller learns it", async () => {
  const [debit] = debitsOfScenario("unknown id-cut alone") as [Debit];
  await repeated(debit);
  const [effect] = await debit.effects();
  const transactionId = String(effect?.transactionId);
  const { id } = await debit.detail();
  const decided = await fetch(`${unknown.url}/v1/records/${id}/resolve`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ outcome: "succeeded", reason: "Shown by the provider", transactionId }),
  });
  expect(decided.status).toBe(200);
  const answer = await debit.send();
  expect([answer.status, answer.body.result]).toEqual([200, { transactionId }]);
  expect([await debit.sent(), (await debit.effects()).length]).toEqual([1, 1]);
});

describe("ids that are kept as they were sent: of two equal debits in doubt one happened", () => {
  /** Both, and the records of both as the reconciler settles them. */
  async function pairOn(on: typeof plain) {
    const customer = await on.wallet.newCustomer();
    const id = longId();
    const [done, lost] = [on.debit(customer, "7.75", id), on.debit(customer, "7.75", twinOf(id))] as const;
    const records = [await on.lost(done, "reset-after"), await on.lost(lost, "reset-before")];
    const settled = await Promise.all(records.map(on.settled));
    expect([(await done.effects()).length, (await lost.effects()).length]).toEqual([1, 0]);
    return { done, lost, settled: settled.map(({ state, provedBy }) => [state, provedBy]) };
  }

  test("while that is not known, its row explains nothing, and the other is a person's", async () => {
    const { lost, settled } = await pairOn(plain);
    expect(settled).toEqual([
      ["succeeded", "inquiry"],
      ["needs_attention", null],
    ]);
    expect(about(await lost.send())).toEqual(aPersons);
    expect((await lost.effects()).length).toBe(0);
  });

  test("once it is known, its record explains its row, and the other may be made again", async () => {
    const { done, lost, settled } = await pairOn(milder);
    expect(settled).toEqual([
      ["succeeded", "inquiry"],
      ["not_executed", null],
    ]);
    const again = await lost.send();
    expect([again.status, again.body.record?.attempt]).toEqual([200, 2]);
    expect([(await done.effects()).length, (await lost.effects()).length]).toEqual([1, 1]);
  });
});
