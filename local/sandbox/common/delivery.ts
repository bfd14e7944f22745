/** How a reply goes out, as it is or spoiled. */
import type { ServerResponse } from "node:http";
import { slowMs, type WireAnswer } from "./faults.ts";
import { sendJson, sendPage } from "./http.ts";
import type { Later } from "./server.ts";

/** Whoever follows a redirect is counted here. */
export const redirectedPath = "/sandbox/redirected";

/** A reply as the provider writes it: some providers' bytes are not JSON.stringify's. */
export interface Written {
  readonly status: number;
  readonly text: string;
}

export function send(response: ServerResponse, { status, text }: Written): void {
  sendJson(response, status, text);
}

export function sendSpoiled(
  response: ServerResponse,
  answer: WireAnswer,
  reply: Written,
  later: Later,
): void {
  switch (answer.kind) {
    case "never":
      return;
    case "reset":
      response.socket?.resetAndDestroy();
      return;
    case "slow":
      later(slowMs, () => send(response, reply));
      return;
    case "redirect":
      sendPage(response, 307, "Temporary Redirect", { location: redirectedPath });
      return;
    case "garbage":
      sendPage(response, 200, "Scheduled maintenance");
      return;
    case "truncated":
      sendHalf(response, reply);
      return;
    case "http":
      sendPage(response, answer.status, answer.text, answer.status === 429 ? { "retry-after": "1" } : {});
      return;
  }
}

/** The length that is announced is the whole reply's; the connection ends in the middle of it. */
function sendHalf(response: ServerResponse, { status, text }: Written): void {
  const bytes = Buffer.from(text);
  response.writeHead(status, { "content-type": "application/json", "content-length": bytes.length });
  response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
}
