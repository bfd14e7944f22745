import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { describe, expect, test } from "vitest";
import { functions } from "../../functions/index.ts";
import { readConfig } from "../../infra/config.ts";
import { ConfigError, choicesOf } from "../../infra/context.ts";
import { baseUrlVariable, providerNames, providers } from "../../lib/providers/index.ts";
import { production } from "./synthesized.ts";

const configOf = (context: Record<string, unknown> = {}) => readConfig((name) => context[name]);

test("without context is for development, where data may be destroyed", () => {
  expect(configOf()).toEqual({
    stage: "dev",
    region: undefined,
    retainData: false,
    logRetention: RetentionDays.ONE_MONTH,
    auth: { kind: "iam" },
    throttle: { rate: 50, burst: 100 },
    webhookThrottle: { rate: 10, burst: 20 },
    webhookDoor: "open",
    oldWebhookRoute: false,
    apiGatewayLogRole: "set",
    domain: undefined,
    alarmTopicArn: undefined,
    keyRingReaders: [],
    rollout: "all-at-once",
    reconcileWorkers: 1,
    tracing: false,
    variables: {
      ...Object.fromEntries(providerNames.map((name) => [baseUrlVariable(name), providers[name].hosts.dev])),
      AGGREPAY_BASE_URL: "https://testwallet.aggrepaypayments.com",
      PAYU_BASE_URL: "https://apitest.payu.in",
      WIBMO_BASE_URL: "https://payusandbox-kong.pc.enstage-sas.com",
      DREAMZWALLET_BASE_URL: "https://mob.paymentplug.com",
      NICEPAY_BASE_URL: "https://dev.nicepay.co.id",
      AGGREPAY_ACCOUNT: "main",
      AGGREPAY_IDS_KEPT: "",
      BOOKS: "off",
      BOOKS_CALLS_A_DAY: "20000",
      NICEPAY_ACCOUNT: "main",
      CALLBACK_HOSTS: "",
      WEBHOOK_SOURCE_ADDRESSES: "103.20.51.39,103.20.51.40",
      WIBMO_CUSTOMER_RECORD: "on",
      NICEPAY_USER_DETAIL: "off",
      NICEPAY_REVOKED_CODES: "",
      CREDIT_ONCE_PER_PAYMENT: "on",
      SECOND_PERSON: "off",
    },
    providerTimeoutMs: 20_000,
    inquiryTimeoutMs: 5_000,
    functionTimeoutMs: 28_000,
    leaseMs: 33_000,
    quietPeriodMs: 900_000,
    bindingWaitMs: 1_800_000,
    doubtLimitMs: 86_400_000,
    backOffMs: [60_000, 120_000, 300_000, 900_000, 3_600_000],
  });
});

test("for production keeps data and speaks to the real providers", () => {
  expect(configOf({ stage: "prod", ...production })).toMatchObject({
    retainData: true,
    logRetention: RetentionDays.ONE_YEAR,
    throttle: { rate: 500, burst: 1000 },
    webhookThrottle: { rate: 50, burst: 100 },
    webhookConcurrency: 10,
    reconcileConcurrency: 8,
    webhookDoor: ["18.98.96.50"],
    rollout: "canary",
    reconcileWorkers: 4,
    variables: {
      AGGREPAY_BASE_URL: "https://aggwallet.aggrepaypayments.com",
      PAYU_BASE_URL: "https://api.payu.in",
      SECOND_PERSON: "on",
      // Until it is chosen, what needs it refuses before anything is sent.
      WIBMO_BASE_URL: "",
      DREAMZWALLET_BASE_URL: "https://wallet.paymentplug.com",
      NICEPAY_BASE_URL: "https://www.nicepay.co.id",
      WEBHOOK_SOURCE_ADDRESSES: "103.20.51.33,103.20.51.34,103.20.51.0/24,103.117.8.0/24",
      WIBMO_CUSTOMER_RECORD: "off",
    },
  });
});

const certificate = "arn:aws:acm:ap-south-1:123456789012:certificate/0190f3c2-7f3a";
const topic = "arn:aws:sns:ap-south-1:123456789012:pager";
const role = "arn:aws:iam::123456789012:role/ops/key-rotation";
const jwt = {
  auth: "jwt",
  jwtIssuer: "https://tokens.shop.example/pool",
  jwtAudience: "gateway,back-office",
};

