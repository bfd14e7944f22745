/**
 * The path of each call, where no other is chosen. The letter case of the registration's is inferred; NICEPAY's public pages lost
 * the sign between the last two words of the others.
 */
export const paths = {
  registration: "/nicepay/v2/userAccountBinding",
  "user detail": "/nicepay/direct/v2/user-details",
  deactivation: "/nicepay/direct/v2/remove-token",
} as const;
