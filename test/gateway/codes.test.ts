import { expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { dreamzwallet } from "../../lib/providers/dreamzwallet/index.ts";
import { nicepay } from "../../lib/providers/nicepay/index.ts";
import { payu } from "../../lib/providers/payu/index.ts";
import { wibmo } from "../../lib/providers/wibmo/index.ts";
import { words } from "../support/words.ts";

const config = readConfig({
  PROVIDER_TIMEOUT_MS: "1000",
  FUNCTION_TIMEOUT_MS: "8000",
  LEASE_MS: "9000",
  QUIET_PERIOD_MS: "1000",
});
const asked = { operation: "any", effect: "change" } as const;
const reply = (body: object) => ({ status: 200, body: Buffer.from(JSON.stringify(body)) });

test.each(
  words("constructor toString valueOf hasOwnProperty __proto__"),
)("a code that every object has as a name, %s, is no listed code", (code) => {
  expect(nicepay.read(reply({ resultCd: code }), [], config, asked).kind).toBe("unusable");
  expect(payu.read(reply({ responseCode: code }), [], config, asked)).toMatchObject({
    kind: "refusal",
    as: "declined",
    code: "declined",
  });
  expect(dreamzwallet.read(reply({ responseCode: code }), [], config, asked)).toMatchObject({
    kind: "refusal",
    code: "declined",
  });
});

test("a Wibmo error beside a token is no success, and an empty DreamzWallet code leaves its status", () => {
  expect(wibmo.read(reply({ code: "9999", token: "abc" }), [], config, asked)).toMatchObject({
    kind: "unusable",
    word: { code: "9999" },
  });
  const body = { status: "SUCCESS", responseCode: "", secKey: "a", customerId: "1" };
  expect(dreamzwallet.read(reply(body), [], config, asked).kind).toBe("success");
});
