import type { Runbook } from "../runbook.ts";
import { ask } from "./api.ts";
import { usePolled } from "./hooks.ts";
import { matching } from "./runbook.ts";
import type { Detail } from "./shapes.ts";
import { Time } from "./words.tsx";

export const useRunbook = () => usePolled("runbook", () => ask<Runbook>("/console/runbook"), 0);

/** The runbook's question for what this record says, with the evidence beside it. */
export function Guidance({ record }: { readonly record: Detail }) {
  const { data } = useRunbook();
  const found = data && matching(record, data);
  return (
    <div class="guidance">
      <dl>
        <div class="fact">
          <dt>It says</dt>
          <dd>{record.flagged ?? record.failure?.detail ?? "Nothing was recorded."}</dd>
        </div>
        {record.lastInquiry && (
          <div class="fact">
            <dt>
              Asked at <Time at={record.lastInquiry.at} />
            </dt>
            <dd>{record.lastInquiry.learned}</dd>
          </div>
        )}
        <div class="fact">
          <dt>Look</dt>
          <dd>
            {found?.look ??
              "Read the provider's portal: what became of this identity there? Say only what is known to be true."}
          </dd>
        </div>
      </dl>
    </div>
  );
}
