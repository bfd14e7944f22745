import type { Contract, Schema } from "./contract.ts";

interface Row {
  readonly name: string;
  readonly schema: Schema;
  readonly isRequired: boolean;
}

/** A table of all fields of an object, those of objects within it under their path. */
export function fieldsTable(schema: Schema, contract: Contract, provider?: string): string {
  const rows = rowsOf(schema, contract, "");
  const hasNames = provider !== undefined && rows.some((row) => row.schema["x-provider-name"] !== undefined);
  const cells = (row: Row) => [
    `\`${row.name}\``,
    `${formOf(row.schema)}${row.isRequired ? "" : "; may be left out"}`,
    row.schema.description ?? "",
    ...(hasNames ? [code(row.schema["x-provider-name"])] : []),
  ];
  const head = ["Field", "Form", "Meaning", ...(hasNames ? [`In ${provider}`] : [])];
  return [head, head.map(() => "---"), ...rows.map(cells)]
    .map((line) => `| ${line.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");
}

const code = (text: string | undefined): string => (text === undefined ? "" : `\`${text}\``);

function rowsOf(schema: Schema, contract: Contract, path: string): Row[] {
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties).flatMap(([name, member]) => {
    const row = { name: `${path}${name}`, schema: member, isRequired: required.includes(name) };
    const inner = innerOf(member);
    const below = inner ? rowsOf(inner.schema, contract, `${path}${name}${inner.mark}.`) : [];
    return [row, ...below];
  });
}

/** The object that a field holds, or a list of such. What stands once for all operations is not opened. */
function innerOf(schema: Schema): { readonly schema: Schema; readonly mark: string } | undefined {
  const object = [schema, ...(schema.anyOf ?? [])].find(({ properties }) => properties !== undefined);
  if (object) return { schema: object, mark: "" };
  const list =
    schema.items && [schema.items, ...(schema.items.anyOf ?? [])].find(({ properties }) => properties);
  return list ? { schema: list, mark: "[]" } : undefined;
}

function formOf(schema: Schema): string {
  const { $ref, anyOf, type, items, enum: words, const: constant } = schema;
  if ($ref !== undefined) return linkTo($ref);
  if (constant !== undefined) return `\`${JSON.stringify(constant)}\``;
  if (words !== undefined) return words.map((word) => `\`${String(word)}\``).join(", ");
  if (anyOf !== undefined) return [...new Set(anyOf.map(formOf))].join(" or ");
  if (Array.isArray(type)) return `${formOf({ ...schema, type: type[0] })} or null`;
  if (type === "array") return `list of ${items ? formOf(items) : "values"}`;
  return [typeWords[String(type)] ?? "any value", ...limitsOf(schema)].join(", ");
}

const typeWords: Readonly<Record<string, string>> = {
  string: "text",
  integer: "whole number",
  number: "number",
  boolean: "`true` or `false`",
  object: "object",
  null: "null",
};

function limitsOf({ format, pattern, maxLength, minimum, maximum, ...more }: Schema): string[] {
  const said = format && formats[format];
  return [
    ...(said ? [said] : []),
    ...(!said && pattern ? [code(pattern)] : []),
    ...(maxLength === undefined ? [] : [`at most ${maxLength} characters`]),
    ...(minimum === undefined || minimum === 0 ? [] : [`from ${minimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
    ...(more["x-unit"] ? [more["x-unit"]] : []),
  ];
}

const formats: Readonly<Record<string, string>> = {
  date: "`YYYY-MM-DD`",
  "date-time": "ISO 8601",
  email: "an e-mail address",
  uri: "an https URL",
};

const links: Readonly<Record<string, string>> = {
  Record: "[record](#record)",
  RecordDetail: "[record in full](#record-in-full)",
  Problem: "[problem](#problem)",
};
const linkTo = (ref: string): string => links[ref.slice(ref.lastIndexOf("/") + 1)] ?? "object";
