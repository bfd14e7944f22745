import { createHash } from "node:crypto";
import { type Random, randomOf } from "../soak/random.ts";
import type { Draft } from "./http.ts";
import {
  brokenBytes,
  type Fields,
  oddText,
  oddTexts,
  twisted,
  withDoubledMember,
  withOddMember,
} from "./mutate.ts";
import type { Kind } from "./options.ts";
import { calling, everything, registration, type Sample } from "./samples.ts";
import { nicepayKeys, tokenOf, userToken } from "./world.ts";

/** One input of the fuzzing, as the seed decides it: everything that is sent, in order. */
export interface Input {
  readonly kind: Kind;
  readonly index: number;
  /** The number that its ids are made of. */
  readonly as: number;
  readonly drafts: readonly Draft[];
  /** The provider's replies are spoiled, too. */
  readonly spoilsReplies: boolean;
  /** The steps that made it what it is. */
  readonly steps: readonly string[];
}

/** The input of that kind and number, without the steps that are named, under ids that may be another's. */
export function inputOf(
  seed: string,
  kind: Kind,
  index: number,
  without: ReadonlySet<string> = new Set(),
  as: number = index,
): Input {
  const steps: string[] = [];
  const of = (step: string) => randomOf(seed, `${kind} ${index} ${step}`);
  const takes = (step: string, probability: number): Random | undefined => {
    if (!of(`${step}?`).chance(probability) || without.has(step)) return undefined;
    steps.push(step);
    return of(step);
  };
  const made = { kind, index, as, steps, spoilsReplies: kind === "replies" };
  switch (kind) {
    case "requests":
      return { ...made, drafts: [spoiledRequest(of("sample").pick(everything)(as), as, takes)] };
    case "replies": {
      const draft = draftOf(of("sample").pick(calling)(as), as);
      // A repeat has the doubt settled, if there is any, and so the inquiries answered.
      return { ...made, drafts: takes("repeats", 0.3) ? [draft, draft] : [draft] };
    }
    case "notifications":
      return { ...made, drafts: notification(as, takes) };
  }
}

type Takes = (step: string, probability: number) => Random | undefined;

function draftOf({ method, path, body, key }: Sample, index: number): Draft {
  return {
    method,
    path,
    headers: [
      ["content-type", "application/json"],
      ...(key ? [["idempotency-key", `i${tokenOf(index)}`] as const] : []),
    ],
    body: Buffer.from(body === undefined ? "" : JSON.stringify(body), "utf8"),
  };
}

