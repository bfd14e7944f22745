import { Agent as PlainAgent, request as plainRequest } from "node:http";
import { Agent, request } from "node:https";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { signedForm } from "../signed.ts";

/** The least that can be written with the SDK's clients: a signed call over a keep-alive agent, and nothing around it. */
const secrets = new SecretsManagerClient({});
let credentials: Promise<{ readonly apiKey: string; readonly salt: string }> | undefined;
const kept = { "https:": new Agent({ keepAlive: true }), "http:": new PlainAgent({ keepAlive: true }) };

async function fetchCredentials() {
  const command = new GetSecretValueCommand({ SecretId: process.env.AGGREPAY_SECRET_ID });
  return JSON.parse((await secrets.send(command)).SecretString ?? "");
}

export async function toProvider(path: string, fields: Readonly<Record<string, string>>): Promise<string> {
  credentials ??= fetchCredentials();
  const form = signedForm(fields, await credentials);
  const url = new URL(`/api/v1/${path}`, process.env.AGGREPAY_BASE_URL);
  return post(url, String(form));
}

function post(url: URL, body: string): Promise<string> {
  const secure = url.protocol === "https:";
  const options = {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      "content-length": String(Buffer.byteLength(body)),
    },
    agent: kept[secure ? "https:" : "http:"],
  };
  return new Promise((resolve, reject) => {
    const outgoing = (secure ? request : plainRequest)(url, options, (incoming) => {
      let text = "";
      incoming.setEncoding("utf8");
      incoming.on("data", (chunk: string) => {
        text += chunk;
      });
      incoming.on("error", reject);
      incoming.on("end", () => resolve(text));
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

export const answer = (body: string) => ({
  statusCode: JSON.parse(body).data ? 200 : 500,
  headers: { "content-type": "application/json" },
  body,
});