test.each([
  [{ region: "ap-south-1" }, { region: "ap-south-1" }],
  [{ region: "us-gov-west-1" }, { region: "us-gov-west-1" }],
  [{ logRetentionDays: "90" }, { logRetention: RetentionDays.THREE_MONTHS }],
  [
    jwt,
    {
      auth: { kind: "jwt", issuer: "https://tokens.shop.example/pool", audience: ["gateway", "back-office"] },
    },
  ],
  [{ throttleRate: "2000", throttleBurst: "2000" }, { throttle: { rate: 2000, burst: 2000 } }],
  [{ webhookThrottleBurst: "40" }, { webhookThrottle: { rate: 10, burst: 40 } }],
  [{ alarmTopicArn: topic }, { alarmTopicArn: topic }],
  [{ keyRingReaders: `${role},${role}-2` }, { keyRingReaders: [role, `${role}-2`] }],
  [{ rollout: "linear" }, { rollout: "linear" }],
  [{ tracing: "on" }, { tracing: true }],
  [{ reconcileWorkers: "5" }, { reconcileWorkers: 5 }],
  [
    { inquiryTimeoutMs: 20_000, providerTimeoutMs: 20_000 },
    { inquiryTimeoutMs: 20_000, providerTimeoutMs: 20_000 },
  ],
  [{ egress: "fixed" }, { egress: { natGateways: 2 } }],
  [{ egress: "fixed", natGateways: 1 }, { egress: { natGateways: 1 } }],
  [{ egress: "any" }, { egress: undefined }],
  [{ webhookConcurrency: "400" }, { webhookConcurrency: 400 }],
  [{ webhookConcurrency: 1 }, { webhookConcurrency: 1 }],
  [{ reconcileConcurrency: 1 }, { reconcileConcurrency: 1 }],
  [
    { reconcileConcurrency: 5, reconcileWorkers: 5 },
    { reconcileConcurrency: 5, reconcileWorkers: 5 },
  ],
  [{ reconcileConcurrency: "none" }, { reconcileConcurrency: undefined }],
  [{ webhookDoor: "listed" }, { webhookDoor: [] }],
  [{ webhookDoor: "18.98.96.0/24,2001:db8::1" }, { webhookDoor: ["18.98.96.0/24", "2001:db8::1"] }],
  [{ webhookDoor: "open" }, { webhookDoor: "open" }],
  [{ oldWebhookRoute: "on" }, { oldWebhookRoute: true }],
  [{ apiGatewayLogRole: "leave" }, { apiGatewayLogRole: "leave" }],
])("takes %j", (context, chosen) => {
  expect(configOf(context)).toEqual({ ...configOf(), ...chosen });
});

test("a host name of its own is also where providers notify, unless another is chosen", () => {
  const domain = { domainName: "wallets.shop.example", certificateArn: certificate };
  const chosen = configOf(domain);
  expect(chosen.domain).toEqual(domain);
  expect(chosen.variables.WEBHOOK_BASE_URL).toBe("https://wallets.shop.example");
  expect(configOf({ ...domain, webhookBaseUrl: "https://hooks.example" }).variables.WEBHOOK_BASE_URL).toBe(
    "https://hooks.example",
  );
});

test.each(Object.keys(production))("production must choose %s", (name) => {
  const { [name]: _left, ...others } = production;
  expect(() => configOf({ stage: "prod", ...others })).toThrow(`${name} must be chosen for prod: `);
});

test("none is chosen where there is none", () => {
  const { variables } = configOf({ wibmoBaseUrl: "none", callbackHosts: "none" });
  expect(variables).toMatchObject({ WIBMO_BASE_URL: "", CALLBACK_HOSTS: "" });
  expect(configOf({ aggrepayIdsKept: 64 }).variables).toMatchObject({ AGGREPAY_IDS_KEPT: "64" });
});

test.each([
  [{ quietPeriodMs: 299_999 }, "quietPeriodMs 299999 must be at least 300000 in prod"],
  [{ inquiryTimeoutMs: 999 }, "inquiryTimeoutMs 999 must be at least 1000 in prod"],
  [{ bindingWaitMs: 599_999 }, "bindingWaitMs 599999 must be at least 600000 in prod"],
  [{ providerTimeoutMs: 999 }, "providerTimeoutMs 999 must be at least 1000 in prod"],
  [
    { payuBaseUrl: "https://apitest.payu.in" },
    "https://apitest.payu.in is the provider's host for dev, and this is prod",
  ],
])("production refuses %j", (context, sentence) => {
  expect(() => configOf({ stage: "prod", ...production, ...context })).toThrow(new ConfigError(sentence));
});

