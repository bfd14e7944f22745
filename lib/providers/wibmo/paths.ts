/** The paths of two calls that are on Wibmo's public pages alone, where no other is chosen. */
export const paths = {
  retrieve: "/uat/sbx/api/onboarding/v3/retrieveCustRecord",
  decrypt: "/api/v2/decrypt",
} as const;
