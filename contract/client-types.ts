import { type Contract, type Operation, operationsOf, type Schema } from "./contract.ts";
import { problems } from "./problems.ts";

/** `client/src/contract.ts`: the types of every request and answer, what the client must know of each operation, and the problems. */
export function clientContract({ paths, components }: Contract): string {
  const operations = operationsOf({ paths }).toSorted((a, b) =>
    a.operation.operationId < b.operation.operationId ? -1 : 1,
  );
  return `${[
    "// Made by `npm run docs` from docs/openapi.json.",
    'import { GatewayProblem } from "./problem.ts";',
    ...Object.entries(components.schemas).map(
      ([name, schema]) => `${comment(schema.description)}export type ${name} = ${typeOf(schema)};`,
    ),
    `/** Every operation, with what it takes and what it answers. */\nexport interface Operations {\n${operations
      .map(({ operation }) => entryOf(operation))
      .join("\n")}\n}`,
    `/** How each operation is called. */\nexport const operations = {\n${operations.map((each) => rowOf(each, components.schemas)).join("\n")}\n} as const;`,
    ...[...problems].map(
      ([code, { meaning, caller }]) =>
        `${comment(`${meaning} Do: ${caller}`)}export class ${classOf(code)} extends GatewayProblem {\n  declare readonly code: "${code}";\n}`,
    ),
    `/** The class of each problem, by its code. */\nexport const problemClasses = {\n${[...problems.keys()]
      .map((code) => `  "${code}": ${classOf(code)},`)
      .join("\n")}\n} as const;`,
  ].join("\n\n")}\n`;
}

const classOf = (code: string): string =>
  code.replace(/(?:^|-)(.)/g, (_, first: string) => first.toUpperCase());

function entryOf(operation: Operation): string {
  const answers = Object.entries(operation.responses).flatMap(([status, { content }]) =>
    status.startsWith("2") && content ? [typeOf(content["application/json"]?.schema ?? {})] : [],
  );
  return `${comment(operation.summary)}  ${operation.operationId}: {\n    request: ${requestType(operation)};\n    answer: ${[...new Set(answers)].join(" | ")};\n  };`;
}

/** Path, query and body are given together: no name is in two of them. */
function requestType({ parameters = [], requestBody }: Operation): string {
  const schema = requestBody?.content["application/json"].schema ?? {};
  const own = parameters.filter((each) => each.in === "path" || each.in === "query");
  return typeOf({
    type: "object",
    properties: {
      ...Object.fromEntries(
        own.map(({ name, schema: form, description }) => [name, { ...form, description }]),
      ),
      ...schema.properties,
    },
    required: [...own.filter(({ required }) => required).map(({ name }) => name), ...(schema.required ?? [])],
  });
}

function rowOf(
  { path, method, operation }: ReturnType<typeof operationsOf>[number],
  schemas: Contract["components"]["schemas"],
): string {
  const query = (operation.parameters ?? []).filter((each) => each.in === "query").map(({ name }) => name);
  const { by, fields, when } = operation["x-identity"];
  const row = { method, path, identity: by, fields, when, query, ...successOf(operation, schemas) };
  return `  ${operation.operationId}: ${JSON.stringify(row)},`;
}

/** The statuses of a success, and what each member is that its body always has. */
function successOf({ responses }: Operation, schemas: Contract["components"]["schemas"]) {
  const successes = Object.entries(responses).filter(([status]) => status.startsWith("2"));
  const holds = successes.flatMap(([, { content }]) => {
    const { properties = {}, required = [] } = resolved(content?.["application/json"]?.schema ?? {}, schemas);
    return required.map((name) => [name, resolved(properties[name] ?? {}, schemas).type] as const);
  });
  return { statuses: successes.map(([status]) => Number(status)), holds: Object.fromEntries(holds) };
}

const resolved = (schema: Schema, schemas: Contract["components"]["schemas"]): Schema =>
  schema.$ref === undefined ? schema : (schemas[schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1)] ?? {});

const comment = (text: string | undefined): string =>
  text === undefined ? "" : `/** ${text.replaceAll("*/", "* /").replaceAll("\n", " ")} */\n`;

function typeOf(schema: Schema): string {
  const { $ref, const: constant, enum: words, anyOf, type, items, properties, required = [] } = schema;
  if ($ref !== undefined) return $ref.slice($ref.lastIndexOf("/") + 1);
  if (constant !== undefined) return JSON.stringify(constant);
  if (words !== undefined) return words.map((word) => JSON.stringify(word)).join(" | ");
  if (anyOf !== undefined) return anyOf.map(typeOf).join(" | ");
  if (Array.isArray(type)) return type.map((each: string) => typeOf({ ...schema, type: each })).join(" | ");
  if (type === "array") return `readonly (${typeOf(items ?? {})})[]`;
  if (type !== "object") return plainTypes[String(type)] ?? "unknown";
  const members = Object.entries(properties ?? {}).map(
    ([name, member]) =>
      `${comment(member.description)}readonly ${name}${required.includes(name) ? "" : "?"}: ${typeOf(member)};`,
  );
  return `{\n${members.join("\n")}\n}`;
}

const plainTypes: Readonly<Record<string, string>> = {
  string: "string",
  integer: "number",
  number: "number",
  boolean: "boolean",
  null: "null",
};
