// Made by `npm run docs` from docs/openapi.json.

import { GatewayProblem } from "./problem.ts";

export type Record = {
/** The record's id: 43 characters, with a word and a full stop before them for a binding or deactivation */
readonly id: string;
/** The operation, such as aggrepay/debit-wallet */
readonly operation: string;
/** What makes a repeat: the merchantTransactionId, referenceNo or Idempotency-Key */
readonly identity: string;
/** What is known of the attempt; only succeeded and declined are final */
readonly state: "dispatched" | "in_doubt" | "needs_attention" | "not_sent" | "not_executed" | "succeeded" | "declined";
/** Which attempt it is at, from 1; 0 of a stray notification */
readonly attempt: number;
/** Of a reversal: its number, from 1 to 9 */
readonly reversal?: number;
/** When the record was made, in UTC */
readonly createdAt: string;
/** When its state last changed, in UTC */
readonly updatedAt: string;
};

export type RecordDetail = {
/** The record's id: 43 characters, with a word and a full stop before them for a binding or deactivation */
readonly id: string;
/** The operation, such as aggrepay/debit-wallet */
readonly operation: string;
/** What makes a repeat: the merchantTransactionId, referenceNo or Idempotency-Key */
readonly identity: string;
/** What is known of the attempt; only succeeded and declined are final */
readonly state: "dispatched" | "in_doubt" | "needs_attention" | "not_sent" | "not_executed" | "succeeded" | "declined";
/** Which attempt it is at, from 1; 0 of a stray notification */
readonly attempt: number;
/** Of a reversal: its number, from 1 to 9 */
readonly reversal?: number;
/** When the record was made, in UTC */
readonly createdAt: string;
/** When its state last changed, in UTC */
readonly updatedAt: string;
/** Seconds since the latest attempt was sent */
readonly ageSeconds: number;
/** Who made the latest attempt, without the session */
readonly caller: string;
/** The customer that it is listed under */
readonly customerId: string | null;
/** The amount in rupees, with 2 places */
readonly amount: string | null;
/** The provider's host that the attempt was sent to */
readonly host: string;
/** Until when the attempt may still be under way, in UTC; null once its outcome is known */
readonly leaseEndsAt: string | null;
/** How often the provider was asked about it */
readonly inquiries: number;
/** The latest question that settled nothing */
readonly lastInquiry: {
/** When, in UTC */
readonly at: string;
/** What was learned, in one sentence */
readonly learned: string;
} | null;
/** When the record is looked into next, in UTC, unless its request is repeated before; null where that settles nothing */
readonly nextInquiryAt: string | null;
/** How it is known that it succeeded */
readonly provedBy: "reply" | "inquiry" | "notification" | "person" | null;
/** Of needs_attention: what the record waits for */
readonly waits: "provider" | "person" | null;
/** The result that the operation answers; null until it succeeded */
readonly result: unknown;
/** Why it did not succeed */
readonly failure: {
/** The problem's code */
readonly code: "invalid-request" | "access-denied" | "not-found" | "in-progress" | "already-done" | "unacceptable-body" | "wrong-credential" | "insufficient-funds" | "limit-exceeded" | "declined" | "identity-reused" | "throttled" | "misconfigured" | "provider-fault" | "not-sent" | "outcome-unknown";
/** One sentence */
readonly detail: string;
/** What the provider said */
readonly provider?: {
/** The provider's own code */
readonly code: string;
/** The provider's own text */
readonly message: string;
};
} | null;
/** Of a binding: whether its notification has brought the user token */
readonly bound: boolean;
/** Why a final record is not served */
readonly flagged: string | null;
/** How a person settled it */
readonly resolution: {
/** Who said it: an IAM identity with its session, or a token's issuer and subject */
readonly by: string;
/** Why, in that person's words */
readonly reason: string;
/** When it was said, in UTC */
readonly at: string;
/** The attempt that it was said of */
readonly attempt: number;
/** What was said */
readonly outcome: "succeeded" | "declined" | "not_executed";
/** The provider's id, where the person gave one */
readonly transactionId?: string;
/** The proposal of another person that this carried out */
readonly proposed?: {
/** Who said it: an IAM identity with its session, or a token's issuer and subject */
readonly by: string;
/** Why, in that person's words */
readonly reason: string;
/** When it was said, in UTC */
readonly at: string;
};
/** Decisions before it, newest first, at most 3 */
readonly earlier?: readonly ({
/** Who said it: an IAM identity with its session, or a token's issuer and subject */
readonly by: string;
/** Why, in that person's words */
readonly reason: string;
/** When it was said, in UTC */
readonly at: string;
/** The attempt that it was said of */
readonly attempt: number;
/** What was said */
readonly outcome: "succeeded" | "declined" | "not_executed";
/** The provider's id, where the person gave one */
readonly transactionId?: string;
/** The proposal of another person that this carried out */
readonly proposed?: {
/** Who said it: an IAM identity with its session, or a token's issuer and subject */
readonly by: string;
/** Why, in that person's words */
readonly reason: string;
/** When it was said, in UTC */
readonly at: string;
};
})[];
} | null;
/** What one person proposes and another one must carry out */
readonly proposal: {
/** Who said it: an IAM identity with its session, or a token's issuer and subject */
readonly by: string;
/** Why, in that person's words */
readonly reason: string;
/** When it was said, in UTC */
readonly at: string;
/** Who said it, without the session */
readonly caller: string;
/** The attempt that it was said of */
readonly attempt: number;
/** What is proposed */
readonly outcome: "declined" | "not_executed";
/** Who took it back */
readonly withdrawn?: {
/** Who said it: an IAM identity with its session, or a token's issuer and subject */
readonly by: string;
/** Why, in that person's words */
readonly reason: string;
/** When it was said, in UTC */
readonly at: string;
};
/** Until when another person may carry it out, in UTC */
readonly lapsesAt: string;
} | null;
/** Each change of state, oldest first, at most the latest that are kept */
readonly history: readonly ({
/** The state */
readonly state: "dispatched" | "in_doubt" | "needs_attention" | "not_sent" | "not_executed" | "succeeded" | "declined";
/** When it was written, in UTC */
readonly at: string;
})[];
};

