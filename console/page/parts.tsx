import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { Refused } from "./api.ts";

/** Small parts that every view uses. */

export const Empty = ({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}) => (
  <div class="empty">
    <p class="empty-title">{title}</p>
    {children}
  </div>
);

export const Loading = ({ what }: { readonly what: string }) => (
  <p class="loading" role="status">
    Loading {what}
  </p>
);

/** A failure in words; of 403 who may not do it. */
export function Trouble({ error, onAgain }: { readonly error: Error; readonly onAgain?: () => void }) {
  const status = error instanceof Refused ? error.status : 0;
  return (
    <div class="trouble" role="alert">
      <p>
        <strong>{titleOf(status)}</strong> {error.message}
      </p>
      {onAgain && (
        <button type="button" class="quiet" onClick={onAgain}>
          Try again
        </button>
      )}
    </div>
  );
}

function titleOf(status: number): string {
  if (status === 401 || status === 403) return "Not permitted.";
  if (status === 404) return "Not found.";
  if (status === 0) return "No connection.";
  return `HTTP ${status}.`;
}

export function Copy({ text, label = "Copy" }: { readonly text: string; readonly label?: string }) {
  const [said, setSaid] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("Copied");
    } catch {
      setSaid("The browser does not allow it");
    }
    setTimeout(() => setSaid(""), 2000);
  };
  return (
    <button type="button" class="quiet small" onClick={copy} aria-live="polite">
      {said === "" ? label : said}
    </button>
  );
}

/** Text as it is, wrapped and never scrolled sideways. */
export const Code = ({ text }: { readonly text: string }) => <pre class="code">{text}</pre>;

export const jsonText = (value: unknown): string => JSON.stringify(value, null, 2);

export interface Choice {
  readonly value: string;
  readonly title: string;
  readonly count?: number | undefined;
}

/** One of a few, as radio buttons that look like one bar. */
export const Choices = ({
  legend,
  name,
  choices,
  value,
  onChange,
}: {
  readonly legend: string;
  readonly name: string;
  readonly choices: readonly Choice[];
  readonly value: string;
  readonly onChange: (value: string) => void;
}) => (
  <fieldset class="choices">
    <legend class="unseen">{legend}</legend>
    {choices.map((choice) => (
      <label key={choice.value} class={choice.value === value ? "chosen" : ""}>
        <input
          type="radio"
          name={name}
          value={choice.value}
          checked={choice.value === value}
          onChange={() => onChange(choice.value)}
        />
        {choice.title}
        {choice.count !== undefined && <span class="count">{choice.count}</span>}
      </label>
    ))}
  </fieldset>
);

export const Select = ({
  label,
  value,
  options,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly options: readonly Choice[];
  readonly onChange: (value: string) => void;
}) => {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.title}
          </option>
        ))}
      </select>
    </div>
  );
};
