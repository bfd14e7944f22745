import { expect, test } from "vitest";
import { ConfigError, readConfig } from "../../infra/config.ts";

const configOf = (context: Record<string, unknown>) => readConfig((name) => context[name]);

test("without context is for development, where data may be destroyed", () => {
  expect(configOf({})).toMatchObject({
    stage: "dev",
    retainData: false,
    aggrepay: { baseUrl: "https://testwallet.aggrepaypayments.com", account: "main" },
    providerTimeoutMs: 20_000,
    functionTimeoutMs: 28_000,
    leaseMs: 33_000,
    quietPeriodMs: 900_000,
  });
});

test("for production keeps data and speaks to the real provider", () => {
  expect(configOf({ stage: "prod" })).toMatchObject({
    retainData: true,
    aggrepay: { baseUrl: "https://aggwallet.aggrepaypayments.com" },
  });
});

test("takes numbers as the command line gives them", () => {
  expect(configOf({ quietPeriodMs: "5000" }).quietPeriodMs).toBe(5000);
});

test.each([
  [{ stage: "production" }, 'stage must be dev or prod, not "production"'],
  [{ aggrepayAccount: "main account" }, /^aggrepayAccount must be 1 to 32 letters, digits or hyphens/],
  [{ leaseMs: "33s" }, 'leaseMs must be a whole number of milliseconds above 0, not "33s"'],
  [{ quietPeriodMs: 0 }, "quietPeriodMs must be a whole number of milliseconds above 0, not 0"],
  [{ functionTimeoutMs: 27_500 }, /^functionTimeoutMs 27500 must be whole seconds/],
  [{ functionTimeoutMs: 30_000 }, /^functionTimeoutMs 30000 must be at most 29000/],
  [
    { providerTimeoutMs: 26_000 },
    /^providerTimeoutMs 26000 must end more than \d+ ms before functionTimeoutMs/,
  ],
  [{ leaseMs: 28_000 }, /^leaseMs 28000 must be longer than functionTimeoutMs 28000/],
])("refuses %j", (context, message) => {
  expect(() => configOf(context)).toThrow(ConfigError);
  expect(() => configOf(context)).toThrow(message);
});
