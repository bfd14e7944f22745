/** How a reply goes out, as it is or spoiled. */
import type { ServerResponse } from "node:http";
import { type Answer, slowMs } from "./faults.ts";
import { sendJson, sendPage } from "./http.ts";
import { phpJson, replyHash } from "./signature.ts";
import { type Reply, refusalReply } from "./wallet.ts";

/** Runs something later, unless the sandbox has been closed by then. */
export type Later = (ms: number, run: () => void) => void;

/** Whoever follows a redirect is counted here. */
export const redirectedPath = "/sandbox/redirected";

/** The reply of a failed updatecustomer (section 15), and what a call without its effect has to show. */
export const allNull: Reply = { data: null, error: null, page: null, hash: null };

export function send(response: ServerResponse, { data, error, page, hash }: Reply): void {
  sendJson(response, 200, phpJson({ data, error, page, hash }));
}

export function sendSpoiled(response: ServerResponse, answer: Answer, reply: Reply, later: Later): void {
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
    case "wrong-hash": {
      const { data, error, page } = reply;
      send(response, { ...reply, hash: replyHash({ data, error, page }, "not the salt") });
      return;
    }
    case "no-hash":
      send(response, { ...reply, hash: null });
      return;
    case "all-null":
      send(response, allNull);
      return;
    case "http":
      sendPage(response, answer.status, answer.text, answer.status === 429 ? { "retry-after": "1" } : {});
      return;
    case "error":
      send(response, refusalReply(answer.code, answer.message));
      return;
  }
}

/** The length that is announced is the whole reply's; the connection ends in the middle of it. */
function sendHalf(response: ServerResponse, { data, error, page, hash }: Reply): void {
  const bytes = Buffer.from(phpJson({ data, error, page, hash }));
  response.writeHead(200, { "content-type": "application/json", "content-length": bytes.length });
  response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
}
