import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ApiRoute } from "../api-routes.ts";
import { CannotStart } from "../cannot-start.ts";
import { local } from "../intrinsics.ts";
import { isArray, isObject, type Json, type JsonObject, parseJson, textOf } from "../json.ts";
import { writeWhole } from "../write-whole.ts";
import { newCredentials } from "./credentials.ts";
import { identityPolicy, type Policy, type Principal } from "./policy.ts";
import type { Credentials } from "./signature.ts";

/** Who may call the API with AUTH=iam: a role or user, its credentials and its policy. */
export interface ApiPrincipal extends Principal, Credentials {
  /** As IAM gives it: `AIDA...` for a user, `AROA...:session` for a role. */
  readonly userId: string;
  readonly policies: readonly Policy[];
}

/**
 * Reads PRINCIPALS_FILE: a list of `{arn, accessKeyId, secretAccessKey, sessionToken?, policy}`.
 *
 * @throws CannotStart with a sentence that quotes nothing of the file but ARNs.
 */
export function readPrincipals(file: string): readonly ApiPrincipal[] {
  const wrong = (what: string): never => {
    throw new CannotStart(`PRINCIPALS_FILE ${file} ${what}.`);
  };
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    return wrong(`cannot be read: ${(error as Error).message}`);
  }
  let content: Json;
  try {
    content = parseJson(text);
  } catch {
    // The parser's own message quotes the text around the error, and that may be a secret.
    return wrong("is not JSON");
  }
  if (!isArray(content) || content.length === 0) return wrong("must be a list of principals");
  const principals = content.map((entry, index) =>
    principalOf(entry, (what) => wrong(`has in entry ${index} ${what}`)),
  );
  const ids = principals.map(({ accessKeyId }) => accessKeyId);
  if (new Set(ids).size < ids.length) return wrong("has an accessKeyId twice");
  return principals;
}

/**
 * The principal that the local gateway's own tools sign as: the one that may do all, or the first of PRINCIPALS_FILE.
 *
 * @throws CannotStart as `readPrincipals`
 */
export function ownPrincipal(environment: Readonly<Record<string, string | undefined>>): ApiPrincipal {
  const file = environment.PRINCIPALS_FILE || join(environment.DATA_DIR || ".data", "principals.json");
  const [first, ...others] = readPrincipals(resolve(file));
  if (first === undefined) throw new CannotStart(`PRINCIPALS_FILE ${file} must be a list of principals.`);
  return [first, ...others].find(({ arn }) => arn.endsWith("/may-change")) ?? first;
}

const fields: ReadonlySet<string> = new Set([
  "arn",
  "accessKeyId",
  "secretAccessKey",
  "sessionToken",
  "policy",
]);

function principalOf(entry: Json, wrong: (what: string) => never): ApiPrincipal {
  if (!isObject(entry)) return wrong("no object");
  if (Object.keys(entry).some((field) => !fields.has(field)))
    return wrong(`a field that is none of ${[...fields].join(", ")}`);
  const text = (field: string): string => {
    const value = textOf(entry[field]);
    return value === undefined || value === "" || /\s/.test(value) ? wrong(`no ${field}`) : value;
  };
  const identity = identityOf(text("arn")) ?? wrong("an arn of neither a role, a role's session nor a user");
  const accessKeyId = text("accessKeyId");
  if (!/^\w+$/.test(accessKeyId)) return wrong("an accessKeyId that is not of letters and digits");
  return {
    ...identity,
    accessKeyId,
    secretAccessKey: text("secretAccessKey"),
    ...(entry.sessionToken !== undefined && { sessionToken: text("sessionToken") }),
    policies: [identityPolicy(entry.policy, identity.arn)],
  };
}

/** A role is always called as in one of its sessions; one that the file leaves unnamed is called `local`. */
function identityOf(arn: string): (Principal & Pick<ApiPrincipal, "userId">) | undefined {
  const [, account, kind, path = "", name = "", session = "local"] =
    /^arn:aws:iam::(\d{12}):(role|user)\/((?:[^/*?]+\/)*)([^/*?]+)$/.exec(arn) ??
    /^arn:aws:sts::(\d{12}):(assumed-role)\/()([^/*?]+)\/([^/*?]+)$/.exec(arn) ??
    [];
  if (account === undefined) return undefined;
  if (kind === "user") return { arn, sessionArn: arn, account, userId: uniqueId("AIDA", arn) };
  const roleArn = `arn:aws:iam::${account}:role/${path}${name}`;
  return {
    arn: roleArn,
    sessionArn: `arn:aws:sts::${account}:assumed-role/${name}/${session}`,
    account,
    userId: `${uniqueId("AROA", roleArn)}:${session}`,
  };
}

const uniqueId = (kind: string, arn: string): string =>
  kind + createHash("sha256").update(arn).digest("hex").slice(0, 17).toUpperCase();

/** Writes two principals for people to try, with keys of this run alone: one that may only look, and one that may do all. */
export function writePrincipals(
  file: string,
  routes: readonly ApiRoute[],
  looks: (functionName: string) => boolean,
): void {
  const role = (name: string, allowed: readonly ApiRoute[]): JsonObject => ({
    arn: `arn:aws:iam::${local.account}:role/${name}`,
    ...newCredentials(),
    policy: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: "execute-api:Invoke",
          Resource: allowed.map(({ key }) => routeArnPattern(key)),
        },
      ],
    },
  });
  const signed = routes.filter(({ authorization }) => authorization === "AWS_IAM");
  const principals = [
    role(
      "may-read",
      signed.filter(({ functionName }) => looks(functionName)),
    ),
    role("may-change", signed),
  ];
  writeWhole(file, `${JSON.stringify(principals, null, 2)}\n`);
}

const apiArn = `arn:aws:execute-api:${local.region}:${local.account}:${local.apiId}/${local.stage}`;

/** What a policy allows so that somebody may call the route `GET /v1/records/{id}`. */
function routeArnPattern(key: string): string {
  const [method = "", path = "/*"] = key === "$default" ? ["ANY"] : key.split(" ");
  return `${apiArn}/${method === "ANY" ? "*" : method}${path.replace(/\{[^}]+\}/g, "*")}`;
}

/** What a request asks to be allowed to invoke. */
export const requestArn = (method: string, path: string): string => `${apiArn}/${method}${path}`;
