import * as v from "valibot";
import { expect, test } from "vitest";
import { operation as registerBinding } from "../../functions/nicepay/register-account-binding.ts";
import { decisionForm } from "../../lib/operation/decision-form.ts";
import { moved } from "../../lib/providers/aggrepay/transactions.ts";
import { readNotification } from "../../lib/providers/nicepay/notification.ts";
import { isPlaceholder } from "../../lib/providers/placeholder.ts";
import { UnreadableReply } from "../../lib/providers/provider.ts";
import { Reader } from "../../lib/providers/reader.ts";
import { decodeJson } from "../../lib/signing/index.ts";

const reader = (value: unknown) => new Reader(decodeJson(JSON.stringify(value)), "", "+07:00");

const none = [
  ...[
    "PENDING",
    "undefined",
    "N/A",
    "n.a.",
    "none",
    "NaN",
    "-",
    "--",
    "null",
    "NULL",
    "(null)",
    "<null>",
    "nil",
    "_",
  ],
  ...[
    "0",
    "00",
    "0.0",
    "0000-0000",
    "false",
    "True",
    "not available",
    "Not_Found",
    "In Progress",
    "TBD",
    "?",
    "…",
  ],
  ...[
    "[object Object]",
    "[REDACTED]",
    "********1234",
    "98••••17",
    "XXXX-XXXX-1234",
    "xxxxxxxx",
    "####",
    "abc...xyz",
  ],
];
const some = [
  "887420489",
  "1234",
  "T-88/9",
  "PENDING-17",
  "null7",
  "a b",
  "10",
  "Ö1",
  "axxb",
  "na-1",
  "token-1",
  "T.1",
];

test.each(none)("%j is no transaction's id, neither of a reply nor by a person's word", (id) => {
  expect(isPlaceholder(id)).toBe(true);
  const sent = { merchantTransactionId: "m-1", amount: "5.00" };
  expect(() => moved(reader({ transaction_id: id }), sent)).toThrow(UnreadableReply);
  expect(() => reader({ secKey: id }).token("secKey")).toThrow(UnreadableReply);
  const said = { outcome: "succeeded", reason: "statement", transactionId: id };
  expect(v.safeParse(decisionForm, said).success).toBe(false);
});

test.each(some)("%j may be an id", (id) => {
  expect(isPlaceholder(id)).toBe(false);
  expect(moved(reader({ transaction_id: id }), { merchantTransactionId: "m-1" })).toEqual({
    transactionId: id,
  });
});

test("a number that is zero is no id either", () => {
  expect(() => reader({ customer_id: 0 }).id("customer_id")).toThrow(UnreadableReply);
  expect(reader({ customer_id: 10 }).id("customer_id")).toBe("10");
});

const notified = (more: object) => {
  const fields = {
    ...{ iMid: "IONPAYTEST", referenceNo: "link-1", billingPhone: "+6282112345678", merchantToken: "ab" },
    ...{ mitraCd: "KDVI", billingNm: "Budi", clientUserKey: "u-1", userToken: "token-1" },
  };
  const body = new TextEncoder().encode(JSON.stringify({ ...fields, ...more }));
  return readNotification(body, undefined).flat(2)[0];
};

test.each(none)("a notification with %j for its user token is not certain of it", (userToken) => {
  expect(notified({ userToken })?.odd.get("userToken")).toEqual(expect.any(String));
});

test("a notification's own token is certain, whatever stands for its tXid", () => {
  for (const tXid of ["null", "N/A", "undefined", "0"]) {
    const said = notified({ tXid });
    expect([said?.tXid, [...(said?.odd ?? [])]]).toEqual([undefined, []]);
  }
  expect(notified({ tXid: "IONPAYTEST0620210319" })?.tXid).toBe("IONPAYTEST0620210319");
});

const input = {
  referenceNo: "link-1",
  mitraCd: "KDVI",
  billingPhone: "+6282112345678",
  clientUserKey: "u-1",
};
const registered = (more: object) =>
  registerBinding.returns(
    reader({ redirectUrlHttp: "https://n.example/login", ...more }),
    input as never,
    {} as never,
  );

test("a registration is not bound by a placeholder", () => {
  expect(registered({ tXid: "null" }).tXid).toBe(null);
  expect(registered({ tXid: "T1" }).tXid).toBe("T1");
});
