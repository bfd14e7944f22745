/** The sandbox's own endpoints, `/sandbox/...`: for tests, not part of the wallet. */
import type { CallLog } from "./calls.ts";
import { type Armed, type FaultPlan, faults, isFaultName, secretFields } from "./faults.ts";
import type { Effect, Ledger } from "./ledger.ts";
import type { Json } from "./signature.ts";
import { operations } from "./wallet.ts";

export interface Controlled {
  readonly ledger: Ledger;
  readonly plan: FaultPlan;
  readonly calls: CallLog;
}

export interface ControlReply {
  readonly status: number;
  readonly body: unknown;
}

const ok = (body: unknown): ControlReply => ({ status: 200, body });
const bad = (message: string): ControlReply => ({ status: 400, body: { message } });

/** `merchantTransactionId` and the money are null for effects that move none. */
function ledgerLine(effect: Effect): Record<string, Json> {
  const { seq, at, kind } = effect;
  const money = "amountPaise" in effect ? effect : undefined;
  return {
    seq,
    at,
    kind,
    merchantTransactionId: money?.merchantTransactionId ?? null,
    transactionId: money?.transactionId ?? null,
    amountPaise: money?.amountPaise ?? null,
    from: money?.from ?? null,
    to: money?.to ?? null,
    customerId: "customerId" in effect ? effect.customerId : null,
  };
}

function showLedger(ledger: Ledger): ControlReply {
  return ok({
    effects: ledger.effects.map(ledgerLine),
    customers: ledger.customers.map(({ customerId, active, balance }) => ({
      customerId,
      active,
      balancePaise: String(balance),
    })),
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** `{ fault, path?, times?, match? }`; `times` is 1 unless told, `match` compares form fields. */
function armedFault(body: string): Armed | string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return "the body is not JSON";
  }
  if (!isRecord(value)) return "the body is not an object";
  const { fault, path, times = 1, match = {} } = value;
  if (!isFaultName(fault)) return `fault is not one of ${Object.keys(faults).join(", ")}`;
  if (typeof times !== "number" || !Number.isSafeInteger(times) || times < 1)
    return "times is not a number from 1";
  if (!isRecord(match)) return "match is not an object";
  const wanted: Record<string, string> = {};
  for (const [name, text] of Object.entries(match)) {
    if (secretFields.has(name)) return `match cannot look at ${name}`;
    if (typeof text !== "string") return `match.${name} is not a string`;
    wanted[name] = text;
  }
  if (path === undefined) return { fault, times, match: wanted };
  if (typeof path !== "string" || !operations.has(path))
    return `path is not one of ${[...operations.keys()].join(", ")}`;
  return { fault, times, match: wanted, path };
}

function arm(plan: FaultPlan, body: string): ControlReply {
  const armed = armedFault(body);
  if (typeof armed === "string") return bad(armed);
  plan.arm(armed);
  return ok({ armed: plan.armed });
}

function disarm(plan: FaultPlan): ControlReply {
  plan.disarm();
  return ok({ armed: [] });
}

/** Forgets customers, money, calls and faults. Sequence numbers and ids go on. */
function reset({ ledger, plan, calls }: Controlled): ControlReply {
  ledger.commit({ kind: "reset" });
  plan.disarm();
  calls.clear();
  return ok({ reset: true });
}

export function control(route: string, body: string, sandbox: Controlled): ControlReply {
  const { ledger, plan, calls } = sandbox;
  switch (route) {
    case "GET /sandbox/faults":
      return ok({ faults, armed: plan.armed });
    case "POST /sandbox/faults":
      return arm(plan, body);
    case "DELETE /sandbox/faults":
      return disarm(plan);
    case "GET /sandbox/ledger":
      return showLedger(ledger);
    case "GET /sandbox/calls":
      return ok({ total: calls.total, calls: calls.calls });
    case "POST /sandbox/reset":
      return reset(sandbox);
    default:
      return { status: 404, body: { message: `the sandbox has no ${route}` } };
  }
}
