import * as v from "valibot";
import type { Sample } from "../../lib/operation/sample.ts";
import { words } from "../shapes.sample.ts";
import { full, least } from "./common.sample.ts";

export const sample = {
  full,
  least,
  reply: () => ({ token: "c2FtcGxlLXRva2Vu" }),
  result: v.strictObject({
    token: words("The encrypted identifiers; only the provider can open it"),
    clientTxnId: words("The clientTxnId that was sent: the caller's own, or one that the gateway made"),
  }),
  answer: ({ clientTxnId = "3f0e7a52-made-by-the-gateway" }) => ({
    result: { token: "c2FtcGxlLXRva2Vu", clientTxnId },
  }),
} satisfies Sample<Readonly<Record<string, string | number>>, object>;
