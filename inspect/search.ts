import type { Digests } from "./digests.ts";
import { type Draft, digestOf, textOf } from "./draft.ts";
import { type Expected, fits } from "./expected.ts";
import type { Finding } from "./finding.ts";
import { type Form, formsOf } from "./forms.ts";
import { type Around, type Forms, hypothesesOf } from "./hypotheses.ts";

/** Where differences are looked for: a way to sign that is genuine, and what surrounds it. */
export interface Ground {
  readonly draft: Draft;
  readonly around: Around;
  /** What leads to this ground, such as another version of the secret; empty for what is right. */
  readonly because: readonly Finding[];
}

export interface Found {
  /** Undefined where no hypothesis gives the expected digest. */
  readonly findings: readonly Finding[] | undefined;
  readonly tried: number;
}

/**
 * The differences that explain the expected digest: none, one, or two at once. `most` limits how many digests are computed.
 */
export async function explained(
  grounds: readonly Ground[],
  expected: Expected,
  digests: Digests,
  most: number,
): Promise<Found> {
  const seen = new Set<string>();
  const forms = remembered();
  let tried = 0;
  const agrees = async (draft: Draft): Promise<boolean> => {
    const mark = `${draft.algorithm} ${draft.charset} ${draft.key?.value ?? ""} ${textOf(draft)}`;
    if (seen.has(mark)) return false;
    seen.add(mark);
    tried += 1;
    return fits(await digestOf(draft, digests), expected);
  };
  for (const { draft, because } of grounds) if (await agrees(draft)) return { findings: because, tried };
  for (const { draft, because, around } of grounds)
    for (const { draft: other, finding } of hypothesesOf(draft, around, "everything", forms))
      if (tried >= most) return { findings: undefined, tried };
      else if (await agrees(other)) return { findings: [...because, finding], tried };
  for (const { draft, because, around } of grounds)
    for (const first of hypothesesOf(draft, around, "likely", forms))
      for (const second of hypothesesOf(first.draft, around, "likely", forms)) {
        if (tried >= most) return { findings: undefined, tried };
        if (await agrees(second.draft))
          return { findings: [...because, first.finding, second.finding], tried };
      }
  return { findings: undefined, tried };
}

function remembered(): Forms {
  const known = new Map<string, readonly Form[]>();
  return (value, reach) => {
    const kept = known.get(`${reach} ${value}`);
    const forms = kept ?? formsOf(value, reach);
    if (!kept) known.set(`${reach} ${value}`, forms);
    return forms;
  };
}
