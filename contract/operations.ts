import * as v from "valibot";
import { scopesOf } from "../infra/scopes.ts";
import { type FunctionDefinition, type Route, routesOf } from "../lib/operation/definition.ts";
import type { RouteSample } from "../lib/operation/sample.ts";
import type { ProblemCode } from "../lib/problem.ts";
import { keyExample } from "./components.ts";
import { requestBody, resultOf } from "./fields.ts";
import { type Repeats, repeatsOf } from "./probes.ts";
import type { CalledOperation, Own, Sampled } from "./registry.ts";
import { type ResponseOf, responseNames } from "./responses.ts";
import { answerSchema, schemaOf } from "./schemas.ts";

/** One operation of the contract, with what it needs of the components. */
export interface Described {
  readonly route: Route;
  readonly operation: object;
  readonly responses: readonly ResponseOf[];
}

const anywhere = ["access-denied", "misconfigured", "not-sent", "outcome-unknown"] as const;
const withBody = ["invalid-request", "unacceptable-body"] as const;

/** What a call of a provider can end with; a change besides, and what is identified. */
const ofCalls = ["not-found", "limit-exceeded", "declined", "throttled", "provider-fault"] as const;
const ofSecrets = ["wrong-credential"] as const;
const ofChanges = ["in-progress", "already-done", "identity-reused", "insufficient-funds"] as const;

/** A route that calls a provider. */
export function calledOperation(each: Sampled): Described {
  const { operation, sample } = each;
  const repeats = repeatsOf(each);
  const codes: ProblemCode[] = [
    ...anywhere,
    ...withBody,
    ...ofCalls,
    ...ofSecrets,
    ...(operation.effect ? ofChanges : (["insufficient-funds"] as const)),
  ];
  const responses = [...responseNames({ codes, isGuarded: true }).values()];
  const examples = examplesOf(each).map(({ name, asked }) => [name, { value: asked.input }]);
  const [route] = routesOf(operation);
  if (route === undefined) throw new Error(`${operation.name} has no route`);
  return {
    route,
    responses,
    operation: {
      ...head(each.id, operation),
      description: [
        sentenceOfAccess(operation),
        ...(sample.notes ?? []),
        sentenceOfRepeats(repeats, operation),
        sentenceOfSwitch(operation),
      ]
        .filter(Boolean)
        .join("\n\n"),
      ...parametersOf(repeats),
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: requestBody(operation.input, sample.fields, each),
            examples: Object.fromEntries(examples),
          },
        },
      },
      responses: {
        200: success(each),
        ...referred(responses),
      },
      "x-source": operation.source,
      "x-provider": operation.provider.name,
      "x-identity": repeats,
      ...shared(operation),
    },
  };
}

/** Each example of a request, under an identity of its own; only a reversal or a deactivation has that of another operation. */
export function examplesOf({ operation, sample }: Sampled) {
  const { follows = operation.name } = sample;
  const identity = follows.slice(follows.indexOf("/") + 1);
  const full = { name: "full", asked: sample.full(`${identity}-1`) };
  const least = { name: "least", asked: sample.least(`${identity}-2`) };
  return [full, ...(isSameForm(full.asked, least.asked) ? [] : [least])];
}

const isSameForm = (one: { readonly input: object }, another: { readonly input: object }): boolean =>
  JSON.stringify(Object.keys(one.input)) === JSON.stringify(Object.keys(another.input));

function success(each: Sampled): object {
  const { sample, operation } = each;
  const [result, page] = [resultOf(each, "result"), resultOf(each, "page")];
  const examples = examplesOf(each).map(({ name, asked }) => {
    const answer = sample.answer(asked.sends as never, asked.input);
    return [
      name,
      { value: { ...answer, ...(operation.effect && { record: recordOf(operation, asked.input) }) } },
    ];
  });
  // Of an operation that may also only look, a request that looks has no record.
  const record = operation.effect && !operation.changes;
  return {
    description: operation.effect
      ? "It was carried out, now or before: `Idempotency-Replayed` says which"
      : "What the provider shows",
    headers: successHeaders(operation.effect !== undefined),
    content: {
      "application/json": {
        schema: {
          type: "object",
          properties: {
            result,
            ...(page && { page }),
            ...(operation.effect && { record: { $ref: "#/components/schemas/Record" } }),
          },
          required: ["result", ...(page ? ["page"] : []), ...(record ? ["record"] : [])],
        },
        examples: Object.fromEntries(examples),
      },
    },
  };
}

const recordOf = ({ name, identity, input: schema }: CalledOperation, input: object) => ({
  id: "duMeKVHWTuqEuy6wY2VyIYNZOAGw-eK0lYLyFnzWybU",
  operation: name,
  identity: typeof identity === "object" ? identity.of(v.parse(schema, input)) : keyExample,
  state: "succeeded",
  attempt: 1,
  ...(name.endsWith("debit-reversal") && { reversal: 1 }),
  createdAt: "2026-11-20T14:34:09.030Z",
  updatedAt: "2026-11-20T14:34:09.054Z",
});

/** The routes of an operation that calls no provider. */
export function ownOperations({ id, definition, samples }: Own): readonly Described[] {
  return routesOf(definition).map((route, index) => {
    const sample = samples[index];
    if (sample === undefined) throw new Error(`${definition.name} has no sample for ${route.path}`);
    const name = index === 0 ? id : `${id}Many`;
    return ownOperation(name, definition, route, sample);
  });
}

