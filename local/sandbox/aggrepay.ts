/**
 * The AggrePay sandbox: the semi-closed wallet of "AggrePay Wallet API v1.0" on 127.0.0.1, with a ledger
 * that outlives a kill -9, a check of every signature, and faults on demand.
 *
 * Every OTP is 123456. An amount of more than 1 crore a day or 5 crore a month passes a limit; a
 * pg_transaction_id that starts with "missing-" is not found; every other one is.
 *
 * A fault is asked for in one of three ways (what each one does: `faults`, or GET /sandbox/faults):
 *
 *   sandbox.<fault>           anywhere in a text field: "order-17.sandbox.timeout-after" as
 *                             merchant_transaction_id, "Asha.sandbox.no-hash" as first_name. A marked
 *                             merchant_transaction_id does not spoil the inquiry and the reversal of it.
 *   sandbox.once.<fault>      the same, for the first such call only: the repeat meets an honest wallet
 *   sandbox.inquiry.<fault>   in a merchant_transaction_id: spoils fetchbymerchantransactionid of it
 *   sandbox.id-<form>         keeps the id of the transaction in that form (`kept-ids.ts`); one more fault may stand
 *                             beside it: "Order-17.sandbox.id-lower.sandbox.reset-after"
 *
 *   9900000NN                 customer ids that are always registered (MPIN 1234, 100000.00 rupees):
 *   9910000NN                 NN is the fault's place in the list, 01 being timeout-before. 990... spoils
 *                             the calls that change something and is honest to those that look; 991... (as
 *                             transaction_id, too) spoils those that look and is honest to changes.
 *   +9190000NNxxx             mobile numbers that do the same; xxx from 001 is free to be registered, 000 is
 *   +9191000NNxxx             the reserved customer's own
 *
 *   POST /sandbox/faults      {"fault": "reset-after", "path": "debitwallet", "times": 2,
 *                             "match": {"from_customer_id": "487420489"}}; `times` is 1 unless told
 *   DELETE /sandbox/faults    disarms them
 *
 * GET /sandbox/ledger shows every applied effect and every balance, GET /sandbox/calls what came in,
 * POST /sandbox/reset forgets all.
 */
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { allNull, send, sendSpoiled } from "./aggrepay/delivery.ts";
import {
  faultOf,
  faults,
  isIdForm,
  lateMs,
  marksOf,
  reservedFault,
  secretFields,
} from "./aggrepay/faults.ts";
import { idForms } from "./aggrepay/kept-ids.ts";
import { Ledger } from "./aggrepay/ledger.ts";
import type { Operation } from "./aggrepay/operation.ts";
import { shownFields } from "./aggrepay/shown-fields.ts";
import { shownLedger } from "./aggrepay/shown-ledger.ts";
import { authenticate, type Fields, type Secret } from "./aggrepay/signature.ts";
import { answer, operations, type Reply, undocumented } from "./aggrepay/wallet.ts";
import { CallLog, type ReceivedCall } from "./common/calls.ts";
import type { Controlled } from "./common/control.ts";
import { type Call, FaultPlan } from "./common/faults.ts";
import { type Incoming, type Sandbox, startSandbox } from "./common/server.ts";

export {
  type FaultName,
  faultNames,
  faults,
  reservedCustomerId,
  reservedMobile,
  type Side,
} from "./aggrepay/faults.ts";
export { reservedMpin } from "./aggrepay/ledger.ts";
export { dailyLimitPaise, monthlyLimitPaise } from "./aggrepay/limits.ts";
export { sandboxOtp } from "./aggrepay/registration.ts";
export type { Sandbox } from "./common/server.ts";

export interface SandboxOptions {
  /** 0, a free one, unless told. */
  readonly port?: number;
  /** The journal is `aggrepay-sandbox.jsonl` in here. One sandbox at a time. */
  readonly dataDir: string;
  /** The secrets that are live at this moment: two of them during a rotation. */
  readonly secrets: () => readonly Secret[];
  readonly clock?: () => number;
}

export async function startAggrepaySandbox(options: SandboxOptions): Promise<Sandbox> {
  const clock = options.clock ?? Date.now;
  const ledger = new Ledger(join(options.dataDir, "aggrepay-sandbox.jsonl"), clock);
  const plan = new FaultPlan(marksOf);
  const calls = new CallLog(shownFields);
  const controlled: Controlled<keyof typeof faults> = {
    faults,
    plan,
    calls,
    paths: [...operations.keys()],
    secretFields,
    ledger: () => shownLedger(ledger),
    // Sequence numbers and ids go on.
    forget: () => ledger.commit({ kind: "reset" }),
  };

  function receive({ path, operation, body: fields, response, later }: Incoming<Operation, Fields>): void {
    const { form, name } = faultsOf({ path, fields }, operation.changes(fields));
    const call = calls.add(
      {
        at: clock(),
        path,
        verdict: "not run",
        fault: [form, name].filter((each) => each !== undefined).join(" ") || null,
        signed: isSigned(fields, options.secrets()),
        undocumented: undocumented(operation, fields),
      },
      fields,
    );
    const keeps = form === undefined ? (id: string) => id : idForms[form].keeps;
    const run = () => ledger.keepingIds(keeps, () => runOperation(operation, fields, call));
    const met = name ?? form;
    if (met === undefined) {
      send(response, run());
      return;
    }
    const fault = faultOf(met);
    if (fault.effect === "late") later(lateMs, run);
    if (fault.answer.kind === "second") run();
    sendSpoiled(response, fault.answer, fault.effect === "applied" ? run() : allNull, later);
  }

  /** At most one that says how the id is kept, and one that spoils the answer. */
  function faultsOf(call: Call, changes: boolean) {
    const reserved = reservedFault(call.fields, changes);
    const form = plan.take(call, isIdForm) ?? reserved;
    const name = plan.take(call, (fault) => !isIdForm(fault)) ?? reserved;
    return {
      form: form !== undefined && isIdForm(form) ? form : undefined,
      name: name !== undefined && !isIdForm(name) ? name : undefined,
    };
  }

  function runOperation(operation: Operation, fields: Fields, call: ReceivedCall): Reply {
    const before = ledger.seq;
    const reply = answer(operation, fields, ledger, options.secrets());
    call.verdict = reply.error?.code ?? "success";
    if (ledger.seq > before) call.effect = ledger.seq;
    return reply;
  }

  return startSandbox({
    name: "AggrePay sandbox",
    port: options.port,
    clock,
    controlled,
    find(target) {
      const path = /^\/api\/v1\/([a-z]+)$/.exec(target)?.[1] ?? "";
      const operation = operations.get(path);
      return operation && { path, operation };
    },
    isOfItsType: isForm,
    read: (raw): Fields => new Map(new URLSearchParams(raw)),
    receive,
    release: () => ledger.close(),
  });
}

/** "You need to make sure you are doing a form post" (section 17.3). */
function isForm(request: IncomingMessage): boolean {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  return type === "application/x-www-form-urlencoded";
}

function isSigned(fields: Fields, secrets: readonly Secret[]): boolean {
  try {
    authenticate(fields, secrets);
    return true;
  } catch {
    return false;
  }
}
