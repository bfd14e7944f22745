import { functions } from "../functions/index.ts";
import { routesOf } from "../lib/operation/definition.ts";
import { routerOf } from "../local/routes.ts";
import { type Gateway, Unanswered } from "../ops/smoke/gateway.ts";
import { Unsigned } from "../ops/smoke/identity.ts";
import { type ConsoleAnswer, type ConsoleRequest, json, refusal } from "./answer.ts";

const prefix = "/console/gateway";

/** What the console may ask a deployed gateway for: it looks at records and settles them. No other call is passed on. */
const routes = functions
  .filter(({ name }) => name.startsWith("records/"))
  .flatMap((definition) => routesOf(definition).map(({ method, path }) => `${method} ${path}`));
const routeOf = routerOf(routes);

/**
 * Passes the page's calls on to a deployed gateway, signed with the keys of a person. What that person may not do the gateway
 * refuses, and the answer says whose keys they were.
 */
export function openDeployed(
  gateway: Gateway,
  signedAs: string,
): (request: ConsoleRequest) => Promise<ConsoleAnswer | undefined> {
  return async ({ method, path, query, body }) => {
    if (!path.startsWith(`${prefix}/`)) return undefined;
    const target = path.slice(prefix.length);
    const key = routeOf(method, target)?.key;
    if (key === undefined || (method !== "GET" && method !== "POST"))
      return refusal(
        403,
        `The console does not call ${method} ${target} of a deployed gateway: it looks at records, and settles them.`,
      );
    const search = query.toString();
    try {
      const reply = await gateway.send({
        method,
        path: search === "" ? encoded(target) : `${encoded(target)}?${search}`,
        ...(method === "POST" && { body: body.toString("utf8"), contentType: "application/json" }),
        signed: true,
        asksProvider: method === "POST",
      });
      if (reply.status === 401 || reply.status === 403)
        return refusal(403, `${signedAs} may not call ${key}: the gateway answered ${reply.status}.`);
      return json(reply.body ?? null, reply.status);
    } catch (error) {
      if (error instanceof Unanswered || error instanceof Unsigned) return refusal(502, `${error.message}.`);
      throw error;
    }
  };
}

const encoded = (path: string): string => path.split("/").map(encodeURIComponent).join("/");
