/**
 * Every operation of the gateway, one line each. Routes, roles, documents, the local host and the shared tests are derived from
 * this list.
 */

export { operation as accountBindingsGet } from "./account-bindings/get.ts";
export { operation as aggrepayAddSubMerchant } from "./aggrepay/add-sub-merchant.ts";
export { operation as aggrepayChangeMpin } from "./aggrepay/change-mpin.ts";
export { operation as aggrepayCheckCustomer } from "./aggrepay/check-customer.ts";
export { operation as aggrepayCheckCustomerCreditLimit } from "./aggrepay/check-customer-credit-limit.ts";
export { operation as aggrepayCheckCustomerDebitLimit } from "./aggrepay/check-customer-debit-limit.ts";
export { operation as aggrepayCreditWallet } from "./aggrepay/credit-wallet.ts";
export { operation as aggrepayCustomerOtp } from "./aggrepay/customer-otp.ts";
export { operation as aggrepayCustomerStatus } from "./aggrepay/customer-status.ts";
export { operation as aggrepayDebitReversal } from "./aggrepay/debit-reversal.ts";
export { operation as aggrepayDebitWallet } from "./aggrepay/debit-wallet.ts";
export { operation as aggrepayFetchBalance } from "./aggrepay/fetch-balance.ts";
export { operation as aggrepayFetchByMerchantTransactionId } from "./aggrepay/fetch-by-merchant-transaction-id.ts";
export { operation as aggrepayFetchByTransactionId } from "./aggrepay/fetch-by-transaction-id.ts";
export { operation as aggrepayFetchCustomerDetail } from "./aggrepay/fetch-customer-detail.ts";
export { operation as aggrepayFetchTransactions } from "./aggrepay/fetch-transactions.ts";
export { operation as aggrepayForgotMpin } from "./aggrepay/forgot-mpin.ts";
export { operation as aggrepayGetSubMerchants } from "./aggrepay/get-sub-merchants.ts";
export { operation as aggrepayRegisterCustomer } from "./aggrepay/register-customer.ts";
export { operation as aggrepayRegistrationOtp } from "./aggrepay/registration-otp.ts";
export { operation as aggrepayUpdateCustomer } from "./aggrepay/update-customer.ts";
export { operation as aggrepayWalletToWallet } from "./aggrepay/wallet-to-wallet.ts";
export { operation as dreamzwalletGetSecretKey } from "./dreamzwallet/get-secret-key.ts";
export { operation as eventsMerchantWebhook } from "./events/merchant-webhook.ts";
export { operation as nicepayAccountBindingQueue } from "./nicepay/account-binding-queue.ts";
export { operation as nicepayAccountBindingWebhook } from "./nicepay/account-binding-webhook.ts";
export { operation as nicepayDeactivateAccountBinding } from "./nicepay/deactivate-account-binding.ts";
export { operation as nicepayRegisterAccountBinding } from "./nicepay/register-account-binding.ts";
export { operation as nicepayUserDetail } from "./nicepay/user-detail.ts";
export { operation as payuCheckStatus } from "./payu/check-status.ts";
export { operation as recordsBooks } from "./records/books.ts";
export { operation as recordsGet } from "./records/get.ts";
export { operation as recordsList } from "./records/list.ts";
export { operation as recordsResolve } from "./records/resolve.ts";
export { operation as wibmoEncrypt } from "./wibmo/encrypt.ts";
export { operation as wibmoRetrieveCustomerRecord } from "./wibmo/retrieve-customer-record.ts";
