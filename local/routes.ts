import type { RouteMatch } from "./http-event.ts";

/** Finds the route of a request among route keys such as `GET /v1/records/{id}`, as an HTTP API does. */
export type Router = (method: string, path: string) => RouteMatch | undefined;

interface Route {
  readonly key: string;
  readonly method: string;
  readonly segments: readonly Segment[];
}

interface Segment {
  readonly kind: "literal" | "parameter" | "greedy";
  readonly name: string;
}

export function routerOf(keys: readonly string[]): Router {
  const routes = keys.filter((key) => key !== "$default").map(parse);
  const fallback: RouteMatch | undefined = keys.includes("$default")
    ? { key: "$default", parameters: {} }
    : undefined;
  // The most specific route wins: literal before parameter before greedy, a named method before ANY.
  routes.sort((a, b) => compare(rank(a), rank(b)));
  return (method, path) => {
    const parts = path.split("/").slice(1);
    for (const route of routes) {
      if (route.method !== "ANY" && route.method !== method) continue;
      const parameters = match(route.segments, parts);
      if (parameters !== undefined) return { key: route.key, parameters };
    }
    return fallback;
  };
}

function parse(key: string): Route {
  const [method = "", path = ""] = key.split(" ");
  const segments = path
    .split("/")
    .slice(1)
    .map((text): Segment => {
      const [, name, greedy] = /^\{([^}+]+)(\+?)\}$/.exec(text) ?? [];
      if (name === undefined) return { kind: "literal", name: text };
      return { kind: greedy === "+" ? "greedy" : "parameter", name };
    });
  return { key, method, segments };
}

const order = { literal: "0", parameter: "1", greedy: "2" } as const;

const rank = ({ segments, method }: Route) =>
  `${segments.map(({ kind }) => order[kind]).join("")}${method === "ANY" ? "9" : "8"}`;

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function match(segments: readonly Segment[], parts: readonly string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, { kind, name }] of segments.entries()) {
    const part = parts[index];
    if (part === undefined) return undefined;
    if (kind === "literal" && part !== name) return undefined;
    // A parameter stands for something: `/v1/records/` is not `/v1/records/{id}`.
    if (kind !== "literal" && part === "") return undefined;
    if (kind === "greedy") return { ...parameters, [name]: parts.slice(index).join("/") };
    if (kind === "parameter") parameters[name] = part;
  }
  return parts.length === segments.length ? parameters : undefined;
}
