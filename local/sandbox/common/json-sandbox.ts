/** The sandbox of a provider that takes and gives JSON: everything but what its calls mean. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { CallLog, type ReceivedCall } from "./calls.ts";
import type { Controlled } from "./control.ts";
import { send, sendSpoiled, type Written } from "./delivery.ts";
import {
  type Call,
  descriptionsOf,
  type Fault,
  FaultPlan,
  type Fields,
  lateMs,
  type Mark,
  markerReader,
  namesOf,
  type WireAnswer,
} from "./faults.ts";
import { isJson } from "./http.ts";
import { type JsonObject, objectIn } from "./json.ts";
import { type Incoming, type Sandbox, startSandbox } from "./server.ts";

/** A call as it came in. `raw` is the body as sent, for signatures that cover its bytes. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly raw: string;
  readonly body: JsonObject;
  readonly at: number;
}

export interface Reply {
  readonly status: number;
  readonly body: JsonObject;
}

export interface Outcome extends Reply {
  /** "success", the provider's error code or "HTTP 4xx". */
  readonly verdict: string;
  /** The ledger's number of the effect that the call had. */
  readonly effect?: number;
}

/** `altered` answers something made of the honest reply, which is empty where the call was not run. */
export type JsonAnswer =
  | WireAnswer
  | { readonly kind: "honest" }
  | { readonly kind: "altered"; readonly alter: (reply: Reply, received: Received) => Reply };

export type JsonFault = Fault<JsonAnswer>;

/** One call of the provider. */
export interface Operation<Name extends string> {
  /** The fields that the document names. */
  readonly documented: readonly string[];
  /** What of the body is looked at for fields and markers: all of it unless told. */
  open?(body: JsonObject): JsonObject;
  /** The markers of this call where they travel in another one's text: `sandbox.<stage>.<fault>`. */
  readonly stage?: string;
  /** The fields of that other call, which this one brings with it. */
  carried?(body: JsonObject): JsonObject;
  /** Whether the credentials are right. */
  isSigned(received: Received): boolean;
  run(received: Received, fault: Name | undefined): Outcome | Promise<Outcome>;
}

export interface JsonSandbox<Name extends string> {
  /** For the error log: "PayU sandbox". */
  readonly name: string;
  readonly port: number | undefined;
  readonly clock: () => number;
  readonly faults: Readonly<Record<Name, JsonFault>>;
  readonly operations: ReadonlyMap<string, Operation<Name>>;
  /** Values that are never shown, searched for markers or matched. */
  readonly secretFields: readonly string[];
  /** The fields whose values the call log shows. */
  readonly shownFields: readonly string[];
  /** Pages and controls of this sandbox alone: true where it has answered. */
  page?(request: IncomingMessage, body: string, response: ServerResponse): Promise<boolean>;
  /** Paths that a person is sent to by pages of other sites. */
  readonly pages?: (path: string) => boolean;
  ledger?(): unknown;
  forget(): void;
  release(): void;
}

const written = ({ status, body }: Reply): Written => ({ status, text: JSON.stringify(body) });

export const refused = (code: string, body: JsonObject, status = 200): Outcome => ({
  status,
  body,
  verdict: code,
});

export const httpRefusal = (status: number, message: string): Outcome => ({
  status,
  body: { message },
  verdict: `HTTP ${status}`,
});

/** A fault that alters the honest reply to a successful call; a refused call keeps its refusal. */
export const altered = (description: string, alter: (body: JsonObject) => JsonObject): JsonFault => ({
  description,
  effect: "applied",
  answer: {
    kind: "altered",
    alter: ({ status, body }) => ({ status, body: alter(body) }),
  },
});

export async function startJsonSandbox<Name extends string>(sandbox: JsonSandbox<Name>): Promise<Sandbox> {
  const { clock, faults, operations } = sandbox;
  const secretFields = new Set(sandbox.secretFields);
  const plan = new FaultPlan(marksOf(sandbox, secretFields));
  const calls = new CallLog(sandbox.shownFields);
  const controlled: Controlled<Name> = {
    faults: descriptionsOf(faults),
    plan,
    calls,
    paths: [...operations.keys()],
    secretFields,
    ...(sandbox.ledger === undefined ? {} : { ledger: sandbox.ledger }),
    forget: sandbox.forget,
  };

  async function receive(incoming: Incoming<Operation<Name>, JsonObject>): Promise<void> {
    const { path, operation, request, raw, body, response, later } = incoming;
    const received = { headers: request.headers, raw, body, at: clock() };
    const fields = fieldsOf(operation.open?.(received.body) ?? received.body);
    const carried = fieldsOf(operation.carried?.(received.body) ?? {});
    const name = plan.take({ path, fields: new Map([...carried, ...fields]) });
    const call = calls.add(
      {
        at: received.at,
        path,
        verdict: "not run",
        headers: Object.keys(received.headers),
        fault: name ?? null,
        signed: operation.isSigned(received),
        undocumented: [...fields.keys()].filter((field) => !operation.documented.includes(field)),
      },
      fields,
    );
    if (name === undefined) {
      send(response, written(await run(operation, received, call, name)));
      return;
    }
    const { effect, answer } = faults[name];
    if (effect === "late") {
      const fail = (error: unknown) => console.error(`${sandbox.name}:`, error);
      later(lateMs, () => void run(operation, received, call, name).catch(fail));
    }
    const reply =
      effect === "applied" ? await run(operation, received, call, name) : { status: 200, body: {} };
    if (answer.kind === "honest") send(response, written(reply));
    else if (answer.kind === "altered") {
      const honest = call.verdict === "success" || call.verdict === "not run";
      send(response, written(honest ? answer.alter(reply, received) : reply));
    } else sendSpoiled(response, answer, written(reply), later);
  }

  async function run(
    operation: Operation<Name>,
    received: Received,
    call: ReceivedCall,
    fault: Name | undefined,
  ): Promise<Reply> {
    const { verdict, effect, ...reply } = await operation.run(received, fault);
    call.verdict = verdict;
    call.effect = effect ?? null;
    return reply;
  }

  return startSandbox({
    ...sandbox,
    controlled,
    find(path) {
      const operation = operations.get(path);
      return operation && { path, operation };
    },
    isOfItsType: isJson,
    read: objectIn,
    receive,
  });
}

/** Every member as text; what is neither text, number nor boolean is there, yet has no text to show. */
function fieldsOf(body: JsonObject): Fields {
  return new Map(
    Object.entries(body).map(([name, value]) => [
      name,
      value === null || typeof value === "object" ? "" : String(value),
    ]),
  );
}

function marksOf<Name extends string>(
  { faults, operations }: JsonSandbox<Name>,
  secretFields: ReadonlySet<string>,
): (call: Call) => readonly Mark<Name>[] {
  const stages = [...operations.values()].flatMap(({ stage }) => stage ?? []);
  const markersIn = markerReader(namesOf(faults), stages);
  return ({ path, fields }) => {
    const own = operations.get(path)?.stage;
    return [...fields]
      .filter(([name]) => !secretFields.has(name))
      .flatMap(([name, value]) =>
        markersIn(value)
          .filter(({ stage }) => stage === own)
          .map(({ fault, once }) => ({ fault, once, key: `${path} ${name} ${value}` })),
      );
  };
}
