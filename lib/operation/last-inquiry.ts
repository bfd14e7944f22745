import type { RecordItem } from "../records/record.ts";
import { log } from "../runtime.ts";

/** One WARN line where a look into a record's doubt has settled nothing: which record, and what was learned. */
export function warnOfInquiry(name: string, before: RecordItem, after: RecordItem): void {
  const { lastInquiry, provider, operation, id, state } = after;
  if (lastInquiry === undefined || lastInquiry.at === before.lastInquiry?.at) return;
  log({
    function: name,
    operation: `${provider}/${operation}`,
    record: id,
    state,
    lastInquiry: lastInquiry.learned,
  });
}
