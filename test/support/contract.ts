import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { type Contract, type Operation, operationsOf, type Response } from "../../contract/contract.ts";
import openapi from "../../docs/openapi.json" with { type: "json" };

export type ContractOperation = Operation;

interface Listed {
  readonly method: string;
  readonly path: string;
  readonly operation: ContractOperation;
  /** The problems that each status may have. */
  readonly codes: ReadonlyMap<string, readonly string[]>;
}

const { paths, components } = openapi as unknown as Contract;

export const responseOf = (response: Response): Response =>
  response.$ref === undefined
    ? response
    : (components.responses[response.$ref.split("/").at(-1) ?? ""] ?? {});

const codesIn = (response: Response): string[] =>
  Object.keys(responseOf(response).content?.["application/problem+json"]?.examples ?? {});

const listed: readonly Listed[] = operationsOf({ paths }).map((each) => ({
  ...each,
  codes: new Map(
    Object.entries(each.operation.responses).map(([status, response]) => [status, codesIn(response)]),
  ),
}));

/** The problems that a path may answer with that status. */
export const codesOf = (path: string, status: number): readonly string[] =>
  listed.find((each) => each.path === path)?.codes.get(String(status)) ?? [];

/** Every operation of the contract. */
export const operationsIn = (): readonly Listed[] => listed;

const base = "https://contract.example/openapi.json";
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema({ ...openapi, $id: base });

const escaped = (part: string) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));

const compiled = new Map<string, ValidateFunction>();

/** What a value has against the schema at that place of the contract; nothing where it fits. */
export function faultsOf(value: unknown, ...place: readonly string[]): readonly string[] {
  const $ref = `${base}#/${place.map(escaped).join("/")}`;
  const validate = compiled.get($ref) ?? ajv.compile({ $ref });
  compiled.set($ref, validate);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
