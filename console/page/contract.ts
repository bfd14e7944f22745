/** What the page reads of the contract, docs/openapi.json. */
export interface Contract {
  readonly paths: Readonly<Record<string, Readonly<Partial<Record<"get" | "post", OperationObject>>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly parameters: Readonly<Record<string, Parameter>>;
    readonly responses: Readonly<Record<string, ResponseObject>>;
  };
  readonly "x-problems": Readonly<Record<string, Problem>>;
  /** API Gateway's own answers. */
  readonly "x-api-gateway": readonly {
    readonly status: number;
    readonly meaning: string;
    readonly caller: string;
  }[];
}

export interface Problem {
  readonly meaning: string;
  readonly caller: string;
  readonly retry: readonly string[];
}

interface Ref {
  readonly $ref: string;
}

interface OperationObject {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly (Parameter | Ref)[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<Record<string, ResponseObject | Ref>>;
  readonly "x-source"?: string;
  readonly "x-access"?: string;
  readonly "x-only-with"?: string;
  readonly "x-identity"?: { readonly by: string; readonly fields?: readonly string[] };
}

interface Content {
  readonly schema?: Schema;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

interface ResponseObject {
  readonly description: string;
  readonly content?: Readonly<Record<string, Content>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: Schema;
  readonly example?: unknown;
}

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly "x-unit"?: string;
  readonly "x-provider-name"?: string;
}

/** One operation, ready to be shown. */
export interface Operation {
  readonly id: string;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly tag: string;
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly source: string | undefined;
  readonly access: string | undefined;
  readonly onlyWith: string | undefined;
  readonly identityBy: string;
  /** The fields that make its identity, where fields do. */
  readonly identityFields: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly input: Schema | undefined;
  readonly example: Readonly<Record<string, unknown>> | undefined;
  readonly answer: Schema | undefined;
  readonly answerExample: unknown;
  readonly problems: readonly ProblemRow[];
}

export interface ProblemRow {
  readonly status: string;
  readonly code: string;
  readonly problem: Problem | undefined;
}

const nameIn = ({ $ref }: Ref): string => $ref.split("/").at(-1) ?? "";

export function operationsIn(contract: Contract): readonly Operation[] {
  return Object.entries(contract.paths).flatMap(([path, item]) =>
    (["get", "post"] as const).flatMap((method) => {
      const operation = item[method];
      return operation ? [operationOf(contract, method === "get" ? "GET" : "POST", path, operation)] : [];
    }),
  );
}

function operationOf(
  contract: Contract,
  method: "GET" | "POST",
  path: string,
  operation: OperationObject,
): Operation {
  const asked = operation.requestBody?.content["application/json"];
  const answered = responseOf(contract, operation.responses["200"] ?? operation.responses["207"]);
  const answer = answered?.content?.["application/json"];
  const examples = asked?.examples ?? {};
  return {
    id: operation.operationId,
    method,
    path,
    tag: operation.tags[0] ?? "",
    name: path.replace(/^\/v1\//, ""),
    summary: operation.summary,
    description: operation.description ?? "",
    source: operation["x-source"],
    access: operation["x-access"],
    onlyWith: operation["x-only-with"],
    identityBy: operation["x-identity"]?.by ?? "none",
    identityFields: operation["x-identity"]?.fields ?? [],
    parameters: (operation.parameters ?? []).map((each) =>
      "$ref" in each ? (contract.components.parameters[nameIn(each)] ?? { name: "", in: "" }) : each,
    ),
    input: asked?.schema,
    example: (examples.least ?? Object.values(examples)[0])?.value as Operation["example"],
    answer: answer?.schema,
    answerExample: Object.values(answer?.examples ?? {})[0]?.value,
    problems: problemsOf(contract, operation),
  };
}

const responseOf = (
  contract: Contract,
  response: ResponseObject | Ref | undefined,
): ResponseObject | undefined =>
  response && "$ref" in response ? contract.components.responses[nameIn(response)] : response;

/** Each code of each status, and API Gateway's own answers, which have no code. */
function problemsOf(contract: Contract, { responses }: OperationObject): readonly ProblemRow[] {
  return Object.entries(responses)
    .filter(([status]) => Number(status) >= 400)
    .flatMap(([status, response]) => {
      const told = responseOf(contract, response)?.content?.["application/problem+json"];
      const codes = Object.keys(told?.examples ?? {}).filter((code) => code in contract["x-problems"]);
      const own = ofApiGateway(contract, Number(status));
      const isOwn = codes.length === 0 || ("$ref" in response && nameIn(response).endsWith("-gateway"));
      return [
        ...codes.map((code) => ({ status, code, problem: contract["x-problems"][code] })),
        ...(isOwn ? [{ status, code: "", problem: own }] : []),
      ];
    });
}

function ofApiGateway(contract: Contract, status: number): Problem | undefined {
  const own = contract["x-api-gateway"].find((each) => each.status === status);
  return own && { meaning: own.meaning, caller: own.caller, retry: [] };
}

/** A field of a request or an answer, by its path: `record.state`, `result[].amount`. */
export interface Field {
  readonly path: string;
  readonly isRequired: boolean;
  readonly rule: string;
  readonly says: string;
  readonly providerName: string | undefined;
}

/** Every field of a schema, those within others too. */
export function fieldsOf(
  contract: Contract,
  schema: Schema | undefined,
  at = "",
  isRequired = true,
): readonly Field[] {
  if (schema === undefined) return [];
  const found =
    schema.$ref === undefined ? schema : (contract.components.schemas[nameIn({ $ref: schema.$ref })] ?? {});
  const own: readonly Field[] =
    at === ""
      ? []
      : [
          {
            path: at,
            isRequired,
            rule: ruleOf(found),
            says: found.description ?? "",
            providerName: found["x-provider-name"],
          },
        ];
  const inner = [found, ...(found.anyOf ?? []), ...(found.oneOf ?? [])].flatMap((part) => [
    ...Object.entries(part.properties ?? {}).flatMap(([name, property]) =>
      fieldsOf(
        contract,
        property,
        at === "" ? name : `${at}.${name}`,
        part.required?.includes(name) ?? false,
      ),
    ),
    ...(part.items && (part.items.properties || part.items.$ref || part.items.anyOf)
      ? fieldsOf(contract, part.items, `${at}[]`).slice(1)
      : []),
  ]);
  return [...own, ...inner];
}

/** Type, unit, format and limits in a few words. */
export function ruleOf(schema: Schema): string {
  const types = [schema.type ?? (schema.anyOf ?? []).flatMap(({ type }) => type ?? [])].flat().flat();
  const { minLength, maxLength, minimum, maximum, minItems, maxItems } = schema;
  const range = (least: number | undefined, most: number | undefined, what: string) =>
    most === undefined ? [] : [`${least ?? 0} to ${most}${what}`];
  return [
    ...new Set(types),
    ...(schema.enum ? [schema.enum.map(String).join(" | ")] : []),
    ...(schema["x-unit"] ? [schema["x-unit"]] : []),
    ...(schema.format ? [schema.format] : []),
    ...range(minLength, maxLength, " characters"),
    ...range(minimum, maximum, ""),
    ...range(minItems, maxItems, " items"),
  ].join(", ");
}

/** What the sandboxes know: their customer, MPIN and OTP. Each text that holds the example's identity gets a new one. */
export function sandboxBody(
  { example, input, identityFields }: Pick<Operation, "example" | "input" | "identityFields">,
  id: string,
): Readonly<Record<string, unknown>> {
  const sandbox: Readonly<Record<string, string>> = {
    customerId: "991000017",
    fromCustomerId: "991000017",
    toCustomerId: example && "fromCustomerId" in example ? "991000018" : "991000017",
    mpin: "1234",
    oldMpin: "1234",
    newMpin: "1234",
    otp: "123456",
  };
  const isAggrepay =
    input?.properties !== undefined && "x-provider-name" in (input.properties.customerId ?? {});
  const byCustomer =
    isAggrepay && example !== undefined && "mobileNumber" in example && !("customerId" in example);
  const ids = identityFields.map((name) => example?.[name]).filter((value) => typeof value === "string");
  const renewed = (text: string) => ids.reduce((whole, old) => whole.replaceAll(old, id), text);
  const fields = Object.entries(example ?? {}).filter(([name]) => !(byCustomer && name === "mobileNumber"));
  return Object.fromEntries([
    ...(byCustomer ? [["customerId", "991000017"] as const] : []),
    ...fields.map(([name, value]) => {
      const known = sandbox[name];
      if (known !== undefined) return [name, known] as const;
      return [name, typeof value === "string" ? renewed(value) : value] as const;
    }),
  ]);
}
