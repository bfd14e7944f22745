import { isSameMobile, type Reader } from "../reader.ts";
import { isSameWord } from "../words.ts";

/** Who a call is about, as its caller names the customer. */
export interface AskedCustomer {
  readonly customerId?: string | undefined;
  readonly mobileNumber?: string | undefined;
  readonly email?: string | undefined;
}

/**
 * Refuses a reply that names another customer than the call was about: then it is the reply to somebody else's call, and nothing of it
 * is shown or concluded.
 * @throws UnreadableReply, which is doubt where something was to change.
 */
export function refuseOther(data: Reader, { customerId, mobileNumber, email }: AskedCustomer): void {
  data.namesNoOther("customer_id", customerId);
  data.namesNoOther("mobile_number", mobileNumber, isSameMobile);
  // A number that is known may have been registered with another address: that is what the provider knows, and about whom is said already.
  if (mobileNumber !== undefined) return;
  for (const field of ["email", "email_address"]) data.namesNoOther(field, email, isSameWord);
}
