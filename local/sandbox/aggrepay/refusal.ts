/** A refusal in the provider's words: `error.code` and `error.message` of the reply. */
export class Refusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "Refusal";
    this.code = code;
  }
}

/** INVALID-PARAMS, the code of every field that is missing, malformed or names nothing. */
export const invalidParams = (message: string): Refusal => new Refusal("INVALID-PARAMS", message);

/** "merchant_transaction_id" as the provider's texts write it: "merchant transaction id". */
export const inWords = (field: string): string => field.replaceAll("_", " ");
