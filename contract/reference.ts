import { type Contract, type Operation, operationsOf, type Parameter, type Schema } from "./contract.ts";
import { fieldsTable } from "./reference-fields.ts";

const made = "<!-- Made by `npm run docs` from docs/openapi.json. -->";

interface Named {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

/** docs/reference.md: every operation with its fields, answers and problems, made of the contract alone. */
export function referencePage(contract: Contract): string {
  const { tags, components } = contract;
  const operations = operationsOf(contract);
  const of = (tag: string) => operations.filter(({ operation }) => operation.tags.includes(tag));
  return `${[
    made,
    "# Reference",
    "Every operation, field by field. How to repeat, and what text, money and times look like, is in [the API](api.md); what a\nproblem means, in [Problems](problems.md). `G` is the `Url` of a deployment, where each call is\n[signed](deploying.md), or `http://127.0.0.1:3000`.",
    ...tags.flatMap(({ name, description }) => [
      `## ${description}`,
      overviewOf(of(name)),
      ...of(name).map((each) => sectionOf(each, contract)),
    ]),
    "## What answers have in common",
    "### Record",
    fieldsTable(components.schemas.Record ?? {}, contract),
    "### Record in full",
    fieldsTable(components.schemas.RecordDetail ?? {}, contract),
    "### Problem",
    fieldsTable(components.schemas.Problem ?? {}, contract),
  ].join("\n\n")}\n`;
}

/** All operations of a provider at a glance. */
const overviewOf = (operations: readonly Named[]): string =>
  [
    "| Operation | What it does | Identity |",
    "| --- | --- | --- |",
    ...operations.map((each) => {
      const { by, fields = [] } = each.operation["x-identity"];
      const identity =
        { none: "none", "idempotency-key": "`Idempotency-Key`" }[by] ??
        fields.map((name) => `\`${name}\``).join(", ");
      return `| [${each.method} ${each.path}](#${anchorOf(each)}) | ${each.operation.summary} | ${identity} |`;
    }),
  ].join("\n");

const titleOf = ({ operation }: Named): string => operation.operationId;
const anchorOf = (each: Named): string => titleOf(each).toLowerCase();

function sectionOf(each: Named, contract: Contract): string {
  const { method, path, operation } = each;
  const body = operation.requestBody?.content["application/json"];
  const parameters = (operation.parameters ?? []).filter(({ $ref }) => $ref === undefined);
  const request = {
    properties: { ...propertiesOf(parameters), ...body?.schema.properties },
    required: requiredIn(parameters, body?.schema),
  };
  return [
    `### ${titleOf(each)}`,
    `${operation.summary}: \`${method} ${path}\``,
    operation.description,
    fenced("sh", curlOf(each)),
    Object.keys(request.properties).length > 0
      ? fieldsTable(request, contract, providerOf(operation, contract))
      : "It takes no field.",
    ...rulesOf(body?.schema),
    ...successesOf(operation, contract),
    `Problems: ${problemsOf(operation, contract)}.`,
  ].join("\n\n");
}

const propertiesOf = (parameters: readonly Parameter[]): Readonly<Record<string, Schema>> =>
  Object.fromEntries(parameters.map(({ name, schema, description }) => [name, { ...schema, description }]));

const requiredIn = (parameters: readonly Parameter[], body: Schema | undefined): readonly string[] => [
  ...parameters.filter(({ required }) => required).map(({ name }) => name),
  ...(body?.required ?? []),
];

/** The first example of the request, as a line for a shell. */
function curlOf({ method, path, operation }: Named): string {
  const named = (operation.parameters ?? []).filter(({ example }) => example !== undefined);
  const url = named
    .filter((each) => each.in === "path")
    .reduce((filled, { name, example }) => filled.replace(`{${name}}`, String(example)), path);
  const query = named
    .filter((each) => each.in === "query")
    .slice(0, 1)
    .map(({ name, example }) => `?${name}=${example}`);
  const [example] = Object.values(operation.requestBody?.content["application/json"].examples ?? {});
  return [
    `curl -s "$G${url}${query.join("")}"`,
    ...(method === "POST" ? ["-H 'content-type: application/json'"] : []),
    ...(operation["x-identity"].by === "idempotency-key" ? ['-H "idempotency-key: $(uuidgen)"'] : []),
    ...(example ? [`-d '${JSON.stringify(example.value).replaceAll("'", "'\\''")}'`] : []),
  ].join(" \\\n  ");
}

function successesOf(operation: Operation, contract: Contract): string[] {
  return Object.entries(operation.responses).flatMap(([status, { description = "", content }]) => {
    const media = content?.["application/json"];
    if (!status.startsWith("2") || media === undefined) return [];
    const [example] = Object.values(media.examples ?? {});
    return [
      `**${status}**: ${description}.`,
      fieldsTable(media.schema, contract, providerOf(operation, contract)),
      ...(example ? [fenced("json", JSON.stringify(example.value, null, 2))] : []),
    ];
  });
}

/** The provider's own title, as its tag begins. */
const providerOf = (operation: Operation, { tags }: Contract): string | undefined =>
  tags.find(({ name }) => name === operation["x-provider"])?.description.split(":")[0];

const fenced = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\``;

/** What is said of several fields together. */
function rulesOf(schema: Schema | undefined): string[] {
  const { allOf = [], "x-rule": rule } = schema ?? {};
  return [
    ...allOf.map(
      ({ anyOf = [] }) =>
        `At least one of ${anyOf
          .flatMap(({ required = [] }) => required)
          .map((name) => `\`${name}\``)
          .join(", ")} must be there.`,
    ),
    ...(rule ? [`The body ${rule}.`] : []),
  ];
}

/** Each code with its statuses, from the examples of the responses. */
function problemsOf({ responses }: Operation, { components }: Contract): string {
  const answered = Object.entries(responses).flatMap(([status, { $ref = "" }]) => {
    const { content } = components.responses[$ref.slice($ref.lastIndexOf("/") + 1)] ?? {};
    const codes = Object.keys(content?.["application/problem+json"]?.examples ?? {});
    return codes.map((code) => ({ status, code }));
  });
  return [...Map.groupBy(answered, ({ code }) => code)]
    .map(
      ([code, all]) => `[\`${code}\`](problems.md#${code}) (${all.map(({ status }) => status).join(", ")})`,
    )
    .join(", ");
}