/** RFC 9457 problem details. Decide by `code` and `retry`; `title` and `detail` are for people. */
export type Problem = {
/** The name of the problem; docs/problems.md has a section for each */
readonly type: "urn:wallet-gateway:problem:invalid-request" | "urn:wallet-gateway:problem:access-denied" | "urn:wallet-gateway:problem:not-found" | "urn:wallet-gateway:problem:in-progress" | "urn:wallet-gateway:problem:already-done" | "urn:wallet-gateway:problem:unacceptable-body" | "urn:wallet-gateway:problem:wrong-credential" | "urn:wallet-gateway:problem:insufficient-funds" | "urn:wallet-gateway:problem:limit-exceeded" | "urn:wallet-gateway:problem:declined" | "urn:wallet-gateway:problem:identity-reused" | "urn:wallet-gateway:problem:throttled" | "urn:wallet-gateway:problem:misconfigured" | "urn:wallet-gateway:problem:provider-fault" | "urn:wallet-gateway:problem:not-sent" | "urn:wallet-gateway:problem:outcome-unknown";
/** One sentence, the same for every problem of this code */
readonly title: string;
/** The HTTP status */
readonly status: number;
/** One sentence about this occurrence */
readonly detail: string;
/** The route of the record that it speaks of (`GET` it), or a name of the request */
readonly instance: string;
/** What it is, in the gateway's own words, which are stable */
readonly code: "invalid-request" | "access-denied" | "not-found" | "in-progress" | "already-done" | "unacceptable-body" | "wrong-credential" | "insufficient-funds" | "limit-exceeded" | "declined" | "identity-reused" | "throttled" | "misconfigured" | "provider-fault" | "not-sent" | "outcome-unknown";
/** `same-identity`: repeat the request as it is after `Retry-After`. `after-fix`: mend the request; where the record is declined, under a new identity. `never`: do not repeat it */
readonly retry: "after-fix" | "never" | "same-identity";
/** Each place of the request that is at fault; of `identity-reused` each field that differs from the first request */
readonly errors?: readonly ({
/** The place in the body (RFC 6901), or a parameter */
readonly pointer?: string;
/** The header */
readonly header?: string;
/** What is wrong with it */
readonly detail: string;
})[];
/** The provider's own words */
readonly provider?: {
/** The provider's code; `?` in place of a text that is like none */
readonly code: string;
/** The provider's text */
readonly message: string;
};
/** The number `reversal` under which a refused reversal may be asked for again */
readonly nextReversal?: number;
readonly record?: Record;
};

/** An answer of API Gateway itself, which has no `code`: decide by the status. A change may have been carried out after a 5xx, and is repeated under the same identity. */
export type ApiGatewayMessage = {
/** A few words */
readonly message: string | null;
};

