import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../support/aggrepay-gateway.ts";
import { echoForms } from "../support/echoes.ts";
import { expectNoEchoes } from "../support/no-echoes.ts";
import { type Peer, planted, refusal, reset, signed } from "../support/peer.ts";
import { started } from "../support/started.ts";
import { startWallets } from "../support/wallets.ts";

/**
 * A provider writes back what it was sent and what it has of ours, in every form of `echoForms` and in every place of its
 * replies, those to inquiries too. Answers, records, logs and events are searched for each form.
 */
const leaseMs = 4_900;
const env = {
  PROVIDER_TIMEOUT_MS: "700",
  FUNCTION_TIMEOUT_MS: "4800",
  LEASE_MS: String(leaseMs),
  QUIET_PERIOD_MS: "1",
  SCHEDULE_MS: "0",
};
/** What is sent, and what is echoed: a code is found by its length and by what stands around it. */
const secrets = { mpin: planted.mpin, short: "7391", apiKey: planted.apiKey, salt: planted.salt };
const customerId = "487420489";
const forms = Object.entries(echoForms);

const answers: string[] = [];
const { apiKey, salt } = planted;
const { gateway } = started({
  gateway: () => startWallets({ secrets: { aggrepay: { apiKey, salt } }, env }),
});

interface Told {
  readonly status: number;
  readonly body: {
    readonly result?: unknown;
    readonly record?: { readonly id: string; readonly state: string };
  };
}

async function told(answer: Promise<Answer>): Promise<Told> {
  const { headers, text } = await answer;
  answers.push(`${JSON.stringify([...headers])} ${text}`);
  return answer as Promise<unknown> as Promise<Told>;
}

const debit = (merchantTransactionId: string, mpin: string) =>
  told(
    gateway.call("aggrepay/debit-wallet", {
      ...{ fromCustomerId: customerId, amount: "5.00", mpin, merchantTransactionId },
    }),
  );

const view = (id = "") => told(gateway.get(`/v1/records/${id}`));

const eachSecret = Object.entries(secrets).map(([name, secret]) => ({
  name,
  secret,
  mpin: name === "short" ? secrets.short : secrets.mpin,
}));
/** Each form has another secret in each place; every secret in every form is what test/secrets/redaction.test.ts has. */
const secretOf = (turn: number) => eachSecret[turn % eachSecret.length] ?? { name: "", secret: "", mpin: "" };
const idOf = (place: string, name: string, form: number) => `${place}-${name}-${form}`;

const places: Readonly<Record<string, (echo: string) => Parameters<Peer["script"]>[0]>> = {
  "listed-text": (echo) => ({ debitwallet: refusal("INVALID-MPIN", `Not valid: ${echo}`) }),
  "unlisted-text": (echo) => ({ debitwallet: refusal("SOMETHING-NEW", echo) }),
  code: (echo) => ({ debitwallet: refusal(echo, "Refused.") }),
  id: (echo) => ({ debitwallet: signed({ transaction_id: echo }) }),
  "within-id": (echo) => ({ debitwallet: signed({ transaction_id: `TX.${echo}` }) }),
};

/** What the inquiry shows of a debit whose reply was lost, the echo in one of its fields. */
const shownWith = (id: string, field: string, echo: string) => ({
  transaction_id: 812377,
  merchant_transaction_id: id,
  transaction_type: "WALLET",
  payment_type: "DEBIT",
  amount: "5.00",
  balance: "95.00",
  time: "2020-01-01 10:00:00",
  transaction_status: "PAYMENT_SUCCESS",
  [field]: echo,
});
/** A row of this moment, on India's clock. */
const indiaNow = (): string => new Date(Date.now() + 19_800_000).toISOString().slice(0, 19).replace("T", " ");

/** What the last WARN line about that record's inquiries says; empty where there is none. */
function lastInquiryOf(record: string): string {
  const lines = gateway.logs().split("\n");
  const line = lines.findLast((each) => each.includes(record) && each.includes('"lastInquiry"')) ?? "";
  if (line === "") return "";
  const { level, lastInquiry } = JSON.parse(line.slice(line.indexOf("{")));
  return level === "WARN" ? String(lastInquiry) : "";
}

