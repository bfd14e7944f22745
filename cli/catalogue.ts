/** An operation as `gw` knows it. */
export interface Operation {
  /** `aggrepay/debit-wallet` */
  readonly name: string;
  readonly summary: string;
  readonly method: "GET" | "POST";
  /** With `{field}` for a field that is part of the path. */
  readonly path: string;
  readonly fields: readonly Field[];
  readonly identity: Identity;
}

/** What makes a repeat: fields of its own, the Idempotency-Key (perhaps only with one field), or nothing. */
export interface Identity {
  readonly by: string;
  /** Of an identity by fields: their names. */
  readonly fields?: readonly string[];
  readonly when?: string;
}

export interface Field {
  readonly name: string;
  readonly isRequired: boolean;
  readonly kind: "text" | "whole number" | "true or false";
  readonly meaning: string;
}

/** A code of the gateway's, and what to do about it. */
export interface Problem {
  readonly code: string;
  readonly statuses: readonly number[];
  readonly retry: readonly string[];
  readonly meaning: string;
  readonly caller: string;
  readonly operator?: { readonly does: string; readonly runbook: string };
}

/** A word of a provider that refuses a call, and its meaning. */
export interface ProviderWord {
  readonly provider: string;
  readonly code: string;
  /** The form of the text that it needs besides, as a pattern. */
  readonly text?: string;
  readonly as: "declined" | "not_executed" | "taken" | "inconclusive";
  /** The gateway's own code for it. */
  readonly means: string;
  readonly detail: string;
}

/** All that `gw` knows of the gateway. In the clone it is read from the contract; the packed command has it built in. */
export interface Catalogue {
  readonly operations: readonly Operation[];
  readonly problems: readonly Problem[];
}

interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
}

/** The parts of the contract that are read here. */
export interface Contract {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly "x-problems": Readonly<Record<string, Omit<Problem, "code">>>;
}

interface Described {
  readonly summary: string;
  readonly parameters?: readonly {
    readonly name?: string;
    readonly in?: string;
    readonly description?: string;
  }[];
  readonly requestBody?: {
    readonly content: { readonly "application/json": { readonly schema: BodySchema } };
  };
  readonly "x-identity": Identity;
}

interface BodySchema {
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

/** What callers may call by name, from the contract (docs/openapi.json). Records and books have commands of their own. */
export function catalogueOf({ paths, "x-problems": problems }: Contract): Catalogue {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    path.startsWith("/v1/records") || path.startsWith("/v1/books")
      ? []
      : Object.entries(methods).map(([method, described]) => operationOf(path, method, described)),
  );
  return {
    operations,
    problems: Object.entries(problems).map(([code, problem]) => ({ code, ...problem })),
  };
}

function operationOf(path: string, method: string, described: Described): Operation {
  const { summary, parameters = [], requestBody, "x-identity": identity } = described;
  const { required = [], properties = {} } = requestBody?.content["application/json"].schema ?? {};
  const inPath = parameters.flatMap(({ in: place, name = "", description = "" }) =>
    place === "path" ? [{ name, isRequired: true, kind: "text", meaning: description } as const] : [],
  );
  const inBody = Object.entries(properties).map(([name, { type, description = "" }]) => ({
    name,
    isRequired: required.includes(name),
    kind: kinds[type ?? ""] ?? ("text" as const),
    meaning: description,
  }));
  return {
    name: path.replace(/^\/v1\//, "").replace(/\/\{\w+\}$/, ""),
    summary,
    method: method === "get" ? "GET" : "POST",
    path,
    identity,
    fields: [...inPath, ...inBody],
  };
}

const kinds: Readonly<Record<string, Field["kind"]>> = { integer: "whole number", boolean: "true or false" };
