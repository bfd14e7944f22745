import type { Asked } from "../../lib/operation/sample.ts";

type Fields = Readonly<Record<string, string | number>>;

/** The customer by every identifier, and by one. */
export const full = (id: string): Asked<Fields> => ({
  input: {
    customerMobile: "+919900261104",
    customerId: "77",
    urn: "100000012",
    emailId: "sriram@piggy.in",
    clientTxnId: `ASK-${id}`,
  },
  sends: {
    messageCode: 1930,
    clientTxnId: `ASK-${id}`,
    customerId: "77",
    urn: "100000012",
    emailId: "sriram@piggy.in",
  },
});
export const least = (): Asked<Fields> => ({
  input: { customerMobile: "+919900261104" },
  sends: { messageCode: 1930 },
});
