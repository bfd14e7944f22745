import { existsSync, renameSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  paginateScan,
} from "@aws-sdk/client-dynamodb";
import { baseUrlVariable, providerNames } from "../../lib/providers/index.ts";
import { sandboxSecrets } from "../../local/sandbox/index.ts";
import type { Answer, Json } from "./aggrepay-gateway.ts";
import { type Item, patientClientOf, scanAll } from "./dynamodb.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { type Peer, planted, type Reply, startPeer, text } from "./peer.ts";
import { processesOf } from "./processes.ts";
import { expectDeclared } from "./samples.ts";

/** The real gateway in front of one scripted peer that plays PayU, Wibmo, DreamzWallet and NICEPAY, and AggrePay too. */
export interface Wallets {
  readonly peer: Peer;
  readonly url: string;
  readonly dataDir: string;
  /** What every run of this gateway has printed. */
  logs(): string;
  /** Posts JSON to `/v1/<route>`. */
  call(route: string, input: object, options?: { readonly key?: string }): Promise<Answer>;
  /** Posts these bytes with these headers and no others. */
  post(path: string, body: string | Uint8Array, headers?: Headers): Promise<Answer>;
  get(path: string): Promise<Answer>;
  /** Every item of the table. */
  items(): Promise<readonly Item[]>;
  /** How many of them are records: the table also holds who is at work at what. */
  records(): Promise<number>;
  /** The keys of what is listed as unfinished. */
  unfinished(): Promise<readonly string[]>;
  item(id: string): Promise<Item | undefined>;
  /** Writes an item as it is, past the gateway. */
  put(item: Item): Promise<void>;
  /** Puts other secrets in force, whole and at once. */
  rotate(secrets: object): void;
  /** Ends every process of functions, so that nothing that they remember is left: the next calls start new ones. */
  forget(): Promise<void>;
  /** kill -9, and a start on the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

type Headers = Readonly<Record<string, string>>;

export const secretValues = {
  aggrepay: { apiKey: planted.apiKey, salt: planted.salt },
  payu: { merchantKey: "smsplus", merchantSalt: "sält/+=", walletIdentifier: "WALLET-7", mid: "8237426" },
  wibmo: { apiKey: "planted-wibmo-key-1c4d" },
  dreamzwallet: {
    secKey: "planted-sec-key-iqNkzaea",
    walletOwnerId: "10012",
    token: "planted-dreamz-token-77aa",
  },
  // The provider's public test merchant.
  nicepay: {
    iMid: "IONPAYTEST",
    merchantKey: "33F49GnCMS1mFYlGXisbUDzVf2ATWCl9k3R++d5hDd3Frmuos/XLx8XhXpe+LDYAbpGKZYSwtlyyLOtS/8aD7A==",
  },
} as const;

/** Quick to time out; the times keep the order that the configuration asks for. */
const preset = {
  PROVIDER_TIMEOUT_MS: "800",
  FUNCTION_TIMEOUT_MS: "8000",
  LEASE_MS: "9000",
  SCHEDULE_MS: "0",
  WEBHOOK_BASE_URL: "https://gateway.example",
};

export async function startWallets({
  // Of a provider that has no planted values, those of its sandbox.
  secrets = { ...sandboxSecrets, ...secretValues },
  env = {},
}: {
  readonly secrets?: object;
  readonly env?: Readonly<Record<string, string>>;
} = {}): Promise<Wallets> {
  const folder = await mkdtemp(join(tmpdir(), "wallets-"));
  const dataDir = join(folder, "data");
  const secretsFile = join(folder, "secrets.json");
  const rotate = (values: object) => {
    writeFileSync(`${secretsFile}.new`, JSON.stringify(values));
    renameSync(`${secretsFile}.new`, secretsFile);
  };
  rotate(secrets);
  const peer = await startPeer();
  const urls = providerNames.map((provider) => [baseUrlVariable(provider), peer.url] as const);
  const start = () =>
    startGateway({
      env: { ...preset, ...Object.fromEntries(urls), SECRETS_FILE: secretsFile, ...env },
      dataDir,
    });
  let gateway: Gateway = await start();
  let printed = "";
  let dynamo: { readonly client: DynamoDBClient; readonly table: string } | undefined;
  const table = async () => {
    if (dynamo) return dynamo;
    const client = patientClientOf(gateway);
    const { TableNames: [name = ""] = [] } = await client.send(new ListTablesCommand({}));
    dynamo = { client, table: name };
    return dynamo;
  };
  const forgetDynamo = () => {
    dynamo?.client.destroy();
    dynamo = undefined;
  };
  const ask = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(gateway.url + path, init);
    const body = await response.text();
    return { status: response.status, headers: response.headers, text: body, body: JSON.parse(body) as Json };
  };
  const post: Wallets["post"] = (path, body, headers = {}) =>
    ask(path, { method: "POST", headers, body: Buffer.from(body) });

