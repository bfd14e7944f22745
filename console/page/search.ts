/** What a row of a list is looked at for. */
interface Found {
  readonly id: string;
}

/** Where a search reads. A refusal that means that there is nothing is an empty list. */
export interface Finders<Row extends Found> {
  readonly byRecord: (id: string) => Promise<readonly Row[]>;
  readonly by: (query: Readonly<Record<string, string>>) => Promise<readonly Row[]>;
  /** Whole records of every state that is not settled. */
  readonly unfinished: () => Promise<readonly (Row & Searched)[]>;
  /** Operations whose identity is the Idempotency-Key: `aggrepay/customer-otp`. */
  readonly keyed: () => Promise<readonly string[]>;
}

interface Searched {
  readonly identity?: unknown;
  readonly result?: unknown;
  readonly failure?: unknown;
  readonly lastInquiry?: unknown;
}

/**
 * Every record that has this id: its own, its `merchantTransactionId`, `referenceNo` or customer, or the Idempotency-Key of the
 * caller that asks. The provider's transactions, and other callers' keys, are looked for among what is unfinished. One request
 * is made after another: as many at once would start as many functions.
 */
export async function search<Row extends Found>(
  asked: string,
  { byRecord, by, unfinished, keyed }: Finders<Row>,
): Promise<readonly Row[]> {
  const found = (await unfinished()).filter((record) => hasId(record, asked)) as Row[];
  const look = async (form: RegExp, finds: () => Promise<readonly Row[]>) => {
    if (form.test(asked)) found.push(...(await finds()));
  };
  await look(/^(?:(?:binding|deactivation)\.)?[\w-]{43}$/, () => byRecord(asked));
  await look(/^[\w.-]{1,64}$/, () => by({ merchantTransactionId: asked }));
  await look(/^[\w.-]{1,40}$/, () => by({ referenceNo: asked }));
  await look(/^\d{1,30}$/, () => by({ customerId: asked, limit: "100" }));
  for (const operation of found.length > 0 ? [] : await keyed())
    await look(/^[\x20-\x7e]{1,255}$/, () => by({ idempotencyKey: asked, operation }));
  return [...new Map(found.map((row) => [row.id, row])).values()];
}

/** As its identity, or among the words of its result, failure and latest inquiry. */
function hasId({ identity, result, failure, lastInquiry }: Searched, asked: string): boolean {
  if (identity === asked) return true;
  const words = JSON.stringify([result, failure, lastInquiry]).split(/[^\w.-]+/);
  return words.includes(asked);
}
