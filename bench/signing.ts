import { hash } from "node:crypto";
import { type Field, openAggrepayReply, signAggrepay } from "../lib/signing/index.ts";
import { phpJson, replyHash } from "../local/sandbox/aggrepay/signature.ts";
import { median, ratio } from "./figures.ts";
import type { Part, Scale } from "./scale.ts";
import type { World } from "./world.ts";

const secret = { apiKey: "bench-api-key", salt: "bench-salt" };
const fields: readonly Field[] = [
  ["amount", "120.50"],
  ["from_customer_id", "487420489"],
  ["merchant_transaction_id", "8f14e45f-ceea-467f-a7a1-5c1d2b3a4f10"],
  ["mpin", "1234"],
];
const signedText = [secret.salt, ...[...fields.map(([, value]) => value), secret.apiKey].toSorted()].join(
  "|",
);

const statement = (() => {
  const data = Array.from({ length: 100 }, (_, index) => ({
    transaction_id: `9${index}`.padEnd(12, "0"),
    merchant_transaction_id: `order-${index}`,
    amount: "120.50",
    payment_type: "DEBIT",
    status: "PAYMENT_SUCCESS",
    created_at: "2026-11-28 15:40:11",
    description: "Groceries, fruit & vegetables / No. 7",
  }));
  const page = { page_number: "0", page_size: "100", total_pages: "1", total_elements: "100" };
  const reply = { data, error: null, page };
  return Buffer.from(phpJson({ ...reply, hash: replyHash(reply, secret.salt) }));
})();

/** Each next to the least that could be done instead. */
const pairs: Readonly<Record<string, readonly [() => unknown, () => unknown]>> = {
  "check of a statement of 100 rows, next to JSON.parse": [
    () => openAggrepayReply(statement, [secret.salt]),
    () => JSON.parse(statement.toString("utf8")),
  ],
  "signed request of a debit, next to its hash and form alone": [
    () => signAggrepay(secret, fields),
    () => {
      const fit = hash("sha512", signedText).toUpperCase();
      return String(
        new URLSearchParams([["api_key", secret.apiKey], ...fields, ["hash", fit]] as [string, string][]),
      );
    },
  ],
};

/** Microseconds of CPU, in turns. */
export async function signing(_world: World, { rounds }: Scale): Promise<Part> {
  if (!openAggrepayReply(statement, [secret.salt]).verified) throw new Error("the statement is not believed");
  const data = Object.entries(pairs).map(([name, [ours, theirs]]) => {
    const times = Array.from(
      { length: rounds + 20 },
      () => [microsOf(ours), microsOf(theirs)] as const,
    ).slice(20);
    return { name, ours: times.map(([time]) => time), theirs: times.map(([, time]) => time) };
  });
  const rows = data.map(({ name, ours, theirs }) => [
    name,
    ...[theirs, ours].map((each) => `${median(each).toFixed(1)} us`),
    ratio(ours, theirs).toFixed(2),
  ]);
  return { title: "Signing and checking, CPU", rows: [["", "alone", "ours", "ratio"], ...rows], data };
}

const repeats = 50;

function microsOf(act: () => unknown): number {
  const from = process.cpuUsage();
  for (let each = 0; each < repeats; each += 1) act();
  const { user, system } = process.cpuUsage(from);
  return (user + system) / repeats;
}
