import openapi from "../../docs/openapi.json" with { type: "json" };

interface Media {
  readonly schema: object;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}
interface Response {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, Media>>;
}

/** An operation, as docs/openapi.json has it. */
export interface ContractOperation {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly parameters?: readonly object[];
  readonly responses: Readonly<Record<string, Response>>;
  readonly "x-identity": { readonly by: string; readonly fields?: readonly string[] };
}

interface Listed {
  readonly method: string;
  readonly path: string;
  readonly operation: ContractOperation;
  /** The problems that each status may have. */
  readonly codes: ReadonlyMap<string, readonly string[]>;
}

const paths = openapi.paths as unknown as Readonly<
  Record<string, Readonly<Record<string, ContractOperation>>>
>;
const responses = openapi.components.responses as unknown as Readonly<Record<string, Response>>;

export const responseOf = (response: Response): Response =>
  response.$ref === undefined ? response : (responses[response.$ref.split("/").at(-1) ?? ""] ?? {});

const codesIn = (response: Response): string[] =>
  Object.keys(responseOf(response).content?.["application/problem+json"]?.examples ?? {});

const listed: readonly Listed[] = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    method: method.toUpperCase(),
    path,
    operation,
    codes: new Map(
      Object.entries(operation.responses).map(([status, response]) => [status, codesIn(response)]),
    ),
  })),
);

/** Every operation of the contract. */
export const operationsIn = (): readonly Listed[] => listed;