const contentTypes = [
  ...["text/plain", "application/json;charset=utf-16", "application/json; charset=latin1", "application/xml"],
  ...[
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "APPLICATION/JSON",
    "",
    ";",
    "json",
  ],
  ...["application/json, text/plain", 'application/json; charset="utf-8"', "application/ld+json", "*/*"],
];
const headerNames = [
  ...[
    "idempotency-key",
    "x-forwarded-for",
    "x-amzn-trace-id",
    "cookie",
    "accept-encoding",
    "content-encoding",
  ],
  ...[
    "x-http-method-override",
    "origin",
    "authorization",
    "accept",
    "range",
    "if-match",
    "user-agent",
    "__proto__",
  ],
];
const methods = ["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "POST"];

function spoiledRequest(sample: Sample, index: number, takes: Takes): Draft {
  let value: unknown = sample.body;
  for (const step of ["odd", "odder", "oddest"]) {
    const odd = takes(step, 0.4);
    if (odd && value !== undefined) value = withOddMember(value as Fields, odd);
  }
  const draft = draftOf({ ...sample, body: value as Fields | undefined }, index);
  const doubles = takes("doubles", 0.05);
  if (doubles) draft.body = Buffer.from(withDoubledMember(draft.body.toString("utf8"), doubles), "utf8");
  for (const step of ["breaks", "breaks more"]) {
    const breaks = takes(step, 0.15);
    if (breaks) draft.body = brokenBytes(draft.body, breaks);
  }
  const encoding = takes("encoding", 0.04);
  if (encoding)
    draft.body = Buffer.from(draft.body.toString("utf8"), encoding.pick(["utf16le", "latin1", "base64"]));
  const large = takes("large", 0.005);
  if (large) draft.body = Buffer.concat([draft.body, Buffer.alloc(large.between(60_000, 200_000), " ")]);
  const type = takes("type", 0.08);
  if (type) draft.headers[0] = ["content-type", type.pick(contentTypes)];
  for (const step of ["header", "header more"]) {
    const header = takes(step, 0.15);
    if (header)
      draft.headers.push([header.pick(headerNames), header.pick([...oddTexts, "k".repeat(256), "é"])]);
  }
  const keyless = takes("keyless", 0.03);
  if (keyless) draft.headers = draft.headers.filter(([name]) => name !== "idempotency-key");
  const path = takes("path", 0.12);
  if (path) draft.path = oddPath(draft.path, path);
  const method = takes("method", 0.04);
  if (method) draft.method = method.pick(methods);
  return draft;
}

function oddPath(path: string, random: Random): string {
  const text = oddText(random).replace(/[\s#]/g, "");
  return random
    .pick([
      ...[
        `${path}/`,
        `/${path}`,
        path.toUpperCase(),
        `${path}?${text}=${text}`,
        `${path}?a=1&a=2`,
        `${path}#x`,
      ],
      ...[
        path.replaceAll("/", "%2f"),
        path.replace("/v1", "/v1/.."),
        `${path}%`,
        `${path}%00`,
        twisted(path, random),
      ],
      ...[
        path.replace(/[^/]*$/, encodeURIComponent(text.toWellFormed())),
        `${path}&limit=${text}&cursor=${text}`,
      ],
    ])
    .replace(/^(?!\/)/, "/");
}

const sha256 = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");

/** A registration, most of the time, and what comes to the webhook for it: right, twice, contradicting or broken. */
function notification(index: number, takes: Takes): readonly Draft[] {
  const token = tokenOf(index);
  const referenceNo = `r${token}`;
  const register = registration(index);
  let fields: Fields = {
    ...{
      iMid: nicepayKeys.iMid,
      referenceNo,
      mitraCd: "KDVI",
      billingNm: register.body?.billingNm ?? "",
      billingPhone: `+62${token}`,
    },
    ...{
      clientUserKey: register.body?.clientUserKey ?? "",
      userToken,
      tXid: `tx${token}`,
      billingEmail: `u${token}@example.com`,
    },
  };
  for (const step of ["odd", "odder"]) {
    const odd = takes(step, 0.35);
    if (odd) fields = withOddMember(fields, odd) as Fields;
  }
  const text = (name: string) => (typeof fields?.[name] === "string" ? fields[name].toWellFormed() : "");
  const signs = !takes("unsigned", 0.15);
  const merchantToken = signs
    ? sha256(text("iMid") + text("referenceNo") + text("billingPhone") + nicepayKeys.merchantKey)
    : sha256("x");
  const signed = typeof fields === "object" && fields !== null ? { merchantToken, ...fields } : fields;
  const form = takes("form", 0.3) !== undefined && typeof signed === "object";
  const texts = Object.entries(signed ?? {}).map(([name, value]): [string, string] => [
    name.toWellFormed(),
    (typeof value === "string" ? value : JSON.stringify(value)).toWellFormed(),
  ]);
  let body: Buffer = Buffer.from(
    form ? new URLSearchParams(texts).toString() : JSON.stringify(signed),
    "utf8",
  );
  const doubles = takes("doubles", 0.05);
  if (doubles)
    body = Buffer.from(form ? `${body}&${body}` : withDoubledMember(body.toString("utf8"), doubles));
  const breaks = takes("breaks", 0.2);
  if (breaks) body = brokenBytes(body, breaks);
  const type = takes("type", 0.05);
  const own = form ? "application/x-www-form-urlencoded" : "application/json";
  const push: Draft = {
    method: "POST",
    path: "/webhooks/nicepay/account-binding",
    headers: [["content-type", type ? type.pick(contentTypes) : own]],
    body,
  };
  const registers = !takes("unregistered", 0.4) ? [draftOf(register, index)] : [];
  const order = takes("first", 0.2) ? [push, ...registers] : [...registers, push];
  return takes("again", 0.2) ? [...order, push] : order;
}
