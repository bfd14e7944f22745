import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startGateway } from "../support/gateway.ts";
import { started } from "../support/started.ts";
import { declared, fixtureEnv, newFolder, until } from "./fixture.ts";

const env = { ...fixtureEnv(), MAX_PROCESSES: "3", MAX_PROCESSES_PER_FUNCTION: "2", STRAY: "of the host" };
const { gateway } = started({ gateway: () => startGateway({ env }) });

const get = (path: string) => fetch(gateway.url + path);
const json = async (path: string) => (await (await get(path)).json()) as Answer;

/** What the fixture's functions answer, taken together. */
interface Answer {
  readonly env: Readonly<Record<string, string>>;
  readonly argv: number;
  readonly cwd: string;
  readonly calls: number;
  readonly remaining: number;
  readonly id: string;
  readonly pid: number;
}
const serverError = { status: 500, body: '{"message":"Internal Server Error"}' };
async function answer(path: string) {
  const response = await get(path);
  return { status: response.status, body: await response.text() };
}

describe("a process", () => {
  test("has the template's environment, Lambda's own, and nothing of the host's", async () => {
    const { env, argv, cwd } = await json("/environment");
    const own = Object.fromEntries(Object.entries(env).filter(([name]) => !lambdaVariables.includes(name)));
    expect(own).toEqual({
      ...declared.resolved,
      GATEWAY_SECRET_ID: "arn:aws:secretsmanager:ap-south-1:000000000000:secret:ours/gateway-000000",
      QUIET_PERIOD_MS: "5000",
      AGGREPAY_BASE_URL: "http://127.0.0.1:9",
      AWS_ENDPOINT_URL_DYNAMODB: gateway.dynamoUrl,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: gateway.secretsUrl,
      AWS_ENDPOINT_URL_SQS: /^ {2}SQS +(\S+)/m.exec(gateway.logs())?.[1],
    });
    expect(Object.keys(env)).toEqual(expect.arrayContaining([...lambdaVariables]));
    expect(env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE).toBe("256");
    expect(env.LAMBDA_TASK_ROOT).toBe(cwd);
    expect(argv).toBe(2);
  });

  test("is initialized once, with the layer at /opt, and reused", async () => {
    const [first, second] = [await json("/layered"), await json("/layered")];
    expect(first).toMatchObject({ name: "from the layer", same: true, calls: 1 });
    expect(second.calls).toBe(2);
  });

  test("is told as which it is called: as its alias, or as itself where it has none", async () => {
    const arn = "arn:aws:lambda:ap-south-1:000000000000:function";
    expect(await json("/layered")).toMatchObject({ arn: `${arn}:Layered:live`, version: "1" });
    expect(await json("/echo")).toMatchObject({ arn: `${arn}:Echo` });
  });

  test("knows what time it has left", async () => {
    const { remaining, id } = await json("/echo");
    expect(remaining).toBeGreaterThan(0);
    expect(remaining).toBeLessThanOrEqual(20_000);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("a failure", () => {
  test.each([
    "exit",
    "kill",
    "uncaught",
    "throw",
  ])("of one invocation (%s) fails that request alone", async (how) => {
    const file = join(newFolder("crash"), "invocations");
    expect(await answer(`/crash?how=${how}&file=${file}`)).toEqual(serverError);
    // Nothing is ever invoked a second time: it may have moved money.
    expect(readFileSync(file, "utf8")).toBe("invoked\n");
    expect((await answer("/crash?how=not")).status).toBe(200);
  });

  test("that is thrown leaves the process; one that ends it does not", async () => {
    const pid = async () => (await json("/crash?how=not")).pid;
    const before = await pid();
    await answer("/crash?how=throw");
    expect(await pid()).toBe(before);
    await answer("/crash?how=exit");
    expect(await pid()).not.toBe(before);
  });

  test.each(["hang", "spin"])("to end in time (%s) ends the process", async (how) => {
    expect(await answer(`/crash?how=${how}`)).toEqual(serverError);
    expect(gateway.logs()).toContain("Task timed out after 1.00 seconds");
    expect((await answer("/crash?how=not")).status).toBe(200);
  });

  test("after the answer does not take the answer away", async () => {
    expect((await answer("/crash?how=answer-and-exit")).status).toBe(200);
    await until(async () => ((await answer("/crash?how=not")).status === 200 ? true : undefined));
  });

  test("to load fails each request, and says why in the log", async () => {
    expect(await answer("/broken")).toEqual(serverError);
    expect(await answer("/broken")).toEqual(serverError);
    await until(() => gateway.logs().includes("cannot be loaded") || undefined);
  });

  test("a handler with a callback does not start, as on Node.js 24 of Lambda", async () => {
    expect(await answer("/callback")).toEqual(serverError);
    await until(() => gateway.logs().includes("CallbackHandlerDeprecated") || undefined);
  });
});

test("requests get processes of their own up to the cap, and wait beyond it", async () => {
  const folder = newFolder("gate");
  const running = () => readdirSync(folder).filter((name) => name.startsWith("running-")).length;
  const answers = Promise.all(
    Array.from({ length: 7 }, async () => (await json(`/gate?folder=${folder}`)).pid),
  );
  await until(() => running() === 2 || undefined);
  // Another function is served meanwhile: the last of the three processes is its own.
  expect((await answer("/echo")).status).toBe(200);
  expect((await answer("/layered")).status).toBe(200);
  expect(running()).toBe(2);
  writeFileSync(join(folder, "go"), "");
  expect(new Set(await answers).size).toBe(2);
  expect(running()).toBe(7);
});

test("a function without a process gets one even if others keep all of them busy", async () => {
  const folder = newFolder("gate");
  const busy = Promise.all([
    ...Array.from({ length: 3 }, () => answer(`/gate?folder=${folder}`)),
    ...Array.from({ length: 3 }, () => answer("/crash?how=hang")),
  ]);
  const late = answer("/environment");
  writeFileSync(join(folder, "go"), "");
  expect((await late).status).toBe(200);
  await busy;
});

const lambdaVariables: readonly string[] = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_REGION",
  "AWS_DEFAULT_REGION",
  "AWS_EXECUTION_ENV",
  "AWS_LAMBDA_FUNCTION_NAME",
  "AWS_LAMBDA_FUNCTION_VERSION",
  "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
  "AWS_LAMBDA_INITIALIZATION_TYPE",
  "AWS_LAMBDA_LOG_GROUP_NAME",
  "AWS_LAMBDA_LOG_STREAM_NAME",
  "LAMBDA_TASK_ROOT",
  "LAMBDA_RUNTIME_DIR",
  "_HANDLER",
  "PATH",
  "LANG",
  "TZ",
];
