/** Records of what is no money and no binding are forgotten this long after their end, in milliseconds; others never are. */
export const expiryOf = (namespace: string): number | undefined =>
  namespace === "idempotency-key" ? 30 * 24 * 60 * 60_000 : undefined;
