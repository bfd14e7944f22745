import { randomBytes } from "node:crypto";
import * as v from "valibot";
import { type FunctionDefinition, type Route, routesOf } from "../../lib/operation/definition.ts";
import type { Question } from "../../lib/providers/facts.ts";
import { providerIn, providers } from "../../lib/providers/index.ts";
import type { ProviderName } from "../../lib/secrets/names.ts";
import {
  type Finding,
  failed,
  found,
  get,
  isPlatforms,
  isProblem,
  isRefusedByPolicy,
  ok,
  post,
  problemOf,
  type Result,
  routeIn,
  shown,
  skipped,
  warning,
} from "./finding.ts";
import type { Gateway } from "./gateway.ts";

export interface CheckOptions {
  readonly functions: readonly FunctionDefinition[];
  /** It is meant that nobody is asked who calls, as on a local host. */
  readonly open: boolean;
  /** Where providers send their notifications; left out, it is the gateway itself, as with a domain name. */
  readonly webhooks?: Gateway;
  /** The providers to be asked for real. */
  readonly ask: readonly ProviderName[];
}

/** Every check, one after the other. None of them changes anything, here or at a provider. */
export async function* checks(gateway: Gateway, options: CheckOptions): AsyncGenerator<Finding> {
  const routes = options.functions.flatMap((definition) =>
    routesOf(definition).map((route) => ({
      name: definition.name,
      route,
      access: definition.access,
      mayBeOff: definition.onlyWith !== undefined,
    })),
  );
  const routeOf = (name: string): Route => routeIn(options.functions, name);
  const closed = routes
    .filter(({ access }) => access !== "open")
    .map(({ route, mayBeOff }) => ({ ...route, mayBeOff }));
  yield* found("refuses whoever does not say who calls", () =>
    refusesUnsigned(gateway, closed, options.open),
  );
  yield* found("lists records", () => listsRecords(gateway, routeOf("records/list")));
  yield* found("knows no record that is not there", () => missesRecord(gateway, routeOf("records/get")));
  yield* found("refuses an invalid request", () =>
    refusesInvalid(gateway, routeOf("aggrepay/fetch-balance")),
  );
  yield* found("knows no other route", () => knowsNoOther(gateway));
  for (const { name, route } of routes.filter(({ access }) => access === "open"))
    yield* found(`${name} refuses a false signature`, () =>
      refusesForgery(options.webhooks ?? gateway, route),
    );
  for (const provider of options.ask) {
    const { question } = providers[provider];
    yield* found(`${provider} answers`, () =>
      question === undefined ? skipped(unasked) : asks(gateway, routeOf(question.operation), question),
    );
  }
}

/** The providers of these functions. What each can be asked is the `question` of its facts. */
export const providersOf = (functions: readonly FunctionDefinition[]): readonly ProviderName[] => [
  ...new Set(functions.flatMap(({ name }) => providerIn(name) ?? [])),
];

/**
 * Every route that the registry protects, so that one which is missing, or open by mistake, is found. Where the first is
 * open there is no one to ask, and the others are left alone.
 */
async function refusesUnsigned(
  gateway: Gateway,
  routes: readonly (Route & { readonly mayBeOff: boolean })[],
  mayBeOpen: boolean,
): Promise<Result> {
  const wrong: string[] = [];
  let off = 0;
  for (const route of routes) {
    const met = await unsignedAt(gateway, route);
    if (met === "refused") continue;
    if (met === notDeployed && route.mayBeOff) {
      off += 1;
      continue;
    }
    if (met === "open" && route === routes[0]) {
      const why = "open: this gateway asks nobody who calls";
      return mayBeOpen ? warning(why) : failed(why);
    }
    wrong.push(`${route.method} ${route.path}: ${met}`);
  }
  if (wrong.length > 0) return failed(wrong.join("; "));
  return ok(`all ${routes.length - off} protected routes${off > 0 ? `; ${off} are switched off` : ""}`);
}

const notDeployed = "not deployed";

/** What is sent is no JSON: a function that gets it all the same refuses it before it looks further. */
async function unsignedAt(gateway: Gateway, { method, path }: Route): Promise<string> {
  const reply = await gateway.send({
    method,
    path: path.replace(/\{\w+\}/g, nobodys()),
    ...(method === "POST" && { body: "smoke", contentType: "text/plain" }),
    signed: false,
  });
  if ((reply.status === 401 || reply.status === 403) && isPlatforms(reply)) return "refused";
  if (reply.status === 404 && isPlatforms(reply)) return notDeployed;
  return reply.status === 200 || problemOf(reply) ? "open" : shown(reply);
}

