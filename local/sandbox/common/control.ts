/** The endpoints that every sandbox has beside its provider's, `/sandbox/...`: for tests. */
import type { CallLog } from "./calls.ts";
import type { Armed, FaultPlan } from "./faults.ts";
import { isRecord } from "./json.ts";

export interface Controlled<Name extends string> {
  /** Every fault and what it does. */
  readonly faults: Readonly<Record<Name, string>>;
  readonly plan: FaultPlan<Name>;
  readonly calls: CallLog;
  /** The paths that a fault can be armed for. */
  readonly paths: readonly string[];
  /** Values that are never shown, searched for markers or matched. */
  readonly secretFields: ReadonlySet<string>;
  /** What GET /sandbox/ledger shows, where there is a ledger. */
  ledger?(): unknown;
  /** Forgets the provider's own state. */
  forget(): void;
}

export interface ControlReply {
  readonly status: number;
  readonly body: unknown;
}

export const ok = (body: unknown): ControlReply => ({ status: 200, body });
export const bad = (message: string): ControlReply => ({ status: 400, body: { message } });

/** `{ fault, path?, times?, match? }`; `times` is 1 unless told, `match` compares the call's fields. */
function armedFault<Name extends string>(body: string, sandbox: Controlled<Name>): Armed<Name> | string {
  const { faults, paths, secretFields } = sandbox;
  const isFault = (name: unknown): name is Name => typeof name === "string" && Object.hasOwn(faults, name);
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return "the body is not JSON";
  }
  if (!isRecord(value)) return "the body is not an object";
  const { fault, path, times = 1, match = {} } = value;
  if (!isFault(fault)) return `fault is not one of ${Object.keys(faults).join(", ")}`;
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
  if (typeof path !== "string" || !paths.includes(path)) return `path is not one of ${paths.join(", ")}`;
  return { fault, times, match: wanted, path };
}

function arm<Name extends string>(body: string, sandbox: Controlled<Name>): ControlReply {
  const armed = armedFault(body, sandbox);
  if (typeof armed === "string") return bad(armed);
  sandbox.plan.arm(armed);
  return ok({ armed: sandbox.plan.armed });
}

export function control<Name extends string>(
  route: string,
  body: string,
  sandbox: Controlled<Name>,
): ControlReply {
  const { faults, plan, calls, ledger } = sandbox;
  switch (route) {
    case "GET /sandbox/faults":
      return ok({ faults, armed: plan.armed });
    case "POST /sandbox/faults":
      return arm(body, sandbox);
    case "DELETE /sandbox/faults":
      plan.disarm();
      return ok({ armed: [] });
    case "GET /sandbox/calls":
      return ok({ total: calls.total, calls: calls.calls });
    case "POST /sandbox/reset":
      sandbox.forget();
      plan.disarm();
      calls.clear();
      return ok({ reset: true });
    default:
      if (route === "GET /sandbox/ledger" && ledger !== undefined) return ok(ledger());
      return { status: 404, body: { message: `the sandbox has no ${route}` } };
  }
}
