import type { Sampled } from "../../contract/registry.ts";
import { paths } from "../../lib/providers/nicepay/paths.ts";
import { operations } from "../support/aggrepay-operations.ts";
import { planted } from "../support/peer.ts";
import { callOf, sampled } from "../support/samples.ts";
import type { Fields, Json } from "./mutate.ts";
import { tokenOf } from "./world.ts";

/** A request that is right, and what its answer would be made from. */
export interface Sample {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly key: boolean;
  readonly body: Fields | undefined;
}

/** Every id, number and address of the samples made the input's own. */
const own = (value: unknown, index: number): Json => {
  const token = tokenOf(index);
  const text = JSON.stringify(value ?? null)
    .replaceAll("546693304", token)
    .replaceAll("734203905", token)
    .replaceAll("+919900261104", `+91${token}`)
    .replaceAll("+6282112345678", `+62${token}`)
    .replaceAll(/"(?:77|189433)"/g, `"${token}"`)
    .replaceAll(/sriram@piggy\.in|budi@example\.co\.id/g, `u${token}@example.com`)
    .replaceAll("e0478456-6b50-460c-85e0-627a1e22d2e0", `t${token}`)
    .replaceAll("ABC122361", `r${token}`);
  return JSON.parse(text) as Json;
};

const post = (path: string, body: Fields) => (): Sample => ({ method: "POST", path, key: false, body });
const get =
  (path: (token: string) => string) =>
  (index: number): Sample => ({
    ...{ method: "GET", key: false, body: undefined },
    path: path(tokenOf(index)),
  });

/** A request of an operation, with every field given. */
const callTo =
  ({ operation: { name, identity }, sample }: Sampled) =>
  (index: number): Sample => ({
    ...{ method: "POST", path: `/v1/${name}`, key: identity === "idempotency-key" },
    body: own(sample.full(`r${tokenOf(index)}`).input, index) as Fields,
  });

/** What calls a provider. */
export const calling = sampled.map(callTo);

export const registration = callTo(sampledAs("nicepay/register-account-binding"));

function sampledAs(name: string): Sampled {
  const found = sampled.find(({ operation }) => operation.name === name);
  if (!found) throw new Error(`there is no ${name}`);
  return found;
}

const recordIdOf = (token: string): string => token.padEnd(43, "A");

export const everything = [
  ...calling,
  get((token) => `/v1/account-bindings/r${token}`),
  get((token) => `/v1/records/${recordIdOf(token)}`),
  get(() => "/v1/records/:doubtful"),
  get((token) => `/v1/records?customerId=${token}&limit=5`),
  get(() => "/v1/records?state=needs_attention&limit=5"),
  get((token) => `/v1/records?merchantTransactionId=r${token}`),
  ...["succeeded", "declined", "not_executed"].map((outcome) =>
    post("/v1/records/:doubtful/resolve", { outcome, reason: "checked", transactionId: "7", attempt: 1 }),
  ),
];

/** What an honest provider says: `data` of AggrePay's document, a whole reply of the others. */
export function honestData(path: string, sends: Readonly<Record<string, string>>, index: number): Json {
  const operation = operations.find((each) => each.path === path);
  return own(operation?.data(sends) ?? null, index);
}

export const honestPage = (path: string): Json =>
  (operations.find((each) => each.path === path)?.page ?? null) as Json;

const lastPart = (path: string): string => path.split("/").at(-1) ?? "";

/** By the last part of its path. Wibmo's customer record takes three calls, of which the last has the sample's reply; NICEPAY's calls name no path. */
const replies = new Map<string, Sampled["sample"]["reply"]>([
  ...sampled
    .filter(({ operation: { provider } }) => !["aggrepay", "nicepay"].includes(provider.name))
    .map((each) => [lastPart(callOf(each, each.sample.full("id").input).path), each.sample.reply] as const),
  ["encrypt", sampledAs("wibmo/encrypt").sample.reply],
  ["retrieveCustRecord", sampledAs("wibmo/encrypt").sample.reply],
  ["decrypt", sampledAs("wibmo/retrieve-customer-record").sample.reply],
  [lastPart(paths.registration), sampledAs("nicepay/register-account-binding").sample.reply],
  [lastPart(paths["user detail"]), sampledAs("nicepay/user-detail").sample.reply],
  [lastPart(paths.deactivation), sampledAs("nicepay/deactivate-account-binding").sample.reply],
]);

export function honestJson(path: string, body: Fields, index: number): Json {
  const reply = replies.get(lastPart(path));
  if (!reply) throw new Error(`no sample says what ${path} replies`);
  return own(reply(body as never), index);
}

export { planted };
