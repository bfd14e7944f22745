import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { operation as checkStatus } from "../../functions/payu/check-status.ts";
import { awsClientConfig } from "../../lib/aws.ts";
import { type Config, readConfig } from "../../lib/config.ts";
import { prepared } from "../../lib/operation/exchange.ts";
import { runRead } from "../../lib/operation/read.ts";
import { Problem } from "../../lib/problem.ts";
import { dreamzwallet } from "../../lib/providers/dreamzwallet/index.ts";
import { nicepay } from "../../lib/providers/nicepay/index.ts";
import { payu } from "../../lib/providers/payu/index.ts";
import type { Provider } from "../../lib/providers/provider.ts";
import { wibmo } from "../../lib/providers/wibmo/index.ts";
import { secretsFrom } from "../../lib/secrets/secrets.ts";
import { systemClock } from "../../lib/time.ts";
import { transportBy } from "../../lib/transport.ts";
import { startSecretsManager } from "../../local/secrets-manager.ts";
import {
  binding,
  freshReference,
  merchantTokenOf,
  notificationOf,
  notify,
  register,
  registered,
  registrationOf,
} from "../support/account-bindings.ts";
import { type Answer, expectProblem, fresh } from "../support/aggrepay-gateway.ts";
import { localCredentials } from "../support/dynamodb.ts";
import { formOf, type Reply, refusal, requestHash, signed } from "../support/peer.ts";
import { jsonOf, problem, reply, secretValues, startWallets, type Wallets } from "../support/wallets.ts";

/** What PayU's gate says of a signature that it refuses. */
const unverified = { message: "HMAC signature cannot be verified" };

const old = secretValues;
const fresher = {
  ...old,
  aggrepay: { apiKey: "planted-api-key-2", salt: "planted-salt-2" },
  payu: { ...old.payu, merchantKey: "smsplus2", merchantSalt: "planted-payu-salt-2" },
  nicepay: { ...old.nicepay, merchantKey: "planted-nicepay-key-2" },
};

