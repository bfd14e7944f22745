import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { processesOf, runningProcesses } from "../support/processes.ts";
import { aws, changedAssembly, until } from "./fixture.ts";

/** Functions of the gateway itself under roles that lack something: each call that the role does not allow is refused. */

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
}
type Resources = Parameters<Parameters<typeof changedAssembly>[0]>[0];

let gateway: Gateway;
let secretArns: Readonly<Record<string, string>>;

/** The statements of a function's role; what this returns stays. */
function changeRole(
  resources: Resources,
  functionName: string,
  change: (statement: Statement) => Statement | undefined,
) {
  const roles = Object.entries(resources).filter(
    ([id, { Type }]) => Type === "AWS::IAM::Role" && id.startsWith(`${functionName}Role`),
  );
  expect(roles).toHaveLength(1);
  for (const [, { Properties }] of roles) {
    const [policy] = Properties.Policies as { PolicyDocument: { Statement: Statement[] } }[];
    if (policy === undefined) throw new Error(`${functionName} has no policy`);
    policy.PolicyDocument.Statement = policy.PolicyDocument.Statement.flatMap((each) => change(each) ?? []);
  }
}

const without =
  (action: string) =>
  (statement: Statement): Statement | undefined => {
    const Action = [statement.Action].flat().filter((each) => each !== action);
    return Action.length === 0 ? undefined : { ...statement, Action };
  };

beforeAll(async () => {
  const folder = changedAssembly((resources) => {
    changeRole(resources, "AggrepayDebitWallet", without("dynamodb:UpdateItem"));
    changeRole(resources, "AggrepayCreditWallet", without("kms:GenerateDataKey"));
    changeRole(resources, "AggrepayFetchBalance", without("secretsmanager:GetSecretValue"));
    changeRole(resources, "AggrepayCheckCustomer", without("kms:Decrypt"));
    changeRole(resources, "RecordsList", without("dynamodb:Query"));
    changeRole(resources, "PayuCheckStatus", (statement) => ({ ...statement, Resource: "*" }));
    const [, role] =
      Object.entries(resources).find(([id]) => id.startsWith("AggrepayFetchCustomerDetailRole")) ?? [];
    (role?.Properties.Policies as unknown[]).push({
      PolicyName: "closed",
      PolicyDocument: { Statement: [{ Effect: "Deny", Action: "secretsmanager:Get*", Resource: "*" }] },
    });
    const roleArn = (functionName: string) => ({
      "Fn::GetAtt": [Object.keys(resources).find((id) => id.startsWith(`${functionName}Role`)), "Arn"],
    });
    resources.PayuPolicy = {
      Type: "AWS::SecretsManager::ResourcePolicy",
      Properties: {
        SecretId: { Ref: "SecretPayu" },
        ResourcePolicy: {
          Statement: {
            Effect: "Deny",
            Principal: { AWS: "*" },
            Action: "secretsmanager:GetSecretValue",
            Resource: "*",
            Condition: { ArnNotEquals: { "aws:PrincipalArn": [roleArn("RecordsGet")] } },
          },
        },
      },
    };
    resources.WibmoPolicy = {
      Type: "AWS::SecretsManager::ResourcePolicy",
      Properties: {
        SecretId: { Ref: "SecretWibmo" },
        ResourcePolicy: {
          Statement: {
            Effect: "Deny",
            Principal: "*",
            Action: "secretsmanager:GetSecretValue",
            Resource: "*",
            Condition: {
              StringNotEquals: {
                "aws:PrincipalArn": [roleArn("WibmoEncrypt"), roleArn("WibmoRetrieveCustomerRecord")],
              },
            },
          },
        },
      },
    };
  });
  gateway = await startGateway({ env: { ASSEMBLY_DIR: folder, SCHEDULE_MS: "0" } });
  const arn = (name: string) => `arn:aws:secretsmanager:ap-south-1:000000000000:secret:Secret${name}-000000`;
  secretArns = { aggrepay: arn("Aggrepay"), payu: arn("Payu") };
});
afterAll(() => gateway.stop());

async function post(path: string, body: object) {
  const headers = { "content-type": "application/json" };
  const response = await fetch(gateway.url + path, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: response.status, text: await response.text() };
}

