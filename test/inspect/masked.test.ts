import fc from "fast-check";
import { expect, test } from "vitest";
import { CannotInspect } from "../../inspect/finding.ts";
import { inspect, type Question } from "../../inspect/inspect.ts";
import { nodeDigests } from "../../inspect/node-digests.ts";

const signs = fc.oneof(
  fc.constantFrom(..." \n\t\"'\\/+%&=<>|ab019é日\u200b\u00a0"),
  fc.string({ minLength: 1, maxLength: 1, unit: "grapheme" }),
);
const secret = fc.array(signs, { minLength: 6, maxLength: 24 }).map((list) => list.join("x7"));

/** Every text that an inspection or a refusal shows. */
async function shownOf(question: Question): Promise<readonly string[]> {
  const texts: string[] = [];
  const collect = (value: unknown): void => {
    if (typeof value === "string") texts.push(value);
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(collect);
  };
  try {
    collect(await inspect(question, { digests: nodeDigests, most: 40 }));
  } catch (error) {
    if (!(error instanceof CannotInspect)) throw error;
    texts.push(error.message, JSON.stringify(error));
  }
  return texts;
}

const holds = (texts: readonly string[], value: string): boolean => {
  const forms = [value, value.trim(), JSON.stringify(value).slice(1, -1), encodeURIComponent(value)];
  return texts.some((text) => forms.some((form) => text.includes(form)));
};

/** Where a secret may stand by mistake: each place of a question of each provider. */
const questions: readonly ((hidden: string, other: string) => Question)[] = [
  (hidden, other) => ({
    provider: "aggrepay",
    secrets: [
      { label: "new", json: { apiKey: other, salt: hidden } },
      { label: "old", json: { apiKey: hidden, salt: other } },
    ],
    message: {
      body: {
        api_key: hidden,
        description: `of ${hidden}`,
        [hidden.replaceAll(/\W/g, "")]: "1",
        mpin: hidden,
      },
    },
    theirs: { body: { api_key: other, description: hidden, hash: hidden } },
  }),
  (hidden, other) => ({
    provider: "aggrepay",
    kind: "reply",
    secrets: [{ label: "new", json: { apiKey: other, salt: hidden } }],
    message: JSON.stringify({
      data: { note: hidden, list: [`${hidden}!`] },
      error: null,
      page: null,
      hash: other,
    }),
    expected: hidden,
  }),
  (hidden, other) => ({
    provider: "payu",
    secrets: [
      { label: "new", json: { merchantKey: other, merchantSalt: hidden, signatureScheme: "body-digest" } },
    ],
    message: {
      headers: { date: hidden, authorization: `hmac username="${hidden}", signature="${other}"` },
      body: JSON.stringify({ note: hidden }),
    },
  }),
  (hidden, other) => ({
    provider: "dreamzwallet",
    secrets: [{ label: "new", json: { secKey: hidden, walletOwnerId: "42", token: other } }],
    message: { body: { customerId: hidden, walletOwnerId: hidden, token: hidden, verificationHash: other } },
  }),
  (hidden, other) => ({
    provider: "nicepay",
    kind: "notification",
    secrets: [{ label: "new", json: { iMid: "IONPAYTEST", merchantKey: hidden } }],
    message: {
      body: {
        iMid: hidden,
        referenceNo: hidden,
        billingPhone: other,
        userToken: other,
        merchantToken: hidden,
      },
    },
  }),
  (hidden) => ({
    provider: "wibmo",
    secrets: [{ label: "new", json: { apiKey: hidden } }],
    message: {
      headers: { "x-api-key": hidden, [`x-${hidden.replaceAll(/\W/g, "")}`]: hidden },
      body: hidden,
    },
  }),
];

test("no secret is shown, wherever it stands by mistake", async () => {
  await fc.assert(
    fc.asyncProperty(secret, secret, fc.constantFrom(...questions), async (hidden, other, question) => {
      fc.pre(!hidden.includes(other) && !other.includes(hidden));
      expect(holds(await shownOf(question(hidden, other)), hidden)).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test("an MPIN, an OTP and a user token of the message are shown by their length alone", async () => {
  const json = { apiKey: "key-of-the-test", salt: "salt-of-the-test" };
  const message = {
    body: { api_key: json.apiKey, mpin: "4711", new_mpin: "0815", otp: "123456", amount: "4.00" },
  };
  const inspection = await inspect({ provider: "aggrepay", secrets: [{ label: "v2", json }], message });
  expect(inspection.text).toBe(
    "[salt, 16 characters, v2]|4.00|[api_key, 15 characters, v2]|[mpin, 4 characters]|[new_mpin, 4 characters]|[otp, 6 characters]",
  );
  expect(inspection.pieces.filter(({ isSecret }) => isSecret).map(({ name }) => name)).toEqual([
    "salt",
    "api_key",
    "mpin",
    "new_mpin",
    "otp",
  ]);
});

test("what cannot be seen is shown as an escape and noted", async () => {
  const json = { apiKey: "key-of-the-test", salt: "salt-of-the-test" };
  const message = {
    body: { api_key: json.apiKey, description: " a\u200bb\u00a0\n", name: "Аnna", mpin: "****" },
  };
  const { pieces } = await inspect({ provider: "aggrepay", secrets: [{ label: "v2", json }], message });
  const piece = (name: string) => pieces.find((each) => each.name === name);
  expect(piece("description")).toMatchObject({
    shown: "\\u0020a\\u200bb\\u00a0\\n",
    notes: [
      "has white space at an end",
      "holds an invisible character after character 2",
      "is not ASCII: U+200B after character 2",
    ],
  });
  expect(piece("name")?.notes).toEqual(["is not ASCII: U+0410 after character 0"]);
  expect(piece("mpin")?.notes).toEqual(["looks masked: sign with what was sent"]);
});