/** Every operation, with what it takes and what it answers. */
export interface Operations {
/** Gives an account binding and its user token */
  accountBindingsGet: {
    request: {
/** The merchant's own id of the binding */
readonly referenceNo: string;
};
    answer: {
readonly result: {
/** The merchant's own id of the binding */
readonly referenceNo: string;
/** Whether the user has bound the account, and has not revoked it */
readonly bound: boolean;
/** When the notification came, in UTC */
readonly boundAt?: string;
/** The provider's id of the binding */
readonly tXid?: string | null;
/** The user's payment token, a credential: keep it from logs and from the user's sight */
readonly userToken?: string;
/** When the user token was revoked, in UTC */
readonly deactivatedAt?: string;
};
readonly record: {
/** The record's id: 43 characters, with a word and a full stop before them for a binding or deactivation */
readonly id: string;
/** The operation, such as aggrepay/debit-wallet */
readonly operation: string;
/** What makes a repeat: the merchantTransactionId, referenceNo or Idempotency-Key */
readonly identity: string;
/** What is known of the attempt; only succeeded and declined are final */
readonly state: "dispatched" | "in_doubt" | "needs_attention" | "not_sent" | "not_executed" | "succeeded" | "declined";
/** Which attempt it is at, from 1; 0 of a stray notification */
readonly attempt: number;
/** Of a reversal: its number, from 1 to 9 */
readonly reversal?: number;
/** When the record was made, in UTC */
readonly createdAt: string;
/** When its state last changed, in UTC */
readonly updatedAt: string;
};
};
  };
/** Adds a sub merchant */
  aggrepayAddSubMerchant: {
    request: {
/** The sub merchant's mobile number in India */
readonly mobileNumber: string;
/** The sub merchant's e-mail address */
readonly email: string;
/** The sub merchant's name */
readonly name: string;
/** The number of the bank account */
readonly accountNumber: string;
/** The holder of the bank account */
readonly accountName: string;
/** The IFSC code of the bank's branch */
readonly ifscCode: string;
/** The name of the bank */
readonly bankName: string;
/** The branch of the bank */
readonly bankBranch: string;
};
    answer: {
readonly result: {
/** The id that the provider gave the sub merchant */
readonly subMerchantId: string;
};
readonly record: Record;
};
  };
/** Changes a customer's MPIN */
  aggrepayChangeMpin: {
    request: {
/** The provider's id of the customer */
readonly customerId?: string;
/** The customer's mobile number in India */
readonly mobileNumber?: string;
/** The MPIN until now, a secret */
readonly oldMpin: string;
/** The MPIN from now on, a secret */
readonly newMpin: string;
};
    answer: {
readonly result: {
/** True: the provider set the new MPIN */
readonly mpinUpdated: true;
};
readonly record: Record;
};
  };
/** Tells whether a customer is registered with the merchant */
  aggrepayCheckCustomer: {
    request: {
/** The customer's e-mail address */
readonly email: string;
/** The customer's mobile number in India */
readonly mobileNumber?: string;
};
    answer: {
readonly result: {
/** Whether a customer has this e-mail address or mobile number */
readonly customerExists: boolean;
};
};
  };
/** Tells whether a credit of that amount would stay within the customer's limits */
  aggrepayCheckCustomerCreditLimit: {
    request: {
/** The provider's id of the customer */
readonly customerId?: string;
/** The customer's mobile number in India */
readonly mobileNumber?: string;
/** The amount in rupees that would be credited */
readonly amount: string;
};
    answer: {
readonly result: {
/** Whether the wallet may be credited with the amount */
readonly withinLimit: boolean;
};
};
  };
/** Tells whether a debit of that amount would stay within the customer's limits */
  aggrepayCheckCustomerDebitLimit: {
    request: {
/** The provider's id of the customer */
readonly customerId?: string;
/** The customer's mobile number in India */
readonly mobileNumber?: string;
/** The amount in rupees that would be debited */
readonly amount: string;
};
    answer: {
readonly result: {
/** Whether the wallet may be debited with the amount */
readonly withinLimit: boolean;
};
};
  };
/** Adds funds to a customer's wallet */
  aggrepayCreditWallet: {
    request: {
/** The customer who is paid */
readonly toCustomerId: string;
/** The mobile number of the customer who is paid */
readonly toMobileNumber?: string;
/** The amount in rupees, above zero, with at most 2 places */
readonly amount: string;
/** A text of the merchant's own */
readonly description?: string;
/** The caller's own id of this change of money, and its identity: a repeat with the same id moves money once */
readonly merchantTransactionId: string;
/** The payment gateway's id of the payment that this credit is for; each is credited once */
readonly pgTransactionId: string;
};
    answer: {
readonly result: {
/** The provider's id of the credit */
readonly transactionId: string;
};
readonly record: Record;
};
  };
/** Sends a customer the OTP that a forgotten MPIN is reset with */
  aggrepayCustomerOtp: {
    request: {
/** The provider's id of the customer */
readonly customerId?: string;
/** The customer's mobile number in India */
readonly mobileNumber?: string;
};
    answer: {
readonly result: {
/** Whether the customer is registered */
readonly customerExists: boolean | null;
/** Whether the provider sent an OTP */
readonly otpSent: boolean;
};
readonly record: Record;
};
  };
/** Reads or changes whether a customer is active */
  aggrepayCustomerStatus: {
    request: {
/** The provider's id of the customer */
readonly customerId?: string;
/** The customer's mobile number in India */
readonly mobileNumber?: string;
/** Whether the customer may use the wallet from now on. Left out, the status is only read */
readonly customerActive?: boolean;
};
    answer: {
readonly result: {
/** Whose status it is */
readonly customerId: string | null;
/** Whether the customer can use the wallet */
readonly customerActive: boolean;
};
readonly record?: Record;
};
  };
/** Reverses a debit */
  aggrepayDebitReversal: {
    request: {
/** The merchantTransactionId of the debit; with `reversal` it is the identity */
readonly merchantTransactionId: string;
/** The provider's id of the debit, to be compared */
readonly transactionId?: string;
/** A text of the merchant's own */
readonly description?: string;
/** Only after a refusal: the number in nextReversal of the refused reversal's answer */
readonly reversal?: number;
};
    answer: {
readonly result: {
/** The id that the provider keeps the reversal under: the debit's with _REVERSAL */
readonly merchantTransactionId: string;
/** The provider's id of the reversal */
readonly transactionId: string;
};
readonly record: Record;
};
  };
/** Debits a customer's wallet and pays the merchant (C2M) */
  aggrepayDebitWallet: {
    request: {
/** The customer who pays */
readonly fromCustomerId: string;
/** The mobile number of the customer who pays */
readonly fromMobileNumber?: string;
/** The sub merchant that is paid; the merchant itself unless given */
readonly toSubMerchantId?: string;
/** The amount in rupees, above zero, with at most 2 places */
readonly amount: string;
/** The customer's MPIN, a secret: it goes to the provider, and into no record or log */
readonly mpin: string;
/** A text of the merchant's own */
readonly description?: string;
/** The caller's own id of this change of money, and its identity: a repeat with the same id moves money once */
readonly merchantTransactionId: string;
};
    answer: {
readonly result: {
/** The provider's id of the debit; a reversal may name it */
readonly transactionId: string;
};
readonly record: Record;
};
  };
/** Fetches the balance of a customer's wallet */
  aggrepayFetchBalance: {
    request: {
/** The provider's id of the customer */
readonly customerId?: string;
/** The customer's mobile number in India */
readonly mobileNumber?: string;
};
    answer: {
readonly result: {
/** The balance in rupees */
readonly balance: string;
/** Whose balance it is */
readonly customerId: string | null;
};
};
  };
/** Fetches one successful transaction by the merchant's id */
  aggrepayFetchByMerchantTransactionId: {
    request: {
/** The merchantTransactionId of the transaction; a reversal has its debit's with _REVERSAL */
readonly merchantTransactionId: string;
};
    answer: {
readonly result: {
/** The provider's id of the transaction */
readonly transactionId: string | null;
/** The merchant's id; a reversal has its debit's with _REVERSAL */
readonly merchantTransactionId: string | null;
/** What kind it is, in the provider's words: C2M, C2C, M2C, ... */
readonly transactionType: string | null;
/** CREDIT or DEBIT, seen from the customer */
readonly paymentType: string | null;
/** The amount in rupees */
readonly amount: string | null;
/** The customer's balance afterwards, in rupees */
readonly balance: string | null;
/** When it was done, in India's time */
readonly time: string | null;
/** The provider's word for its state, such as PAYMENT_SUCCESS */
readonly transactionStatus: string | null;
};
};
  };
/** Fetches one successful transaction by the provider's id */
  aggrepayFetchByTransactionId: {
    request: {
/** The provider's id of the transaction */
readonly transactionId: string;
};
    answer: {
readonly result: {
/** The provider's id of the transaction */
readonly transactionId: string | null;
/** The merchant's id; a reversal has its debit's with _REVERSAL */
readonly merchantTransactionId: string | null;
/** What kind it is, in the provider's words: C2M, C2C, M2C, ... */
readonly transactionType: string | null;
/** CREDIT or DEBIT, seen from the customer */
readonly paymentType: string | null;
/** The amount in rupees */
readonly amount: string | null;
/** The customer's balance afterwards, in rupees */
readonly balance: string | null;
/** When it was done, in India's time */
readonly time: string | null;
/** The provider's word for its state, such as PAYMENT_SUCCESS */
readonly transactionStatus: string | null;
};
};
  };
/** Fetches a customer's details */
  aggrepayFetchCustomerDetail: {
    request: {
/** The provider's id of the customer */
readonly customerId?: string;
/** The customer's mobile number in India */
readonly mobileNumber?: string;
};
    answer: {
readonly result: {
/** The provider's id of the customer */
readonly customerId: string | null;
/** First name */
readonly firstName: string | null;
/** Last name */
readonly lastName: string | null;
/** Mobile number, as the provider keeps it */
readonly mobileNumber: string | null;
/** E-mail address */
readonly emailAddress: string | null;
/** Date of birth, as the provider writes it */
readonly dateOfBirth: string | null;
/** First line of the address */
readonly addressLine1: string | null;
/** Second line of the address */
readonly addressLine2: string | null;
/** City */
readonly city: string | null;
/** Postal code */
readonly pincode: string | null;
/** The merchant's own text about the customer */
readonly description: string | null;
};
};
  };
/** Fetches a customer's successful transactions, a page at a time */
  aggrepayFetchTransactions: {
    request: {
/** The provider's id of the customer */
readonly customerId?: string;
/** The customer's mobile number in India */
readonly mobileNumber?: string;
/** Which page, from 0 */
readonly pageNumber: number;
/** How many transactions a page has */
readonly pageSize: number;
};
    answer: {
readonly result: readonly ({
/** The provider's id of the transaction */
readonly transactionId: string | null;
/** The merchant's id; a reversal has its debit's with _REVERSAL */
readonly merchantTransactionId: string | null;
/** What kind it is, in the provider's words: C2M, C2C, M2C, ... */
readonly transactionType: string | null;
/** CREDIT or DEBIT, seen from the customer */
readonly paymentType: string | null;
/** The amount in rupees */
readonly amount: string | null;
/** The customer's balance afterwards, in rupees */
readonly balance: string | null;
/** When it was done, in India's time */
readonly time: string | null;
/** The provider's word for its state, such as PAYMENT_SUCCESS */
readonly transactionStatus: string | null;
})[];
readonly page: {
/** How many transactions a page has */
readonly pageSize: number | null;
/** Which page this is, from 0 */
readonly pageNumber: number | null;
/** How many pages there are */
readonly totalPages: number | null;
/** How many transactions there are */
readonly totalElements: number | null;
};
};
  };
/** Sets a new MPIN with the OTP that the customer received */
  aggrepayForgotMpin: {
    request: {
/** The provider's id of the customer */
readonly customerId?: string;
/** The customer's mobile number in India */
readonly mobileNumber?: string;
/** The one-time password that the customer was sent, a secret */
readonly otp: string;
/** The MPIN from now on, a secret */
readonly newMpin: string;
};
    answer: {
readonly result: {
/** True: the provider set the new MPIN */
readonly mpinUpdated: true;
};
readonly record: Record;
};
  };
/** Lists the merchant's sub merchants */
  aggrepayGetSubMerchants: {
    request: {

};
    answer: {
readonly result: readonly ({
/** The sub merchant's id */
readonly id: string | null;
/** The sub merchant's name */
readonly name: string | null;
})[];
};
  };
/** Registers a customer with the OTP that the customer received */
  aggrepayRegisterCustomer: {
    request: {
/** The customer's mobile number in India */
readonly mobileNumber: string;
/** The one-time password that the customer was sent, a secret */
readonly otp: string;
/** The customer's first name */
readonly firstName: string;
/** The customer's last name */
readonly lastName: string;
/** The customer's date of birth */
readonly dateOfBirth?: string;
/** The customer's MPIN, a secret: it goes to the provider, and into no record or log */
readonly mpin: string;
};
    answer: {
readonly result: {
/** The id that the provider gave the customer */
readonly customerId: string;
};
readonly record: Record;
};
  };
/** Sends an OTP to a mobile number that is to be registered */
  aggrepayRegistrationOtp: {
    request: {
/** The customer's e-mail address */
readonly email: string;
/** The customer's mobile number in India */
readonly mobileNumber?: string;
};
    answer: {
readonly result: {
/** Whether the customer is registered already */
readonly customerExists: boolean | null;
/** Whether the provider sent an OTP */
readonly otpSent: boolean;
};
readonly record: Record;
};
  };
/** Updates a customer's details */
  aggrepayUpdateCustomer: {
    request: {
/** The provider's id of the customer */
readonly customerId?: string;
/** The customer's mobile number in India */
readonly mobileNumber?: string;
/** The customer's first name */
readonly firstName?: string;
/** The customer's last name */
readonly lastName?: string;
/** The customer's e-mail address */
readonly emailAddress?: string;
/** The customer's date of birth */
readonly dateOfBirth?: string;
/** First line of the address */
readonly addressLine1?: string;
/** Second line of the address */
readonly addressLine2?: string;
/** City */
readonly city?: string;
/** Postal code in India */
readonly pincode?: string;
/** A text of the merchant's own */
readonly description?: string;
};
    answer: {
readonly result: {
/** True: the provider updated the customer */
readonly updated: true;
};
readonly record: Record;
};
  };
/** Debits a customer's wallet and pays another customer (C2C) */
  aggrepayWalletToWallet: {
    request: {
/** The customer who pays */
readonly fromCustomerId: string;
/** The customer who is paid */
readonly toCustomerId: string;
/** The amount in rupees, above zero, with at most 2 places */
readonly amount: string;
/** The customer's MPIN, a secret: it goes to the provider, and into no record or log */
readonly mpin: string;
/** A text of the merchant's own */
readonly description?: string;
/** The caller's own id of this change of money, and its identity: a repeat with the same id moves money once */
readonly merchantTransactionId: string;
};
    answer: {
readonly result: {
/** The provider's id of the transfer */
readonly transactionId: string;
};
readonly record: Record;
};
  };
/** Fetches the secret key of a wallet user */
  dreamzwalletGetSecretKey: {
    request: {
/** The provider's id of the wallet user */
readonly customerId: string;
};
    answer: {
readonly result: {
/** The wallet user */
readonly customerId: string;
/** The user's secret key: keep it from logs and from the user's sight */
readonly secKey: string;
};
};
  };
/** Revokes the user token of an account binding */
  nicepayDeactivateAccountBinding: {
    request: {
/** The referenceNo of the binding, and the identity of its deactivation */
readonly referenceNo: string;
};
    answer: {
readonly result: {
/** The merchant's own id of the binding */
readonly referenceNo: string;
/** True: the user token was revoked */
readonly deactivated: boolean;
/** What the provider says of it */
readonly description: string | null;
};
readonly record: Record;
};
  };
/** Registers a binding of a user's payloan account */
  nicepayRegisterAccountBinding: {
    request: {
/** The merchant's own id of the binding, and its identity */
readonly referenceNo: string;
/** The wallet's code at the provider */
readonly mitraCd?: string;
/** The user's name */
readonly billingNm: string;
/** The user's mobile number in Indonesia */
readonly billingPhone: string;
/** The user's e-mail address */
readonly billingEmail?: string;
/** Where the user's browser comes back to, by POST, after the login; its host must be allowed */
readonly callBackUrl: string;
/** The merchant's own id of the user */
readonly clientUserKey: string;
};
    answer: {
readonly result: {
/** The merchant's own id of the binding */
readonly referenceNo: string;
/** The provider's id of the binding; null where the reply gave none, or a notification without one came first */
readonly tXid: string | null;
/** The wallet, such as KDVI */
readonly mitraCd: string | null;
/** When the provider took the registration, in Jakarta's time */
readonly registeredAt: string | null;
/** Where the user's browser is sent to log in; null where its notification came before the reply */
readonly redirectUrlHttp: string | null;
};
readonly record: Record;
};
  };
/** Confirms a user token: shows the account that it is of */
  nicepayUserDetail: {
    request: {
/** The user's payment token, a secret */
readonly userToken: string;
};
    answer: {
readonly result: {
/** The phone number of the account, its middle perhaps left out */
readonly billingPhone: string;
/** The account's holder */
readonly billingNm: string | null;
/** The account's status, as the provider's number */
readonly accountStatus: string | null;
/** The account's type, as the provider's number */
readonly accountType: string | null;
/** What the user may borrow, by terms */
readonly limitDetails: readonly ({
/** The terms, such as 30_days */
readonly paymentType: string | null;
/** What is left to borrow, in rupiah */
readonly remainingUserLimit: string | null;
/** What may be borrowed in all, in rupiah */
readonly totalUserLimit: string | null;
})[] | null;
};
};
  };
/** Tells what became of a Load call of the closed loop wallet */
  payuCheckStatus: {
    request: {
/** The clientTxnId of the Load call that is asked about */
readonly verifyClientTxnId: string;
/** An id of the caller's for this call alone. Leave it out: the gateway then makes one */
readonly clientTxnId?: string;
/** The first day of the search */
readonly fromDate?: string;
/** The last day of the search */
readonly toDate?: string;
};
    answer: {
readonly result: {
/** The reply's own code */
readonly messageCode: string | null;
/** The clientTxnId of this question */
readonly clientTxnId: string | null;
/** What became of this question, as a code of the provider's */
readonly responseCode: string;
/** What became of this question, in the provider's words */
readonly responseMessage: string | null;
/** The provider's number of the wallet */
readonly urn: string | null;
/** The bank */
readonly bankId: string | null;
/** When the question was answered, in India's time */
readonly responseDateTime: string | null;
/** The calls with that clientTxnId, each with what became of it */
readonly responseDump: readonly ({
/** The provider's number of the wallet */
readonly urn: string | null;
/** The customer */
readonly customerId: string | null;
/** What became of the call, as a code of the provider's */
readonly responseCode: string | null;
/** Which call it was */
readonly messageCode: string | null;
/** The call's clientTxnId */
readonly clientTxnId: string | null;
/** The client */
readonly clientId: string | null;
/** When it was answered, in India's time */
readonly responseDateTime: string | null;
/** What became of the call, in the provider's words */
readonly responseMessage: string | null;
/** The bank */
readonly bankId: string | null;
/** The provider's reference of the transaction */
readonly accosaRefNo: string | null;
})[];
/** What the provider says where there is no list */
readonly responseDumpMessage: string | null;
};
};
  };
/** Gives in what the providers' own books were found to differ from our records, day by day */
  recordsBooks: {
    request: {
/** The day, such as 2026-11-28; left out, the latest ten */
readonly date?: string;
};
    answer: {
/** The days */
readonly result: readonly ({
/** Whose books */
readonly provider: string;
/** The merchant's account there */
readonly account: string;
/** The day, in the provider's zone */
readonly date: string;
/** `looking`: a later run goes on. `incomplete`: no difference, and not everything could be looked at or proven */
readonly state: "looking" | "agrees" | "differs" | "incomplete";
/** When the first run began, in UTC */
readonly startedAt: string;
/** When the day came to its end, in UTC; null while it has not */
readonly endedAt: string | null;
/** Calls of the provider */
readonly calls: number;
/** Customers */
readonly customers: {
/** Customers with records of that day; of NICEPAY, the records themselves */
readonly found: number;
/** Of these, those that were compared */
readonly lookedAt: number;
};
/** Records of ours */
readonly records: {
/** Records whose latest attempt was made that day */
readonly found: number;
/** Sides of records that the provider bears out: a transfer has two */
readonly borneOut: number;
/** In doubt, or waiting for a person: whatever the list shows */
readonly open: number;
/** Of these, those whose movement the list shows */
readonly openShown: number;
/** Without effect, and nothing of it is shown */
readonly withoutEffect: number;
/** Records and movements that can be called neither borne out nor a difference */
readonly notProven: number;
/** In nobody's list, as a reversal of a debit that is not ours */
readonly withoutList: number;
};
/** Movements of the provider's */
readonly movements: {
/** Movements of that day in the lists */
readonly shown: number;
/** Of these, those that a record explains */
readonly explained: number;
};
/** Sums in rupees */
readonly sums: {
/** Of records that are borne out, what came to customers, with 2 places */
readonly credits: string;
/** The same of what left them */
readonly debits: string;
/** Of records of customers whose list was not compared */
readonly notLookedAt: string;
};
/** Where list and records do not agree */
readonly differences: {
/** How many there are */
readonly count: number;
/** The first 200 of them */
readonly shown: readonly ({
/** A movement that no record explains, a record that nothing at the provider bears out, or the two differ */
readonly kind: "movement-without-record" | "record-without-movement" | "differs";
/** Of `differs`: in what */
readonly fields?: readonly (string)[];
/** In whose list; of an account binding, its referenceNo */
readonly customerId: string;
/** The record, where there is one */
readonly recordId?: string;
/** The record's operation, such as aggrepay/debit-wallet */
readonly operation?: string;
/** The record's identity */
readonly identity?: string;
/** What the record says */
readonly state?: string;
/** Of the movement, else of the record, with 2 places */
readonly amount?: string;
/** The movement as the list shows it */
readonly movement?: string;
/** The difference, in a sentence */
readonly says: string;
})[];
};
/** Why something is not proven: the first 20 */
readonly notProven: readonly (string)[];
})[];
};
  };
/** Gives a record with its history */
  recordsGet: {
    request: {
/** The record's id, as answers and lists give it */
readonly id: string;
};
    answer: {
readonly record: RecordDetail;
};
  };
/** Lists records: those of a state that is not settled, a customer's, or those of an id */
  recordsList: {
    request: {
/** List records of this state, oldest first */
readonly state?: "needs_attention" | "in_doubt" | "dispatched";
/** List an AggrePay customer's records, newest first */
readonly customerId?: string;
/** Give the record of that id, and those of its reversals; without pages */
readonly merchantTransactionId?: string;
/** Give the record of that NICEPAY binding, and that of its deactivation; without pages */
readonly referenceNo?: string;
/** With operation: give the record of that Idempotency-Key; without pages */
readonly idempotencyKey?: string;
/** With idempotencyKey: whose key it is, as records name callers; the caller of this request unless given */
readonly caller?: string;
/** With state: records of this kind alone */
readonly namespace?: "money" | "reversal" | "binding" | "deactivation" | "notification" | "idempotency-key";
/** With state: records of this operation alone, such as aggrepay/debit-wallet. With idempotencyKey: whose key it is */
readonly operation?: string;
/** With state: what has waited, or was sent, since then or later; must be a time such as 2026-11-29T09:30:00Z, or a date */
readonly since?: string;
/** With state needs_attention: what the record waits for */
readonly waits?: "provider" | "person";
/** How many records a page has at most, 25 unless given */
readonly limit?: string;
/** The cursor of the page before */
readonly cursor?: string;
};
    answer: {
/** The records */
readonly result: readonly (RecordDetail | {
/** The record's id */
readonly id: string;
/** The operation, such as aggrepay/debit-wallet */
readonly operation: string;
/** What is known of it, a moment ago */
readonly state: "dispatched" | "in_doubt" | "needs_attention" | "not_sent" | "not_executed" | "succeeded" | "declined";
/** The amount in rupees, with 2 places */
readonly amount: string | null;
/** When the record was made, in UTC */
readonly createdAt: string;
})[];
readonly page?: {
/** For the page after this one; null on the last page */
readonly cursor: string | null;
/** Of in_doubt and dispatched: false where more are unfinished than one request reads */
readonly complete?: boolean;
};
};
  };
/** Settles a record that waits for a person */
  recordsResolve: {
    request: {
/** The record's id */
readonly id: string;
/** What is true of the attempt; withdraw takes back a proposal */
readonly outcome: "succeeded" | "declined" | "not_executed" | "withdraw";
/** Why, in words that another person can read later */
readonly reason: string;
/** The attempt of the record that was looked at; 1 unless given */
readonly attempt?: number;
/** With succeeded: the provider's id of the transaction, where there is one */
readonly transactionId?: string;
};
    answer: {
readonly record: RecordDetail;
};
  };
/** Settles many records that wait for a person, each by itself */
  recordsResolveMany: {
    request: {
/** What is true of the attempt; withdraw takes back a proposal */
readonly outcome: "succeeded" | "declined" | "not_executed" | "withdraw";
/** Why, in words that another person can read later */
readonly reason: string;
/** The attempt of the record that was looked at; 1 unless given */
readonly attempt?: number;
/** The ids of the records, each once */
readonly ids: readonly (string)[];
};
    answer: {
readonly result: readonly ({
/** The record's id, as it was given */
readonly id: string;
/** The status that a single decision would have been answered with */
readonly status: number;
readonly record?: RecordDetail;
/** The problem that a single decision would have had */
readonly problem?: unknown;
})[];
};
  };
/** Encrypts a customer's identifiers into the token that the customer record is retrieved with */
  wibmoEncrypt: {
    request: {
/** The customer's mobile number in India */
readonly customerMobile?: string;
/** The provider's id of the customer */
readonly customerId?: string;
/** The provider's number of the wallet */
readonly urn?: string;
/** The customer's e-mail address. The provider may refuse it alone */
readonly emailId?: string;
/** An id of the caller's for this call alone. Leave it out: the gateway then makes one */
readonly clientTxnId?: string;
};
    answer: {
readonly result: {
/** The encrypted identifiers; only the provider can open it */
readonly token: string;
/** The clientTxnId that was sent: the caller's own, or one that the gateway made */
readonly clientTxnId: string;
};
};
  };
/** Retrieves a customer record: encrypt, retrieve, decrypt */
  wibmoRetrieveCustomerRecord: {
    request: {
/** The customer's mobile number in India */
readonly customerMobile?: string;
/** The provider's id of the customer */
readonly customerId?: string;
/** The provider's number of the wallet */
readonly urn?: string;
/** The customer's e-mail address. The provider may refuse it alone */
readonly emailId?: string;
/** An id of the caller's for this call alone. Leave it out: the gateway then makes one */
readonly clientTxnId?: string;
};
    answer: {
readonly result: {
/** The customer record as the provider decrypts it, under its own names; its numbers as text, with their digits */
readonly customer: unknown;
};
};
  };
}

