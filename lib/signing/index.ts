// The signing layer: pure functions, no I/O, nothing but node:crypto. Its one entry.
export {
  type AggrepayDoubt,
  type AggrepayReply,
  type AggrepaySecret,
  aggrepayRequestHash,
  type Field,
  openAggrepayReply,
  type SignedAggrepayRequest,
  signAggrepay,
} from "./aggrepay.ts";
export { type DreamzwalletSecret, dreamzwalletVerificationHash } from "./dreamzwallet.ts";
export { equalInConstantTime } from "./equal.ts";
export {
  type DecodeOptions,
  decodeJson,
  JsonError,
  type JsonFault,
  JsonNumber,
  type JsonObject,
  type JsonValue,
} from "./json.ts";
export {
  type AccountBindingParts,
  accountBindingToken,
  type DeactivationParts,
  deactivationToken,
  nicepayMerchantToken,
  type UserDetailParts,
  userDetailToken,
  verifyAccountBindingToken,
} from "./nicepay.ts";
export { type PayuRequest, type PayuSecret, signPayu } from "./payu.ts";
export { encodePhpJson, type PhpJsonOptions } from "./php-json.ts";
export { standardWebhookSignature, type WebhookDelivery } from "./standard-webhooks.ts";
export { type WibmoHeaderNames, type WibmoSecret, wibmoHeaders } from "./wibmo.ts";
