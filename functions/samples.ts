import type * as v from "valibot";
import type { AnySample, RouteSample } from "../lib/operation/sample.ts";
import { sample as accountBindingsGet } from "./account-bindings/get.sample.ts";
import { sample as aggrepayAddSubMerchant } from "./aggrepay/add-sub-merchant.sample.ts";
import { sample as aggrepayChangeMpin } from "./aggrepay/change-mpin.sample.ts";
import { sample as aggrepayCheckCustomer } from "./aggrepay/check-customer.sample.ts";
import { sample as aggrepayCheckCustomerCreditLimit } from "./aggrepay/check-customer-credit-limit.sample.ts";
import { sample as aggrepayCheckCustomerDebitLimit } from "./aggrepay/check-customer-debit-limit.sample.ts";
import { sample as aggrepayCreditWallet } from "./aggrepay/credit-wallet.sample.ts";
import { sample as aggrepayCustomerOtp } from "./aggrepay/customer-otp.sample.ts";
import { sample as aggrepayCustomerStatus } from "./aggrepay/customer-status.sample.ts";
import { sample as aggrepayDebitReversal } from "./aggrepay/debit-reversal.sample.ts";
import { sample as aggrepayDebitWallet } from "./aggrepay/debit-wallet.sample.ts";
import { sample as aggrepayFetchBalance } from "./aggrepay/fetch-balance.sample.ts";
import { sample as aggrepayFetchByMerchantTransactionId } from "./aggrepay/fetch-by-merchant-transaction-id.sample.ts";
import { sample as aggrepayFetchByTransactionId } from "./aggrepay/fetch-by-transaction-id.sample.ts";
import { sample as aggrepayFetchCustomerDetail } from "./aggrepay/fetch-customer-detail.sample.ts";
import { sample as aggrepayFetchTransactions } from "./aggrepay/fetch-transactions.sample.ts";
import { sample as aggrepayForgotMpin } from "./aggrepay/forgot-mpin.sample.ts";
import { sample as aggrepayGetSubMerchants } from "./aggrepay/get-sub-merchants.sample.ts";
import { sample as aggrepayRegisterCustomer } from "./aggrepay/register-customer.sample.ts";
import { sample as aggrepayRegistrationOtp } from "./aggrepay/registration-otp.sample.ts";
import { sample as aggrepayUpdateCustomer } from "./aggrepay/update-customer.sample.ts";
import { sample as aggrepayWalletToWallet } from "./aggrepay/wallet-to-wallet.sample.ts";
import { sample as dreamzwalletGetSecretKey } from "./dreamzwallet/get-secret-key.sample.ts";
import { sample as nicepayDeactivateAccountBinding } from "./nicepay/deactivate-account-binding.sample.ts";
import { sample as nicepayRegisterAccountBinding } from "./nicepay/register-account-binding.sample.ts";
import { sample as nicepayUserDetail } from "./nicepay/user-detail.sample.ts";
import type * as operations from "./operations.ts";
import { sample as payuCheckStatus } from "./payu/check-status.sample.ts";
import { sample as recordsBooks } from "./records/books.sample.ts";
import { sample as recordsGet } from "./records/get.sample.ts";
import { sample as recordsList } from "./records/list.sample.ts";
import { samples as recordsResolve } from "./records/resolve.sample.ts";
import { sample as wibmoEncrypt } from "./wibmo/encrypt.sample.ts";
import { sample as wibmoRetrieveCustomerRecord } from "./wibmo/retrieve-customer-record.sample.ts";

type Operations = typeof operations;
/** Those that call a provider, with what their answers hold. */
type Results = {
  [Name in keyof Operations as Operations[Name] extends { readonly sends: unknown }
    ? Name
    : never]: Operations[Name] extends { readonly returns: (...given: never[]) => infer Result }
    ? Result
    : never;
};

/** The sample of each operation that calls a provider, by its name in the registry. One without a sample does not compile. */
export const samples = {
  aggrepayAddSubMerchant,
  aggrepayChangeMpin,
  aggrepayCheckCustomer,
  aggrepayCheckCustomerCreditLimit,
  aggrepayCheckCustomerDebitLimit,
  aggrepayCreditWallet,
  aggrepayCustomerOtp,
  aggrepayCustomerStatus,
  aggrepayDebitReversal,
  aggrepayDebitWallet,
  aggrepayFetchBalance,
  aggrepayFetchByMerchantTransactionId,
  aggrepayFetchByTransactionId,
  aggrepayFetchCustomerDetail,
  aggrepayFetchTransactions,
  aggrepayForgotMpin,
  aggrepayGetSubMerchants,
  aggrepayRegisterCustomer,
  aggrepayRegistrationOtp,
  aggrepayUpdateCustomer,
  aggrepayWalletToWallet,
  dreamzwalletGetSecretKey,
  nicepayDeactivateAccountBinding,
  nicepayRegisterAccountBinding,
  nicepayUserDetail,
  payuCheckStatus,
  wibmoEncrypt,
  wibmoRetrieveCustomerRecord,
} satisfies { readonly [Name in keyof Results]: AnySample };

type Undeclared = {
  [Name in keyof Results]: Results[Name] extends v.InferInput<(typeof samples)[Name]["result"]>
    ? never
    : Name;
}[keyof Results];
/** An operation whose answer is not what its sample declares does not compile. */
export type Declared<Names extends never = Undeclared> = Names;

/** Those that callers call and that call no provider: they say who may look at records, or settle them. */
type Own = {
  [Name in keyof Operations as Name extends
    | keyof Results
    | "eventsMerchantWebhook"
    | `nicepayAccountBinding${string}`
    ? never
    : Name]: unknown;
};

/** The samples of each operation of the gateway's own, one for each of its routes, in their order. */
export const ownSamples = {
  accountBindingsGet: [accountBindingsGet],
  recordsBooks: [recordsBooks],
  recordsGet: [recordsGet],
  recordsList: [recordsList],
  recordsResolve,
} satisfies { readonly [Name in keyof Own]: readonly RouteSample[] };