/** How each operation is called. */
export const operations = {
  accountBindingsGet: {"method":"GET","path":"/v1/account-bindings/{referenceNo}","identity":"none","query":[],"statuses":[200],"holds":{"result":"object","record":"object"}},
  aggrepayAddSubMerchant: {"method":"POST","path":"/v1/aggrepay/add-sub-merchant","identity":"idempotency-key","query":[],"statuses":[200],"holds":{"result":"object","record":"object"}},
  aggrepayChangeMpin: {"method":"POST","path":"/v1/aggrepay/change-mpin","identity":"idempotency-key","query":[],"statuses":[200],"holds":{"result":"object","record":"object"}},
  aggrepayCheckCustomer: {"method":"POST","path":"/v1/aggrepay/check-customer","identity":"none","query":[],"statuses":[200],"holds":{"result":"object"}},
  aggrepayCheckCustomerCreditLimit: {"method":"POST","path":"/v1/aggrepay/check-customer-credit-limit","identity":"none","query":[],"statuses":[200],"holds":{"result":"object"}},
  aggrepayCheckCustomerDebitLimit: {"method":"POST","path":"/v1/aggrepay/check-customer-debit-limit","identity":"none","query":[],"statuses":[200],"holds":{"result":"object"}},
  aggrepayCreditWallet: {"method":"POST","path":"/v1/aggrepay/credit-wallet","identity":"fields","fields":["merchantTransactionId"],"query":[],"statuses":[200],"holds":{"result":"object","record":"object"}},
  aggrepayCustomerOtp: {"method":"POST","path":"/v1/aggrepay/customer-otp","identity":"idempotency-key","query":[],"statuses":[200],"holds":{"result":"object","record":"object"}},
  aggrepayCustomerStatus: {"method":"POST","path":"/v1/aggrepay/customer-status","identity":"idempotency-key","when":"customerActive","query":[],"statuses":[200],"holds":{"result":"object"}},
  aggrepayDebitReversal: {"method":"POST","path":"/v1/aggrepay/debit-reversal","identity":"fields","fields":["merchantTransactionId","reversal"],"query":[],"statuses":[200],"holds":{"result":"object","record":"object"}},
  aggrepayDebitWallet: {"method":"POST","path":"/v1/aggrepay/debit-wallet","identity":"fields","fields":["merchantTransactionId"],"query":[],"statuses":[200],"holds":{"result":"object","record":"object"}},
  aggrepayFetchBalance: {"method":"POST","path":"/v1/aggrepay/fetch-balance","identity":"none","query":[],"statuses":[200],"holds":{"result":"object"}},
  aggrepayFetchByMerchantTransactionId: {"method":"POST","path":"/v1/aggrepay/fetch-by-merchant-transaction-id","identity":"none","query":[],"statuses":[200],"holds":{"result":"object"}},
  aggrepayFetchByTransactionId: {"method":"POST","path":"/v1/aggrepay/fetch-by-transaction-id","identity":"none","query":[],"statuses":[200],"holds":{"result":"object"}},
  aggrepayFetchCustomerDetail: {"method":"POST","path":"/v1/aggrepay/fetch-customer-detail","identity":"none","query":[],"statuses":[200],"holds":{"result":"object"}},
  aggrepayFetchTransactions: {"method":"POST","path":"/v1/aggrepay/fetch-transactions","identity":"none","query":[],"statuses":[200],"holds":{"result":"array","page":"object"}},
  aggrepayForgotMpin: {"method":"POST","path":"/v1/aggrepay/forgot-mpin","identity":"idempotency-key","query":[],"statuses":[200],"holds":{"result":"object","record":"object"}},
  aggrepayGetSubMerchants: {"method":"POST","path":"/v1/aggrepay/get-sub-merchants","identity":"none","query":[],"statuses":[200],"holds":{"result":"array"}},
  aggrepayRegisterCustomer: {"method":"POST","path":"/v1/aggrepay/register-customer","identity":"idempotency-key","query":[],"statuses":[200],"holds":{"result":"object","record":"object"}},
  aggrepayRegistrationOtp: {"method":"POST","path":"/v1/aggrepay/registration-otp","identity":"idempotency-key","query":[],"statuses":[200],"holds":{"result":"object","record":"object"}},
  aggrepayUpdateCustomer: {"method":"POST","path":"/v1/aggrepay/update-customer","identity":"idempotency-key","query":[],"statuses":[200],"holds":{"result":"object","record":"object"}},
  aggrepayWalletToWallet: {"method":"POST","path":"/v1/aggrepay/wallet-to-wallet","identity":"fields","fields":["merchantTransactionId"],"query":[],"statuses":[200],"holds":{"result":"object","record":"object"}},
  dreamzwalletGetSecretKey: {"method":"POST","path":"/v1/dreamzwallet/get-secret-key","identity":"none","query":[],"statuses":[200],"holds":{"result":"object"}},
  nicepayDeactivateAccountBinding: {"method":"POST","path":"/v1/nicepay/deactivate-account-binding","identity":"fields","fields":["referenceNo"],"query":[],"statuses":[200],"holds":{"result":"object","record":"object"}},
  nicepayRegisterAccountBinding: {"method":"POST","path":"/v1/nicepay/register-account-binding","identity":"fields","fields":["referenceNo"],"query":[],"statuses":[200],"holds":{"result":"object","record":"object"}},
  nicepayUserDetail: {"method":"POST","path":"/v1/nicepay/user-detail","identity":"none","query":[],"statuses":[200],"holds":{"result":"object"}},
  payuCheckStatus: {"method":"POST","path":"/v1/payu/check-status","identity":"none","query":[],"statuses":[200],"holds":{"result":"object"}},
  recordsBooks: {"method":"GET","path":"/v1/books","identity":"none","query":["date"],"statuses":[200],"holds":{"result":"array"}},
  recordsGet: {"method":"GET","path":"/v1/records/{id}","identity":"none","query":[],"statuses":[200],"holds":{"record":"object"}},
  recordsList: {"method":"GET","path":"/v1/records","identity":"none","query":["state","customerId","merchantTransactionId","referenceNo","idempotencyKey","caller","namespace","operation","since","waits","limit","cursor"],"statuses":[200],"holds":{"result":"array"}},
  recordsResolve: {"method":"POST","path":"/v1/records/{id}/resolve","identity":"none","query":[],"statuses":[200,202],"holds":{"record":"object"}},
  recordsResolveMany: {"method":"POST","path":"/v1/records/resolve","identity":"none","query":[],"statuses":[207],"holds":{"result":"array"}},
  wibmoEncrypt: {"method":"POST","path":"/v1/wibmo/encrypt","identity":"none","query":[],"statuses":[200],"holds":{"result":"object"}},
  wibmoRetrieveCustomerRecord: {"method":"POST","path":"/v1/wibmo/retrieve-customer-record","identity":"none","query":[],"statuses":[200],"holds":{"result":"object"}},
} as const;

