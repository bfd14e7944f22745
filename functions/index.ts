import type { FunctionDefinition } from "../lib/operation/definition.ts";

/**
 * Every operation of the gateway, one line each. Routes, roles, the API's documentation, the local host and the shared tests
 * are derived from this list.
 */
const operations: readonly FunctionDefinition[] = [
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
  (await import("./payu/check-status.ts")).operation,
  (await import("./wibmo/encrypt.ts")).operation,
  (await import("./wibmo/retrieve-customer-record.ts")).operation,
  (await import("./dreamzwallet/get-secret-key.ts")).operation,
  (await import("./nicepay/register-account-binding.ts")).operation,
  (await import("./nicepay/account-binding-webhook.ts")).operation,
  (await import("./nicepay/account-binding-queue.ts")).operation,
  (await import("./account-bindings/get.ts")).operation,
  (await import("./records/get.ts")).operation,
  (await import("./records/list.ts")).operation,
  (await import("./records/resolve.ts")).operation,
];

/** Every function: the operations, and what looks after their records. */
export const functions: readonly FunctionDefinition[] = [
  ...operations,
  (await import("./reconcile.ts")).reconcileOf(operations),
];
