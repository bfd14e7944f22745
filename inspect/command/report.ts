import type { Inspection, ShownPiece } from "../inspect.ts";

const verdicts: Readonly<Record<Inspection["verdict"], string>> = {
  signed: "There was no hash to compare with.",
  agrees: "It agrees.",
  differs: "It differs:",
  unexplained: "It differs, and no known mistake gives that hash:",
};

/** An inspection as lines for people. */
export function report(inspection: Inspection): string {
  const { scheme, pieces, key, text, digest, expected, verdict, findings, tried } = inspection;
  const rows = [...(key ? [key] : []), ...pieces];
  const width = Math.max(0, ...rows.map(({ name }) => name.length));
  return [
    scheme,
    ...(text === ""
      ? []
      : ["", "Signed text:", `  ${text}`, "", "Piece by piece, with the number of characters:"]),
    ...rows.map((piece) => line(piece, width, piece === key)),
    "",
    ...(digest === undefined ? [] : [`Digest:   ${digest}`]),
    ...(expected === undefined ? [] : [`Expected: ${expected}`]),
    ...(tried > 1 ? [`Tried:    ${tried} digests`] : []),
    "",
    verdicts[verdict],
    ...findings.map(({ kind, says }) => `  - ${kind}: ${says}`),
    "",
  ].join("\n");
}

function line({ name, shown, length, notes }: ShownPiece, width: number, isKey: boolean): string {
  const size = name === "" ? "" : `  (${isKey ? "the key, " : ""}${length})`;
  const warning = notes.length === 0 ? "" : `  ! ${notes.join("; ")}`;
  return `  ${name.padEnd(width)}  ${shown}${size}${warning}`;
}
