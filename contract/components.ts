import * as v from "valibot";
import { recordDetail, recordView } from "../functions/records/common.sample.ts";
import { problemKinds } from "../lib/problem.ts";
import { gatewayAnswers, problems, typeOf } from "./problems.ts";
import { type ResponseOf, responseOf } from "./responses.ts";
import { answerSchema } from "./schemas.ts";

/** What more than one operation of the contract uses. */
export const componentsOf = (responses: readonly ResponseOf[]) => ({
  securitySchemes,
  parameters,
  headers,
  schemas: {
    Record: answerSchema(v.object(recordView)),
    RecordDetail: answerSchema(recordDetail),
    Problem: problem,
    ApiGatewayMessage: apiGatewayMessage,
  },
  responses: Object.fromEntries(
    [...new Map(responses.map((each) => [each.name, responseOf(each)]))].toSorted(([a], [b]) =>
      a < b ? -1 : 1,
    ),
  ),
});

const securitySchemes = {
  sigv4: {
    type: "apiKey",
    name: "Authorization",
    in: "header",
    description:
      "AWS Signature Version 4 for the service `execute-api`. What a caller may do, policies for `execute-api:Invoke` on the routes say. This is the preset.",
    "x-amazon-apigateway-authtype": "awsSigv4",
  },
  token: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description:
      "Where the deployment has chosen a token issuer: a token of that issuer and audience with the claims `iss` and `sub`, and with one of the operation's two scopes: the one of all operations of its kind, or its own.",
  },
};

/** An Idempotency-Key, in examples. */
export const keyExample = "2f1c7b1e-1f5a-4a57-9a5e-0c7a5a0f6f0d";
const keySchema = { type: "string", minLength: 1, maxLength: 255, pattern: "^[\\x20-\\x7e]+$" };
const key = (required: boolean, description: string) => ({
  name: "Idempotency-Key",
  in: "header",
  required,
  description,
  schema: keySchema,
  example: keyExample,
});

const parameters = {
  IdempotencyKey: key(
    true,
    "The identity of the change, new for each and the same in each repeat: 1 to 255 printable ASCII characters. It is the caller's own, and the operation's: others may use the same.",
  ),
  IdempotencyKeyOfChange: key(
    false,
    "The identity of the change, new for each and the same in each repeat: 1 to 255 printable ASCII characters. Required for a request that changes something.",
  ),
  IdempotencyKeyLikeField: key(
    false,
    "May be left out: the identity is in the body. Where it is given it must equal that field.",
  ),
};

const headers = {
  "Idempotency-Replayed": {
    description: "`true`: the answer was given before, and is given again; nothing was sent",
    schema: { type: "string", const: "true" },
  },
  "Retry-After": {
    description: "Seconds to wait before the request is repeated as it is; with every `same-identity`",
    schema: { type: "integer", minimum: 1, maximum: 3600 },
  },
  "apigw-requestid": {
    description: "The id of the request, which the function's log line has as `requestId`",
    schema: { type: "string" },
  },
  "Cache-Control": {
    description: "`no-store`: no cache may keep an answer",
    schema: { type: "string", const: "no-store" },
  },
};

const codes = [...problems.keys()];

const problem = {
  type: "object",
  description: "RFC 9457 problem details. Decide by `code` and `retry`; `title` and `detail` are for people.",
  properties: {
    type: {
      type: "string",
      enum: codes.map(typeOf),
      description: "The name of the problem; docs/problems.md has a section for each",
    },
    title: { type: "string", description: "One sentence, the same for every problem of this code" },
    status: { type: "integer", minimum: 400, maximum: 599, description: "The HTTP status" },
    detail: { type: "string", description: "One sentence about this occurrence" },
    instance: {
      type: "string",
      format: "uri-reference",
      description: "The route of the record that it speaks of (`GET` it), or a name of the request",
    },
    code: {
      type: "string",
      enum: codes,
      description: "What it is, in the gateway's own words, which are stable",
    },
    retry: {
      type: "string",
      enum: [...new Set(Object.values(problemKinds).map(({ retry }) => retry))].toSorted(),
      description:
        "`same-identity`: repeat the request as it is after `Retry-After`. `after-fix`: mend the request; where the record is declined, under a new identity. `never`: do not repeat it",
    },
    errors: {
      type: "array",
      description:
        "Each place of the request that is at fault; of `identity-reused` each field that differs from the first request",
      items: {
        type: "object",
        properties: {
          pointer: {
            type: "string",
            format: "json-pointer",
            description: "The place in the body (RFC 6901), or a parameter",
          },
          header: { type: "string", description: "The header" },
          detail: { type: "string", description: "What is wrong with it" },
        },
        required: ["detail"],
      },
    },
    provider: {
      type: "object",
      description: "The provider's own words",
      properties: {
        code: {
          type: "string",
          description: "The provider's code; `?` in place of a text that is like none",
        },
        message: { type: "string", description: "The provider's text" },
      },
      required: ["code", "message"],
    },
    nextReversal: {
      type: "integer",
      minimum: 2,
      maximum: 9,
      description: "The number `reversal` under which a refused reversal may be asked for again",
    },
    record: { $ref: "#/components/schemas/Record" },
  },
  required: ["type", "title", "status", "detail", "instance", "code", "retry"],
};

const apiGatewayMessage = {
  type: "object",
  description:
    "An answer of API Gateway itself, which has no `code`: decide by the status. A change may have been carried out after a 5xx, and is repeated under the same identity.",
  properties: {
    message: {
      type: ["string", "null"],
      description: "A few words",
      examples: gatewayAnswers.map(({ message }) => message),
    },
  },
  required: ["message"],
};
