import { describe, expect, test } from "vitest";
import { echoForms, searchingEchoes } from "./echoes.ts";
import { pipeOf, through } from "./pipe.ts";
import type { Wallets } from "./wallets.ts";

/** What a gateway had to do with, and how much of it there is at least, so that there was something to search. */
interface Searched {
  readonly gateway: Pick<Wallets, "logs" | "items">;
  readonly answers: readonly string[];
  readonly least: { readonly answers: number; readonly items: number; readonly events: number };
  /** Items in which a secret stands on purpose. */
  readonly but?: RegExp;
}

/** Tests that nothing that is left anywhere holds one of these secrets in any form. */
export function expectNoEchoes(
  secrets: Readonly<Record<string, string>>,
  { gateway, answers, least, but = /^$/ }: Searched,
): void {
  const { needles, found } = searchingEchoes(secrets);
  describe("and of no echo anything is found", () => {
    test("of which there are more than thirty, each of which the search finds", () => {
      expect(Object.keys(echoForms).length).toBeGreaterThanOrEqual(30);
      for (const { what, text } of needles) expect(found(`…${text}…`)).toContain(what);
    });

    test("in answers", () => {
      expect(answers.length).toBeGreaterThan(least.answers);
      expect(found(answers.join("\n"))).toEqual([]);
    });

    test("in what the host and its functions print", () => {
      expect(gateway.logs().length).toBeGreaterThan(5_000);
      expect(found(gateway.logs())).toEqual([]);
    });

    test("in records and events", async () => {
      const items = (await gateway.items()).filter((item) => !but.test(JSON.stringify(item)));
      expect(items.length).toBeGreaterThan(least.items);
      expect(found(items.map((item) => JSON.stringify(item)).join("\n"))).toEqual([]);
      const images = items.map((NewImage) => ({ dynamodb: { NewImage, SequenceNumber: "1" } }));
      const events = through(await pipeOf(process.env.ASSEMBLY_DIR ?? ""), images);
      expect(events.length).toBeGreaterThan(least.events);
      expect(found(JSON.stringify(events))).toEqual([]);
    });
  });
}
