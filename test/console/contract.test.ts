import { describe, expect, test } from "vitest";
import { type Contract, fieldsOf, operationsIn, ruleOf, sandboxBody } from "../../console/page/contract.ts";
import openapi from "../../docs/openapi.json" with { type: "json" };
import * as registry from "../../functions/operations.ts";
import { routesOf } from "../../lib/operation/definition.ts";
import { problemKinds } from "../../lib/problem.ts";

const contract = openapi as unknown as Contract;
const operations = operationsIn(contract);

describe("the reference", () => {
  test("has every route of the registry", () => {
    const routes = Object.values(registry)
      .flatMap((definition) => routesOf(definition))
      .filter(({ path }) => path.startsWith("/v1/"))
      .map(({ method, path }) => `${method} ${path}`);
    expect(operations.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(routes.toSorted());
  });

  test.each(
    operations.map((operation) => [operation.name, operation] as const),
  )("tells the fields, the answer and the problems of %s", (_, operation) => {
    const fields = fieldsOf(contract, operation.input);
    expect(fields.map(({ path }) => path)).toEqual(
      expect.arrayContaining(Object.keys(operation.input?.properties ?? {})),
    );
    for (const { path, rule, says } of fields)
      expect([path, rule !== "" && says !== ""]).toEqual([path, true]);
    const answer = fieldsOf(contract, operation.answer).map(({ path }) => path);
    expect(answer.length).toBeGreaterThan(1);
    expect(answer).toEqual([...new Set(answer)]);
    const codes = operation.problems.flatMap(({ code }) => (code === "" ? [] : [code]));
    expect(codes.length).toBeGreaterThan(0);
    for (const { code, problem } of operation.problems)
      if (code !== "")
        expect([code, code in problemKinds, problem !== undefined]).toEqual([code, true, true]);
  });

  test("says type, unit and limits in few words", () => {
    expect(ruleOf({ type: "string", minLength: 1, maxLength: 20 })).toBe("string, 1 to 20 characters");
    expect(ruleOf({ type: ["string", "null"], "x-unit": "INR" })).toBe("string, null, INR");
    expect(ruleOf({ enum: ["a", "b"] })).toBe("a | b");
    expect(ruleOf({ anyOf: [{ type: "string" }, { type: "null" }] })).toBe("string, null");
    expect(ruleOf({ type: "integer", minimum: 1, maximum: 9 })).toBe("integer, 1 to 9");
  });
});

describe("what is tried", () => {
  const bodyOf = (id: string) => {
    const operation = operations.find((each) => each.id === id);
    if (operation === undefined) throw new Error(`no ${id}`);
    return sandboxBody(operation, "try-1");
  };

  test("names the sandbox's customer and credentials, under a new id", () => {
    expect(bodyOf("aggrepayDebitWallet")).toMatchObject({
      fromCustomerId: "991000017",
      mpin: "1234",
      merchantTransactionId: "try-1",
    });
    expect(bodyOf("aggrepayCreditWallet")).toMatchObject({
      toCustomerId: "991000017",
      merchantTransactionId: "try-1",
      pgTransactionId: "PG-77/try-1",
    });
    expect(bodyOf("aggrepayWalletToWallet")).toMatchObject({
      fromCustomerId: "991000017",
      toCustomerId: "991000018",
    });
    expect(bodyOf("nicepayRegisterAccountBinding")).toMatchObject({ referenceNo: "try-1" });
  });

  test("names that customer by id where the sample has a number", () => {
    expect(bodyOf("aggrepayFetchBalance")).toEqual({ customerId: "991000017" });
    expect(bodyOf("aggrepayForgotMpin")).toEqual({ customerId: "991000017", otp: "123456", newMpin: "1234" });
    // Who is not registered yet has no id.
    expect(bodyOf("aggrepayRegisterCustomer")).toMatchObject({
      mobileNumber: expect.stringMatching(/^\+91/),
    });
  });
});
