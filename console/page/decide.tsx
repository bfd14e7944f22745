import { useState } from "preact/hooks";
import { gateway, Refused } from "./api.ts";
import { useRunbook } from "./guidance.tsx";
import { Trouble } from "./parts.tsx";
import type { Detail } from "./shapes.ts";
import { span } from "./words.tsx";

interface EachAnswer {
  readonly id: string;
  readonly status: number;
  readonly record?: Detail;
  readonly problem?: { readonly detail: string };
}

type Outcome = "succeeded" | "declined" | "not_executed" | "withdraw";

/** Of money, what lets it move again. */
const movesAgain: ReadonlySet<Outcome> = new Set<Outcome>(["declined", "not_executed"]);

/** The form in which a person says what is true of one record, or of many. */
export function Decide({
  records,
  onDone,
}: {
  readonly records: readonly Detail[];
  readonly onDone: () => void;
}) {
  const [outcome, setOutcome] = useState<Outcome>();
  const [reason, setReason] = useState("");
  const [transactionId, setTransactionId] = useState("");
  const [isSending, setSending] = useState(false);
  const [error, setError] = useState<Error>();
  const [answers, setAnswers] = useState<readonly EachAnswer[]>();
  const only = records.length === 1 ? records[0] : undefined;
  const proposal = only?.proposal && !only.proposal.withdrawn ? only.proposal : undefined;

  const decide = async (event: Event) => {
    event.preventDefault();
    if (outcome === undefined || reason.trim() === "") return;
    setSending(true);
    setError(undefined);
    try {
      const said = { outcome, reason: reason.trim() };
      const answered = only
        ? [await decideOne(only, said, transactionId.trim())]
        : await decideMany(records, said);
      setAnswers(answered);
      setOutcome(undefined);
      setReason("");
      onDone();
    } catch (failure) {
      setError(failure as Error);
    } finally {
      setSending(false);
    }
  };

  return (
    <>
      {proposal && <Proposed proposal={proposal} />}
      <form class="decide" onSubmit={decide}>
        <Outcomes value={outcome} canWithdraw={proposal !== undefined} onChange={setOutcome} />
        {only && outcome === "succeeded" && (
          <label class="field">
            <span>
              The provider's transaction id <small>where there is one</small>
            </span>
            <input value={transactionId} onInput={(event) => setTransactionId(event.currentTarget.value)} />
          </label>
        )}
        <label class="field">
          <span>
            Reason <small>kept with the record, with your name</small>
          </span>
          <textarea
            rows={2}
            maxLength={255}
            value={reason}
            required
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </label>
        {outcome !== undefined &&
          movesAgain.has(outcome) &&
          records.some(({ amount }) => amount !== null) && (
            <p class="warn">
              This lets money move again: say it only when the provider has confirmed that it did not move and
              will not.
            </p>
          )}
        <button
          type="submit"
          class="primary"
          disabled={outcome === undefined || reason.trim() === "" || isSending}
        >
          {isSending ? "Writing" : outcome === undefined ? "Choose what is true" : `Say ${outcome}`}
        </button>
      </form>
      {error && <Trouble error={error} />}
      {answers && <Answers answers={answers} records={records} />}
    </>
  );
}

const Proposed = ({ proposal }: { readonly proposal: NonNullable<Detail["proposal"]> }) => (
  <p class="note">
    <strong>Proposed: {proposal.outcome}</strong> by {proposal.by} ("{proposal.reason}"). Another person
    carries it out by saying the same, within {span((Date.parse(proposal.lapsesAt) - Date.now()) / 1000)}.
  </p>
);

function Outcomes({
  value,
  canWithdraw,
  onChange,
}: {
  readonly value: Outcome | undefined;
  readonly canWithdraw: boolean;
  readonly onChange: (outcome: Outcome) => void;
}) {
  const { data } = useRunbook();
  const withdraw = { outcome: "withdraw", when: "The proposal is to be taken back", repeat: "no change" };
  const rows = [...(data?.outcomes ?? []), ...(canWithdraw ? [withdraw] : [])];
  return (
    <fieldset class="outcomes">
      <legend>What is true</legend>
      {rows.map(({ outcome, when, repeat }) => (
        <label key={outcome} class={value === outcome ? "chosen" : ""}>
          <input
            type="radio"
            name="outcome"
            value={outcome}
            checked={value === outcome}
            onChange={() => onChange(outcome as Outcome)}
          />
          <span>
            <strong>{outcome}</strong>
            <span class="why">{when}</span>
            <span class="why">A repeat gets: {repeat}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function Answers({
  answers,
  records,
}: {
  readonly answers: readonly EachAnswer[];
  readonly records: readonly Detail[];
}) {
  const names = new Map(records.map(({ id, identity }) => [id, identity]));
  return (
    <ul class="answers" role="status">
      {answers.map(({ id, status, record, problem }) => (
        <li key={id} class={status < 300 ? "good" : "bad"}>
          <span class="mono">{record?.identity ?? names.get(id) ?? id}</span>{" "}
          {wordsOf(status, record, problem?.detail)}
        </li>
      ))}
    </ul>
  );
}

function wordsOf(status: number, record: Detail | undefined, problem: string | undefined): string {
  if (status === 202) return "is proposed: another person must say the same.";
  if (status < 300) return `is ${record?.state ?? "written"}.`;
  return `was not written (${status}). ${problem ?? ""}`;
}

interface Said {
  readonly outcome: Outcome;
  readonly reason: string;
}

async function decideOne(record: Detail, said: Said, transactionId: string): Promise<EachAnswer> {
  const { id, attempt } = record;
  const answer = await gateway<{ readonly record: Detail }>(`/v1/records/${encodeURIComponent(id)}/resolve`, {
    method: "POST",
    body: {
      ...said,
      attempt,
      ...(said.outcome === "succeeded" && transactionId !== "" && { transactionId }),
    },
  });
  const isProposed = answer.record.state === "needs_attention" && said.outcome !== "withdraw";
  return { id, status: isProposed ? 202 : 200, record: answer.record };
}

/** Records of one attempt number go in one request: the API takes one `attempt` for all. */
async function decideMany(records: readonly Detail[], said: Said): Promise<readonly EachAnswer[]> {
  const groups = Map.groupBy(records, ({ attempt }) => attempt);
  const answers: EachAnswer[] = [];
  for (const [attempt, group] of groups)
    for (let from = 0; from < group.length; from += 100) {
      const ids = group.slice(from, from + 100).map(({ id }) => id);
      const { result } = await gateway<{ readonly result: readonly EachAnswer[] }>("/v1/records/resolve", {
        method: "POST",
        body: { ...said, ids, attempt },
      });
      answers.push(...result);
    }
  if (answers.length === 0) throw new Refused(0, "Nothing was chosen.");
  return answers;
}