function ownOperation(
  id: string,
  definition: FunctionDefinition,
  route: Route,
  sample: RouteSample,
): Described {
  const codes: ProblemCode[] = [
    ...anywhere,
    "invalid-request",
    ...(sample.path ? (["not-found"] as const) : []),
    ...(sample.body ? (["unacceptable-body"] as const) : []),
    ...(definition.access === "settle" || definition.access === "reveal"
      ? (["in-progress", "already-done"] as const)
      : []),
    ...(definition.besides ? (["provider-fault", "throttled"] as const) : []),
  ];
  const responses = [...responseNames({ codes, isGuarded: true }).values()];
  const parameters = [
    ...parametersIn("path", sample.path, sample),
    ...parametersIn("query", sample.query, sample),
  ];
  return {
    route,
    responses,
    operation: {
      ...head(id, definition),
      ...(sample.summary && { summary: sample.summary }),
      description: [sentenceOfAccess(definition), ...(sample.notes ?? []), repeatFreely].join("\n\n"),
      ...(parameters.length > 0 && { parameters }),
      ...(sample.body && {
        requestBody: {
          required: true,
          content: {
            "application/json": {
              schema: requestBody(sample.body as v.GenericSchema, sample.fields),
              examples: Object.fromEntries(
                Object.entries(sample.requests).map(([name, { body }]) => [name, { value: body }]),
              ),
            },
          },
        },
      }),
      responses: {
        ...Object.fromEntries(
          Object.entries(sample.answers).map(([status, { description, schema, examples }]) => [
            status,
            {
              description,
              headers: successHeaders(false),
              content: {
                "application/json": {
                  schema: answerSchema(schema),
                  examples: Object.fromEntries(
                    Object.entries(examples).map(([name, value]) => [name, { value }]),
                  ),
                },
              },
            },
          ]),
        ),
        ...referred(responses),
      },
      "x-identity": { by: "none" },
      ...shared(definition),
    },
  };
}

const repeatFreely = "Repeat it freely: the same again changes nothing more.";

function parametersIn(where: "path" | "query", fields: RouteSample["path"], { requests }: RouteSample) {
  return Object.entries(fields ?? {}).map(([name, schema]) => {
    const { description, ...form } = schemaOf(schema);
    const [example] = Object.values(requests).flatMap((request) => request[where]?.[name] ?? []);
    return {
      name,
      in: where,
      required: where === "path",
      description,
      schema: form,
      ...(example !== undefined && { example }),
    };
  });
}

const head = (id: string, { name, summary }: FunctionDefinition) => ({
  operationId: id,
  tags: [name.slice(0, name.indexOf("/"))],
  summary,
});

const shared = (definition: FunctionDefinition) => ({
  security: securityOf(definition),
  "x-access": definition.access,
  ...(definition.onlyWith && { "x-only-with": definition.onlyWith }),
});

/** A signature that IAM allows, or a token with one of the two scopes. */
const securityOf = (definition: FunctionDefinition) => [
  { sigv4: [] },
  ...scopesOf(definition).map((scope) => ({ token: [scope] })),
];

const referred = (responses: readonly ResponseOf[]) =>
  Object.fromEntries(
    responses.map(({ status, name }) => [status, { $ref: `#/components/responses/${name}` }]),
  );

const successHeaders = (isChange: boolean) =>
  Object.fromEntries(
    ["Cache-Control", "apigw-requestid", ...(isChange ? ["Idempotency-Replayed"] : [])].map((name) => [
      name,
      { $ref: `#/components/headers/${name}` },
    ]),
  );

function parametersOf(repeats: Repeats): object {
  if (repeats.by === "none") return {};
  const name =
    repeats.by === "fields"
      ? "IdempotencyKeyLikeField"
      : repeats.when === undefined
        ? "IdempotencyKey"
        : "IdempotencyKeyOfChange";
  return { parameters: [{ $ref: `#/components/parameters/${name}` }] };
}

const accesses: Readonly<Record<FunctionDefinition["access"], string>> = {
  look: "Looks only: nothing is changed.",
  reveal: "Its answer holds a secret of a user's: give the route to few.",
  change: "Changes something at the provider, under a record.",
  "move-money": "Moves money, under a record.",
  settle: "Says by hand what became of a record: give the route to few.",
  open: "Open: the function checks who calls.",
  clock: "",
  queue: "",
};

const sentenceOfAccess = ({ access }: FunctionDefinition): string => accesses[access];

const sentenceOfSwitch = ({ onlyWith, name }: FunctionDefinition): string =>
  onlyWith === undefined
    ? ""
    : `Deployed only where \`${onlyWith}\` is \`on\`: elsewhere \`/v1/${name}\` is answered 404.`;

const list = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(", ");

function sentenceOfRepeats(repeats: Repeats, { provider }: CalledOperation): string {
  if (repeats.by === "none")
    return provider.sentOnce
      ? "It has no identity: each request is a call."
      : "It has no identity: repeat it freely.";
  if (repeats.by === "idempotency-key")
    return `Its identity is the header \`Idempotency-Key\`${
      repeats.when === undefined ? "" : `, needed only with \`${repeats.when}\``
    }. Keep the key until you know the outcome, and repeat with the same key; a repeat must be the same request.`;
  const compared = repeats.compares
    ? `A repeat must have the same ${list(repeats.compares)}.`
    : "A repeat must be the same request.";
  return `Its identity is ${list(repeats.fields)}, in the namespace \`${repeats.namespace}\`. Keep it until you know the outcome, and repeat with the same. ${compared}`;
}
