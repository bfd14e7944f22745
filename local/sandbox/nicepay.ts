/**
 * The NICEPAY sandbox: registration and notification of a payloan account binding on 127.0.0.1, with a journal
 * that outlives a kill -9, a check of every field, and faults on demand.
 *
 *   GET  /sandbox/login?tk=...  the redirectUrlHttp of a registration: the user logs in, and dbProcessUrl is
 *                               notified, five times at most, until it answers 200. `&as=form` posts a form,
 *                               `&follow=1` ends with a redirect to callBackUrl.
 *   POST /sandbox/notify        {"referenceNo": "link-17", "as": "form", "times": 2, "userToken": "...",
 *                               "tXid": "...", "overrides": {"billingPhone": "+62811"}, "sign": "before"}:
 *                               notifications of any kind, forged ones too (nicepay/pages.ts)
 *
 * User detail and deactivation know the tokens of users who have logged in.
 *
 *   sandbox.<fault>             anywhere in a text field: "link-17.sandbox.timeout-after" as referenceNo
 *   sandbox.detail.<fault>      in a referenceNo: of user detail; sandbox.remove.<fault>: of the deactivation
 *   sandbox.once.<fault>        the same, for the first such call only
 *   POST /sandbox/faults        {"fault": "code-9002", "times": 2, "match": {"clientUserKey": "23124532"}}
 *   GET, DELETE /sandbox/faults, GET /sandbox/calls, GET /sandbox/ledger, POST /sandbox/reset
 */
import { join } from "node:path";
import {
  type Operation,
  type Outcome,
  type Received,
  refused,
  startJsonSandbox,
} from "./common/json-sandbox.ts";
import type { SandboxOptions } from "./common/options.ts";
import type { Sandbox } from "./common/server.ts";
import { type Binding, Bindings, type Entry, userTokenOf } from "./nicepay/bindings.ts";
import { type NicepayFault, table } from "./nicepay/faults.ts";
import { Notifier } from "./nicepay/notification.ts";
import { page } from "./nicepay/pages.ts";
import { credentialCode, documented, fieldCode, phoneForm, registrationOf } from "./nicepay/registration.ts";
import { errorReply, loginPath, type ResultCode, registeredReply } from "./nicepay/reply.ts";
import { merchantsOf } from "./nicepay/signature.ts";
import { detailReply, removedReply, tokenOperation } from "./nicepay/user-token.ts";

export type { Sandbox } from "./common/server.ts";
export { type NicepayFault, nicepayFaults } from "./nicepay/faults.ts";

/** What the sandbox accepts where nobody has a secret of his own: the provider's public test merchant. */
export const nicepaySandboxSecret = {
  iMid: "IONPAYTEST",
  merchantKey: "33F49GnCMS1mFYlGXisbUDzVf2ATWCl9k3R++d5hDd3Frmuos/XLx8XhXpe+LDYAbpGKZYSwtlyyLOtS/8aD7A==",
} as const;

const path = "/nicepay/v2/userAccountBinding";
const detailPath = "/nicepay/direct/v2/user-details";
const removePath = "/nicepay/direct/v2/remove-token";

/** The faults whose user is faster than the answer to the registration. */
const notifiesFirst: ReadonlySet<NicepayFault | undefined> = new Set<NicepayFault>([
  "notify-first",
  "notify-timeout",
  "notify-refused",
  "notify-other-txid",
]);

export async function startNicepaySandbox(options: SandboxOptions): Promise<Sandbox> {
  const clock = options.clock ?? Date.now;
  const merchants = () => merchantsOf(options.secrets());
  const bindings = new Bindings(join(options.dataDir, "nicepay-sandbox.jsonl"), clock);
  const notifier = new Notifier(bindings, merchants);
  let url = "";

  async function register({ body, at }: Received, fault: NicepayFault | undefined): Promise<Outcome> {
    const refuse = (code: ResultCode) => refused(code, errorReply(code));
    const wrong = credentialCode(body, merchants()) ?? fieldCode(body, at, phoneForm(options.secrets()));
    if (wrong !== undefined) return refuse(wrong);
    if (bindings.binding(String(body.referenceNo)) !== undefined) return refuse("9009");
    const registration = registrationOf(body, bindings.nextTxid(String(body.iMid), at));
    const { seq } = bindings.commit({ kind: "register", ...registration });
    if (notifiesFirst.has(fault)) await notifier.login(registration.referenceNo, "json");
    return { status: 200, body: registeredReply(registration, at, url), verdict: "success", effect: seq };
  }

  const registration: Operation<NicepayFault> = {
    documented,
    isSigned: ({ body }) => credentialCode(body, merchants()) === undefined,
    run: register,
  };

  const detail = tokenOperation(
    {
      stage: "detail",
      signs: ["iMid", "userToken"],
      run: (binding) => ({ status: 200, body: detailReply(binding), verdict: "success" }),
    },
    bindings,
    merchants,
  );
  const remove = tokenOperation(
    {
      stage: "remove",
      signs: ["timeStamp", "iMid", "userToken"],
      run({ registration }) {
        const { seq } = bindings.commit({ kind: "revoke", referenceNo: registration.referenceNo });
        const body = removedReply(userTokenOf(registration));
        return { status: 200, body, verdict: "success", effect: seq };
      },
    },
    bindings,
    merchants,
  );

  const sandbox = await startJsonSandbox({
    name: "NICEPAY sandbox",
    port: options.port,
    clock,
    faults: table,
    operations: new Map([
      [path, registration],
      [detailPath, detail],
      [removePath, remove],
    ]),
    secretFields: ["merchantToken", "userToken"],
    shownFields: [
      "iMid",
      "timeStamp",
      "referenceNo",
      "payMethod",
      "mitraCd",
      "dbProcessUrl",
      "clientUserKey",
    ],
    pages: (path) => path === loginPath,
    page: (request, body, response) => page(request, body, response, { bindings, notifier, merchants }),
    ledger: () => ({
      effects: bindings.entries.map(effectLine),
      bindings: bindings.bindings.map(bindingLine),
    }),
    // Sequence numbers and tXids go on.
    forget: () => bindings.commit({ kind: "reset" }),
    release: () => {
      notifier.close();
      bindings.close();
    },
  });
  url = sandbox.url;
  notifier.resume();
  return sandbox;
}

const effectLine = (entry: Entry) => ({
  seq: entry.seq,
  at: entry.at,
  kind: entry.kind,
  referenceNo: "referenceNo" in entry ? entry.referenceNo : null,
  status: "status" in entry ? entry.status : null,
});

/** Without names, phone numbers and tokens. */
const bindingLine = ({ registration, as, answers, isRevoked }: Binding) => ({
  referenceNo: registration.referenceNo,
  tXid: registration.tXid,
  mitraCd: registration.mitraCd,
  clientUserKey: registration.clientUserKey,
  loggedIn: as !== undefined,
  answers,
  revoked: isRevoked,
});
