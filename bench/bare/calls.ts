import { createHash } from "node:crypto";
import { Agent, type OutgoingHttpHeaders, request } from "node:http";

/**
 * The same calls with nothing around them: what is left of a warm request when no code of ours, and none of a library,
 * takes part. The local stores check no signature of AWS.
 */
const kept = new Agent({ keepAlive: true });

function post(
  url: string,
  headers: OutgoingHttpHeaders,
  body: string,
  agent: Agent | false,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: "POST", headers, agent }, (incoming) => {
      let text = "";
      incoming.setEncoding("utf8");
      incoming.on("data", (chunk: string) => {
        text += chunk;
      });
      incoming.on("end", () => resolve(text));
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

export function toProvider(path: string, fields: Readonly<Record<string, string>>): Promise<string> {
  const { BENCH_API_KEY: apiKey = "", BENCH_SALT: salt = "", AGGREPAY_BASE_URL: url = "" } = process.env;
  const sent: Record<string, string> = { ...fields, api_key: apiKey };
  const values = Object.keys(sent)
    .sort()
    .map((name) => sent[name]);
  const hash = createHash("sha512")
    .update([salt, ...values].join("|"))
    .digest("hex")
    .toUpperCase();
  const type = { "content-type": "application/x-www-form-urlencoded" };
  return post(`${url}/api/v1/${path}`, type, String(new URLSearchParams({ ...sent, hash })), false);
}

export function toTable(operation: string, input: object): Promise<string> {
  const headers = {
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": `DynamoDB_20120810.${operation}`,
    "x-amz-date": "20250101T000000Z",
    authorization:
      "AWS4-HMAC-SHA256 Credential=local/20250101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
  };
  const body = JSON.stringify({ TableName: process.env.TABLE_NAME, ...input });
  return post(process.env.AWS_ENDPOINT_URL_DYNAMODB ?? "", headers, body, kept);
}

export const answer = (body: string) => ({
  statusCode: JSON.parse(body).error ? 500 : 200,
  headers: { "content-type": "application/json" },
  body,
});
