import { useState } from "preact/hooks";
import { type Digests, webDigests } from "../../inspect/digests.ts";
import { CannotInspect } from "../../inspect/finding.ts";
import { type Inspection, inspect, type MessageKind, type Question } from "../../inspect/inspect.ts";
import type { ProviderName } from "../../lib/secrets/names.ts";
import { ask, here } from "./api.ts";
import { Inspected } from "./inspected.tsx";
import { Choices, jsonText, Select, Trouble } from "./parts.tsx";

const kinds: readonly { readonly value: MessageKind; readonly title: string }[] = [
  { value: "request", title: "Request" },
  { value: "reply", title: "Reply" },
  { value: "notification", title: "Notification" },
];

interface Typed {
  readonly provider: string;
  readonly kind: string;
  readonly secret: string;
  readonly previous: string;
  readonly message: string;
  readonly expected: string;
  readonly theirs: string;
}

const blank: Typed = {
  provider: "aggrepay",
  kind: "request",
  secret: "",
  previous: "",
  message: "",
  expected: "",
  theirs: "",
};

/** What a signature covers, and which piece differs. It works in the page; the secret goes to the console's own server only where a message is made. */
export function Inspector() {
  const [typed, setTyped] = useState(blank);
  const [found, setFound] = useState<Inspection>();
  const [error, setError] = useState<Error>();
  const [isWorking, setWorking] = useState(false);
  const set = (change: Partial<Typed>) => setTyped((before) => ({ ...before, ...change }));
  const look = async () => {
    setWorking(true);
    setFound(undefined);
    setError(undefined);
    try {
      setFound(await inspect(questionOf(typed), { digests: unhurried() }));
    } catch (failure) {
      setError(failure instanceof CannotInspect ? failure : new Error("The question cannot be worked on."));
    } finally {
      setWorking(false);
    }
  };
  return (
    <>
      <header class="head">
        <h1>Signature inspector</h1>
      </header>
      <div class="columns even">
        <section class="panel" aria-label="What is looked at">
          <form
            class="stacked"
            autocomplete="off"
            onSubmit={(event) => {
              event.preventDefault();
              void look();
            }}
          >
            <Choice typed={typed} set={set} />
            <Secrets typed={typed} set={set} />
            <Make typed={typed} onMade={(message) => set({ message })} />
            <Area
              label="The message"
              hint="headers and body, or a body alone: a form or JSON"
              value={typed.message}
              rows={6}
              onChange={(message) => set({ message })}
            />
            <label class="field">
              <span>
                The hash that the provider expects <small>left out: the message's own is compared</small>
              </span>
              <input
                class="mono"
                value={typed.expected}
                spellcheck={false}
                onInput={(event) => set({ expected: event.currentTarget.value })}
              />
            </label>
            <Area
              label="The same message as another party made it"
              hint="optional"
              value={typed.theirs}
              rows={3}
              onChange={(theirs) => set({ theirs })}
            />
            <button type="submit" class="primary" disabled={isWorking || typed.message.trim() === ""}>
              {isWorking ? "Looking" : "Inspect"}
            </button>
          </form>
        </section>
        <section class="panel" aria-label="What is found">
          {error && <Trouble error={error} />}
          {found ? (
            <Inspected found={found} />
          ) : (
            !error && (
              <p class="dim">
                The exact text that is signed is shown here, piece by piece with secrets hidden. Where the
                hash differs, the piece that differs is named: a character that cannot be seen, an order, a
                letter case, a form of a number, another version of the secret.
              </p>
            )
          )}
        </section>
      </div>
    </>
  );
}

interface Part {
  readonly typed: Typed;
  readonly set: (change: Partial<Typed>) => void;
}

const Choice = ({ typed: { provider, kind }, set }: Part) => (
  <div class="fields">
    <Select
      label="Provider"
      value={provider}
      options={Object.entries(here().titles).map(([value, title]) => ({ value, title }))}
      onChange={(chosen) => set({ provider: chosen })}
    />
    <Choices
      legend="Message"
      name="kind"
      value={kind}
      choices={kinds}
      onChange={(chosen) => set({ kind: chosen })}
    />
  </div>
);