describe("what is chosen", () => {
  const from = (context: Record<string, unknown>, ...given: readonly string[]) => {
    const choices = choicesOf((name) => context[name], ["dev", "prod", ...given]);
    return readConfig(choices.context, choices.named);
  };

  test("stands in cdk.json under the stage's name", () => {
    const prod = { ...production, aggrepayAccount: "shop", logRetentionDays: 400 };
    const config = from({ stage: "prod", dev: { aggrepayAccount: "trial" }, prod }, "stage");
    expect(config.variables.AGGREPAY_ACCOUNT).toBe("shop");
    expect(config.logRetention).toBe(RetentionDays.THIRTEEN_MONTHS);
  });

  test("may be said on the command line for development", () => {
    const context = { dev: { aggrepayAccount: "trial" }, aggrepayAccount: "said" };
    expect(from(context, "aggrepayAccount").variables.AGGREPAY_ACCOUNT).toBe("said");
  });

  test("may not for production, but for the rollout of this once", () => {
    const context = { stage: "prod", prod: production, rollout: "linear", callbackHosts: "shop.example" };
    expect(from(context, "stage", "rollout").rollout).toBe("linear");
    expect(() => from(context, "stage", "callbackHosts")).toThrow(
      new ConfigError(
        'callbackHosts must stand in cdk.json under "prod": from the command line, the next deployment could be without it',
      ),
    );
  });

  test("has no name that nobody reads", () => {
    expect(() => from({ dev: { calbackHosts: "shop.example" } })).toThrow(
      new ConfigError("calbackHosts is not a value that a deployment may choose"),
    );
    expect(() => from({ dev: "shop" })).toThrow(ConfigError);
    expect(() => from({ dev: { stage: "prod", ...production } })).toThrow(
      new ConfigError('"dev" in cdk.json cannot choose a stage: it is one'),
    );
  });
});

test("refuses a name that no deployment has, and takes those it has", () => {
  const names = ["stage", "callbackHosts", "alarmTopicArn"];
  const read = (more: readonly string[]) => readConfig(() => undefined, [...names, ...more]);
  expect(() => read([])).not.toThrow();
  expect(() => read(["calbackHosts"])).toThrow(
    new ConfigError("calbackHosts is not a value that a deployment may choose"),
  );
});

test.each(["0x10", "1e1", " 5", "5 ", "+5", "5.0"])("takes no number written as %j", (throttleRate) => {
  expect(() => configOf({ throttleRate })).toThrow(
    `throttleRate must be a whole number of requests a second from 1 to 9999999999, not "${throttleRate}"`,
  );
});

test("takes numbers as the command line gives them", () => {
  expect(configOf({ quietPeriodMs: "5000" }).quietPeriodMs).toBe(5000);
});

const host = "must be like https://host, without a path";
const orNone = (sentence: string) => `${sentence}, or none`;
const account = "must be 1 to 32 letters, digits or hyphens: it is part of every record's identity";
const path = "must be a path such as /api/v2/decrypt";
const networks = "must be addresses or networks, separated by commas";
const hosts = "must be host names in lower case, separated by commas, or none";

interface Case {
  readonly name: string;
  readonly variable: string;
  readonly right: readonly string[];
  readonly wrong: readonly unknown[];
  readonly sentence: string;
}

const hasNoHost = (name: string): boolean =>
  providerNames.some((each) => each === name && providers[each].hosts.prod === undefined);

const baseUrls = [...providerNames, "webhook"].map(
  (name): Case => ({
    name: `${name}BaseUrl`,
    variable: `${name.toUpperCase()}_BASE_URL`,
    right: ["https://wallet.example", "https://wallet.example:443", "https://wallet.example:8443"],
    wrong: [
      "",
      "wallet.example",
      "http://wallet.example",
      "https://wallet.example/api",
      "https://wallet.example/?a=b",
      "https://user:password@wallet.example",
      "https://WALLET.example",
      "https://wallet.example.",
      8443,
    ],
    sentence: hasNoHost(name) ? orNone(host) : host,
  }),
);

