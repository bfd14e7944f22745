import { sample as notification } from "../functions/nicepay/account-binding-webhook.sample.ts";
import { operation as webhook } from "../functions/nicepay/account-binding-webhook.ts";
import { providers } from "../lib/providers/index.ts";
import packageJson from "../package.json" with { type: "json" };
import { componentsOf } from "./components.ts";
import { calledOperation, type Described, ownOperations } from "./operations.ts";
import { gatewayAnswers, problems, typeOf } from "./problems.ts";
import { own, sampled } from "./registry.ts";
import { responseNames } from "./responses.ts";
import { answerSchema } from "./schemas.ts";

const titles = {
  ...Object.fromEntries(
    Object.entries(providers).map(([name, { title, about }]) => [name, `${title}: ${about}`]),
  ),
  "account-bindings": "Bindings and their user tokens",
  records: "Records of changes, and decisions on them",
};

/** The whole contract, OpenAPI 3.1: made of the registry, the samples, the schemas and the problems. */
export function contract(): object {
  const described: readonly Described[] = [...sampled.map(calledOperation), ...own.flatMap(ownOperations)];
  const notified = notificationOperation();
  return {
    openapi: "3.1.0",
    info: {
      title: "Wallet gateway",
      version: packageJson.version,
      summary: packageJson.description,
      description,
      license: { name: "Proprietary", identifier: "LicenseRef-Proprietary" },
    },
    servers: [
      { url: "http://127.0.0.1:3000", description: "The local host of `npm start`" },
      {
        url: "https://{api}.execute-api.{region}.amazonaws.com",
        description: "A deployment: the output `Url` of its stack",
        variables: { api: { default: "api" }, region: { default: "ap-south-1" } },
      },
    ],
    tags: Object.entries(titles).map(([name, title]) => ({ name, description: title })),
    security: [{ sigv4: [] }, { token: [] }],
    paths: pathsOf(described),
    webhooks: { nicepayAccountBinding: { post: notified.operation } },
    components: componentsOf([...described.flatMap(({ responses }) => responses), ...notified.responses]),
    "x-problems": Object.fromEntries(
      [...problems].map(([code, guide]) => [
        code,
        {
          type: typeOf(code),
          ...guide,
          docs: `problems.md#${code}`,
          ...(guide.operator && { runbook: `operations.md#${guide.operator.runbook}` }),
        },
      ]),
    ),
    "x-api-gateway": gatewayAnswers,
  };
}

function pathsOf(described: readonly Described[]): object {
  const paths: Record<string, object> = {};
  for (const { route, operation } of described.toSorted((a, b) => (a.route.path < b.route.path ? -1 : 1)))
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation };
  return paths;
}

/** What NICEPAY sends to the gateway; merchants send nothing of the kind. */
function notificationOperation() {
  const names = responseNames({
    codes: ["invalid-request", "access-denied", "unacceptable-body", "misconfigured", "not-sent"],
    isGuarded: false,
  });
  const responses = [...names.values()].filter(({ status }) => status !== 502);
  const body = {
    schema: answerSchema(notification.body),
    examples: { bound: { value: notification.example } },
  };
  return {
    responses,
    operation: {
      operationId: "nicepayAccountBindingWebhook",
      tags: ["nicepay"],
      summary: webhook.summary,
      description: `NICEPAY sends this to \`${webhook.route?.path}\` of the API of notifications. The signature and the source address say who sends. Anything but 200 asks for the notification again.`,
      security: [],
      requestBody: {
        required: true,
        content: { "application/json": body, "application/x-www-form-urlencoded": body },
      },
      responses: {
        200: {
          description: "The notification is durable",
          content: {
            "application/json": {
              schema: answerSchema(notification.answer),
              examples: { received: { value: { received: true } } },
            },
          },
        },
        ...Object.fromEntries(
          responses.map(({ status, name }) => [status, { $ref: `#/components/responses/${name}` }]),
        ),
      },
      "x-access": webhook.access,
    },
  };
}

const description = `
A gateway between a merchant's backend and five wallet providers. It signs each call in the provider's own scheme, sends it
once, and keeps a record of every change.

## Repeat until you know

1. A change has an identity: fields of the body, or the header \`Idempotency-Key\`. \`x-identity\` of each operation says which.
   Make it once, keep it, and use it in every repeat.
2. Wait at least 35 seconds for an answer: the gateway gives one within 30.
3. While \`retry\` is \`same-identity\`, repeat the same request after \`Retry-After\` seconds.
4. After no answer at all, and after an answer of API Gateway itself (429 or 5xx without a \`code\`), repeat the same request under
   the same identity too, after a second and then ever later, at most a minute.
5. \`after-fix\` and \`never\` are final. 200 is the truth.

Nothing that a provider may have acted on is sent again, however often a request is repeated.

## Requests

A flat JSON object in UTF-8, at most 64 KiB, with \`content-type: application/json\`. A field that is not named is refused. Text
is trimmed of ASCII's white space; characters that cannot be seen are refused in every text. Money is a string of digits.

## Answers

Pass over fields that you do not know: a later version may add some. \`x-provider-name\` is the provider's own name of a field.
`.trim();
