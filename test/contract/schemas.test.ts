import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { sampled } from "../../contract/registry.ts";
import { schemaOf } from "../../contract/schemas.ts";
import { faultsOf, operationsIn } from "../support/contract.ts";

/** The contract's schema of a request and the gateway's own check of it must say the same of every value. */
const placeOf = (id: string) => {
  const found = operationsIn().find(({ operation }) => operation.operationId === id);
  if (!found) throw new Error(`the contract has no ${id}`);
  return ["paths", found.path, "post", "requestBody", "content", "application/json", "schema"] as const;
};

/** Forms at the edge of what some field takes. White space and what cannot be seen are trimmed or refused in words. */
const values = [
  ...[
    "",
    "0",
    "00",
    "0.0",
    "0.00",
    "0.01",
    "1",
    "01",
    "4.00",
    "4.000",
    "1234567890123",
    "999999999999.99",
    "-1",
    "1e3",
    "1,000",
  ],
  ...["1234", "123", "12345678", "123456789", "560001", "5600011", "9".repeat(30), "9".repeat(31)],
  ...["+919900261104", "919900261104", "+9199002611041", "+6282112345678", "+62821123", "+628211"],
  ...[
    "a@b.in",
    "A@B.IN",
    "o'malley@example.ie",
    "a@b",
    "a b@c.in",
    "zoë@piggy.in",
    "a@xn--mnchen-3ya.de",
    "a@XN--MNCHEN-3YA.DE",
  ],
  ...["2024-02-29", "2023-02-29", "2024-13-01", "24-02-29", "2024-2-9", "2024-02-29T00:00:00Z"],
  ...[
    "order-1",
    "order-1_REVERSAL",
    "_REVERSAL",
    "order 1",
    "a/b",
    "é",
    "x".repeat(64),
    "x".repeat(65),
    "x".repeat(100),
    "x".repeat(101),
  ],
  ...[
    "x".repeat(255),
    "x".repeat(256),
    "HDFC0000001",
    "hdfc0000001",
    "KDVI",
    "kdvi",
    "KDVIX",
    "00112233445566",
    "001-22",
  ],
  ...[
    "https://shop.example/bound?user=1",
    "HTTPS://shop.example",
    "http://shop.example",
    "https://",
    "shop.example",
  ],
  ...[0, 1, 2, 9, 10, 100, 101, -1, 1.5, 1_000_000, 1_000_001, true, false, null, [], {}],
] as const;

/** What only the gateway's code can say: a host that everybody reads alike, the order of two days, letters outside ASCII. */
const looser = new Set([
  "nicepayRegisterAccountBinding/callBackUrl",
  "payuCheckStatus/fromDate",
  "payuCheckStatus/toDate",
]);

describe.each(sampled)("the request of $id", ({ id, operation, sample }) => {
  const full = sample.full("order-1").input;
  const agree = (input: object) => {
    const { entries } = operation.input as unknown as { readonly entries: object };
    const known = Object.keys(input).every((name) => Object.hasOwn(entries, name));
    return {
      ours: known && v.is(operation.input, input),
      contract: faultsOf(input, ...placeOf(id)).length === 0,
    };
  };

  test("each field takes what the gateway takes, and no more", () => {
    for (const name of Object.keys(full))
      for (const value of values) {
        const { ours, contract } = agree({ ...full, [name]: value });
        const mayBeLooser = looser.has(`${id}/${name}`) && contract;
        if (!mayBeLooser) expect([name, value, contract]).toEqual([name, value, ours]);
      }
  });

  test("any choice of its fields, with one that it does not have", () => {
    const names = [...Object.keys(full), "unknown"];
    fc.assert(
      fc.property(fc.subarray(names), (chosen) => {
        const input = Object.fromEntries(
          chosen.map((name) => [name, (full as Readonly<Record<string, unknown>>)[name] ?? "x"]),
        );
        const { ours, contract } = agree(input);
        expect(contract).toBe(ours);
      }),
      { numRuns: 60 },
    );
  });
});

test("a check that no row knows ends the making of the contract", () => {
  const odd = v.pipe(
    v.string(),
    v.check((value) => value.length % 2 === 1, "must be odd"),
  );
  expect(() => schemaOf(odd)).toThrow('no row for the check "must be odd"');
});
