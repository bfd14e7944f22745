import { type Answers, type InputField, resultKinds } from "./answers.ts";

/** Words of the contract that are known: an example of a field, and whether a sentence says what it means. */
export interface Known {
  example(field: InputField): string;
  isDescribed(name: string): boolean;
}

/** `from_customer_id` of `fromCustomerId`. */
const snake = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/(\d+)$/, "_$1");

/** The name under which AggrePay has a field; the other providers write it as callers do. */
const theirs = ({ provider }: Answers, name: string): string =>
  provider === "aggrepay" ? snake(name) : name;

const camel = (name: string): string =>
  name.replaceAll(/[-/](.)/g, (_, letter: string) => letter.toUpperCase());

/** `aggrepayBlockCustomer`: its name in the registry. */
export const idOf = ({ provider, name }: Answers): string => camel(`${provider}-${name}`);

/** Without the lines that a part left out leaves empty. */
const dense = (text: string): string => text.replaceAll(/\n(?:[ \t]*\n)+(?!export )/g, "\n");

/** functions/<provider>/<name>.ts */
export function operationFile(answers: Answers): string {
  const { provider, name, summary, source, path, changes, fields } = answers;
  const makes = changes ? "change" : "read";
  const imported = [...new Set(fields.map(({ schema }) => schema))];
  const optional = fields.some(({ isOptional }) => isOptional) ? ["optional"] : [];
  const members = fields.map(({ name: field, schema, isOptional }) => {
    if (isOptional) return `${field}: optional(${schema}),`;
    return field === schema ? `${field},` : `${field}: ${schema},`;
  });
  const sent = fields.map((field) => `${theirs(answers, field.name)}: input.${field.name},`);
  const fromLib = [...imported, ...optional].toSorted();
  return dense(`import * as v from "valibot";
${fromLib.length === 0 ? "" : `import { ${fromLib.join(", ")} } from "../../lib/fields.ts";`}
import { ${makes}, ${makes}Handler } from "../../lib/operation/${makes}.ts";
import { ${provider} } from "../../lib/providers/${provider}/index.ts";

export const operation = ${makes}({
  name: "${provider}/${name}",
  summary: ${JSON.stringify(summary)},
  source: ${JSON.stringify(source)},
  provider: ${provider},
  ${changes ? 'effect: "change",' : ""}
  input: v.object({ ${members.join(" ")} }),
  ${changes ? 'identity: "idempotency-key",' : ""}
  sends: (${fields.length === 0 ? "" : "input"}) => ({
    path: ${JSON.stringify(path)},
    ${provider === "aggrepay" ? "fields" : "body"}: { ${sent.join(" ")} },
  }),
  returns: (${provider === "aggrepay" ? "{ data }" : "reply"}) => ({ ${returned(answers)} }),
  ${changes ? 'inquiry: { none: "the provider has no call that shows it" },' : ""}
});

export const handler = /* @__PURE__ */ ${makes}Handler(operation);
`);
}

function returned(answers: Answers): string {
  const reader = answers.provider === "aggrepay" ? "data" : "reply";
  return answers.results
    .map(({ name, kind }) => `${name}: ${reader}.${resultKinds[kind].read}("${theirs(answers, name)}"),`)
    .join(" ");
}

