import * as v from "valibot";
import type { RouteSample } from "../../lib/operation/sample.ts";
import { id } from "../shapes.sample.ts";
import { exampleId, recordDetail, succeeded } from "./common.sample.ts";

export const sample = {
  path: { id: id("The record's id, as answers and lists give it") },
  requests: { record: { path: { id: exampleId } } },
  answers: {
    200: {
      description: "The record as it stands",
      schema: v.strictObject({ record: recordDetail }),
      examples: { record: { record: succeeded } },
    },
  },
} satisfies RouteSample;