const cases: readonly Case[] = [
  ...baseUrls,
  ...providerNames
    .filter((name) => providers[name].hasChanges)
    .map(
      (name): Case => ({
        name: `${name}Account`,
        variable: `${name.toUpperCase()}_ACCOUNT`,
        right: ["main", "shop-2"],
        wrong: ["", "main account", "a#b", "a".repeat(33)],
        sentence: account,
      }),
    ),
  {
    name: "aggrepayIdsKept",
    variable: "AGGREPAY_IDS_KEPT",
    right: ["20", "64", "73"],
    wrong: ["", "19", "74", "064", "2e1", 74, 49.5, "all"],
    sentence: "must be a whole number of characters from 20 to 73, or none",
  },
  {
    name: "aggrepayUtcOffset",
    variable: "AGGREPAY_UTC_OFFSET",
    right: ["+05:30", "-03:00", "+14:00"],
    wrong: ["5:30", "+15:00", "+05:60", "IST"],
    sentence: "must be an offset such as +05:30",
  },
  {
    name: "payuClientTxnIdLength",
    variable: "PAYU_CLIENT_TXN_ID_LENGTH",
    right: ["10", "14", "100"],
    wrong: ["", "9", "101", "1e2", "20.0"],
    sentence: "must be a whole number from 10 to 100",
  },
  ...[
    ["nicepayRegistrationPath", "NICEPAY_REGISTRATION_PATH"],
    ["nicepayUserDetailPath", "NICEPAY_USER_DETAIL_PATH"],
    ["nicepayRemoveTokenPath", "NICEPAY_REMOVE_TOKEN_PATH"],
    ["wibmoRetrievePath", "WIBMO_RETRIEVE_PATH"],
    ["wibmoDecryptPath", "WIBMO_DECRYPT_PATH"],
  ].map(
    ([name = "", variable = ""]): Case => ({
      name,
      variable,
      right: ["/api/v2/decrypt", "/nicepay/direct/v1.0/registration"],
      wrong: [
        ...["", "api", "https://wallet.example/api", "/api?a=b"],
        ...["//evil.example/x", "/../x", "/api/./x", "/api/..", "//"],
      ],
      sentence: path,
    }),
  ),
  ...[
    ["wibmoCustomerRecord", "WIBMO_CUSTOMER_RECORD"],
    ["creditOncePerPayment", "CREDIT_ONCE_PER_PAYMENT"],
    ["nicepayUserDetail", "NICEPAY_USER_DETAIL"],
    ["wibmoIdentifiedInBody", "WIBMO_IDENTIFIED_IN_BODY"],
  ].map(
    ([name = "", variable = ""]): Case => ({
      name,
      variable,
      right: ["on", "off"],
      wrong: ["", "true", "ON", true],
      sentence: "must be on or off",
    }),
  ),
  {
    name: "booksCallsADay",
    variable: "BOOKS_CALLS_A_DAY",
    right: ["1", "9999999"],
    wrong: ["", "0", "10000000", "1.5", "many"],
    sentence: "must be a whole number of calls from 1 to 9999999",
  },
  {
    name: "secondPerson",
    variable: "SECOND_PERSON",
    right: ["on", "session", "off"],
    wrong: ["", "true", "ON", true, "caller"],
    sentence: "must be on, session or off",
  },
  {
    name: "nicepayRevokedCodes",
    variable: "NICEPAY_REVOKED_CODES",
    right: ["9920", "9920,P381"],
    wrong: ["", "9920,", "99 20", "a-b", "12345678901", ["9920"]],
    sentence: "must be codes of letters and digits, separated by commas, or none",
  },
  {
    name: "callbackHosts",
    variable: "CALLBACK_HOSTS",
    right: ["shop.example", "shop.example,app.shop.example"],
    wrong: ["", "*", "Shop.example", "https://shop.example", "shop.example,", "localhost", "0.0", "-.-"],
    sentence: hosts,
  },
  {
    name: "merchantWebhookUrl",
    variable: "MERCHANT_WEBHOOK_URL",
    right: ["https://shop.example/wallet-events", "http://127.0.0.1:4000/events"],
    wrong: ["", "shop.example", "http://shop.example/x", "https://user:word@shop.example/x", "none"],
    sentence: "must be an https URL",
  },
  {
    name: "webhookSourceAddresses",
    variable: "WEBHOOK_SOURCE_ADDRESSES",
    right: ["103.20.51.39", "103.20.51.0/24,2001:db8::/32"],
    wrong: [
      "",
      "nicepay.co.id",
      "103.20.51",
      "103.20.51.0/33",
      "0.0.0.0/0",
      "::/0",
      "103.20.51.0/24/1",
      "103.20.51.0/",
      "::1/129",
    ],
    sentence: networks,
  },
];

