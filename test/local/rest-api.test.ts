import type { APIGatewayProxyEvent, APIGatewayProxyEventV2 } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { asHttpApiEvent } from "../../lib/operation/rest-event.ts";
import { startGateway } from "../support/gateway.ts";
import { started } from "../support/started.ts";
import { fixtureEnv } from "./fixture.ts";

/** A REST API of the fixture: a stage, one path below it, and who may come. */
const api = (id: string, stage: string, name: string, { addresses, bytes = true }: Options) => ({
  [id]: {
    Type: "AWS::ApiGateway::RestApi",
    Properties: {
      ...(bytes && { BinaryMediaTypes: ["*/*"] }),
      Policy: {
        Statement: [
          {
            Effect: "Allow",
            Principal: { AWS: "*" },
            Action: "execute-api:Invoke",
            Resource: "execute-api:/*",
            Condition: { IpAddress: { "aws:SourceIp": addresses } },
          },
        ],
      },
    },
  },
  [`${id}Part`]: {
    Type: "AWS::ApiGateway::Resource",
    Properties: {
      RestApiId: { Ref: id },
      ParentId: { "Fn::GetAtt": [id, "RootResourceId"] },
      PathPart: "echo",
    },
  },
  [`${id}Stage`]: {
    Type: "AWS::ApiGateway::Stage",
    Properties: { RestApiId: { Ref: id }, StageName: stage },
  },
  [`${id}Method`]: {
    Type: "AWS::ApiGateway::Method",
    Properties: {
      RestApiId: { Ref: id },
      ResourceId: { Ref: `${id}Part` },
      HttpMethod: "POST",
      AuthorizationType: "NONE",
      Integration: {
        Type: "AWS_PROXY",
        Uri: {
          "Fn::Join": [
            "",
            [
              "arn:aws:apigateway:ap-south-1:lambda:path/2015-03-31/functions/",
              { "Fn::GetAtt": [name, "Arn"] },
              "/invocations",
            ],
          ],
        },
      },
    },
  },
});

interface Options {
  readonly addresses: readonly string[];
  readonly bytes?: boolean;
}

const here = ["203.0.113.7", "127.0.0.0/8"];
const elsewhere = ["203.0.113.7", "198.51.100.0/24", "2001:db8::/32"];

const more = {
  ...api("Open", "webhooks", "Echo", { addresses: here }),
  ...api("Text", "text", "Echo", { addresses: here, bytes: false }),
  ...api("Closed", "closed", "Echo", { addresses: elsewhere }),
  ...api("Failing", "failing", "Broken", { addresses: here }),
  ...api("Mute", "mute", "Environment", { addresses: here }),
};
const { gateway } = started({ gateway: () => startGateway({ env: fixtureEnv({ more }) }) });

const post = (path: string, body: string | Uint8Array<ArrayBuffer>, headers: [string, string][] = []) =>
  fetch(gateway.url + path, { method: "POST", body, headers });

async function eventOf<Event>(...args: Parameters<typeof post>): Promise<Event> {
  const response = await post(...args);
  expect(response.status).toBe(200);
  return ((await response.json()) as { readonly event: Event }).event;
}
const restEvent = eventOf<APIGatewayProxyEvent>;
const httpEvent = eventOf<APIGatewayProxyEventV2>;

/** No UTF-8, and nothing that text would survive as. */
const bytes = new Uint8Array([0xff, 0x00, 0xe9, 0x2b, 0x0d, 0x0a, 0x80]);