const Secrets = ({ typed: { provider, secret, previous }, set }: Part) => (
  <>
    <Area
      label="The secret"
      hint={`JSON, as ${here().titles[provider] ?? provider}'s secret is kept; it goes no further than this machine`}
      value={secret}
      rows={2}
      onChange={(text) => set({ secret: text })}
    />
    {here().sandboxes.some(({ name }) => name === provider) && (
      <div>
        <button
          type="button"
          class="quiet small"
          onClick={() =>
            void ask<Readonly<Record<string, unknown>>>("/console/sandbox-secrets").then((secrets) =>
              set({ secret: JSON.stringify(secrets[provider]) }),
            )
          }
        >
          Use the sandbox's own
        </button>
      </div>
    )}
    <details>
      <summary>The version before</summary>
      <Area
        label="Its JSON"
        hint="tried as an explanation"
        value={previous}
        rows={2}
        onChange={(text) => set({ previous: text })}
      />
    </details>
  </>
);

/** Makes the request that the gateway would send for an input. */
function Make({ typed, onMade }: { readonly typed: Typed; readonly onMade: (message: string) => void }) {
  const [operation, setOperation] = useState(`${typed.provider}/`);
  const [input, setInput] = useState("{}");
  const [error, setError] = useState<Error>();
  const make = async () => {
    setError(undefined);
    try {
      const body = {
        operation,
        input: objectOf(input, "The input"),
        secret: objectOf(typed.secret, "The secret"),
      };
      const made = await ask<{ readonly headers?: Readonly<Record<string, string>>; readonly body?: string }>(
        "/console/made",
        { method: "POST", body },
      );
      const headers = Object.entries(made.headers ?? {}).map(([name, value]) => `${name}: ${value}`);
      onMade([...headers, "", made.body ?? ""].join("\n"));
    } catch (failure) {
      setError(failure as Error);
    }
  };
  return (
    <details>
      <summary>Make it from an operation and its input</summary>
      <div class="stacked">
        <label class="field">
          <span>Operation</span>
          <input
            class="mono"
            value={operation}
            onInput={(event) => setOperation(event.currentTarget.value)}
          />
        </label>
        <Area label="Input" hint="JSON, as a caller sends it" value={input} rows={4} onChange={setInput} />
        <div>
          <button type="button" onClick={() => void make()}>
            Make the message
          </button>
        </div>
        {error && <Trouble error={error} />}
      </div>
    </details>
  );
}

const Area = ({
  label,
  hint,
  value,
  rows,
  onChange,
}: {
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly rows: number;
  readonly onChange: (value: string) => void;
}) => (
  <label class="field">
    <span>
      {label} <small>{hint}</small>
    </span>
    <textarea
      class="mono"
      rows={rows}
      spellcheck={false}
      autocomplete="off"
      value={value}
      onInput={(event) => onChange(event.currentTarget.value)}
    />
  </label>
);

function questionOf({ provider, kind, secret, previous, message, expected, theirs }: Typed): Question {
  const current = { label: "in force", json: objectOf(secret, "The secret") };
  const older =
    previous.trim() === "" ? [] : [{ label: "before", json: objectOf(previous, "The version before") }];
  return {
    provider: provider as ProviderName,
    kind: kind as MessageKind,
    secrets: [current, ...older],
    message,
    ...(expected.trim() !== "" && { expected }),
    ...(theirs.trim() !== "" && { theirs }),
  };
}

/** @throws CannotInspect that quotes nothing of the text. */
function objectOf(text: string, what: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Readonly<Record<string, unknown>>;
  } catch {
    // Said below.
  }
  throw new CannotInspect(`${what} must be a JSON object, such as ${jsonText({ apiKey: "..." })}.`);
}

/** A search may take 200,000 digests: after each thousand the page draws, and hears its keys. */
function unhurried(): Digests {
  let made = 0;
  const pause = async () => {
    made += 1;
    if (made % 1000 === 0) await new Promise((resolve) => setTimeout(resolve));
  };
  return {
    hash: async (algorithm, bytes) => {
      await pause();
      return webDigests.hash(algorithm, bytes);
    },
    hmac: async (algorithm, key, bytes) => {
      await pause();
      return webDigests.hmac(algorithm, key, bytes);
    },
  };
}
