/** The page where the sandbox plays the user, and the control that sends notifications of any kind. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { bad, type ControlReply, ok } from "../common/control.ts";
import { sendJson } from "../common/http.ts";
import { isRecord, objectIn } from "../common/json.ts";
import type { Bindings, Format } from "./bindings.ts";
import { type Notification, type Notifier, notificationOf, post, signed } from "./notification.ts";
import { loginPath } from "./reply.ts";
import type { Merchant } from "./signature.ts";

export interface Pages {
  readonly bindings: Bindings;
  readonly notifier: Notifier;
  readonly merchants: () => readonly Merchant[];
}

const isFormat = (value: unknown): value is Format => value === "json" || value === "form";

export async function page(
  request: IncomingMessage,
  body: string,
  response: ServerResponse,
  pages: Pages,
): Promise<boolean> {
  const url = new URL(request.url ?? "", "http://sandbox");
  const route = `${request.method} ${url.pathname}`;
  if (route === `GET ${loginPath}`) await login(url.searchParams, response, pages);
  else if (route === "POST /sandbox/notify") {
    const { status, body: reply } = await notify(body, pages);
    sendJson(response, status, JSON.stringify(reply));
  } else return false;
  return true;
}

/** Without the user's token, which is the merchant's alone. */
async function login(query: URLSearchParams, response: ServerResponse, pages: Pages): Promise<void> {
  const { bindings, notifier } = pages;
  const answer = (status: number, reply: object) =>
    sendJson(response, status, `${JSON.stringify(reply, null, 2)}\n`);
  const as = query.get("as") ?? "json";
  const found = bindings.byLoginKey(query.get("tk") ?? "");
  if (found === undefined) return answer(404, { message: "nobody has registered with this tk" });
  if (!isFormat(as)) return answer(400, { message: "as is not json or form" });
  const { referenceNo, tXid, dbProcessUrl, callBackUrl } = found.registration;
  await notifier.login(referenceNo, as);
  if (query.get("follow") === "1") {
    response.writeHead(302, { location: callBackUrl, "content-length": 0 });
    response.end();
    return;
  }
  const { as: sentAs, answers } = bindings.binding(referenceNo) ?? found;
  answer(200, {
    loggedIn: true,
    referenceNo,
    tXid,
    notification: {
      to: dbProcessUrl,
      as: sentAs,
      answers,
      fields: Object.keys(notificationOf(found.registration)),
    },
    callBackUrl,
  });
}

interface Order {
  readonly to: string;
  readonly fields: Notification;
  readonly as: Format;
  readonly times: number;
}

async function notify(body: string, pages: Pages): Promise<ControlReply> {
  const order = orderOf(body, pages);
  if (typeof order === "string") return bad(order);
  const statuses: (number | null)[] = [];
  for (let sent = 0; sent < order.times; sent += 1) {
    statuses.push(await post(order.to, order.fields, order.as, pages.notifier.closing));
  }
  return ok({ to: order.to, statuses });
}

/**
 * `{ referenceNo, as?, times?, userToken?, tXid?, overrides?, sign?, url? }`. An override of null takes a
 * field away. The token is made of the fields as they are sent; with `sign: "before"`, as they were before the
 * overrides, as after a change on the way; with `sign: false` it is nobody's. A merchantToken among the
 * overrides is sent as it is. A referenceNo that nobody registered goes to `url`, or to where the latest
 * registration wants its notification.
 */
function orderOf(body: string, { bindings, merchants }: Pages): Order | string {
  const value = objectIn(body);
  if (value === undefined) return "the body is not an object";
  const { referenceNo, as = "json", times = 1, overrides = {}, sign = true } = value;
  if (typeof referenceNo !== "string") return "referenceNo is not a string";
  if (!isFormat(as)) return "as is not json or form";
  if (typeof times !== "number" || !Number.isSafeInteger(times) || times < 1 || times > 100)
    return "times is not a number from 1 to 100";
  if (!isRecord(overrides)) return "overrides is not an object";
  if (sign !== true && sign !== false && sign !== "before") return 'sign is not true, false or "before"';
  const { userToken, tXid } = value;
  const latest = bindings.bindings.at(-1)?.registration;
  const known = bindings.binding(referenceNo)?.registration;
  const to = value.url ?? (known ?? latest)?.dbProcessUrl;
  if (typeof to !== "string" || !URL.canParse(to)) return "there is no url to notify";
  const own = known === undefined ? { ...strangersFields(merchants()), referenceNo } : notificationOf(known);
  const wanted = {
    ...(userToken === undefined ? {} : { userToken }),
    ...(tXid === undefined ? {} : { tXid }),
  };
  const changes = Object.entries({ ...wanted, ...overrides });
  const wrong = changes.find(([, change]) => change !== null && typeof change !== "string");
  if (wrong !== undefined) return `${wrong[0]} is neither a string nor null`;
  const changed: Notification = Object.fromEntries(
    Object.entries({ ...own, ...Object.fromEntries(changes) }).flatMap(([name, text]) =>
      typeof text === "string" ? [[name, text]] : [],
    ),
  );
  const tokenOf = (fields: Notification) => signed(fields, merchants()).merchantToken ?? "";
  const merchantToken = sign === false ? "0".repeat(64) : tokenOf(sign === "before" ? own : changed);
  const unsigned = changes.some(([name, text]) => name === "merchantToken" && text === null);
  return { to, fields: { ...(unsigned ? {} : { merchantToken }), ...changed }, as, times };
}

const strangersFields = (merchants: readonly Merchant[]): Notification => ({
  iMid: merchants[0]?.iMid ?? "",
  mitraCd: "KDVI",
  billingNm: "Jhon Doe",
  billingPhone: "+6282112345678",
  userToken: "735b7080-e08f-4ed4-927f-f77d44a7",
  clientUserKey: "23124532",
});
