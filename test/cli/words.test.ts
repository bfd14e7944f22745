import { expect, test } from "vitest";
import { providerWords } from "../../cli/words.ts";
import { providerNames, providers } from "../../lib/providers/index.ts";

const words = providerWords();
const meaningsOf = (code: string) => words.filter((word) => word.code === code).map(({ as }) => as);

test.each(providerNames)("explain knows codes of %s", (name) => {
  expect(words.map(({ provider }) => provider)).toContain(providers[name].title);
});

test("explain knows a code that is a refusal with some texts alone, and codes that prove nothing", () => {
  expect(meaningsOf("WAL292")).toEqual(["not_executed", "inconclusive"]);
  expect(meaningsOf("WAL265")).toEqual([]);
  expect(meaningsOf("8003")).toEqual(["declined", "not_executed"]);
  for (const code of Object.keys(providers.nicepay.inconclusive ?? {}))
    expect(words).toContainEqual(expect.objectContaining({ code, means: "outcome-unknown" }));
});