describe("a request of a REST API", () => {
  test("comes to its function in the form of one, with the address of whoever sent it", async () => {
    const event = await restEvent("/webhooks/echo?a=1&a=2&b=", "{}", [["content-type", "application/json"]]);
    expect(event).toMatchObject({
      resource: "/echo",
      path: "/echo",
      httpMethod: "POST",
      queryStringParameters: { a: "2", b: "" },
      multiValueQueryStringParameters: { a: ["1", "2"], b: [""] },
      pathParameters: null,
      stageVariables: null,
      requestContext: {
        path: "/webhooks/echo",
        stage: "webhooks",
        httpMethod: "POST",
        identity: { sourceIp: "127.0.0.1", accessKey: null, userArn: null },
      },
      body: Buffer.from("{}").toString("base64"),
      isBase64Encoded: true,
    });
    expect(event).not.toHaveProperty("version");
  });

  test("keeps all values of a header, and the last one by itself", async () => {
    const { headers, multiValueHeaders } = await restEvent("/webhooks/echo", "x", [
      ["x-twice", "one"],
      ["x-twice", "two"],
    ]);
    // `fetch` joins them, as a proxy may; what comes apart stays apart.
    expect([headers["x-twice"], multiValueHeaders["x-twice"]]).toEqual(["one, two", ["one, two"]]);
  });

  test("without a body has none", async () => {
    const event = await restEvent("/webhooks/echo", "");
    expect([event.body, event.isBase64Encoded]).toEqual([null, false]);
  });

  test("is handed on as bytes where the API says so, and mended as text where it does not", async () => {
    const type: [string, string][] = [["content-type", "application/x-www-form-urlencoded"]];
    const whole = await restEvent("/webhooks/echo", bytes, type);
    expect(Buffer.from(whole.body ?? "", "base64")).toEqual(Buffer.from(bytes));
    const mended = await restEvent("/text/echo", bytes, type);
    expect(mended.isBase64Encoded).toBe(false);
    expect(mended.body).toContain("\ufffd");
  });

  test.each<[string, string | Uint8Array<ArrayBuffer>, [string, string][]]>([
    ["JSON", '{"a":1}', [["content-type", "application/json; charset=utf8"]]],
    ["a form of bytes that are no UTF-8", bytes, [["Content-Type", "application/x-www-form-urlencoded"]]],
    [
      "a header sent twice and one in odd letters",
      "a=1",
      [
        ["X-Odd", "1"],
        ["x-odd", "2"],
        ["content-encoding", "identity"],
      ],
    ],
    ["nothing", "", []],
  ])("of %s is what an HTTP API hands on, once it is made so", async (_, body, headers) => {
    const made = asHttpApiEvent(await restEvent("/webhooks/echo", body, headers));
    const other = await httpEvent("/echo", body, headers);
    const bodyOf = ({ body = "", isBase64Encoded }: APIGatewayProxyEventV2) =>
      Buffer.from(body, isBase64Encoded ? "base64" : "utf8").toString("hex");
    const { "x-amzn-trace-id": _trace, ...rest } = other.headers;
    expect({ ...made.headers }).toEqual(rest);
    if (!(body instanceof Uint8Array)) expect(bodyOf(made)).toBe(bodyOf(other));
    expect(bodyOf(made)).toBe(Buffer.from(body).toString("hex"));
    expect(made.requestContext.http).toMatchObject({ method: "POST", sourceIp: "127.0.0.1" });
    expect(Object.keys(made.requestContext).toSorted()).toEqual(Object.keys(other.requestContext).toSorted());
  });
});

describe("an event of a REST API", () => {
  const event: APIGatewayProxyEvent = {
    resource: "/nicepay/account-binding",
    path: "/nicepay/account-binding",
    httpMethod: "POST",
    headers: { "Content-Type": "text/plain", "X-Many": "3" },
    multiValueHeaders: { "Content-Type": ["text/plain"], "X-Many": ["1", "2"], "x-many": ["3"] },
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: null,
    stageVariables: null,
    requestContext: {
      accountId: "123456789012",
      apiId: "abc",
      authorizer: undefined,
      protocol: "HTTP/1.1",
      httpMethod: "POST",
      identity: { sourceIp: "103.20.51.33" } as APIGatewayProxyEvent["requestContext"]["identity"],
      path: "/webhooks/nicepay/account-binding",
      stage: "webhooks",
      requestId: "c6a3e700",
      requestTimeEpoch: 1_700_000_000_000,
      resourceId: "r",
      resourcePath: "/nicepay/account-binding",
    },
    body: "AA==",
    isBase64Encoded: true,
  };

  test("has every value of a header, however its name is written", () => {
    expect({ ...asHttpApiEvent(event).headers }).toEqual({ "content-type": "text/plain", "x-many": "1,2,3" });
  });

  test("without the lists of values has what is there, and without headers none", () => {
    const { multiValueHeaders: _, ...single } = event;
    const old = { ...single, multiValueHeaders: null } as unknown as APIGatewayProxyEvent;
    expect({ ...asHttpApiEvent(old).headers }).toEqual({ "content-type": "text/plain", "x-many": "3" });
    const none = { ...old, headers: null } as unknown as APIGatewayProxyEvent;
    expect({ ...asHttpApiEvent(none).headers }).toEqual({});
  });

  test("says the path with its stage, and whose address it is", () => {
    expect(asHttpApiEvent(event)).toMatchObject({
      rawPath: "/webhooks/nicepay/account-binding",
      requestContext: { requestId: "c6a3e700", http: { sourceIp: "103.20.51.33", method: "POST" } },
      body: "AA==",
      isBase64Encoded: true,
    });
  });
});

describe("the policy of a REST API", () => {
  test("refuses who is not let in, before any function runs, and the terminal says why", async () => {
    const response = await post("/closed/echo", "x");
    expect(response.status).toBe(403);
    expect(await response.json()).toEqual({
      Message:
        "User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:ap-south-1:********0000:Closed/closed/POST/echo",
    });
    expect(gateway.logs()).toContain(
      "403 POST /closed/echo: the policy of the API does not let 127.0.0.1 in.",
    );
  });
});

test.each([
  ["/failing/echo", "of a function that cannot start"],
  ["/mute/echo", "that is no response"],
])("an answer of %s, %s, is 502", async (path) => {
  const response = await post(path, "x");
  expect([response.status, await response.json()]).toEqual([502, { message: "Internal server error" }]);
});
