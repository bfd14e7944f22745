import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import { serveDynamoDb } from "../../local/dynamodb-front.ts";
import type { StoreCheck } from "../../local/iam/stores.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A front, and behind it what stands in for the database. */
async function front(
  database: (request: IncomingMessage, response: ServerResponse) => void,
  check: StoreCheck = () => undefined,
) {
  const server = createServer(database).listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { port, close } = await serveDynamoDb(address, 0, check);
  closing.push(
    close,
    () => server.closeAllConnections(),
    () => server.close(),
  );
  return { url: `http://127.0.0.1:${port}`, server };
}
const call = (url: string) =>
  fetch(url, {
    method: "POST",
    body: '{"TableName": "Ä"}',
    headers: { "x-amz-target": "DynamoDB_20120810.GetItem" },
  });

test("passes a call and its answer on as they are", async () => {
  const seen: string[] = [];
  const { url } = await front(async (request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers["x-amz-target"]} ${await text(request)}`);
    response.writeHead(400, { "x-amz-crc32": "1234" }).end('{"__type":"X"}');
  });
  const answer = await call(url);
  expect([answer.status, answer.headers.get("x-amz-crc32"), await answer.text()]).toEqual([
    400,
    "1234",
    '{"__type":"X"}',
  ]);
  expect(seen).toEqual(['POST / DynamoDB_20120810.GetItem {"TableName": "Ä"}']);
});

test("passes nothing on that is refused", async () => {
  let calls = 0;
  const counting = (_: IncomingMessage, response: ServerResponse) => {
    calls += 1;
    response.end();
  };
  const { url } = await front(counting, ({ body }) => ({
    type: "AccessDeniedException",
    message: `no ${body.length}`,
  }));
  const answer = await call(url);
  expect([answer.status, await answer.json()]).toEqual([
    400,
    { __type: "com.amazon.coral.service#AccessDeniedException", Message: "no 19" },
  ]);
  expect(calls).toBe(0);
});

test("loses the connection where the database does, before its answer or in the middle of it, and finds it again", async () => {
  let how: "cut" | "half" | "whole" = "cut";
  const { url, server } = await front((request, response) => {
    if (how === "cut") request.socket.destroy();
    else if (how === "whole") response.end("whole");
    else response.writeHead(200, { "content-length": 10 }).write("half", () => request.socket.destroy());
  });
  await expect(call(url)).rejects.toThrow("fetch failed");
  how = "half";
  await expect(call(url).then((answer) => answer.text())).rejects.toThrow();
  how = "whole";
  expect(await (await call(url)).text()).toBe("whole");
  const { port } = server.address() as AddressInfo;
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  await expect(call(url)).rejects.toThrow("fetch failed");
  await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening));
  expect(await (await call(url)).text()).toBe("whole");
});
