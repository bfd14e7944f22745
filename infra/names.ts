/** `aggrepay/debit-wallet` becomes `AggrepayDebitWallet`, the id of its resources. */
export const resourceId = (name: string): string =>
  name.replace(/(?:^|[/-])(.)/g, (_, first: string) => first.toUpperCase());

/** The indexes of the records table, as lib/records asks for them. */
export const unfinishedIndex = "unfinished";
export const customerIndex = "customer-records";
/** There only where the books are looked at. */
export const operationIndex = "operation-records";
