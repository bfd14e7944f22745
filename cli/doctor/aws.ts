import { type Finding, failed, ok, warning } from "../../ops/smoke/finding.ts";
import type { Signing } from "../../ops/smoke/identity.ts";
import { signerOf } from "../../ops/smoke/signer.ts";
import { isObject, jsonOf } from "../shown.ts";
import type { Verdict } from "./machine.ts";

/** Whose credentials, and the stack that is looked at. */
export interface Account {
  readonly signing: Signing & { readonly region: string };
  readonly stack: string | undefined;
  /** The standard variable of AWS's SDKs, for another address than a service's own. */
  readonly endpoint: string | undefined;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function asked(
  { signing, endpoint }: Account,
  service: string,
  path: string,
  form?: URLSearchParams,
): Promise<Answer> {
  const url = new URL(path, endpoint || `https://${service}.${signing.region}.amazonaws.com`);
  const sign = await signerOf(url, signing, service);
  const method = form ? "POST" : "GET";
  const body = form?.toString();
  const headers = await sign(
    url,
    { method, path, signed: true, ...(body !== undefined && { body }) },
    {
      host: url.host,
      ...(form && { "content-type": "application/x-www-form-urlencoded" }),
    },
  );
  const reply = await fetch(url, {
    method,
    headers,
    ...(body !== undefined && { body }),
    signal: AbortSignal.timeout(10_000),
  });
  return { status: reply.status, text: await reply.text() };
}

const within = (text: string, tag: string): string | undefined =>
  new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(text)?.[1];

/** AWS's own code for a refusal, from XML or JSON; its message may quote the request. */
const refusedWith = ({ status, text }: Answer): string => {
  const json = jsonOf(text);
  const type = isObject(json) && typeof json.__type === "string" ? json.__type : undefined;
  return `HTTP ${status} ${within(text, "Code") ?? type ?? ""}`.trim();
};

async function look(check: string, run: () => Promise<Verdict>): Promise<Finding> {
  try {
    return { check, ...(await run()) };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : undefined;
    const code = cause && "code" in cause ? ` (${String(cause.code)})` : "";
    return { check, ...failed(`AWS does not answer${code}`) };
  }
}

/** Who asks, whether the stack is there and at rest, and whether the account has the concurrency that production keeps. */
export const accountChecks = (account: Account): Promise<readonly Finding[]> =>
  Promise.all([
    look("AWS identity", () => identity(account)),
    ...(account.stack === undefined
      ? []
      : [look(`stack ${account.stack}`, () => stackOf(account, account.stack ?? ""))]),
    look("Lambda quota", () => quota(account)),
  ]);

async function identity(account: Account): Promise<Verdict> {
  const form = new URLSearchParams({ Action: "GetCallerIdentity", Version: "2011-06-15" });
  const answer = await asked(account, "sts", "/", form);
  const arn = within(answer.text, "Arn");
  return answer.status === 200 && arn !== undefined ? ok(arn) : failed(refusedWith(answer));
}

async function stackOf(account: Account, name: string): Promise<Verdict> {
  const form = new URLSearchParams({ Action: "DescribeStacks", StackName: name, Version: "2010-05-15" });
  const answer = await asked(account, "cloudformation", "/", form);
  const status = within(answer.text, "StackStatus");
  if (answer.status !== 200 || status === undefined) return failed(refusedWith(answer));
  if (/^(?:CREATE|UPDATE)_COMPLETE$/.test(status)) return ok(status);
  return /_IN_PROGRESS$/.test(status)
    ? warning(status)
    : failed(`${status}: see docs/operations.md, Changing what runs`);
}

/** What the presets of production keep for two functions, and what Lambda keeps for all others (docs/configuration.md). */
const keptOfConcurrency = 10 + 8 + 100;

async function quota(account: Account): Promise<Verdict> {
  const answer = await asked(account, "lambda", "/2016-08-19/account-settings");
  const json = jsonOf(answer.text);
  const limit =
    isObject(json) && isObject(json.AccountLimit)
      ? Number(json.AccountLimit.ConcurrentExecutions)
      : Number.NaN;
  if (answer.status !== 200 || Number.isNaN(limit))
    return warning(`it cannot be read: ${refusedWith(answer)}`);
  return limit >= keptOfConcurrency
    ? ok(`${limit} functions at once`)
    : warning(
        `${limit} functions at once: ask for more, or set webhookConcurrency and reconcileConcurrency to none`,
      );
}
