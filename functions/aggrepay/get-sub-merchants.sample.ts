import * as v from "valibot";
import { id, orNull, words } from "../shapes.sample.ts";
import { type AggrepaySample, always } from "./common.sample.ts";

export const sample = {
  full: always({}, {}),
  least: always({}, {}),
  reply: () => ({ data: { id: 1, name: "XYZ" } }),
  result: v.array(
    v.strictObject({
      id: orNull(id("The sub merchant's id")),
      name: orNull(words("The sub merchant's name")),
    }),
  ),
  answer: () => ({ result: [{ id: "1", name: "XYZ" }] }),
} satisfies AggrepaySample;
