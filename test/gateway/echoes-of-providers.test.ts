import { describe, expect, test } from "vitest";
import {
  freshReference,
  notificationOf,
  notify,
  register,
  registrationOf,
} from "../support/account-bindings.ts";
import type { Answer } from "../support/aggrepay-gateway.ts";
import { echoForms } from "../support/echoes.ts";
import { expectNoEchoes } from "../support/no-echoes.ts";
import type { Reply } from "../support/peer.ts";
import { started } from "../support/started.ts";
import { jsonOf, reply, startWallets } from "../support/wallets.ts";

/**
 * PayU, Wibmo, DreamzWallet and NICEPAY write back what they have of ours, in every form of `echoForms` and in every place of
 * their replies, NICEPAY in its notifications too. Answers, records, logs and events are searched for each form. AggrePay's are
 * in `secrets-echoed.test.ts`.
 */
const secrets = {
  payu: {
    merchantKey: "planted-merchant-key-a1",
    merchantSalt: "planted-salt-b2/+=",
    walletIdentifier: "WALLET-7",
    mid: "8237426",
  },
  wibmo: { apiKey: "planted-api-key-e5", secureCode: "planted-secure-code-f6", clientId: "CLIENT-7" },
  dreamzwallet: { secKey: "planted-sec-key-g7", walletOwnerId: "10012", token: "planted-token-h8" },
  nicepay: { iMid: "IONPAYTEST", merchantKey: "planted-nicepay-key-i9/+==" },
};
const userToken = "planted+user/token=m3";
const of: Readonly<Record<string, readonly string[]>> = {
  payu: [secrets.payu.merchantKey, secrets.payu.merchantSalt],
  wibmo: [secrets.wibmo.apiKey, secrets.wibmo.secureCode],
  record: [secrets.wibmo.apiKey, secrets.wibmo.secureCode],
  dreamzwallet: [secrets.dreamzwallet.secKey, secrets.dreamzwallet.token],
  nicepay: [secrets.nicepay.merchantKey],
};
const all = Object.fromEntries([...new Set(Object.values(of).flat()), userToken].map((text) => [text, text]));
const forms = Object.entries(echoForms);

const answers: string[] = [];
const { wallets } = started({ wallets: () => startWallets({ secrets }) });

async function told(answer: Promise<Answer>): Promise<Answer> {
  const { headers, text } = await answer;
  answers.push(`${JSON.stringify([...headers])} ${text}`);
  return answer;
}

const asking: Readonly<Record<string, () => Promise<Answer>>> = {
  payu: () => wallets.call("payu/check-status", { verifyClientTxnId: "LOAD-1" }),
  wibmo: () => wallets.call("wibmo/encrypt", { customerMobile: "+919900261104" }),
  record: () => wallets.call("wibmo/retrieve-customer-record", { urn: "7001" }),
  dreamzwallet: () => wallets.call("dreamzwallet/get-secret-key", { customerId: "189433" }),
  nicepay: () => register(wallets, registrationOf(freshReference())),
};

/** One body that is a refusal to each of the four. */
const refusal = (code: string, text: string) => ({
  ...{ responseCode: code, responseMessage: text, errorCode: code, errorMessage: text },
  ...{ resultCd: code, resultMsg: text, status: "FAILED", message: text },
});

const successes: Readonly<Record<string, (echo: string) => Reply>> = {
  "check-status": (echo) =>
    reply({
      responseCode: "00",
      responseMessage: echo,
      responseDump: [
        { clientTxnId: echo, status: echo, [echo]: "1", transactionDate: echo, nested: { id: echo } },
      ],
    }),
  encrypt: (echo) => reply({ token: `T.${echo}` }),
  retrieveCustRecord: () => reply({ token: "dG9r" }),
  decrypt: (echo) => reply({ customerId: echo, name: `Asha ${echo}`, [echo]: "1", cards: [{ alias: echo }] }),
  getSecretKey: (echo) =>
    reply({ customerId: "189433", secKey: "user-key", status: "SUCCESS", message: echo }),
  userAccountBinding: (echo) => (response, request) => {
    // Another mitraCd than was registered is no success.
    const { referenceNo, mitraCd } = jsonOf(request);
    const shown = { resultMsg: echo, mitraCd, transDt: echo, transTm: echo };
    reply({
      ...{ resultCd: "0000", tXid: `TX.${echo}`, referenceNo, ...shown },
      redirectUrlHttp: `https://nicepay.example/login?k=${echo}`,
    })(response, request);
  },
};

const places: readonly (readonly [
  place: string,
  replies: (echo: string) => Readonly<Record<string, Reply>>,
])[] = [
  ["the text of a refusal that is listed", (echo) => same(() => reply(refusal("1050", `No: ${echo}`)))],
  ["the text of a refusal that is not listed", (echo) => same(() => reply(refusal("7777", echo)))],
  ["the code of a refusal", (echo) => same(() => reply(refusal(echo, "Refused.")))],
  ["a refusal of our keys", (echo) => same(() => reply(refusal("1010", echo), 401))],
  ["JSON with HTTP 400", (echo) => same(() => reply({ message: echo, error: { detail: echo } }, 400))],
  ["every field of a success", (echo) => mapped((name) => successes[name]?.(echo) ?? reply({}))],
];
const names = Object.keys(successes);
const mapped = (to: (name: string) => Reply) => Object.fromEntries(names.map((name) => [name, to(name)]));
const same = (to: () => Reply) => mapped(to);

describe("a provider echoes", () => {
  test.each(Object.keys(asking))("%s, in each place", async (provider) => {
    for (const [at, [, write]] of forms.entries()) {
      const own = of[provider] ?? [];
      const echo = write(own[at % own.length] ?? "");
      // Each form in two places; which, differs from provider to provider.
      for (const offset of [0, 3]) {
        const [, replies] = places[(at + offset + provider.length) % places.length] ?? places[0] ?? [];
        wallets.peer.script(replies?.(echo) ?? {});
        const answer = await told(asking[provider]?.() ?? Promise.reject(new Error(provider)));
        const { id } = (answer.body.record ?? {}) as { readonly id?: string };
        if (id) await told(wallets.get(`/v1/records/${id}`));
      }
    }
  }, 180_000);

  test("NICEPAY, in each field of a notification, of a registration and of none", async () => {
    const fields = ["tXid", "mitraCd", "billingNm", "clientUserKey", "billingEmail", "more"];
    for (const [at, [, write]] of forms.entries()) {
      const registration = registrationOf(freshReference());
      wallets.peer.script({ userAccountBinding: successes.userAccountBinding?.("harmless") ?? reply({}) });
      if (at % 2) expect((await told(register(wallets, registration))).status).toBe(200);
      const echo = write(at % 3 ? userToken : secrets.nicepay.merchantKey);
      const more = { userToken, [fields[at % fields.length] ?? ""]: echo };
      const options = { merchantKey: secrets.nicepay.merchantKey, fields: more };
      expect((await told(notify(wallets, notificationOf(registration, options)))).status).toBe(200);
    }
    const list = await told(wallets.get("/v1/records?state=needs_attention&limit=100"));
    expect((list.body.result as readonly unknown[]).length).toBeGreaterThan(30);
  }, 120_000);
});

expectNoEchoes(all, { gateway: wallets, answers, least: { answers: 500, items: 130, events: 100 } });