/** The line that the host writes about a refused call, in the log of the function and on the terminal. */
const refusalOf = (functionName: string) =>
  until(() => {
    const line = readFileSync(join(gateway.dataDir, "logs", `${functionName}.log`), "utf8")
      .split("\n")
      .find((each) => each.includes("The template does not allow it"));
    return line !== undefined && gateway.logs().includes(line) ? line : undefined;
  });
const user = (functionName: string) =>
  `User: arn:aws:sts::000000000000:assumed-role/${functionName}Role/${functionName} is not authorized to perform: `;
const because = (action: string) => ` because no identity-based policy allows the ${action} action`;
const table = "arn:aws:dynamodb:ap-south-1:000000000000:table/Records";
const key = "arn:aws:kms:ap-south-1:000000000000:key/Key";

const money = (id: string) => ({ amount: "1.00", merchantTransactionId: id });

describe("a call that the role does not allow is refused", () => {
  test("an action on the table", async () => {
    const debit = await post("/v1/aggrepay/debit-wallet", {
      ...{ fromCustomerId: "991000017", mpin: "1234" },
      ...money("permissions-1"),
    });
    expect(debit.status).toBeGreaterThanOrEqual(500);
    expect(await refusalOf("AggrepayDebitWallet")).toContain(
      `${user("AggrepayDebitWallet")}dynamodb:UpdateItem on resource: ${table}${because("dynamodb:UpdateItem")}`,
    );
  });

  test("the key that writing needs", async () => {
    const credit = await post("/v1/aggrepay/credit-wallet", {
      ...{ toCustomerId: "991000017", pgTransactionId: "pg-1" },
      ...money("permissions-2"),
    });
    expect(credit.status).toBeGreaterThanOrEqual(500);
    expect(await refusalOf("AggrepayCreditWallet")).toContain(
      `${user("AggrepayCreditWallet")}kms:GenerateDataKey on resource: ${key}${because("kms:GenerateDataKey")}`,
    );
  });

  test("an index", async () => {
    const response = await fetch(`${gateway.url}/v1/records?state=needs_attention`);
    expect(response.status).toBeGreaterThanOrEqual(500);
    expect(await refusalOf("RecordsList")).toContain(
      `${user("RecordsList")}dynamodb:Query on resource: ${table}/index/unfinished${because("dynamodb:Query")}`,
    );
  });

  test("a secret", async () => {
    const { status, text } = await post("/v1/aggrepay/fetch-balance", { customerId: "991000017" });
    expect(status).toBeGreaterThanOrEqual(500);
    expect(text).not.toContain("assumed-role");
    expect(await refusalOf("AggrepayFetchBalance")).toContain(
      `${user("AggrepayFetchBalance")}secretsmanager:GetSecretValue on resource: ${secretArns.aggrepay}${because("secretsmanager:GetSecretValue")}`,
    );
  });

  test("the key of a secret", async () => {
    const { status } = await post("/v1/aggrepay/check-customer", { email: "asha@example.com" });
    expect(status).toBeGreaterThanOrEqual(500);
    expect(await refusalOf("AggrepayCheckCustomer")).toContain(
      `${user("AggrepayCheckCustomer")}kms:Decrypt on resource: ${key}${because("kms:Decrypt")}`,
    );
  });

  test("a secret that the role denies itself", async () => {
    const { status } = await post("/v1/aggrepay/fetch-customer-detail", { customerId: "991000017" });
    expect(status).toBeGreaterThanOrEqual(500);
    expect(await refusalOf("AggrepayFetchCustomerDetail")).toContain("with an explicit deny");
  });

  test("a secret whose own policy denies the role, whatever the role's allow", async () => {
    const { status } = await post("/v1/payu/check-status", { verifyClientTxnId: "1234" });
    expect(status).toBeGreaterThanOrEqual(500);
    expect(await refusalOf("PayuCheckStatus")).toContain(
      `${user("PayuCheckStatus")}secretsmanager:GetSecretValue on resource: ${secretArns.payu} with an explicit deny`,
    );
  });
});