/** A field, parameter or header is wrong. `errors` names each wrong field; if the provider refused it, its words are in `provider`. Nothing happened. Do: Correct the request. Where the answer has a declined record, use a new identity. */
export class InvalidRequest extends GatewayProblem {
  declare readonly code: "invalid-request";
}

/** The token does not say who calls: it lacks `iss` or `sub`. Of the webhook: the signature or address is wrong. Do: Send a token with the claims `iss` and `sub`. */
export class AccessDenied extends GatewayProblem {
  declare readonly code: "access-denied";
}

/** The provider, or the gateway, does not know what the request names. Nothing happened. Do: Look at the ids in the request. Where the answer has a declined record, use a new identity. */
export class NotFound extends GatewayProblem {
  declare readonly code: "not-found";
}

/** The same request is being carried out, or another one for the same mobile number, name or payment; or it is not known yet whether the debit, or the reversal before this one, succeeded. Do: Repeat the request as it is after `Retry-After` seconds. */
export class InProgress extends GatewayProblem {
  declare readonly code: "in-progress";
}

/** The provider already did this, but not for this record; or the debit is reversed under another number; or the record does not wait for a decision, or waits for another person's. Do: Do not repeat it. Look at the record, or ask the provider's list. */
export class AlreadyDone extends GatewayProblem {
  declare readonly code: "already-done";
}

