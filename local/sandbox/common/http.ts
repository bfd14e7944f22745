import type { IncomingMessage, ServerResponse } from "node:http";

const maxBody = 64 * 1024;

/** The whole body, or undefined where it is larger than any request of these providers. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Read to the end all the same: a client that is still writing does not see an answer.
    if (size <= maxBody) chunks.push(chunk);
  }
  return size > maxBody ? undefined : Buffer.concat(chunks).toString("utf8");
}

export function isJson({ headers }: IncomingMessage): boolean {
  return headers["content-type"]?.split(";")[0]?.trim().toLowerCase() === "application/json";
}

/**
 * Refuses a control that comes without `application/json`. A form or a plain fetch of a web page cannot send that type without
 * asking first, and what asks first is refused.
 *
 * @returns whether it was refused.
 */
export function demandJson(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.method !== "POST" || isJson(request)) return false;
  sendJson(response, 415, JSON.stringify({ message: "content-type must be application/json" }));
  return true;
}

/** `body` is sent as it is: a reply's bytes are PHP's, not JSON.stringify's. */
export function sendJson(response: ServerResponse, status: number, body: string): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, { "content-type": "application/json", "content-length": bytes.length });
  response.end(bytes);
}

export function sendPage(response: ServerResponse, status: number, text: string, headers = {}): void {
  const page = Buffer.from(`<html><head><title>${text}</title></head><body><h1>${text}</h1></body></html>\n`);
  response.writeHead(status, {
    ...headers,
    "content-type": "text/html; charset=utf-8",
    "content-length": page.length,
  });
  response.end(page);
}
