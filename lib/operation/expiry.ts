/** Records of what is no money and no binding are forgotten this long after their end. */
export const expireAfterMs = 30 * 24 * 60 * 60_000;