  const items = async () => {
    const { client, table: name } = await table();
    return scanAll(client, name);
  };

  return {
    peer,
    get url() {
      return gateway.url;
    },
    dataDir,
    logs: () => printed + gateway.logs(),
    post,
    async call(route, input, { key } = {}) {
      const answer = await post(`/v1/${route}`, JSON.stringify(input), {
        "content-type": "application/json",
        ...(key !== undefined && { "idempotency-key": key }),
      });
      expectDeclared(route, answer);
      return answer;
    },
    get: (path) => ask(path, {}),
    items,
    async records() {
      const { client, table: TableName } = await table();
      const records = {
        FilterExpression: "attribute_exists(#state)",
        ExpressionAttributeNames: { "#state": "state" },
      };
      let count = 0;
      const input = { TableName, ConsistentRead: true, Select: "COUNT", ...records } as const;
      for await (const { Count = 0 } of paginateScan({ client }, input)) count += Count;
      return count;
    },
    async unfinished() {
      const { client, table: name } = await table();
      return (await scanAll(client, name, "unfinished")).map(({ pk }) => pk?.S ?? "");
    },
    async item(id) {
      const { client, table: name } = await table();
      const of = { TableName: name, Key: { pk: { S: id } }, ConsistentRead: true };
      return (await client.send(new GetItemCommand(of))).Item;
    },
    async put(item) {
      const { client, table: name } = await table();
      await client.send(new PutItemCommand({ TableName: name, Item: item }));
    },
    rotate,
    async forget() {
      const ended = processesOf(join(dataDir, "worker.mjs"));
      for (const { pid } of ended) process.kill(pid, "SIGKILL");
      // Gone is what the host has waited for, and so knows to be dead.
      while (ended.some(({ pid }) => existsSync(`/proc/${pid}`))) await sleep(5);
    },
    async restart() {
      await gateway.kill();
      forgetDynamo();
      printed += gateway.logs();
      gateway = await start();
    },
    async stop() {
      forgetDynamo();
      await gateway.stop();
      await peer.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What each code of ours is: status, and what the caller may do. */
const ours = {
  "invalid-request": { status: 400, retry: "after-fix" },
  "not-found": { status: 404, retry: "after-fix" },
  "in-progress": { status: 409, retry: "same-identity" },
  "already-done": { status: 409, retry: "never" },
  "wrong-credential": { status: 422, retry: "after-fix" },
  "insufficient-funds": { status: 422, retry: "after-fix" },
  "limit-exceeded": { status: 422, retry: "after-fix" },
  declined: { status: 422, retry: "after-fix" },
  "identity-reused": { status: 422, retry: "after-fix" },
  throttled: { status: 429, retry: "same-identity" },
  misconfigured: { status: 502, retry: "same-identity" },
  "provider-fault": { status: 502, retry: "same-identity" },
  "not-sent": { status: 503, retry: "same-identity" },
  "outcome-unknown": { status: 504, retry: "same-identity" },
} as const;

export type Code = keyof typeof ours;

export const problem = (code: Code, provider?: { readonly code: string; readonly message: string }) => ({
  code,
  ...ours[code],
  ...(provider && { provider }),
});

/** A reply of any JSON. */
export const reply = (value: unknown, status = 200): Reply => text(JSON.stringify(value), status);

/** A request's body as JSON; fails the test unless its bytes are the shortest JSON of it, in UTF-8. */
export function jsonOf(request: { readonly body: Buffer } | undefined): Json {
  const written = request?.body.toString("utf8") ?? "";
  const value = JSON.parse(written) as Json;
  if (JSON.stringify(value) !== written) throw new Error("the body is not the shortest JSON");
  return value;
}

/** `YYYYMMDDHHmmss` of a moment in a zone that is that many hours before Greenwich. */
export function stampIn(hours: number, milliseconds: number): string {
  const moment = new Date(milliseconds + hours * 3_600_000);
  const two = (number: number) => String(number).padStart(2, "0");
  return [
    moment.getUTCFullYear(),
    two(moment.getUTCMonth() + 1),
    two(moment.getUTCDate()),
    two(moment.getUTCHours()),
    two(moment.getUTCMinutes()),
    two(moment.getUTCSeconds()),
  ].join("");
}

/** The moment that a stamp of such a zone names, in milliseconds. */
export function momentOf(stamp: string, hours: number): number {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(stamp)?.map(Number) ?? [];
  return Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute, second) - hours * 3_600_000;
}