describe("a rotation while clients go on calling", () => {
  let wallets: Wallets;
  beforeAll(async () => {
    // Few processes, all of them there when the rotation comes: a secret that was read a moment ago is not read again.
    wallets = await startWallets({
      env: {
        MAX_PROCESSES_PER_FUNCTION: "2",
        // Nobody is to be late on a busy machine.
        PROVIDER_TIMEOUT_MS: "15000",
        FUNCTION_TIMEOUT_MS: "25000",
        LEASE_MS: "26000",
      },
    });
  });
  afterAll(() => wallets?.stop());

  /** Providers that accept, and sign with, what is in force at that moment and nothing else. */
  let inForce: typeof old | typeof fresher = old;
  const looked = new Map<string, number>();
  let refused = 0;
  const look = (id: string) => looked.set(id, (looked.get(id) ?? 0) + 1);
  const refuse = (what: Reply): Reply => {
    refused += 1;
    return what;
  };

  const aggrepay: Reply = async (response, request) => {
    const fields = formOf(request);
    const { apiKey, salt } = inForce.aggrepay;
    const genuine = fields.api_key === apiKey && fields.hash === requestHash(fields, salt);
    if (!genuine) return refuse(refusal("UNAUTHORIZED", "Not authorized"))(response, request);
    look(String(fields.merchant_transaction_id));
    await sleep(5);
    signed({ transaction_id: 7 }, null, { salt: inForce.aggrepay.salt })(response, request);
  };

  const payuStatus: Reply = async (response, request) => {
    const { merchantKey, merchantSalt } = inForce.payu;
    const signature = createHmac("sha512", merchantSalt)
      .update(`date: ${request.headers.date}`)
      .digest("hex");
    const expected = `hmac username="${merchantKey}", algorithm="sha512", headers="date", signature="${signature}"`;
    if (request.headers.authorization !== expected) return refuse(reply(unverified, 401))(response, request);
    look(String(jsonOf(request).clientTxnId));
    await sleep(5);
    reply({ responseCode: "00", responseDump: [] })(response, request);
  };

  const nicepayBinding: Reply = async (response, request) => {
    const body = jsonOf(request) as Parameters<typeof merchantTokenOf>[0] & { merchantToken: string };
    const genuine = body.merchantToken === merchantTokenOf(body, inForce.nicepay.merchantKey);
    if (!genuine) return refuse(reply({ resultCd: "9010", resultMsg: "token" }))(response, request);
    look(body.referenceNo);
    await sleep(5);
    registered()(response, request);
  };

  /** Answers when a second request has come: two processes are at work then. */
  const together = (reply: Reply): Reply => {
    const waiting: (() => void)[] = [];
    return (response, request) => {
      waiting.push(() => reply(response, request));
      if (waiting.length > 1) for (const answer of waiting.splice(0)) answer();
    };
  };

  const calls: readonly ((id: string) => Promise<Answer>)[] = [
    (id) =>
      wallets.call("aggrepay/credit-wallet", {
        toCustomerId: "546693304",
        amount: "1",
        pgTransactionId: `PG-${id}`,
        merchantTransactionId: id,
      }),
    (id) => wallets.call("payu/check-status", { verifyClientTxnId: "LOAD-1", clientTxnId: id }),
    (id) => register(wallets, registrationOf(id)),
  ];

  test("no call fails for it, nothing that was looked at is sent again, and no notification is lost", async () => {
    wallets.peer.script({
      creditwallet: together(aggrepay),
      "check-status": together(payuStatus),
      userAccountBinding: together(nicepayBinding),
    });
    // Both processes of each function are there, and no more will be.
    const warm = await Promise.all(calls.flatMap((call) => [call(freshReference()), call(freshReference())]));
    expect(warm.map(({ status }) => status)).toEqual(warm.map(() => 200));
    wallets.peer.script({
      creditwallet: aggrepay,
      "check-status": payuStatus,
      userAccountBinding: nicepayBinding,
    });
    const before = [freshReference(), freshReference(), freshReference()];
    for (const id of before) expect((await register(wallets, registrationOf(id))).status).toBe(200);
    // The webhook's process is there, too.
    const forged = () =>
      notify(wallets, notificationOf(registrationOf(before[0] ?? ""), { merchantKey: "another" }));
    expect((await forged()).status).toBe(401);

    let going = true;
    let turn = 0;
    const failures: string[] = [];
    const ids: string[] = [];
    const client = async () => {
      while (going) {
        turn += 1;
        const id = fresh("R").slice(0, 38);
        ids.push(id);
        const answer = await calls[turn % calls.length]?.(id);
        if (answer?.status !== 200) failures.push(`${turn % calls.length} ${answer?.text}`);
      }
    };
    const clients = Array.from({ length: 8 }, client);
    // Longer than a secret that has just been read counts as new.
    await sleep(2_300);
    const atRotation = ids.length;
    expect(failures).toEqual([]);
    wallets.rotate(fresher);
    inForce = fresher;

    const [first = "", second = "", third = ""] = before;
    const keys = [fresher.nicepay.merchantKey, old.nicepay.merchantKey, fresher.nicepay.merchantKey];
    for (const [at, id] of [first, second, third].entries()) {
      const notification = notificationOf(registrationOf(id), { merchantKey: keys[at] ?? "" });
      expect([at, (await notify(wallets, notification, "form")).status]).toEqual([at, 200]);
      expect((await binding(wallets, id)).body.result).toMatchObject({ bound: true });
    }
    expect((await forged()).status).toBe(401);
    while (ids.length < atRotation + 120) await sleep(5);
    going = false;
    await Promise.all(clients);

    expect(failures).toEqual([]);
    // It was a rotation that mattered: each of three functions was refused at least once, and every call was looked at once.
    expect(refused).toBeGreaterThanOrEqual(3);
    expect(ids.filter((id) => looked.get(id) !== 1)).toEqual([]);
  });
});

