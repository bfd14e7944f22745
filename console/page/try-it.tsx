import { useState } from "preact/hooks";
import { here, type Reply, send } from "./api.ts";
import type { Operation } from "./contract.ts";
import { Code, jsonText, Trouble } from "./parts.tsx";

/** Sends the call to the gateway of this machine, and shows all that comes back. */
export function TryIt({
  operation,
  target,
  body,
  id,
}: {
  readonly operation: Operation;
  readonly target: string;
  readonly body: Readonly<Record<string, unknown>> | undefined;
  readonly id: string;
}) {
  const [path, setPath] = useState(target);
  const [text, setText] = useState(body === undefined ? "" : jsonText(body));
  const [key, setKey] = useState(id);
  const [reply, setReply] = useState<Reply>();
  const [error, setError] = useState<Error>();
  const [isSending, setSending] = useState(false);
  const needsKey = operation.identityBy === "idempotency-key";
  const sendIt = async () => {
    setSending(true);
    setError(undefined);
    try {
      setReply(
        await send(here().base + path, {
          method: operation.method,
          ...(operation.method === "POST" && { body: text }),
          ...(needsKey && { headers: { "idempotency-key": key } }),
        }),
      );
    } catch (failure) {
      setError(failure as Error);
    } finally {
      setSending(false);
    }
  };
  return (
    <section class="panel try" aria-labelledby="try">
      <h2 id="try">Try it</h2>
      <form
        class="stacked"
        onSubmit={(event) => {
          event.preventDefault();
          void sendIt();
        }}
      >
        {(target.includes("?") || operation.path.includes("{")) && (
          <label class="field">
            <span>Path</span>
            <input class="mono" value={path} onInput={(event) => setPath(event.currentTarget.value)} />
          </label>
        )}
        {needsKey && (
          <label class="field">
            <span>Idempotency-Key</span>
            <input class="mono" value={key} onInput={(event) => setKey(event.currentTarget.value)} />
          </label>
        )}
        {body !== undefined && (
          <label class="field">
            <span>Body, with the sandbox's customer</span>
            <textarea
              class="mono"
              rows={text.split("\n").length}
              spellcheck={false}
              value={text}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          </label>
        )}
        <button type="submit" class="primary" disabled={isSending}>
          {isSending ? "Waiting for the answer" : "Send"}
        </button>
      </form>
      {error && <Trouble error={error} />}
      <div role="status">{reply && <Answer reply={reply} />}</div>
    </section>
  );
}

const told = ["idempotency-replayed", "retry-after"] as const;

function Answer({ reply: { status, headers, body, tookMs } }: { readonly reply: Reply }) {
  const record = (body as { readonly record?: { readonly id?: string } } | null)?.record?.id;
  return (
    <>
      <p>
        <strong class={status < 400 ? "good" : "bad"}>HTTP {status}</strong>{" "}
        <span class="dim">in {Math.round(tookMs)} ms</span>
        {told.map((name) => {
          const value = headers.get(name);
          return value === null ? null : (
            <span key={name} class="tag">
              {name}: {value}
            </span>
          );
        })}{" "}
        {record !== undefined && <a href={`#/records/${encodeURIComponent(record)}`}>Its record</a>}
      </p>
      <Code text={typeof body === "string" ? body : jsonText(body)} />
    </>
  );
}