/** functions/<provider>/<name>.sample.ts */
export function sampleFile(answers: Answers, known: Known): string {
  const { provider, fields, results, changes } = answers;
  const least = fields.filter(({ isOptional }) => !isOptional);
  const input = (of: readonly InputField[]) =>
    of.map((field) => `${field.name}: ${known.example(field)},`).join(" ");
  const sends = (of: readonly InputField[]) =>
    of.map((field) => `${theirs(answers, field.name)}: ${known.example(field)},`).join(" ");
  const asked = (of: readonly InputField[]) =>
    provider === "aggrepay"
      ? `always({ ${input(of)} }, { ${sends(of)} })`
      : `() => ({ input: { ${input(of)} }, sends: { ${sends(of)} } })`;
  const comes = results
    .map(({ name, kind }) => `${theirs(answers, name)}: ${resultKinds[kind].comes},`)
    .join(" ");
  const gives = results.map(({ name, kind }) => `${name}: ${resultKinds[kind].gives},`).join(" ");
  // As PayU's reply says success, and the reader that a new provider is written with.
  const succeeds = provider === "payu" ? 'responseCode: "00",' : 'code: "0",';
  const shapes = [...new Set(results.map(({ kind }) => resultKinds[kind].shape))].toSorted();
  const undescribed = fields.filter(({ name }) => !known.isDescribed(name));
  const declared = results.map(({ name, kind }) => `${name}: ${declaredAs(name, kind)},`).join(" ");
  return dense(`import * as v from "valibot";
${provider === "aggrepay" ? "" : 'import type { Sample } from "../../lib/operation/sample.ts";'}
import { ${shapes.join(", ")} } from "../shapes.sample.ts";
${provider === "aggrepay" ? 'import { type AggrepaySample, always } from "./common.sample.ts";' : ""}

export const sample = {
  ${undescribed.length === 0 ? "" : `fields: { ${undescribed.map(({ name }) => `${name}: "${sentence(name)}",`).join(" ")} },`}
  full: ${asked(fields)},
  least: ${asked(least)},
  ${changes ? `other: () => ({ ${otherInput(fields, known)} }),` : ""}
  reply: () => (${provider === "aggrepay" ? `{ data: { ${comes} } }` : `{ ${succeeds} ${comes} }`}),
  result: v.strictObject({ ${declared} }),
  answer: () => ({ result: { ${gives} } }),
} satisfies ${provider === "aggrepay" ? "AggrepaySample" : "Sample<Readonly<Record<string, string>>, object>"};
`);
}

const declaredAs = (name: string, kind: keyof typeof resultKinds): string =>
  kind === "amount"
    ? `decimal("${sentence(name)}", "INR")`
    : `${resultKinds[kind].shape}("${sentence(name)}")`;

/** The same identity for another request: without what may be left out, or with another last digit. */
function otherInput(fields: readonly InputField[], known: Known): string {
  const required = fields.filter(({ isOptional }) => !isOptional);
  if (required.length < fields.length)
    return required.map((field) => `${field.name}: ${known.example(field)},`).join(" ");
  return fields
    .map((field, index) => {
      const example = known.example(field);
      const other =
        index === 0
          ? example.replace(/(\d)"$/, (_, digit: string) => `${(Number(digit) + 1) % 10}"`)
          : example;
      return `${field.name}: ${other},`;
    })
    .join(" ");
}

/** `The customer id`, until somebody says it better. */
const sentence = (name: string): string =>
  `The ${name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}`;

/** local/sandbox/aggrepay/<name>.ts: a stub that answers as the sample does. */
export function sandboxFile(answers: Answers): string {
  const { path, fields, results, changes } = answers;
  const names = (of: readonly InputField[]) => of.map(({ name }) => `"${snake(name)}",`).join(" ");
  const effect = changes ? "always" : "never";
  const comes = results.map(({ name, kind }) => `${snake(name)}: ${resultKinds[kind].comes},`).join(" ");
  return `import { ${effect}, type Operation } from "./operation.ts";

/** It answers always the same, and keeps nothing. */
const ${path}: Operation = {
  required: [${names(fields.filter(({ isOptional }) => !isOptional))}],
  optional: [${names(fields.filter(({ isOptional }) => isOptional))}],
  changes: ${effect},
  run: () => ({ data: { ${comes} } }),
};

export const ${camel(answers.name)} = { ${path} };
`;
}

/** What no answer decides: whoever adds the operation judges it. */
export const toJudge = ({ provider, name, changes, fields }: Answers, known: Known): readonly string[] => [
  `Every sentence and example of functions/${provider}/${name}.sample.ts: as the provider's document has them.`,
  ...(fields.some((field) => !known.isDescribed(field.name))
    ? ["Sentences of new fields (functions/fields.sample.ts)."]
    : []),
  "Which fields of the reply must be right and which only inform (`data.informs`), and what must equal the question (`sameId`).",
  ...(changes
    ? [
        "How its doubt is settled (`inquiry`): as it is now, doubt ends with a person.",
        "Its identity, and under whom its record is listed (`listedUnder`).",
        ...(provider === "aggrepay"
          ? ["A request of its own in test/faults/subjects.ts, where that of its sample is not right there."]
          : ["A row in test/faults/subjects.ts."]),
      ]
    : []),
  provider === "aggrepay"
    ? `What the sandbox does (local/sandbox/aggrepay/${name}.ts): it answers always the same.`
    : `The sandbox's call, in local/sandbox/${provider}.ts.`,
  "Refusals that no row names yet.",
  "Then: npm run docs; npx vitest run test/infra/documents.test.ts -u; npm run cost -- --update; npm test.",
];
