import * as v from "valibot";
import { referenceNo } from "../../lib/fields.ts";
import type { RouteSample } from "../../lib/operation/sample.ts";
import { recordView } from "../records/common.sample.ts";
import { flag, id, orNull, time, words } from "../shapes.sample.ts";

const reference = "register-account-binding-1";
const record = {
  id: "binding.duMeKVHWTuqEuy6wY2VyIYNZOAGw-eK0lYLyFnzWybU",
  operation: "nicepay/register-account-binding",
  identity: reference,
  state: "succeeded",
  attempt: 1,
  createdAt: "2026-11-20T14:34:09.030Z",
  updatedAt: "2026-11-20T14:34:09.054Z",
};

export const sample = {
  path: { referenceNo: v.pipe(referenceNo, v.description("The merchant's own id of the binding")) },
  requests: { bound: { path: { referenceNo: reference } } },
  answers: {
    200: {
      description: "The binding: with the user token once the user has bound the account",
      schema: v.strictObject({
        result: v.strictObject({
          referenceNo: id("The merchant's own id of the binding"),
          bound: flag("Whether the user has bound the account, and has not revoked it"),
          boundAt: v.exactOptional(time("When the notification came, in UTC")),
          tXid: v.exactOptional(orNull(id("The provider's id of the binding"))),
          userToken: v.exactOptional(
            words("The user's payment token, a credential: keep it from logs and from the user's sight"),
          ),
          deactivatedAt: v.exactOptional(time("When the user token was revoked, in UTC")),
        }),
        record: v.strictObject(recordView),
      }),
      examples: {
        bound: {
          result: {
            referenceNo: reference,
            bound: true,
            boundAt: "2026-11-20T14:36:40.100Z",
            tXid: "T.register-account-binding-1",
            userToken: "e0478456-6b50-460c-85e0-627a1e22d2e0",
          },
          record,
        },
        unbound: { result: { referenceNo: reference, bound: false }, record },
      },
    },
  },
} satisfies RouteSample;
