/** The fields whose values the call log shows: those that are nobody's secret. */
export const shownFields = [
  "customer_id",
  "from_customer_id",
  "to_customer_id",
  "to_sub_merchant_id",
  "amount",
  "merchant_transaction_id",
  "transaction_id",
  "pg_transaction_id",
  "customer_active",
  "page_number",
  "page_size",
] as const;
