/** `npm run notify`: a signed NICEPAY account-binding notification, for whoever tests the receiving side. */
import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { accountBindingToken } from "../lib/signing/index.ts";
import { nicepaySandboxSecret } from "./sandbox/nicepay.ts";

const help = `Usage: npm run notify -- --reference-no R --phone +62... --client-user-key K [options]

Makes the notification that NICEPAY sends after a user has bound an account, signs it and posts it.

  --reference-no R         as registered
  --phone P                billingPhone, exactly as registered: it is part of the signature
  --client-user-key K      as registered
  --user-token T           the user's payment token; a new one unless given
  --txid X                 as the registration's reply gave it; left out unless given
  --mitra M                mitraCd, KDVI unless given
  --name N                 billingNm, "Jhon Doe" unless given
  --email E                billingEmail; left out unless given
  --as json|form           json unless given
  --url U                  http://127.0.0.1:3000/webhooks/nicepay/account-binding unless given
  --i-mid I                the merchant; the sandbox's unless given
  --merchant-key-env NAME  the environment variable that holds the merchant key; the sandbox's key unless given
  --print                  prints the body instead of posting it: npm run -s notify -- ... --print | curl -d @- ...

Ends with 0 where the answer is 200, with 1 where it is not, with 2 where the options are wrong.
`;

/** A sentence for the reader instead of a stack. */
class Usage extends Error {}

interface Output {
  out(text: string): void;
  err(text: string): void;
}

type Environment = Readonly<Record<string, string | undefined>>;

interface Order {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly contentType: string;
  readonly body: string;
  readonly print: boolean;
}

function optionsOf(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        "reference-no": text,
        phone: text,
        "client-user-key": text,
        "user-token": text,
        txid: text,
        mitra: text,
        name: text,
        email: text,
        as: text,
        url: text,
        "i-mid": text,
        "merchant-key-env": text,
        print: flag,
        help: { ...flag, short: "h" },
      },
    }).values;
  } catch (error) {
    throw new Usage(error instanceof Error ? error.message : String(error));
  }
}

type Options = ReturnType<typeof optionsOf>;

function required(options: Options, name: "reference-no" | "phone" | "client-user-key"): string {
  const value = options[name];
  if (value === undefined || value === "") throw new Usage(`--${name} is missing.`);
  return value;
}

/** The key never comes from the command line, where other users and the shell's history would see it. */
function merchantOf(options: Options, environment: Environment) {
  const name = options["merchant-key-env"];
  const iMid = options["i-mid"] ?? nicepaySandboxSecret.iMid;
  if (name === undefined) {
    if (iMid === nicepaySandboxSecret.iMid) return nicepaySandboxSecret;
    throw new Usage(`--i-mid ${iMid} needs --merchant-key-env: only the sandbox's own key is known here.`);
  }
  const merchantKey = environment[name]?.trim() ?? "";
  if (merchantKey === "") throw new Usage(`The environment variable ${name} is empty or not set.`);
  return { iMid, merchantKey };
}

function orderOf(options: Options, environment: Environment): Order {
  const { as = "json", url = "http://127.0.0.1:3000/webhooks/nicepay/account-binding" } = options;
  const referenceNo = required(options, "reference-no");
  const billingPhone = required(options, "phone");
  const clientUserKey = required(options, "client-user-key");
  if (!/^\+62 ?\d+$/.test(billingPhone))
    throw new Usage(`--phone must be like +6282112345678, not "${billingPhone}".`);
  if (as !== "json" && as !== "form") throw new Usage(`--as must be json or form, not "${as}".`);
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ""))
    throw new Usage(`--url "${url}" is no http address.`);
  const { iMid, merchantKey } = merchantOf(options, environment);
  const fields = {
    merchantToken: accountBindingToken({ iMid, referenceNo, billingPhone }, merchantKey),
    iMid,
    ...(options.txid === undefined ? {} : { tXid: options.txid }),
    referenceNo,
    mitraCd: options.mitra ?? "KDVI",
    billingNm: options.name ?? "Jhon Doe",
    billingPhone,
    ...(options.email === undefined ? {} : { billingEmail: options.email }),
    userToken: options["user-token"] ?? randomUUID(),
    clientUserKey,
  };
  const json = as === "json";
  return {
    url,
    fields,
    contentType: json ? "application/json" : "application/x-www-form-urlencoded",
    body: json ? JSON.stringify(fields) : new URLSearchParams(fields).toString(),
    print: options.print === true,
  };
}

async function post({ url, contentType, body, fields }: Order, { out, err }: Output): Promise<number> {
  let response: Response;
  let answer: string;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "content-type": contentType },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(30_000),
    });
    answer = await response.text();
  } catch {
    err(`No answer from ${url}. Is the gateway running ("npm start")?\n`);
    return 1;
  }
  out(
    `${response.status} from ${url} for referenceNo ${fields.referenceNo}, userToken ${fields.userToken}\n`,
  );
  if (answer !== "") out(`${answer.trimEnd()}\n`);
  return response.status === 200 ? 0 : 1;
}

/** Gives the exit code. */
export async function notify(
  args: readonly string[],
  environment: Environment,
  output: Output,
): Promise<number> {
  try {
    const options = optionsOf(args);
    if (options.help === true) {
      output.out(help);
      return 0;
    }
    const order = orderOf(options, environment);
    if (!order.print) return await post(order, output);
    // The hint is beside the body, so that a pipe takes the body alone.
    output.err(`curl -H 'content-type: ${order.contentType}' --data-binary @- '${order.url}'\n`);
    output.out(`${order.body}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof Usage)) throw error;
    output.err(`${error.message}\nnpm run notify -- --help lists the options.\n`);
    return 2;
  }
}

if (import.meta.main) {
  process.exitCode = await notify(process.argv.slice(2), process.env, {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  });
}
