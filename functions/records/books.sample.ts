import * as v from "valibot";
import type { RouteSample } from "../../lib/operation/sample.ts";
import { count, decimal, id, oneOf, orNull, time, words } from "../shapes.sample.ts";
import { exampleId } from "./common.sample.ts";

const rupees = (description: string) => decimal(description, "INR");
const optional = <Schema extends v.GenericSchema>(schema: Schema) => v.exactOptional(schema);
const described = <Schema extends v.GenericSchema>(schema: Schema, description: string) =>
  v.pipe(schema, v.description(description));

const difference = v.strictObject({
  kind: oneOf(
    ["movement-without-record", "record-without-movement", "differs"],
    "A movement that no record explains, a record that nothing at the provider bears out, or the two differ",
  ),
  fields: optional(
    described(
      v.array(words("`amount`, `customer`, `id`, `kind`, `state`, `status`, `time` or `transactionId`")),
      "Of `differs`: in what",
    ),
  ),
  customerId: id("In whose list; of an account binding, its referenceNo"),
  recordId: optional(id("The record, where there is one")),
  operation: optional(words("The record's operation, such as aggrepay/debit-wallet")),
  identity: optional(id("The record's identity")),
  state: optional(words("What the record says")),
  amount: optional(rupees("Of the movement, else of the record, with 2 places")),
  movement: optional(words("The movement as the list shows it")),
  says: words("The difference, in a sentence"),
});

/** What is said of a day of the books. */
export const day = v.strictObject({
  provider: words("Whose books"),
  account: words("The merchant's account there"),
  date: words("The day, in the provider's zone"),
  state: oneOf(
    ["looking", "agrees", "differs", "incomplete"],
    "`looking`: a later run goes on. `incomplete`: no difference, and not everything could be looked at or proven",
  ),
  startedAt: time("When the first run began, in UTC"),
  endedAt: orNull(time("When the day came to its end, in UTC; null while it has not")),
  calls: count("Calls of the provider"),
  customers: described(
    v.strictObject({
      found: count("Customers with records of that day; of NICEPAY, the records themselves"),
      lookedAt: count("Of these, those that were compared"),
    }),
    "Customers",
  ),
  records: described(
    v.strictObject({
      found: count("Records whose latest attempt was made that day"),
      borneOut: count("Sides of records that the provider bears out: a transfer has two"),
      open: count("In doubt, or waiting for a person: whatever the list shows"),
      openShown: count("Of these, those whose movement the list shows"),
      withoutEffect: count("Without effect, and nothing of it is shown"),
      notProven: count("Records and movements that can be called neither borne out nor a difference"),
      withoutList: count("In nobody's list, as a reversal of a debit that is not ours"),
    }),
    "Records of ours",
  ),
  movements: described(
    v.strictObject({
      shown: count("Movements of that day in the lists"),
      explained: count("Of these, those that a record explains"),
    }),
    "Movements of the provider's",
  ),
  sums: described(
    v.strictObject({
      credits: rupees("Of records that are borne out, what came to customers, with 2 places"),
      debits: rupees("The same of what left them"),
      notLookedAt: rupees("Of records of customers whose list was not compared"),
    }),
    "Sums in rupees",
  ),
  differences: described(
    v.strictObject({
      count: count("How many there are"),
      shown: described(v.array(difference), "The first 200 of them"),
    }),
    "Where list and records do not agree",
  ),
  notProven: described(v.array(words("A sentence")), "Why something is not proven: the first 20"),
});

export const sample = {
  query: {
    date: v.pipe(
      v.string(),
      v.regex(/^\d{4}-\d\d-\d\d$/),
      v.description("The day, such as 2026-11-28; left out, the latest ten"),
    ),
  },
  notes: ["A day that nobody has looked at is not in the answer. Nothing is settled by what is shown here."],
  requests: { day: { query: { date: "2026-11-28" } } },
  answers: {
    200: {
      description: "The days, newest first",
      schema: v.strictObject({ result: described(v.array(day), "The days") }),
      examples: {
        day: {
          result: [
            {
              ...{ provider: "aggrepay", account: "main", date: "2026-11-28", state: "differs" },
              ...{ startedAt: "2026-11-28T20:45:02.110Z", endedAt: "2026-11-28T21:30:04.871Z", calls: 412 },
              customers: { found: 408, lookedAt: 408 },
              records: {
                ...{ found: 611, borneOut: 590, open: 1, openShown: 0 },
                ...{ withoutEffect: 19, notProven: 0, withoutList: 0 },
              },
              movements: { shown: 591, explained: 590 },
              sums: { credits: "61200.00", debits: "48112.50", notLookedAt: "0.00" },
              differences: {
                count: 1,
                shown: [
                  {
                    kind: "record-without-movement",
                    customerId: "546693304",
                    recordId: exampleId,
                    operation: "aggrepay/debit-wallet",
                    identity: "debit-wallet-1",
                    state: "succeeded",
                    amount: "120.50",
                    says: "The record succeeded, and the customer's list shows no such movement.",
                  },
                ],
              },
              notProven: [],
            },
          ],
        },
      },
    },
  },
} satisfies RouteSample;