/** The body is too large (413), or is not JSON in UTF-8 without a content coding (415). Nothing happened. Do: Send at most 64 KiB of `application/json`, not compressed. */
export class UnacceptableBody extends GatewayProblem {
  declare readonly code: "unacceptable-body";
}

/** The provider refused the MPIN or the OTP. The identity is used up. Do: Ask the customer again, and send it under a new identity. */
export class WrongCredential extends GatewayProblem {
  declare readonly code: "wrong-credential";
}

/** The wallet does not hold enough money. The identity is used up. Do: Ask for a smaller amount or another means, under a new identity. */
export class InsufficientFunds extends GatewayProblem {
  declare readonly code: "insufficient-funds";
}

/** The amount or number is over a limit of the provider. The identity of a change is used up. Do: Ask for less, or later, under a new identity. */
export class LimitExceeded extends GatewayProblem {
  declare readonly code: "limit-exceeded";
}

/** The provider refused it for another reason, which is in `provider`; 409: the debit to be reversed was declined, or no attempt of it is known to have succeeded and none is under way. Do: Remove the cause. A change takes a new identity; a refused reversal takes `nextReversal`. */
export class Declined extends GatewayProblem {
  declare readonly code: "declined";
}

/** This identity belongs to another request. Nothing was sent. To the caller of that request, `errors` names the fields that differ, never a value, and `instance` is its record. Do: Use a new identity for a new request; a repeat must be the same request. */
export class IdentityReused extends GatewayProblem {
  declare readonly code: "identity-reused";
}

