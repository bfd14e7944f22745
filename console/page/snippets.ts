/** A request, written for the languages that callers use. */
export interface Call {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, where the method has a body. */
  readonly body?: string | undefined;
  /** Whether the gateway asks for a signature. */
  readonly signed: boolean;
}

export const languages = ["curl", "Node", "Python", "Java"] as const;
export type Language = (typeof languages)[number];

export function snippetOf(language: Language, call: Call): string {
  switch (language) {
    case "curl":
      return curl(call);
    case "Node":
      return node(call);
    case "Python":
      return python(call);
    case "Java":
      return java(call);
  }
}

/** Longer than the 29 s that a function may take: a client that gives up sooner learns less than it could. */
const patienceSeconds = 35;

/** In single quotes, which a shell leaves alone; one inside is closed, escaped and opened again. */
const shell = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function curl({ method, url, headers, body, signed }: Call): string {
  const lines = [
    `curl -sS --max-time ${patienceSeconds} ${shell(url)}`,
    ...(method === "GET" || method === "POST" ? [] : [`-X ${method}`]),
    ...Object.entries(headers).map(([name, value]) => `-H ${shell(`${name}: ${value}`)}`),
    ...(signed
      ? [
          '--aws-sigv4 "aws:amz:$AWS_REGION:execute-api" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"',
          '-H "x-amz-security-token: $AWS_SESSION_TOKEN"',
        ]
      : []),
    ...(body === undefined ? [] : [`-d ${shell(body)}`]),
  ];
  return lines.join(" \\\n  ");
}

/** A string of JSON is one of JavaScript, of Python and, but for a surrogate alone, of Java too. */
const quoted = (text: string): string => JSON.stringify(text);

function node({ method, url, headers, body, signed }: Call): string {
  const init = [
    `  method: ${quoted(method)},`,
    `  headers: ${JSON.stringify(headers)},`,
    ...(body === undefined ? [] : [`  body: ${quoted(body)},`]),
    `  signal: AbortSignal.timeout(${patienceSeconds * 1000}),`,
  ].join("\n");
  if (!signed)
    return `const response = await fetch(${quoted(url)}, {\n${init}\n});\nconsole.log(response.status, await response.json());`;
  return `import { AwsClient } from "aws4fetch";

const aws = new AwsClient({
  accessKeyId: process.env.AWS_ACCESS_KEY_ID,
  secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
  sessionToken: process.env.AWS_SESSION_TOKEN,
  service: "execute-api",
  region: process.env.AWS_REGION,
  retries: 0,
});
const response = await aws.fetch(${quoted(url)}, {\n${init}\n});
console.log(response.status, await response.json());`;
}

function python({ method, url, headers, body, signed }: Call): string {
  const data = body === undefined ? "None" : `${quoted(body)}.encode()`;
  const given = `    method=${quoted(method)},
    headers=${JSON.stringify(headers)},
    data=${data},`;
  if (signed)
    return `import os
import boto3, requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

request = AWSRequest(
${given}
    url=${quoted(url)},
)
SigV4Auth(boto3.Session().get_credentials(), "execute-api", os.environ["AWS_REGION"]).add_auth(request)
answer = requests.request(
    request.method, request.url, headers=dict(request.headers), data=request.data, timeout=${patienceSeconds}
)
print(answer.status_code, answer.text)`;
  return `import urllib.error, urllib.request

request = urllib.request.Request(
    ${quoted(url)},
${given}
)
try:
    with urllib.request.urlopen(request, timeout=${patienceSeconds}) as answer:
        print(answer.status, answer.read().decode())
except urllib.error.HTTPError as answer:
    print(answer.code, answer.read().decode())`;
}

function java({ method, url, headers, body, signed }: Call): string {
  const publisher =
    body === undefined
      ? "HttpRequest.BodyPublishers.noBody()"
      : `HttpRequest.BodyPublishers.ofString(${quoted(body)})`;
  const named = Object.entries(headers)
    .map(([name, value]) => `\n            .header(${quoted(name)}, ${quoted(value)})`)
    .join("");
  const note = signed
    ? "        // Sign it with AwsV4HttpSigner of software.amazon.awssdk:http-auth-aws, service execute-api.\n"
    : "";
  return `import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

public class Call {
    public static void main(String[] args) throws Exception {
${note}        HttpRequest request = HttpRequest.newBuilder(URI.create(${quoted(url)}))
            .timeout(Duration.ofSeconds(${patienceSeconds}))${named}
            .method(${quoted(method)}, ${publisher})
            .build();
        HttpResponse<String> answer = HttpClient.newHttpClient()
            .send(request, HttpResponse.BodyHandlers.ofString());
        System.out.println(answer.statusCode() + " " + answer.body());
    }
}`;
}
