import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { Secret } from "./assembly.ts";
import type { StoreCheck } from "./iam/stores.ts";
import { isObject, type JsonObject, parseJson, textOf } from "./json.ts";
import { createServer } from "./node-http.ts";
import { refuse } from "./own-origin.ts";
import type { Secrets, SecretVersion, SecretVersions } from "./secrets.ts";

export interface SecretsManager {
  readonly url: string;
  close(): void;
}

/** Answers GetSecretValue, the one call that functions make, as AWS Secrets Manager does (AWS JSON 1.1). */
export async function startSecretsManager(
  known: readonly Secret[],
  secrets: Secrets,
  check: StoreCheck = () => undefined,
  port = 0,
): Promise<SecretsManager> {
  const server = createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
    if (refuse(request, response)) return;
    const body = await buffer(request).catch(() => undefined);
    // Whoever goes away in the middle of a call is answered by no one.
    if (body === undefined) return;
    const { method = "POST", url: target = "/", rawHeaders } = request;
    const refusal = check({ method, target, rawHeaders, body });
    const [, operation] = request.headers["x-amz-target"]?.toString().split(".") ?? [];
    const answer = refusal
      ? failure(refusal.type, refusal.message)
      : operation === "GetSecretValue"
        ? getSecretValue(body.toString("utf8"), known, secrets)
        : failure("UnknownOperationException", `${operation} is not offered here`);
    response.writeHead(answer.status, {
      "content-type": "application/x-amz-json-1.1",
      "x-amzn-requestid": randomUUID(),
      ...("__type" in answer.body && { "x-amzn-errortype": String(answer.body.__type) }),
    });
    response.end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface Answer {
  readonly status: number;
  readonly body: JsonObject;
}

const failure = (type: string, message: string): Answer => ({
  status: 400,
  body: { __type: type, Message: message },
});

function getSecretValue(text: string, known: readonly Secret[], secrets: Secrets): Answer {
  const input = parseInput(text);
  const id = textOf(input?.SecretId);
  if (input === undefined || id === undefined)
    return failure("InvalidParameterException", "SecretId is missing.");
  const secret = known.find(({ arn, name }) => arn === id || name === id);
  if (secret === undefined) {
    return failure("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
  }
  const versionId = textOf(input.VersionId);
  const stage = textOf(input.VersionStage) ?? (versionId === undefined ? "AWSCURRENT" : undefined);
  const versions = secrets.versions(secret.key);
  const found = versions && pick(versions, stage, versionId);
  if (found === undefined) {
    const sought = stage === undefined ? `VersionId: ${versionId}` : `staging label: ${stage}`;
    return failure(
      "ResourceNotFoundException",
      `Secrets Manager can't find the specified secret value for ${sought}`,
    );
  }
  return {
    status: 200,
    body: {
      ARN: secret.arn,
      Name: secret.name,
      VersionId: found.version.id,
      VersionStages: [found.stage],
      SecretString: JSON.stringify(found.version.value),
    },
  };
}

function pick(
  { current, previous }: SecretVersions,
  stage: string | undefined,
  versionId: string | undefined,
): { readonly stage: string; readonly version: SecretVersion } | undefined {
  const all = [
    { stage: "AWSCURRENT", version: current },
    ...(previous === undefined ? [] : [{ stage: "AWSPREVIOUS", version: previous }]),
  ];
  return all.find(
    (each) =>
      (stage === undefined || each.stage === stage) &&
      (versionId === undefined || each.version.id === versionId),
  );
}

function parseInput(text: string): JsonObject | undefined {
  try {
    const input = parseJson(text);
    return isObject(input) ? input : undefined;
  } catch {
    return undefined;
  }
}