const list = v.object({
  result: v.array(v.object({ id: v.string() })),
  page: v.object({ cursor: v.nullable(v.string()) }),
});

async function listsRecords(gateway: Gateway, { path }: Route): Promise<readonly Finding[]> {
  const reply = await gateway.send(get(`${path}?state=needs_attention&limit=1`));
  const check = "lists records";
  const parsed = v.safeParse(list, reply.body);
  if (reply.status !== 200 || reply.type !== "application/json" || !parsed.success)
    return [{ check, ...failed(shown(reply)) }];
  const { result, page } = parsed.output;
  const attention = result.length === 0 && page.cursor === null ? ok("none") : warning(waiting(page.cursor));
  return [
    { check, ...ok("read") },
    { check: "waits for a person", ...attention },
  ];
}

const waiting = (cursor: string | null): string =>
  `${cursor === null ? "one record" : "more than one record"}: GET /v1/records?state=needs_attention`;

async function missesRecord(gateway: Gateway, { path }: Route): Promise<Result> {
  const reply = await gateway.send(get(path.replace("{id}", nobodys())));
  return reply.status === 404 && isProblem(reply, "not-found") ? ok("404 not-found") : failed(shown(reply));
}

async function refusesInvalid(gateway: Gateway, { path }: Route): Promise<Result> {
  const reply = await gateway.send(post(path, {}));
  const named = problemOf(reply)?.errors ?? [];
  const isRefused = reply.status === 400 && isProblem(reply, "invalid-request") && named.length > 0;
  return isRefused ? ok("400 invalid-request, before anything is sent") : failed(shown(reply));
}

async function knowsNoOther(gateway: Gateway): Promise<Result> {
  const reply = await gateway.send(get("/v1/smoke/no-such-route"));
  return reply.status === 404 && isPlatforms(reply) ? ok("404 of API Gateway") : failed(shown(reply));
}

/**
 * The API refuses addresses that may not come to it, and the function a wrong signature: 403 from anywhere but the provider's
 * addresses, and 401 from those, which alone proves that signatures are checked, as on a local host.
 */
async function refusesForgery(gateway: Gateway, { path }: Route): Promise<Result> {
  const forged = {
    merchantToken: "0".repeat(64),
    iMid: "SMOKE",
    referenceNo: `smoke-${randomBytes(8).toString("hex")}`,
    mitraCd: "KDVI",
    billingNm: "Smoke",
    billingPhone: "+6281100000000",
    clientUserKey: "smoke",
    userToken: "smoke",
  };
  const reply = await gateway.send({ ...post(path, forged), signed: false });
  if (isRefusedByPolicy(reply)) return ok("403 of the API's policy: only the provider's addresses");
  if ((reply.status === 401 || reply.status === 403) && isPlatforms(reply))
    return failed("it asks who calls: the provider cannot reach it");
  if (reply.status === 404 && isPlatforms(reply))
    return failed("it is not there: give the stack's WebhookUrl with --webhook-url");
  if (reply.status === 200) return failed("a notification with a false signature was taken in");
  if (!isProblem(reply, "access-denied")) return failed(shown(reply));
  return reply.status === 401
    ? ok("401 access-denied")
    : ok("403 access-denied: only the provider's addresses");
}

const unasked =
  "it has no call that needs nobody's data: its first registration shows whether its keys are right";

async function asks(gateway: Gateway, { path }: Route, question: Question): Promise<Result> {
  const reply = await gateway.send({ ...post(path, question.input(missing())), asksProvider: true });
  if (reply.status === 200 && reply.type === "application/json") return ok(`200: ${question.proves}`);
  const { code, provider } = problemOf(reply) ?? {};
  const proven = Object.entries(question.refusals).find(([refusal]) => refusal === code)?.[1];
  // Without the provider's word it is the gateway that refused.
  if (proven !== undefined && provider !== undefined) return ok(`${reply.status} ${code}: ${proven}`);
  return failed(shown(reply));
}

/** A well-formed record id that no record has. */
const nobodys = (): string => randomBytes(32).toString("base64url");

/** Begins as what the sandboxes never find. */
const missing = (): string => `missing-smoke-${randomBytes(8).toString("hex")}`;
