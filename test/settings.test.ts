import { expect, test } from "vitest";
import { operation as registerBinding } from "../functions/nicepay/register-account-binding.ts";
import { operation as retrieveCustomer } from "../functions/wibmo/retrieve-customer-record.ts";
import { chosen, isOn, readConfig, readUrl, variableOf } from "../lib/config.ts";
import { pathForm } from "../lib/forms.ts";
import { secondPersonIn } from "../lib/operation/second-person.ts";
import { books } from "../lib/providers/aggrepay/books.ts";
import { idsKept } from "../lib/providers/aggrepay/ids.ts";
import { aggrepay } from "../lib/providers/aggrepay/index.ts";
import { accountVariable, baseUrlVariable, providerNames, providers } from "../lib/providers/index.ts";
import { isAllowedSource } from "../lib/providers/nicepay/source.ts";
import { asksAboutTokens, tokenRefusal } from "../lib/providers/nicepay/user-token.ts";
import { clientTxnIdLength } from "../lib/providers/payu/index.ts";
import { settings } from "../lib/settings.ts";
import { readSettings } from "../local/settings.ts";

const times = {
  PROVIDER_TIMEOUT_MS: "800",
  FUNCTION_TIMEOUT_MS: "8000",
  LEASE_MS: "9000",
  QUIET_PERIOD_MS: "1000",
};
const wrongPaths = ["banana", "//evil.example/x", "/../x", "https://evil.example/x"];
const wrongHosts = ["banana", "ftp://host", "http://host"];

type Config = ReturnType<typeof readConfig>;
type Reading = readonly [wrong: readonly string[], read: (config: Config) => unknown];

const origin = (provider: string): Reading => [wrongHosts, ({ baseUrl }) => baseUrl(provider)];
const account = (provider: string): Reading => [
  ["a#b", "main account"],
  (config) => config.account(provider),
];
const path = (variable: string): Reading => [wrongPaths, (config) => chosen(config, variable, pathForm)];
const onOff = (read: Reading[1]): Reading => [["ON", "true", "banana"], read];

/** What reads each setting in a function, and values that it must refuse; those that the stack alone reads are left out. */
const readings: Readonly<Record<string, Reading>> = {
  ...Object.fromEntries(providerNames.map((name) => [baseUrlVariable(name), origin(name)])),
  ...Object.fromEntries(
    providerNames
      .filter((name) => providers[name].hasChanges)
      .map((name) => [accountVariable(name), account(name)]),
  ),
  AGGREPAY_IDS_KEPT: [["19", "74", "banana"], ({ option }) => idsKept(option)],
  AGGREPAY_UTC_OFFSET: [["banana", "IST", "+5:30", "+15:00"], (config) => books.utcOffset(config)],
  CREDIT_ONCE_PER_PAYMENT: onOff((config) => isOn(config, "CREDIT_ONCE_PER_PAYMENT", "on")),
  PAYU_CLIENT_TXN_ID_LENGTH: [["9", "banana"], clientTxnIdLength],
  WIBMO_CUSTOMER_RECORD: onOff((config) => retrieveCustomer.refuses?.({ urn: "7" }, config)),
  WIBMO_RETRIEVE_PATH: path("WIBMO_RETRIEVE_PATH"),
  WIBMO_DECRYPT_PATH: path("WIBMO_DECRYPT_PATH"),
  WIBMO_IDENTIFIED_IN_BODY: onOff((config) => isOn(config, "WIBMO_IDENTIFIED_IN_BODY", "off")),
  NICEPAY_USER_DETAIL: onOff(asksAboutTokens),
  NICEPAY_USER_DETAIL_PATH: path("NICEPAY_USER_DETAIL_PATH"),
  NICEPAY_REMOVE_TOKEN_PATH: path("NICEPAY_REMOVE_TOKEN_PATH"),
  NICEPAY_REVOKED_CODES: [
    ["99 20", "9920,a-b"],
    (config) => tokenRefusal("1", config, { operation: "user-detail" }),
  ],
  NICEPAY_REGISTRATION_PATH: path("NICEPAY_REGISTRATION_PATH"),
  CALLBACK_HOSTS: [
    ["https://shop.example", "shop.example;app.example"],
    (config) => registerBinding.refusesNew?.({ callBackUrl: "https://shop.example/x" } as never, config),
  ],
  WEBHOOK_SOURCE_ADDRESSES: [
    ["banana"],
    ({ option }) => isAllowedSource("127.0.0.1", option("WEBHOOK_SOURCE_ADDRESSES")),
  ],
  MERCHANT_WEBHOOK_URL: [
    ["banana", "ftp://shop.example/x"],
    ({ option }) => readUrl({ MERCHANT_WEBHOOK_URL: option("MERCHANT_WEBHOOK_URL") }, "MERCHANT_WEBHOOK_URL"),
  ],
  SECOND_PERSON: onOff(secondPersonIn),
};

