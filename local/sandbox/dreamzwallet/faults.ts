/** What the DreamzWallet sandbox can be told to do wrong: on the wire, in the reply's shape, in its code. */
import { descriptionsOf, slowFault, wireFaults } from "../common/faults.ts";
import { altered, type JsonFault } from "../common/json-sandbox.ts";
import { customerIdOf, failure } from "./reply.ts";

const refusal = (code: string, status = "FAILED"): JsonFault => ({
  description: `answers status ${status}, responseCode "${code}"`,
  effect: "none",
  answer: {
    kind: "altered",
    alter: (_, { body }) => ({ status: 200, body: { ...failure(code, customerIdOf(body)), status } }),
  },
});

export const table = {
  ...wireFaults,
  slow: slowFault,
  failed: refusal("FAILED"),
  "failed-lower": refusal("FAILED", "failed"),
  "wrong-password": refusal("Wrong Password"),
  "not-available": refusal("NOT_AVAILABLE"),
  "invalid-token": refusal("INVALID TOKEN"),
  "all-fields-mandatory": refusal("All fields are mandatory"),
  "unknown-code": refusal("SOMETHING_NEW"),
  "success-with-refusal": refusal("NOT_AVAILABLE", "SUCCESS"),
  "code-1": altered(
    "succeeds with status success and responseCode 1, as the platform's public replies",
    (reply) => ({
      ...reply,
      status: "success",
      responseCode: "1",
    }),
  ),
  "code-2": refusal("2", "failed"),
  "success-with-2": refusal("2", "success"),
  "failed-with-1": refusal("1", "failed"),
  "status-lower": altered("succeeds with status success", (reply) => ({ ...reply, status: "success" })),
  "status-mixed": altered("succeeds with status Success and responseCode Success", (reply) => ({
    ...reply,
    status: "Success",
    responseCode: "Success",
  })),
  "no-status": altered("succeeds without a status", ({ customerId = null, secKey = null }) => ({
    customerId,
    secKey,
    responseCode: "SUCCESS",
  })),
  "other-customer": altered("succeeds for another customerId", (reply) => ({
    ...reply,
    customerId: `${reply.customerId}1`,
  })),
  "customer-number": altered("succeeds with a customerId that is a number", (reply) => ({
    ...reply,
    customerId: Number(reply.customerId),
  })),
  "no-sec-key": altered("SUCCESS without a secKey", ({ secKey: _, ...reply }) => reply),
  "null-sec-key": altered("SUCCESS with a secKey of null", (reply) => ({ ...reply, secKey: null })),
  "empty-sec-key": altered("SUCCESS with an empty secKey", (reply) => ({ ...reply, secKey: "" })),
} as const satisfies Record<string, JsonFault>;

export type DreamzwalletFault = keyof typeof table;

/** Every fault and what it does. */
export const dreamzwalletFaults = descriptionsOf(table);
