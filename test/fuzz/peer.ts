import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { drawnDress, written as inBytes, readSaid } from "../faults/dress.ts";
import { type Random, randomOf } from "../soak/random.ts";
import { planted, signedText, type Value } from "../support/peer.ts";
import { brokenBytes, type Fields, type Json, oddText, withDoubledMember, withOddMember } from "./mutate.ts";
import { honestData, honestJson, honestPage } from "./samples.ts";
import { indexIn } from "./world.ts";

/** All five providers at one address: honest, or spoiled in a way that the seed and the input decide. */
export interface FuzzPeer {
  readonly url: string;
  /** From now on the calls that name this number are answered by this plan; without one, honestly. */
  plan(as: number, plan: Plan): void;
  /** Calls that change something, by the last part of their path. */
  readonly changes: ReadonlyMap<string, number>;
  /** Replies that were spoiled, by how. */
  readonly spoiled: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export interface Plan {
  readonly seed: string;
  /** The input that decides the choices. */
  readonly index: number;
  /** Steps that are left out, to find what is needed of them. */
  readonly without: ReadonlySet<string>;
}

interface Reply {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** Error codes of all documents, and some of none. */
const words = [
  ["INVALID-PARAMS", "The selected customer id is invalid."],
  ["INVALID-PARAMS", "The selected merchant transaction id is invalid."],
  ["INVALID-PARAMS", "The merchant transaction id has already been taken."],
  ["INVALID-INPUT-DATA", "Invalid input Data"],
  ["INVALID-INPUT-DATA", "Not enough balance in the account"],
  ["INSUFFICIENT-FUND", "Insufficient Fund"],
  ["INVALID-OTP", "Invalid OTP"],
  ["TRANSACTION-ALREADY-REVERSED", "This Transaction is already reversed"],
  ["NO-SUB-MERCHANT-RECORD", "Sub merchant details not found."],
  ["UNAUTHORIZED", "Unauthorized"],
  ["HASH-MISMATCH", "Hash Mismatch"],
  ["SOMETHING-NEW", "Something new happened"],
  ["constructor", "Something new happened"],
] as const;
const codes = [
  "00",
  "0000",
  "1010",
  "1040",
  "1050",
  "1262",
  "9002",
  "9009",
  "9010",
  "9014",
  "NOT_AVAILABLE",
  ...["__proto__", "constructor", "toString"],
  "x",
];
const codeNames = ["responseCode", "resultCd", "errorCode", "status", "code"];

/** Calls that look, so that everything else changes something. */
const looking = /^(fetch|check|get)|^(encrypt|decrypt|retrieveCustRecord|user-details)$/;

export async function startFuzzPeer(): Promise<FuzzPeer> {
  const plans = new Map<number, Plan & { calls: number }>();
  const changes = new Map<string, number>();
  const spoiled = new Map<string, number>();
  const count = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString("utf8");
    const path = (request.url ?? "").split("/").at(-1) ?? "";
    const changing = !looking.test(path) && !(path === "customerstatus" && !text.includes("customer_active"));
    if (changing) count(changes, path);
    const as = indexIn(text) ?? 0;
    const plan = plans.get(as);
    const reply = plan
      ? spoil(request, text, as, plan, (how) => count(spoiled, how))
      : written(honest(request, text, as));
    if (plan) plan.calls += 1;
    send(response, reply);
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    plan: (as, plan) => plans.set(as, { ...plan, calls: 0 }),
    changes,
    spoiled,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Said {
  /** `data`, `error` and `page` of AggrePay, or the whole reply of another provider. */
  readonly aggrepay: boolean;
  value: Json;
}

function honest(request: IncomingMessage, text: string, index: number): Said {
  const url = request.url ?? "";
  const path = url.split("/").at(-1) ?? "";
  if (url.startsWith("/api/v1/")) {
    const sends = Object.fromEntries(new URLSearchParams(text));
    const nothing = path === "fetchcustomerdetail" || path === "getsubmerchants";
    const missing = { code: "INVALID-PARAMS", message: "The selected mobile number is invalid." };
    const data = honestData(path, sends, index);
    return nothing && index % 2 === 0
      ? { aggrepay: true, value: { data: null, error: missing, page: null } }
      : { aggrepay: true, value: { data, error: null, page: honestPage(path) } };
  }
  return { aggrepay: false, value: honestJson(url, fieldsIn(text), index) };
}

function fieldsIn(text: string): Fields {
  try {
    return JSON.parse(text) as Fields;
  } catch {
    return {};
  }
}

function written({ aggrepay, value }: Said): Reply {
  const { data = null, error = null, page = null } = (value ?? {}) as Readonly<Record<string, Value>>;
  const text = aggrepay ? signedText({ data, error, page }) : JSON.stringify(value);
  return { status: 200, headers: { "content-type": "application/json" }, body: Buffer.from(text, "utf8") };
}

/** The input's own choices; each step draws by itself, so that leaving one out changes no other. */
function spoil(
  request: IncomingMessage,
  text: string,
  as: number,
  { seed, index, calls, without }: Plan & { readonly calls: number },
  met: (how: string) => void,
): Reply {
  const of = (step: string) => randomOf(seed, `reply ${index} ${calls} ${step}`);
  const takes = (step: string, probability: number) => {
    if (!of(`${step}?`).chance(probability) || without.has(step)) return undefined;
    met(step);
    return of(step);
  };
  const said = honest(request, text, as);
  const refusing = takes("refuses", 0.25);
  if (refusing) {
    const [code, message] = refusing.pick(words);
    if (said.aggrepay) said.value = { data: null, error: { code, message }, page: null };
    else said.value = { ...(said.value as Fields), [refusing.pick(codeNames)]: refusing.pick(codes) };
  }
  const echoing = takes("echoes", 0.1);
  if (echoing) said.value = echo(said, request, text, echoing.chance(0.5));
  for (const step of ["odd", "odder", "oddest"]) {
    const odd = takes(step, 0.45);
    if (odd) said.value = withOddMember(said.value, odd);
  }
  const reply = written(said);
  const dressing = takes("dress", 0.25);
  if (dressing) dress(reply, dressing, met);
  const doubling = takes("doubles", 0.05);
  if (doubling) reply.body = Buffer.from(withDoubledMember(reply.body.toString("utf8"), doubling), "utf8");
  for (const step of ["breaks", "breaks more"]) {
    const breaking = takes(step, 0.2);
    if (breaking) reply.body = brokenBytes(reply.body, breaking);
  }
  const status = takes("status", 0.12);
  if (status)
    reply.status = status.pick([200, 201, 204, 302, 307, 400, 401, 403, 404, 422, 429, 500, 502, 503, 599]);
  const header = takes("headers", 0.05);
  if (header)
    reply.headers = header.pick([
      { "content-type": "text/html" },
      { "content-type": "application/json; charset=utf-16" },
      { "content-encoding": "gzip" },
      { location: "http://127.0.0.1:1/", "retry-after": "99999999" },
      { "x-echo": String(request.headers["x-api-key"] ?? "none"), "set-cookie": "a=b" },
      { "content-length": "3" },
      { "transfer-encoding": "gzip, chunked" },
    ]);
  const large = takes("large", 0.002);
  if (large) reply.body = Buffer.concat([reply.body, Buffer.alloc(1_200_000, " ")]);
  const wire = takes("wire", 0.02);
  if (wire) reply.headers["x-wire"] = wire.pick(["reset", "cut", "no http", "close", "hang"]);
  return reply;
}

/** The same in another form, and now and then a time to wait. */
function dress(reply: Reply, random: Random, met: (how: string) => void): void {
  const worn = drawnDress(random, met);
  const said = readSaid(reply.body.toString("utf8"), planted.salt);
  const { status, body, coding } = worn.wire(said ? inBytes(worn.said(said)) : reply);
  reply.status = status;
  reply.body = Buffer.from(body);
  if (coding !== undefined) reply.headers["content-encoding"] = coding.trim();
  if (random.chance(0.1)) reply.headers["retry-after"] = random.pick(waits);
}

const waits = [
  "1",
  "120",
  "0",
  "-1",
  "Sun, 06 Nov 2994 08:49:37 GMT",
  "Sun Nov  6 08:49:37 1994",
  "soon",
  "1e9",
];

/** Says back all that it was sent, as a careless error page would. */
function echo({ aggrepay, value }: Said, request: IncomingMessage, text: string, asCode: boolean): Json {
  const said = `${text.slice(0, 1500)} ${JSON.stringify(request.headers)}`;
  if (aggrepay) {
    const word = asCode ? { code: said, message: "x" } : { code: "INVALID-PARAMS", message: said };
    return { data: null, error: word, page: null };
  }
  const fields = value as Fields;
  return asCode
    ? { ...fields, responseCode: said, resultCd: said, errorCode: said }
    : {
        ...fields,
        ...{ responseCode: "1040", resultCd: "9014", responseMessage: said, resultMsg: said, message: said },
      };
}

function send(response: ServerResponse, { status, headers, body }: Reply): void {
  const { "x-wire": wire, ...others } = headers;
  const socket = response.socket;
  if (wire === "hang") return;
  if (wire === "reset") socket?.resetAndDestroy();
  else if (wire === "close") socket?.end();
  else if (wire === "no http")
    socket?.end(`\u0000 220 ${oddText(randomOf("wire", String(body.length)))}\r\n\r\n`);
  else if (wire === "cut") {
    response.writeHead(status, { "content-length": body.length + 10 });
    response.write(body, () => socket?.destroy());
  } else if ("content-length" in others || "transfer-encoding" in others) {
    const lines = Object.entries(others).map(([name, value]) => `${name}: ${value}\r\n`);
    socket?.end(Buffer.concat([Buffer.from(`HTTP/1.1 ${status} OK\r\n${lines.join("")}\r\n`), body]));
  } else {
    response.writeHead(status, others);
    response.end(status === 204 ? undefined : body);
  }
}
