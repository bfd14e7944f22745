import { useState } from "preact/hooks";
import { gateway, send } from "./api.ts";
import { Choices, Trouble } from "./parts.tsx";
import type { Detail, Page } from "./shapes.ts";

const faults = [
  { value: "reset-after", title: "Connection cut" },
  { value: "timeout-after", title: "Timeout (20 s)" },
  { value: "http-500-before", title: "HTTP 500, nothing done" },
] as const;

/** A debit of the sandbox's customer whose reply is lost, and the way to its record. */
export function TimedOut() {
  const [fault, setFault] = useState<string>("reset-after");
  const [id, setId] = useState<string>();
  const [said, setSaid] = useState("");
  const [error, setError] = useState<Error>();
  const debit = async () => {
    const merchantTransactionId = `lost-${Date.now().toString(36)}.sandbox.${fault}`;
    setId(merchantTransactionId);
    setError(undefined);
    setSaid("The debit is on its way.");
    const body = { fromCustomerId: "991000017", amount: "120.50", mpin: "1234", merchantTransactionId };
    try {
      const answering = send("/v1/aggrepay/debit-wallet", { method: "POST", body });
      void follow(merchantTransactionId);
      const { status } = await answering;
      setSaid(`The caller was answered ${status}.`);
    } catch (failure) {
      setError(failure as Error);
    }
  };
  return (
    <section class="panel story-maker" aria-labelledby="lose">
      <h2 id="lose">Watch a doubt settle</h2>
      <p>
        Debits 120.50 from the sandbox's customer, and loses the reply. The gateway asks the provider what it
        did; the record's time line shows each step as it comes.
      </p>
      <div class="actions">
        <Choices legend="What goes wrong" name="lost" value={fault} choices={faults} onChange={setFault} />
        <button type="button" class="primary" onClick={() => void debit()}>
          Debit and lose the reply
        </button>
      </div>
      {error && <Trouble error={error} />}
      <p role="status">
        {id !== undefined && (
          <>
            {said} <a href={`#/records?id=${encodeURIComponent(id)}`}>{id}</a>
          </>
        )}
      </p>
    </section>
  );
}

/** To its record, as soon as there is one. */
async function follow(merchantTransactionId: string): Promise<void> {
  for (let tries = 0; tries < 20; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const { result } = await gateway<Page<Detail>>(
      `/v1/records?merchantTransactionId=${encodeURIComponent(merchantTransactionId)}`,
    );
    const [record] = result;
    if (record === undefined) continue;
    location.hash = `#/records/${encodeURIComponent(record.id)}`;
    return;
  }
}
