/** How a reply goes out, as it is or spoiled. */
import type { ServerResponse } from "node:http";
import * as wire from "../common/delivery.ts";
import type { Later } from "../common/server.ts";
import type { Answer } from "./faults.ts";
import { phpJson, replyHash } from "./signature.ts";
import { type Reply, refusalReply } from "./wallet.ts";

/** The reply of a failed updatecustomer (section 15), and what a call without its effect has to show. */
export const allNull: Reply = { data: null, error: null, page: null, hash: null };

const written = ({ data, error, page, hash }: Reply): wire.Written => ({
  status: 200,
  text: phpJson({ data, error, page, hash }),
});

export function send(response: ServerResponse, reply: Reply): void {
  wire.send(response, written(reply));
}

export function sendSpoiled(response: ServerResponse, answer: Answer, reply: Reply, later: Later): void {
  switch (answer.kind) {
    case "honest":
    case "second":
      send(response, reply);
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
    case "error":
      send(response, refusalReply(answer.code, answer.message));
      return;
    default:
      wire.sendSpoiled(response, answer, written(reply), later);
  }
}
