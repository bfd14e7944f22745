import type { Ledger } from "./ledger.ts";
import type { Fields, Json } from "./signature.ts";

export interface Success {
  readonly data: Json;
  readonly page?: Json;
  /** False where the document shows a hash of null: the failed updatecustomer of section 15. */
  readonly signed?: false;
}

/** One call of the wallet. Fields that are neither required nor optional are undocumented. */
export interface Operation {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  changes(fields: Fields): boolean;
  /** Gives the reply or throws a `Refusal`; commits one effect at most, after every check. */
  run(fields: Fields, ledger: Ledger): Success;
}

export const never = (): boolean => false;
export const always = (): boolean => true;

/** The document marks customer_id mandatory, yet says "required when customer id is not present". */
export const whichCustomer = ["customer_id", "mobile_number"] as const;