test.each(
  Object.entries(readings).flatMap(([variable, [wrong, read]]) =>
    wrong.map((value) => ({ variable, value, read })),
  ),
)("$variable may not be $value, and the refusal names it", ({ variable, value, read }) => {
  const refused = () => read(readConfig({ ...times, [variable]: value }));
  expect(refused).toThrow(new RegExp(`^The environment variable ${variable} `));
  expect(refused).toThrow(expect.objectContaining({ code: "misconfigured" }));
});

test("an empty entry of a list is none", () => {
  const config = readConfig({
    ...{ ...times, NICEPAY_REVOKED_CODES: "1234,", CALLBACK_HOSTS: ",shop.example, ,Other.example," },
  });
  const refusal = (code: string) => tokenRefusal(code, config, { operation: "user-detail" })?.code;
  expect([refusal("1234"), refusal("")]).toEqual(["not-found", undefined]);
  const faults = ["shop.example", "other.example", "else.example"].map((host) =>
    registerBinding.refusesNew?.({ callBackUrl: `https://${host}/x` } as never, config),
  );
  expect(faults).toEqual([[], [], [expect.objectContaining({ pointer: "/callBackUrl" })]]);
});

test("of a provider's URL a function takes scheme and host, whatever follows", () => {
  const config = readConfig({ ...times, AGGREPAY_BASE_URL: "https://wallet.example:8443/api/" });
  expect(config.baseUrl("aggrepay").origin).toBe("https://wallet.example:8443");
});

test("every setting is in the list but those that are read elsewhere", () => {
  const elsewhere = [
    // By the stack alone.
    "BOOKS",
    // By the function of the books, in test/infra/books.test.ts, and with a registration's body.
    "BOOKS_CALLS_A_DAY",
    "WEBHOOK_BASE_URL",
  ];
  expect([...Object.keys(readings), ...elsewhere].toSorted()).toEqual(
    Object.keys(settings).map(variableOf).toSorted(),
  );
});

test("a wrong offset is refused before a change is sent, and not when its reply is read", () => {
  const config = readConfig({
    ...{ ...times, AGGREPAY_BASE_URL: "https://wallet.example", AGGREPAY_UTC_OFFSET: "banana" },
  });
  const sign = () =>
    aggrepay.sign({ path: "debitwallet", fields: {} }, { name: "aggrepay", json: {} } as never, {
      ...{ config, now: 0, uniqueId: () => "1" },
    });
  expect(sign).toThrow("AGGREPAY_UTC_OFFSET must be an offset such as +05:30");
});

test("npm start synthesizes with each setting that the template does not have by itself", () => {
  const given = {
    ...{ AGGREPAY_UTC_OFFSET: "+07:00", PAYU_CLIENT_TXN_ID_LENGTH: "14", WIBMO_IDENTIFIED_IN_BODY: "on" },
    ...{ WIBMO_RETRIEVE_PATH: "/1", WIBMO_DECRYPT_PATH: "/2", NICEPAY_REGISTRATION_PATH: "/3" },
    ...{ NICEPAY_USER_DETAIL_PATH: "/4", NICEPAY_REMOVE_TOKEN_PATH: "/5" },
  };
  const { context } = readSettings(given, "/");
  const told = Object.entries(context).map(([name, value]) => [variableOf(name), value]);
  expect(Object.fromEntries(told)).toMatchObject(given);
});