/** The provider asks for fewer requests (HTTP 429). Nothing was done. Do: Repeat the request as it is after `Retry-After` seconds. */
export class Throttled extends GatewayProblem {
  declare readonly code: "throttled";
}

/** A secret or setting of the gateway is wrong, or the provider refused it. Nothing of this request was done. What an earlier request under the same identity did is told by `record` alone, where the answer has one. Do: Repeat the request as it is after `Retry-After` seconds, under no other identity; tell the operator. */
export class Misconfigured extends GatewayProblem {
  declare readonly code: "misconfigured";
}

/** The reply to a read cannot be used, or a firewall or proxy in front of the provider refused the call; or it is proved that a change was not carried out. Do: Repeat the request as it is after `Retry-After` seconds: of a change it is then a new attempt. */
export class ProviderFault extends GatewayProblem {
  declare readonly code: "provider-fault";
}

/** Nothing of this request was sent to the provider, or a record could not be read or written. What an earlier request under the same identity did is told by `record` alone, where the answer has one. Do: Repeat the request as it is after `Retry-After` seconds, under no other identity. */
export class NotSent extends GatewayProblem {
  declare readonly code: "not-sent";
}

/** A change: the provider may have carried it out. A read: the provider did not answer in time. With `retry` `never`: a person looked at the record and did not settle it. Do: Repeat the request as it is, under the same identity, after `Retry-After` seconds: the gateway asks the provider, and sends nothing again. Never use a new identity meanwhile. */
export class OutcomeUnknown extends GatewayProblem {
  declare readonly code: "outcome-unknown";
}

/** The class of each problem, by its code. */
export const problemClasses = {
  "invalid-request": InvalidRequest,
  "access-denied": AccessDenied,
  "not-found": NotFound,
  "in-progress": InProgress,
  "already-done": AlreadyDone,
  "unacceptable-body": UnacceptableBody,
  "wrong-credential": WrongCredential,
  "insufficient-funds": InsufficientFunds,
  "limit-exceeded": LimitExceeded,
  "declined": Declined,
  "identity-reused": IdentityReused,
  "throttled": Throttled,
  "misconfigured": Misconfigured,
  "provider-fault": ProviderFault,
  "not-sent": NotSent,
  "outcome-unknown": OutcomeUnknown,
} as const;