test.each(
  cases.flatMap(({ right, ...rest }) => right.map((value) => ({ ...rest, value }))),
)("$name may be $value", ({ name, variable, value }) => {
  const { variables, ...others } = configOf();
  expect(configOf({ [name]: value })).toEqual({ ...others, variables: { ...variables, [variable]: value } });
});

test.each(
  cases.flatMap(({ wrong, ...rest }) => wrong.map((value) => ({ ...rest, value }))),
)("$name may not be $value", ({ name, sentence, value }) => {
  const refused = () => configOf({ [name]: value });
  expect(refused).toThrow(ConfigError);
  expect(refused).toThrow(new ConfigError(`${name} ${sentence}, not ${JSON.stringify(value)}`));
});

test("whatever configures a function can be chosen, and nothing else", () => {
  const named = new Set(functions.flatMap(({ variables }) => variables));
  expect(new Set(cases.map(({ variable }) => variable))).toEqual(named);
});

test.each([
  [{ stage: "production" }, 'stage must be dev or prod, not "production"'],
  [{ rollout: "blue" }, 'rollout must be all-at-once, canary or linear, not "blue"'],
  [{ tracing: "yes" }, 'tracing must be on or off, not "yes"'],
  [{ egress: "open" }, 'egress must be any or fixed, not "open"'],
  [{ natGateways: "1" }, "natGateways needs egress fixed too"],
  [{ egress: "fixed", natGateways: "3" }, "natGateways 3 must be at most 2: one for each zone"],
  [
    { egress: "fixed", natGateways: "0" },
    'natGateways must be a whole number of gateways from 1 to 9999999999, not "0"',
  ],
  [
    { webhookConcurrency: "0" },
    'webhookConcurrency must be a whole number of environments from 1 to 9999999999, not "0"',
  ],
  [{ webhookConcurrency: "401" }, "webhookConcurrency 401 must be from 1 to 400, or none"],
  [{ reconcileConcurrency: "401" }, "reconcileConcurrency 401 must be from 1 to 400, or none"],
  [
    { reconcileConcurrency: 3, reconcileWorkers: 4 },
    "reconcileConcurrency 3 must be at least reconcileWorkers 4, or none: each worker runs every minute",
  ],
  [
    { reconcileConcurrency: "4", reconcileWorkers: "5" },
    "reconcileConcurrency 4 must be at least reconcileWorkers 5, or none: each worker runs every minute",
  ],
  [
    { webhookDoor: "closed" },
    'webhookDoor must be open, listed, or addresses or networks, separated by commas, not "closed"',
  ],
  [
    { webhookDoor: "0.0.0.0/0" },
    'webhookDoor must be open, listed, or addresses or networks, separated by commas, not "0.0.0.0/0"',
  ],
  [{ oldWebhookRoute: "yes" }, 'oldWebhookRoute must be on or off, not "yes"'],
  [{ apiGatewayLogRole: "own" }, 'apiGatewayLogRole must be set or leave, not "own"'],
  [{ region: "india" }, 'region must be a Region such as ap-south-1, not "india"'],
  [
    { logRetentionDays: "31" },
    "logRetentionDays must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653, not 31",
  ],
  [{ auth: "none" }, 'auth must be iam or jwt, not "none"'],
  [{ auth: "jwt" }, "auth jwt needs jwtIssuer and jwtAudience too"],
  [{ auth: "jwt", jwtIssuer: "https://a.example" }, "jwtIssuer needs jwtAudience too"],
  [{ ...jwt, auth: "iam" }, "jwtIssuer and jwtAudience need auth jwt too"],
  [{ ...jwt, jwtIssuer: "http://a.example" }, 'jwtIssuer must be an https URL, not "http://a.example"'],
  [
    { ...jwt, jwtAudience: "a, b" },
    'jwtAudience must be names without spaces, separated by commas, not "a, b"',
  ],
  [
    { throttleRate: "0" },
    'throttleRate must be a whole number of requests a second from 1 to 9999999999, not "0"',
  ],
  [{ throttleRate: "200" }, "throttleBurst 100 must be at least throttleRate 200"],
  [{ domainName: "wallets.shop.example" }, "domainName needs certificateArn too"],
  [{ certificateArn: certificate }, "certificateArn needs domainName too"],
  [
    { domainName: "https://a.example" },
    'domainName must be a host name in lower case, not "https://a.example"',
  ],
  [{ certificateArn: topic }, `certificateArn must be the ARN of a certificate in ACM, not "${topic}"`],
  [{ alarmTopicArn: "pager" }, 'alarmTopicArn must be the ARN of an SNS topic, not "pager"'],
  [
    { keyRingReaders: "arn:aws:iam::123456789012:root" },
    'keyRingReaders must be ARNs of IAM roles or users, separated by commas, not "arn:aws:iam::123456789012:root"',
  ],
  [{ alarmTopicArn: topic, region: "eu-central-1" }, `${topic} is in another Region than eu-central-1`],
  [
    { alarmTopicArn: "arn:aws:sns::123456789012:pager" },
    'alarmTopicArn must be the ARN of an SNS topic, not "arn:aws:sns::123456789012:pager"',
  ],
  [{ ...jwt, jwtIssuer: "https:///x" }, 'jwtIssuer must be an https URL, not "https:///x"'],
  [
    { aggrepayBaseUrl: "https://aggwallet.aggrepaypayments.com" },
    "https://aggwallet.aggrepaypayments.com is the provider's host for prod, and this is dev",
  ],
  [
    { leaseMs: 900_001 },
    "leaseMs 900001 must be at most 900000: nobody asks what became of an attempt before it is over",
  ],
  [
    { inquiryTimeoutMs: 20_001 },
    "inquiryTimeoutMs 20001 must be at most providerTimeoutMs 20000: a question waits no longer than a change",
  ],
  [
    { providerTimeoutMs: 4_999 },
    "inquiryTimeoutMs 5000 must be at most providerTimeoutMs 4999: a question waits no longer than a change",
  ],
  [{ reconcileWorkers: 6 }, "reconcileWorkers 6 must be at most 5: a rule has no more targets"],
  [{ reconcileWorkers: 0 }, "reconcileWorkers must be a whole number of workers from 1 to 9999999999, not 0"],
  [
    { doubtLimitMs: 933_000 },
    "doubtLimitMs 933000 must be longer than leaseMs and quietPeriodMs together: until then asking proves nothing",
  ],
  [{ leaseMs: "33s" }, 'leaseMs must be a whole number of milliseconds from 1 to 9999999999, not "33s"'],
  [{ quietPeriodMs: 0 }, "quietPeriodMs must be a whole number of milliseconds from 1 to 9999999999, not 0"],
  [
    { bindingWaitMs: -1 },
    "bindingWaitMs must be a whole number of milliseconds from 1 to 9999999999, not -1",
  ],
  [
    { doubtLimitMs: " " },
    'doubtLimitMs must be a whole number of milliseconds from 1 to 9999999999, not " "',
  ],
  [{ functionTimeoutMs: 27_500 }, "functionTimeoutMs 27500 must be whole seconds: Lambda's timeout is"],
  [
    { providerTimeoutMs: 1_000, inquiryTimeoutMs: 1_000, functionTimeoutMs: 6_000 },
    "functionTimeoutMs 6000 must be at least 7000: with less no notification that waits in the queue is taken in",
  ],
  [
    { functionTimeoutMs: 30_000 },
    "functionTimeoutMs 30000 must be at most 29000: an HTTP API gives up after 30 s",
  ],
  [
    { providerTimeoutMs: 24_001 },
    "providerTimeoutMs 24001 must leave 4000 ms of functionTimeoutMs 28000, to connect and to record",
  ],
  [{ leaseMs: 28_000 }, "leaseMs 28000 must be longer than functionTimeoutMs 28000"],
])("refuses %j", (context, sentence) => {
  expect(() => configOf(context)).toThrow(new ConfigError(sentence));
});

test("takes times that just fit", () => {
  expect(configOf({ providerTimeoutMs: 24_000, leaseMs: 28_001 })).toMatchObject({
    providerTimeoutMs: 24_000,
    leaseMs: 28_001,
  });
});
