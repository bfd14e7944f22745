import { type Fault, Problem } from "../../problem.ts";
import { Secret } from "../../secrets/secret.ts";
import { part, type SecretValue } from "../../secrets/secrets.ts";
import {
  decodeJson,
  equalInConstantTime,
  JsonError,
  type JsonValue,
  verifyAccountBindingToken,
} from "../../signing/index.ts";

/** The notification of an account binding, as the provider pushed it. Its signature covers the first three fields alone. */
export interface AccountBindingNotification {
  readonly iMid: string;
  readonly referenceNo: string;
  readonly billingPhone: string;
  readonly merchantToken: string;
  readonly mitraCd: string;
  readonly billingNm: string;
  readonly clientUserKey: string;
  /** The user's payment token: a credential. */
  readonly userToken: Secret;
  readonly tXid: string | undefined;
}

const bodyLimit = 16 * 1024;

const requiredFields = [
  "merchantToken",
  "iMid",
  "referenceNo",
  "mitraCd",
  "billingNm",
  "billingPhone",
  "clientUserKey",
  "userToken",
] as const;

/**
 * Reads a notification from the bytes as they came: JSON, as the document says, or a form, as the provider's other
 * notifications come; told apart by the content type. Fields that nobody knows are passed over.
 * @throws Problem 413, 415, or 400 naming the field that is missing, doubled or no text.
 */
export function readNotification(
  body: Uint8Array,
  contentType: string | undefined,
): AccountBindingNotification {
  if (body.byteLength > bodyLimit)
    throw new Problem("unacceptable-body", `The body must have at most ${bodyLimit} bytes.`, { status: 413 });
  const fields = fieldsOf(body, contentType);
  const faults: Fault[] = [];
  const text = (name: string): string => {
    const value = fields.get(name);
    // API Gateway puts U+FFFD where a body of text had bytes that are none: what came is not what was sent.
    if (typeof value === "string" && name !== "billingNm" && value.includes("\ufffd")) {
      faults.push({ pointer: `/${name}`, detail: "holds bytes that are not UTF-8" });
      return "";
    }
    if (typeof value === "string" && value !== "") return value;
    faults.push({
      pointer: `/${name}`,
      detail: value === undefined || value === "" ? "is required" : "must be a text",
    });
    return "";
  };
  const required = Object.fromEntries(requiredFields.map((name) => [name, text(name)]));
  const tXid = isGiven(fields.get("tXid")) ? text("tXid") : undefined;
  if (faults.length > 0) throw unreadable(faults);
  const { userToken = "", ...others } = required as Record<(typeof requiredFields)[number], string>;
  return {
    ...others,
    userToken: new Secret(userToken),
    tXid,
  };
}

/**
 * Whether the signature is the merchant's under this version of the secret, compared in constant time.
 * @throws Problem `misconfigured` for a secret that lacks a key.
 */
export function isSigned(notification: AccountBindingNotification, secret: SecretValue): boolean {
  const iMid = part(secret, "iMid").reveal();
  const isOurs = equalInConstantTime(notification.iMid, iMid);
  const fits = verifyAccountBindingToken(notification.merchantToken, notification, [
    part(secret, "merchantKey").reveal(),
  ]);
  return isOurs && fits;
}

const isGiven = (value: JsonValue | undefined): boolean =>
  value !== undefined && value !== null && value !== "";

const unreadable = (errors: readonly Fault[]): Problem =>
  new Problem("invalid-request", "The notification cannot be read.", { errors });

type Fields = ReadonlyMap<string, JsonValue>;

function fieldsOf(body: Uint8Array, contentType: string | undefined): Fields {
  const [type = "", ...parameters] = (contentType ?? "")
    .toLowerCase()
    .split(";")
    .map((text) => text.trim());
  const isUtf8 = parameters.every((text) => !text.startsWith("charset") || /^charset="?utf-8"?$/.test(text));
  if (isUtf8 && type === "application/json") return fromJson(body);
  if (isUtf8 && type === "application/x-www-form-urlencoded") return fromForm(body);
  throw new Problem("unacceptable-body", "The content-type must be JSON or a form, in UTF-8.", {
    status: 415,
  });
}

function fromJson(body: Uint8Array): Fields {
  try {
    const value = decodeJson(body, { duplicates: "refuse", maxDepth: 4 });
    if (value instanceof Map) return value as Fields;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw unreadable([{ pointer: "", detail: `at character ${error.at}: ${error.reason}` }]);
  }
  throw unreadable([{ pointer: "", detail: "must be a JSON object" }]);
}

/** As browsers write a form, but stricter than `URLSearchParams`, which mends bytes that are no UTF-8. */
function fromForm(body: Uint8Array): Fields {
  const fields = new Map<string, string>();
  for (const pair of Buffer.from(body).toString("latin1").split("&")) {
    if (pair === "") continue;
    const at = pair.indexOf("=");
    const name = formText(at < 0 ? pair : pair.slice(0, at));
    if (fields.has(name)) throw unreadable([{ pointer: `/${name.slice(0, 40)}`, detail: "is given twice" }]);
    fields.set(name, formText(at < 0 ? "" : pair.slice(at + 1)));
  }
  return fields;
}

function formText(text: string): string {
  try {
    if (/[^\x20-\x7e]/.test(text)) throw new URIError();
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw unreadable([{ pointer: "", detail: "is not a form in UTF-8" }]);
  }
}