describe("a secret that cannot be used", () => {
  const planted = "planted-value-that-nobody-sees";
  let wallets: Wallets;
  beforeAll(async () => {
    wallets = await startWallets({
      secrets: {
        payu: { merchantKey: planted, walletIdentifier: planted },
        wibmo: { apiKey: `${planted}\u20ac` },
        dreamzwallet: { secKey: planted, walletOwnerId: `${planted} 1`, token: planted },
        nicepay: { iMid: planted, merchantKey: ` ${planted}` },
      },
    });
  });
  afterAll(() => wallets?.stop());

  test.each<readonly [secret: string, key: string, call: () => Promise<Answer>]>([
    ["payu", "merchantSalt", () => wallets.call("payu/check-status", { verifyClientTxnId: "1" })],
    ["wibmo", "apiKey", () => wallets.call("wibmo/encrypt", { urn: "1" })],
    ["dreamzwallet", "walletOwnerId", () => wallets.call("dreamzwallet/get-secret-key", { customerId: "1" })],
    ["nicepay", "merchantKey", () => register(wallets, registrationOf(freshReference()))],
    ["aggrepay", "", () => wallets.call("aggrepay/fetch-balance", { customerId: "1" })],
  ])("%s: misconfigured, naming %s and no value; nothing is sent or kept", async (secret, key, call) => {
    wallets.peer.script({});
    const answer = await call();
    expectProblem(answer, problem("misconfigured"));
    expect(answer.body.detail).toContain(`"${secret}"`);
    if (key !== "") expect(answer.body.detail).toContain(key);
    expect(answer.text).not.toContain(planted);
    expect(wallets.peer.requests).toEqual([]);
    expect(await wallets.items()).toEqual([]);
    expect(wallets.logs()).not.toContain(planted);
  });

  test("a notification is durable in the queue", async () => {
    const answer = await notify(wallets, notificationOf(registrationOf(freshReference())));
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain(planted);
  });

  const config = readConfig({
    PROVIDER_TIMEOUT_MS: "800",
    FUNCTION_TIMEOUT_MS: "8000",
    LEASE_MS: "9000",
    QUIET_PERIOD_MS: "1000",
    PAYU_BASE_URL: "https://p.example",
    WIBMO_BASE_URL: "https://w.example",
    DREAMZWALLET_BASE_URL: "https://d.example",
    NICEPAY_BASE_URL: "https://n.example",
    WEBHOOK_BASE_URL: "https://gateway.example",
  });
  const circumstances = { config, now: 0, uniqueId: () => "1" };
  /** As every call is made ready to be sent. */
  const ready = <Call, Reply>(provider: Provider<Call, Reply>, call: Call, json: object) => {
    const secret = { name: provider.secret, json };
    const secrets = {
      current: async () => secret,
      previous: async () => undefined,
      refreshed: async () => secret,
      moment: () => 0,
    };
    const asked = { operation: "any", effect: "read" } as const;
    return prepared(provider, { call, asked, circumstances, hidden: [] }, { secrets });
  };
  const sign = {
    payu: (json: object) => ready(payu, { path: "/", body: {} }, json),
    wibmo: (json: object) => ready(wibmo, { path: "/", body: {} }, json),
    dreamzwallet: (json: object) => ready(dreamzwallet, { path: "/", customerId: "1" }, json),
    nicepay: (json: object) =>
      ready(nicepay, { referenceNo: "1", billingPhone: "+6282112345678", others: {} }, json),
  } as const;
  const good = {
    payu: { merchantKey: "k", merchantSalt: "s", walletIdentifier: "w" },
    wibmo: { apiKey: "k" },
    dreamzwallet: { secKey: "k", walletOwnerId: "1", token: "t" },
    nicepay: { iMid: "M", merchantKey: "k" },
  } as const;

  const keys = Object.entries(good).flatMap(([name, secret]) =>
    Object.keys(secret).map((key) => [name as keyof typeof good, key] as const),
  );
  const withOptional = [
    ...keys,
    ["payu", "mid"],
    ["payu", "signatureScheme"],
    ["payu", "authorizationForm"],
    ["wibmo", "clientId"],
    ["wibmo", "bankId"],
    ["wibmo", "entityId"],
    ["wibmo", "secureCode"],
    ["wibmo", "consumerCustomId"],
    ["wibmo", "mobileForm"],
    ["wibmo", "decryptHeaders"],
    ["dreamzwallet", "envelope"],
    ["dreamzwallet", "hashCase"],
    ["dreamzwallet", "hashParts"],
    ["nicepay", "phoneForm"],
  ] as const;

  const expectMisconfigured = async (name: keyof typeof good, key: string, value: unknown) => {
    const refusal = await refusalOf(sign[name]({ ...good[name], [key]: value }));
    expect(refusal.code).toBe("misconfigured");
    expect(refusal.message).toContain(`"${name}"`);
    expect(refusal.message).toContain(key);
    expect(refusal.message).not.toContain(planted);
  };

  async function refusalOf(work: Promise<unknown>): Promise<Problem> {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error instanceof Problem) return error;
    throw new Error("it was not refused as a Problem", { cause: error });
  }

  test.each(keys)("%s without %s", async (name, key) => {
    await expectMisconfigured(name, key, undefined);
  });

  test.each(withOptional)("%s with a %s that is no text that could be meant", async (name, key) => {
    for (const value of ["", null, 7, [planted], ` ${planted}`, `${planted}\n`])
      await expectMisconfigured(name, key, value);
  });

  // What stands in a header must be able to.
  test.each([
    ["payu", "merchantKey"],
    ["payu", "walletIdentifier"],
    ["payu", "mid"],
    ["wibmo", "apiKey"],
    ["wibmo", "clientId"],
    ["wibmo", "secureCode"],
  ] as const)("%s with a %s that no header can carry", async (name, key) => {
    for (const value of [`${planted}\r\nx: y`, `${planted}\u20ac`, `${planted}\0`])
      await expectMisconfigured(name, key, value);
  });

  test("wibmo with headerNames that are no names", async () => {
    for (const value of ["x-key", 7, null, true, { clientId: 7 }, { clientId: null }])
      await expectMisconfigured("wibmo", "headerNames", value);
  });

  test("payu with a quote in its merchantKey", async () => {
    await expectMisconfigured("payu", "merchantKey", `${planted}"`);
  });

  test.each([
    ["a name that is none", { apiKey: "x api key" }],
    ["one name for two", { clientId: "x-api-key" }],
    ["a name that is ours", { clientId: "content-type" }],
    ["a name that HTTP needs", { clientId: "content-length" }],
  ])("wibmo with headerNames that hold %s", async (_what, headerNames) => {
    const refusal = await refusalOf(sign.wibmo({ ...good.wibmo, clientId: planted, headerNames }));
    expect(refusal.code).toBe("misconfigured");
    expect(refusal.message).not.toContain(planted);
  });
});