test("what the roles do allow is done", async () => {
  const wibmo = await post("/v1/wibmo/encrypt", { customerMobile: "+919900261104" });
  expect([wibmo.status, wibmo.text]).toEqual([200, expect.stringContaining("result")]);
  const transfers = { fromCustomerId: "991000017", toCustomerId: "991000018", mpin: "9999" };
  const transfer = await post("/v1/aggrepay/wallet-to-wallet", { ...transfers, ...money("permissions-3") });
  expect(transfer.status).toBe(422);
  const records = await fetch(`${gateway.url}/v1/records?merchantTransactionId=permissions-3`);
  expect(await records.text()).toContain('"state":"declined"');
  for (const name of ["WibmoEncrypt", "AggrepayWalletToWallet"]) {
    expect(gateway.logs()).not.toContain(`${user(name)}`);
  }
});

describe("a call that no function has signed is refused", () => {
  const credentials = { accessKeyId: "local", secretAccessKey: "local", sessionToken: "local" };
  const config = { region: "ap-south-1", credentials, maxAttempts: 1 };

  test("by Secrets Manager", async () => {
    const client = new SecretsManagerClient({ ...config, endpoint: gateway.secretsUrl });
    await expect(
      client.send(new GetSecretValueCommand({ SecretId: secretArns.aggrepay })),
    ).rejects.toMatchObject({
      name: "UnrecognizedClientException",
      message: "The security token included in the request is invalid.",
    });
    expect(await aws(gateway.secretsUrl, "secretsmanager.GetSecretValue", {})).toMatchObject({
      status: 400,
      body: { __type: "IncompleteSignatureException" },
    });
  });

  test("by DynamoDB, where functions find it", async () => {
    const worker = await until(async () => {
      await fetch(`${gateway.url}/v1/records/unknown`);
      return environmentOf("RecordsGet");
    });
    const client = new DynamoDBClient({ ...config, endpoint: worker.AWS_ENDPOINT_URL_DYNAMODB ?? "" });
    const read = new GetItemCommand({ TableName: "Records", Key: { pk: { S: "x" } } });
    await expect(client.send(read)).rejects.toMatchObject({ name: "UnrecognizedClientException" });
    // By its own key a function is believed, and by its id with another's secret it is not.
    const own = {
      accessKeyId: worker.AWS_ACCESS_KEY_ID ?? "",
      secretAccessKey: worker.AWS_SECRET_ACCESS_KEY ?? "",
      sessionToken: worker.AWS_SESSION_TOKEN ?? "",
    };
    const at = (keys: typeof own) =>
      new DynamoDBClient({ ...config, credentials: keys, endpoint: worker.AWS_ENDPOINT_URL_DYNAMODB ?? "" });
    expect(await at(own).send(read)).not.toHaveProperty("Item");
    await expect(at({ ...own, secretAccessKey: "local" }).send(read)).rejects.toMatchObject({
      name: "InvalidSignatureException",
    });
  });
});

test("what the stores are asked through comes back where it was when it is killed, and ends with the host", async () => {
  const own = await startGateway({ env: { SCHEDULE_MS: "0" } });
  const stores = () =>
    runningProcesses().find(
      ({ parent, command }) => parent === own.pid && command.includes("stores-process"),
    );
  const statusOf = async (id: string) => (await fetch(`${own.url}/v1/records/${id}`)).status;
  const absent = "duMeKVHWTuqEuy6wY2VyIYNZOAGw-eK0lYLyFnzWybU";
  expect(await statusOf(absent)).toBe(404);
  const before = await until(stores);
  process.kill(before.pid, "SIGKILL");
  const after = await until(() => {
    const now = stores();
    return now?.pid === before.pid ? undefined : now;
  });
  await until(async () => (await statusOf(absent)) === 404 || undefined);
  const body = JSON.stringify({ customerMobile: "+919900261104" });
  const headers = { "content-type": "application/json" };
  const encrypted = await fetch(`${own.url}/v1/wibmo/encrypt`, { method: "POST", headers, body });
  expect(encrypted.status).toBe(200);
  expect(own.logs()).toContain("ended with SIGKILL; it is started again");
  await own.kill();
  await until(() => runningProcesses().every(({ pid }) => pid !== after.pid) || undefined);
  await own.stop();
});

/** What the process of a function was started with. */
function environmentOf(functionName: string): Readonly<Record<string, string>> | undefined {
  return processesOf(gateway.dataDir)
    .map(({ pid }) => readFileSync(`/proc/${pid}/environ`, "utf8").split("\0"))
    .map((lines) => Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2))))
    .find((environment) => environment.AWS_LAMBDA_FUNCTION_NAME === functionName);
}
