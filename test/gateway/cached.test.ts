import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type AggrepayGateway, fresh, startAggrepayGateway } from "../support/aggrepay-gateway.ts";
import { formOf, type Reply, reset, signed } from "../support/peer.ts";

let gateway: AggrepayGateway;
beforeAll(async () => {
  gateway = await startAggrepayGateway({ BACK_OFF_MS: "100" });
});
afterAll(() => gateway?.stop());

/** A whole reply, rightly signed, that a cache kept for so many seconds. */
const kept =
  (seconds: number, reply: Reply): Reply =>
  (response, request) => {
    response.setHeader("age", String(seconds));
    return reply(response, request);
  };
const success = signed({ transaction_id: 734203905 });
const debit = (merchantTransactionId: string) => () =>
  gateway.call("debit-wallet", {
    ...{ fromCustomerId: "546693304", amount: "5.00", mpin: "1234" },
    merchantTransactionId,
  });
const stateOf = ({ status, body }: Awaited<ReturnType<AggrepayGateway["call"]>>) => [
  status,
  (body.record as { readonly state?: string } | undefined)?.state,
];

/** The provider's row of a debit, and the list that has it alone. */
const rowOf = (id: string | undefined) => ({
  ...{ amount: "5.0", balance: 83, transaction_type: "C2M", payment_type: "DEBIT" },
  time: new Date(Date.now() + 5.5 * 3_600_000).toISOString().slice(0, 19).replace("T", " "),
  ...{
    transaction_id: 734203906,
    merchant_transaction_id: id ?? null,
    transaction_status: "PAYMENT_SUCCESS",
  },
});
const listOf = (id: string): Reply =>
  signed([rowOf(id)], { page_size: 100, page_number: 0, total_pages: 1, total_elements: 1 });

test("what a cache answers in place of the provider says nothing of a change", async () => {
  gateway.peer.script({ debitwallet: kept(1, success) });
  expect(stateOf(await debit(fresh())())).toEqual([504, "in_doubt"]);
  gateway.peer.script({ debitwallet: kept(0, success) });
  expect(stateOf(await debit(fresh())())).toEqual([200, "succeeded"]);
});

test("nor to an inquiry", async () => {
  const id = fresh();
  const shown: Reply = (response, request) =>
    signed(rowOf(formOf(request).merchant_transaction_id))(response, request);
  const script = { debitwallet: reset, fetchtransactions: listOf(id) };
  gateway.peer.script({ ...script, fetchbymerchantransactionid: kept(60, shown) });
  const send = debit(id);
  expect(stateOf(await send())).toEqual([504, "in_doubt"]);
  await vi.waitFor(
    async () => {
      expect(stateOf(await send())).toEqual([504, "in_doubt"]);
      expect(gateway.peer.requests.map(({ name }) => name)).toContain("fetchbymerchantransactionid");
    },
    { timeout: 20_000, interval: 200 },
  );
  gateway.peer.script({ ...script, fetchbymerchantransactionid: shown });
  await vi.waitFor(async () => expect(stateOf(await send())).toEqual([200, "succeeded"]), {
    timeout: 20_000,
    interval: 200,
  });
});