const inquiryFields = ["transaction_id", "transaction_status", "payment_type", "transaction_type"];

/** Debits whose reply is lost, by what is then shown of them. */
const inquired = forms.map(([, write], form) => {
  const { name, secret, mpin } = secretOf(form);
  const field = inquiryFields[Math.floor(form / 4) % inquiryFields.length] ?? "";
  return { id: idOf("inquiry", name, form), field, echo: write(secret), mpin };
});
const listed = ["transaction_id", "merchant_transaction_id"]
  .flatMap((field) => ["", "R1."].map((prefix) => ({ field, prefix })))
  .flatMap(({ field, prefix }, at) =>
    forms.map(([, write], form) => {
      const { name, secret, mpin } = secretOf(form + at);
      return { id: idOf(`row-${at}`, name, form), field, echo: `${prefix}${write(secret)}`, mpin };
    }),
  );
const plain = {
  ...{ id: "row-plain", field: "merchant_transaction_id" },
  ...{ echo: "Row.of-nobody_1", mpin: planted.mpin },
};

describe("a provider echoes", () => {
  beforeAll(async () => {
    gateway.peer.script({ debitwallet: reset });
    for (const { id, mpin } of [...inquired, ...listed, plain])
      expect((await debit(id, mpin)).status).toBe(504);
    await sleep(leaseMs + 100);
  });

  test("in the replies to inquiries", async () => {
    for (const [at, { id, field, echo, mpin }] of inquired.entries()) {
      const isRefused = at % 3 === 0;
      gateway.peer.script({
        fetchbymerchantransactionid: isRefused
          ? refusal("SOMETHING-NEW", `Debit ${echo}`)
          : signed(shownWith(id, field, echo)),
      });
      const { status, body } = await debit(id, mpin);
      expect(status).toBe(504);
      await view(body.record?.id);
    }
  }, 120_000);

  test("in the ids of the rows that a customer's list shows, which the line about an inquiry names", async () => {
    const page = { page_size: 100, page_number: 0, total_pages: 1, total_elements: 1 };
    const learned = new Map<string, string>();
    for (const { id, field, echo, mpin } of [...listed, plain]) {
      gateway.peer.script({
        fetchbymerchantransactionid: refusal(
          "INVALID-PARAMS",
          "The selected merchant transaction id is invalid.",
        ),
        fetchtransactions: signed([{ ...shownWith("another", field, echo), time: indiaNow() }], page),
      });
      const { status, body } = await debit(id, mpin);
      expect(status).toBe(504);
      const { id: record = "" } = body.record ?? {};
      await view(record);
      learned.set(id, lastInquiryOf(record));
    }
    // Each of them had a line, and what is no secret stands in it.
    expect([...learned.values()].filter((line) => line === "")).toEqual([]);
    expect(learned.get(plain.id)).toContain("id Row.of-nobody_1, 5.00, ");
  }, 120_000);

  test.each(
    Object.entries(places).map(([place, replies], at) => ({ place, replies, at })),
  )("in $place", async ({ place, replies, at }) => {
    for (const [form, [, write]] of forms.entries()) {
      const { name, secret, mpin } = secretOf(form + at);
      gateway.peer.script(replies(write(secret)));
      const { status, body } = await debit(idOf(place, name, form), mpin);
      // An id that holds a secret cannot be read: after a change that is doubt.
      expect(status).toBe(place === "listed-text" ? 422 : 504);
      await view(body.record?.id);
    }
  }, 120_000);

  test("and an id that holds a short MPIN by chance is kept as it is", async () => {
    for (const transaction_id of ["817391004512", "7391004512", "450073912", "TX17391"]) {
      gateway.peer.script({ debitwallet: signed({ transaction_id }) });
      const { status, body } = await debit(`chance-${transaction_id}`, secrets.short);
      expect(status).toBe(200);
      expect(body.result).toEqual({ transactionId: transaction_id });
      answers.pop();
    }
  });
});

expectNoEchoes(secrets, {
  ...{ gateway, answers, but: /"chance-/ },
  least: { answers: 500, items: 250, events: 200 },
});
