import type { FunctionDefinition } from "../lib/operation/definition.ts";

/**
 * Every function of the gateway, one line each. Routes, roles, the API's documentation, the local host and the shared tests
 * are derived from this list.
 */
export const functions: readonly FunctionDefinition[] = [
  (await import("./aggrepay/check-customer.ts")).operation,
  (await import("./aggrepay/registration-otp.ts")).operation,
  (await import("./aggrepay/register-customer.ts")).operation,
  (await import("./aggrepay/fetch-balance.ts")).operation,
  (await import("./aggrepay/credit-wallet.ts")).operation,
  (await import("./aggrepay/debit-wallet.ts")).operation,
  (await import("./aggrepay/wallet-to-wallet.ts")).operation,
  (await import("./aggrepay/debit-reversal.ts")).operation,
  (await import("./aggrepay/check-customer-credit-limit.ts")).operation,
  (await import("./aggrepay/check-customer-debit-limit.ts")).operation,
  (await import("./aggrepay/fetch-transactions.ts")).operation,
  (await import("./aggrepay/fetch-by-merchant-transaction-id.ts")).operation,
  (await import("./aggrepay/fetch-by-transaction-id.ts")).operation,
  (await import("./aggrepay/fetch-customer-detail.ts")).operation,
  (await import("./aggrepay/update-customer.ts")).operation,
  (await import("./aggrepay/customer-status.ts")).operation,
  (await import("./aggrepay/customer-otp.ts")).operation,
  (await import("./aggrepay/forgot-mpin.ts")).operation,
  (await import("./aggrepay/change-mpin.ts")).operation,
  (await import("./aggrepay/add-sub-merchant.ts")).operation,
  (await import("./aggrepay/get-sub-merchants.ts")).operation,
];
