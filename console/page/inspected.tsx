import type { Inspection, ShownPiece } from "../../inspect/inspect.ts";
import { Code } from "./parts.tsx";

const verdicts = {
  signed: "This is what is signed",
  agrees: "The signature is right",
  differs: "The signature differs",
  unexplained: "It differs, and no known mistake gives that hash",
} as const;

/** What an inspection has found. */
export const Inspected = ({ found }: { readonly found: Inspection }) => (
  <div class="inspected">
    <p role="status" class={`verdict ${found.verdict}`}>
      {verdicts[found.verdict]}
    </p>
    {found.findings.length > 0 && (
      <ul class="findings" aria-label="What differs">
        {found.findings.map(({ kind, piece, says }) => (
          <li key={`${kind} ${piece} ${says}`}>
            <strong>{kind}</strong>
            {piece !== undefined && <span class="mono tag">{piece}</span>}
            <span class="why">{says}</span>
          </li>
        ))}
      </ul>
    )}
    <p class="dim">{found.scheme}</p>
    {found.pieces.length > 0 && <Pieces found={found} />}
    {found.text !== "" && (
      <>
        <h3>The signed text</h3>
        <Code text={found.text} />
      </>
    )}
    <dl>
      {found.digest !== undefined && <Digest name="Its digest" value={found.digest} />}
      {found.expected !== undefined && <Digest name="Expected" value={found.expected} />}
    </dl>
    <p class="dim">{found.tried} digests were computed.</p>
  </div>
);

const Digest = ({ name, value }: { readonly name: string; readonly value: string }) => (
  <div class="fact">
    <dt>{name}</dt>
    <dd class="mono">{value}</dd>
  </div>
);

function Pieces({ found: { pieces, key, findings } }: { readonly found: Inspection }) {
  const wrong = new Set(findings.map(({ piece }) => piece));
  const all: readonly ShownPiece[] = key ? [key, ...pieces] : pieces;
  return (
    <table class="schema">
      <caption>Piece by piece, in order</caption>
      <thead>
        <tr>
          <th scope="col">Piece</th>
          <th scope="col">Value</th>
          <th scope="col" class="number">
            Length
          </th>
        </tr>
      </thead>
      <tbody>
        {all
          .filter(({ name }) => name !== "")
          .map(({ name, shown, isSecret, length, notes }, index) => (
            <tr key={`${index} ${name}`} class={wrong.has(name) ? "wrong" : ""}>
              <th scope="row" class="mono">
                {name}
              </th>
              <td data-label="Value">
                <span class="mono">{shown}</span>
                {isSecret && <span class="tag">hidden</span>}
                {notes.map((note) => (
                  <span key={note} class="why">
                    {note}
                  </span>
                ))}
              </td>
              <td data-label="Length" class="number">
                {length}
              </td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}
