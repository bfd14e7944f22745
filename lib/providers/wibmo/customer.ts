import * as v from "valibot";
import { clientTxnId, email, indianMobile, oneOf, optional, urn, walletCustomerId } from "../../fields.ts";
import { indiaOffset, stamp } from "../../time.ts";
import type { Circumstances } from "../provider.ts";
import { isSameMobile, type Reader } from "../reader.ts";
import { isSameWord, lettersIn } from "../words.ts";
import type { WibmoCall } from "./index.ts";

/** Who the customer is: one of the four at least, which the document all calls optional. */
export const customer = v.pipe(
  v.object({
    customerMobile: optional(indianMobile),
    customerId: optional(walletCustomerId),
    urn: optional(urn),
    emailId: optional(email),
    clientTxnId: optional(clientTxnId),
  }),
  oneOf("customerMobile", "customerId", "urn", "emailId"),
);

type Customer = v.InferOutput<typeof customer>;

/** How a record may name what the customer is asked by, by the letters of the name: the record's own names are not documented. */
const names: readonly {
  readonly of: (asked: Customer) => string | undefined;
  readonly letters: readonly string[];
  readonly isSame?: (shown: string, asked: string) => boolean;
  /** A customer has one; of the others there may be more, as with two cards or a nominee. */
  readonly isOnly?: true;
}[] = [
  { of: ({ customerId }) => customerId, letters: ["customerid", "custid"], isOnly: true },
  {
    of: ({ customerMobile }) => customerMobile,
    letters: [
      "customermobile",
      "customermobileno",
      "customermobilenumber",
      "mobile",
      "mobileno",
      "mobilenumber",
    ],
    isSame: isSameMobile,
  },
  { of: ({ urn }) => urn, letters: ["urn"] },
  { of: ({ emailId }) => emailId, letters: ["emailid", "email", "emailaddress"], isSame: isSameWord },
];

const deepest = 6;

/**
 * Refuses a reply that names another customer than was asked about, where it names one. The least deep objects that do are the
 * customer's; deeper ones may be of people that the record knows. Of several values of one kind, one must be what was asked about.
 * @throws UnreadableReply
 */
export function refuseOther(reply: Reader, asked: Customer): void {
  let level: readonly Reader[] = [reply];
  for (let depth = 0; depth < deepest && level.length > 0; depth += 1) {
    const named = level.flatMap((part) =>
      part.fields.flatMap((field) => {
        const name = names.find(({ letters }) => letters.includes(lettersIn(field)));
        return name ? [{ part, field, ...name }] : [];
      }),
    );
    for (const { letters, of, isSame, isOnly } of names) {
      const refusals = named
        .filter((each) => each.letters === letters)
        .map(({ part, field }) => part.refusalOf(field, of(asked), isSame));
      const refusal = refusals.find((each) => each !== undefined);
      if (refusal && (isOnly || !refusals.includes(undefined))) throw refusal;
    }
    if (named.length > 0) return;
    level = level.flatMap(({ within }) => within);
  }
}

/** The encrypt call for a customer record. */
export const encryptCall = (input: Customer, { now, uniqueId }: Circumstances): WibmoCall => ({
  path: "/api/v2/encrypt",
  mobile: input.customerMobile,
  body: {
    messageCode: 1930,
    clientTxnId: input.clientTxnId ?? uniqueId(),
    requestDateTime: stamp(now, indiaOffset),
    customerId: input.customerId,
    urn: input.urn,
    emailId: input.emailId,
  },
});