describe("Secrets Manager", () => {
  const arn = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:payu-AbCdEf";

  test("may be away for as long as it likes: a function that knows its secret goes on", async () => {
    const wallets = await startWallets();
    let now = Date.UTC(2025, 0, 1);
    const values = {
      description: "",
      versions: () => ({ current: { id: "v1", value: { ...old.payu } }, previous: undefined }),
    };
    const manager = await startSecretsManager([{ name: "payu", arn, key: "payu" }], values);
    const env = { ...localCredentials, AWS_ENDPOINT_URL_SECRETS_MANAGER: manager.url };
    const client = new SecretsManagerClient(awsClientConfig(env, "SECRETS_MANAGER"));
    const clock = { now: () => now, monotonic: () => performance.now() };
    const config: Config = readConfig({
      PROVIDER_TIMEOUT_MS: "800",
      FUNCTION_TIMEOUT_MS: "8000",
      LEASE_MS: "9000",
      QUIET_PERIOD_MS: "1000",
      PAYU_BASE_URL: wallets.peer.url,
    });
    const secrets = secretsFrom(client, () => arn, clock);
    const request = { input: { verifyClientTxnId: "1" }, remainingMs: () => 8000, note: () => undefined };
    const ask = () =>
      runRead(checkStatus, request, {
        config,
        clock,
        secrets,
        ...transportBy(systemClock),
        uniqueId: () => String(now),
      });
    try {
      wallets.peer.script({ "check-status": reply({ responseCode: "00" }) });
      await ask();
      manager.close();
      for (const minutes of [1, 5, 60, 24 * 60]) {
        now += minutes * 60_000;
        expect((await ask()).body).toMatchObject({ result: { responseCode: "00" } });
      }
      // A refusal of our keys asks for a newer secret, which cannot be had: the refusal stands, and the next call goes on.
      wallets.peer.script({ "check-status": [reply(unverified, 401), reply({ responseCode: "00" })] });
      now += 60_000;
      await expect(ask()).rejects.toMatchObject({ code: "misconfigured" });
      expect(wallets.peer.requests).toHaveLength(1);
      await ask();
      // One that starts meanwhile has none, and says that it sent nothing.
      const cold = secretsFrom(client, () => arn, clock);
      await expect(
        runRead(checkStatus, request, {
          config,
          clock,
          secrets: cold,
          ...transportBy(systemClock),
          uniqueId: () => "1",
        }),
      ).rejects.toMatchObject({ code: "not-sent", status: 503 });
      expect(wallets.peer.requests).toHaveLength(2);
    } finally {
      client.destroy();
      manager.close();
      await wallets.stop();
    }
  });
});
