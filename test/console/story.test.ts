import { describe, expect, test } from "vitest";
import type { Detail } from "../../console/page/shapes.ts";
import { storyOf } from "../../console/page/story.ts";

const at = (second: number) => new Date(Date.UTC(2026, 10, 29, 9, 0, second)).toISOString();
const now = Date.parse(at(40));

const record = (change: Partial<Detail>): Detail => ({
  id: "A".repeat(43),
  operation: "aggrepay/debit-wallet",
  identity: "order-1",
  state: "in_doubt",
  amount: "12.00",
  createdAt: at(0),
  updatedAt: at(20),
  attempt: 1,
  ageSeconds: 40,
  caller: "anonymous",
  customerId: "991000017",
  host: "127.0.0.1:1",
  leaseEndsAt: null,
  nextInquiryAt: null,
  inquiries: 0,
  lastInquiry: null,
  provedBy: null,
  waits: null,
  result: null,
  failure: { code: "outcome-unknown", detail: "The connection broke." },
  bound: false,
  flagged: null,
  resolution: null,
  proposal: null,
  history: [
    { state: "dispatched", at: at(0) },
    { state: "in_doubt", at: at(20) },
  ],
  ...change,
});

const titles = (detail: Detail, seen: Parameters<typeof storyOf>[1] = []) =>
  storyOf(detail, seen, now).map(({ title }) => title);

describe("a record's life", () => {
  test("ends with what happens next while it is in doubt", () => {
    expect(titles(record({}))).toEqual(["Claimed", "Sent", "In doubt", "The provider is asked again"]);
    const told = storyOf(record({ nextInquiryAt: at(55) }), [], now).at(-1);
    expect(told).toMatchObject({ at: at(55), tone: "next", title: "The provider is asked next" });
  });

  test("has each inquiry that was seen, and the latest once", () => {
    const first = { at: at(25), learned: "The provider gave no answer." };
    const lastInquiry = { at: at(30), learned: "The provider shows nothing yet." };
    const story = storyOf(record({ lastInquiry }), [first, lastInquiry], now);
    expect(story.filter(({ tone }) => tone === "asked").map(({ detail }) => detail)).toEqual([
      first.learned,
      lastInquiry.learned,
    ]);
    expect(storyOf(record({ lastInquiry }), [], now).filter(({ tone }) => tone === "asked")).toHaveLength(1);
  });

  test("tells the outcome, how it is known, and its event", () => {
    const settled = record({
      state: "succeeded",
      provedBy: "inquiry",
      failure: null,
      history: [
        { state: "dispatched", at: at(0) },
        { state: "in_doubt", at: at(20) },
        { state: "succeeded", at: at(31) },
      ],
    });
    expect(storyOf(settled, [], now).at(-1)).toEqual({
      at: at(31),
      title: "Succeeded",
      detail: "An inquiry showed it.",
      tone: "succeeded",
      event: "record.succeeded",
    });
    expect(storyOf(settled, [], now)[1]).not.toHaveProperty("event");
  });

  test("counts attempts from the last one, though the beginning of the history is gone", () => {
    const again = record({
      state: "dispatched",
      attempt: 3,
      leaseEndsAt: at(50),
      history: [
        { state: "not_sent", at: at(10) },
        { state: "dispatched", at: at(12) },
        { state: "not_executed", at: at(14) },
        { state: "dispatched", at: at(20) },
      ],
    });
    expect(titles(again)).toEqual([
      "Not sent",
      "Claimed again",
      "Sent, attempt 2",
      "Not executed",
      "Claimed again",
      "Sent, attempt 3",
      "The lease runs",
    ]);
    expect(titles({ ...again, leaseEndsAt: at(30) }).at(-1)).toContain("lease is over");
  });

  test("has both persons' words, and a withdrawal", () => {
    const said = { by: "arn:aws:iam::1:role/one", reason: "Confirmed", at: at(33) };
    const waiting = record({
      state: "needs_attention",
      waits: "person",
      proposal: {
        ...said,
        caller: "arn:aws:iam::1:role/one",
        outcome: "not_executed",
        attempt: 1,
        lapsesAt: at(59),
        withdrawn: { ...said, reason: "Too early", at: at(35) },
      },
      history: [
        { state: "dispatched", at: at(0) },
        { state: "needs_attention", at: at(30) },
      ],
    });
    expect(titles(waiting)).toEqual([
      "Claimed",
      "Sent",
      "Needs attention",
      "Proposed: not_executed",
      "The proposal was withdrawn",
    ]);
    const resolution = { ...said, at: at(38), attempt: 1, outcome: "not_executed" } as const;
    expect(titles({ ...waiting, proposal: null, resolution }).at(-1)).toBe("Decided by hand");
    expect(titles({ ...waiting, waits: "provider" }).at(-1)).toBe("The provider is asked again");
  });
});
