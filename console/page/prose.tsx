import type { ComponentChildren } from "preact";

/** Paragraphs and lists of the contract's own text, with its marks for code and emphasis. */
export const Prose = ({ text }: { readonly text: string }) => (
  <>
    {text.split(/\n{2,}/).map((paragraph) => (
      <p key={paragraph}>
        <Inline text={paragraph} />
      </p>
    ))}
  </>
);

export const Inline = ({ text }: { readonly text: string }) => <>{partsOf(text)}</>;

function partsOf(text: string): ComponentChildren[] {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)]+\))/).map((part) => {
    if (part.startsWith("`")) return <code key={part}>{part.slice(1, -1)}</code>;
    if (part.startsWith("**")) return <strong key={part}>{part.slice(2, -2)}</strong>;
    // A link of the document leads nowhere here.
    return /^\[([^\]]+)\]\(/.exec(part)?.[1] ?? part;
  });
}
