import { randomUUID } from "node:crypto";
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { functions } from "../../functions/index.ts";
import { routesOf } from "../../lib/operation/definition.ts";
import type { LambdaHandler } from "../../lib/operation/handler.ts";
import { eventOf, responseOf, splitTarget } from "../../local/http-event.ts";
import { routerOf } from "../../local/routes.ts";
import type { Answer, Draft } from "./http.ts";

/** Every function's handler in this process, behind the same front as the local host's, but for the wire. */
export interface Handlers {
  exchange(draft: Draft): Promise<Answer | undefined>;
}

export interface HandlersOptions {
  /** The union of what the functions find in their environments. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Each line that a function prints. */
  readonly onLine: (line: string) => void;
}

export async function loadHandlers({ env, timeoutMs, onLine }: HandlersOptions): Promise<Handlers> {
  Object.assign(process.env, env);
  const handlers = new Map<string, LambdaHandler>();
  for (const definition of functions) {
    const { name } = definition;
    const routes = routesOf(definition);
    if (routes.length === 0) continue;
    const { handler } = (await import(`../../functions/${name}.ts`)) as { readonly handler: LambdaHandler };
    for (const { method, path } of routes) handlers.set(`${method} ${path}`, handler);
  }
  const route = routerOf([...handlers.keys()]);
  const { stdout } = process;
  const write = stdout.write.bind(stdout);
  // Functions log straight to standard output, one JSON line at a time; everything else there is ours.
  stdout.write = ((chunk: string | Uint8Array, ...others: readonly never[]): boolean => {
    const text = chunk.toString();
    if (!/^\{"(?:timestamp|_aws)"/.test(text)) return write(chunk, ...others);
    onLine(text.trimEnd());
    return true;
  }) as typeof stdout.write;

  return {
    async exchange({ method, path: target, headers, body }) {
      const id = randomUUID();
      const message = (status: number, text: string): Answer => ({
        status,
        headers: { "content-type": "application/json", "apigw-requestid": id },
        text: JSON.stringify({ message: text }),
      });
      const split = splitTarget(target);
      if (split === undefined) return message(400, "Bad Request");
      const match = route(method, split.path);
      if (match === undefined) return message(404, "Not Found");
      const rawHeaders = headers.flat();
      const came = { method, target, rawHeaders, body, sourceIp: "127.0.0.1", protocol: "HTTP/1.1" };
      const event = JSON.parse(eventOf(came, match, { id, now: new Date() })) as APIGatewayProxyEventV2;
      const deadline = Date.now() + timeoutMs;
      const context = { getRemainingTimeInMillis: () => deadline - Date.now() } as Context;
      try {
        const result = await handlers.get(match.key)?.(event, context);
        const response = responseOf(JSON.stringify(result ?? null));
        if (response === undefined) return message(500, "no response of payload format 2.0");
        const { status, headers: answered, body: bytes } = response;
        return { status, headers: { ...answered, "apigw-requestid": id }, text: bytes.toString("utf8") };
      } catch (error) {
        return message(
          500,
          `thrown: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
      }
    },
  };
}
