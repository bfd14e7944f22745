import { randomUUID } from "node:crypto";
import { Command } from "commander";
import { type Described, expectedOf } from "../../client/src/answer.ts";
import { operations } from "../../client/src/contract.ts";
import { curlOf } from "../../local/curl.ts";
import type { Reply } from "../../ops/smoke/gateway.ts";
import { endingOf, saysDoubt, tellReply } from "../answer.ts";
import { type AskOptions, asksGateway, gatewayOf, unlessUnsent } from "../ask.ts";
import type { Catalogue, Operation } from "../catalogue.ts";
import type { Ending } from "../exit.ts";
import { wrongInput } from "../exit.ts";
import type { Io } from "../io.ts";
import { catalogue, operationNamed } from "../known.ts";
import type { Run } from "../run.ts";
import { isObject, type JsonObject, jsonOf, shown, table } from "../shown.ts";
import { untilKnown } from "../until-known.ts";
import { inputOf } from "../values.ts";
import { wholeNumber } from "../whole-number.ts";

interface CallOptions extends AskOptions {
  readonly key?: string;
  readonly body?: string;
  readonly untilKnown?: true;
  readonly for: number;
  readonly curl?: true;
  readonly fields?: true;
}

/** `gw call`: any operation, by its name and fields. */
export const callCommand = (run: Run): Command =>
  asksGateway(new Command("call"))
    .description("calls an operation; without a name it lists all of them")
    .argument("[operation]", "aggrepay/debit-wallet, or debit-wallet where one provider alone has it")
    .argument("[field=value...]", "@file is what a file holds, @- what standard input holds")
    .option("--fields", "lists the operation's fields, and sends nothing")
    .option("--until-known", "repeats the same request until its outcome is known")
    .option("--for <seconds>", "how long --until-known repeats", wholeNumber("--for", 1, 86_400), 900)
    .option("--key <key>", "the Idempotency-Key; where one is needed and none is given, it is made and told")
    .option("--body <json>", "the body as it is, in place of fields")
    .option("--curl", "prints the call as curl, and sends nothing")
    .addHelpText(
      "after",
      `
Examples:
  gw call debit-wallet fromCustomerId=991000017 amount=120.50 mpin=@mpin.txt merchantTransactionId=order-1 --until-known
  gw call registration-otp email=asha@example.com mobileNumber=+919900261104 --key signup-17
  gw call debit-wallet --fields
  gw call fetch-balance customerId=991000017 --url https://pay.example.com --profile shop --json`,
    )
    .action((name: string | undefined, fields: string[], options: CallOptions) =>
      run((io) => call(name, fields, options, io)),
    );

async function call(
  name: string | undefined,
  args: readonly string[],
  options: CallOptions,
  io: Io,
): Promise<Ending> {
  const known = catalogue();
  if (name === undefined) return list(known, options, io);
  const operation = operationNamed(name, known);
  if (options.fields) return listFields(operation, options, io);
  const input = await given(args, options, operation, io);
  const key = keyOf(operation, input, options, io);
  const request = requestOf(operation, input, key, options.body);
  const asked = await gatewayOf(options, io);
  if (options.curl) {
    for (const line of curlOf(asked.url, request).split("\n")) io.out(line);
    return "done";
  }
  const expected = expectedOf(rowOf(operation), input, key);
  const send = () =>
    asked.send(request).catch((error: unknown) => {
      throw expected.isChange ? unlessUnsent(error, goOn(operation, key)) : error;
    });
  if (options.untilKnown) {
    const { reply, ends } = await untilKnown({ seconds: options.for, expected, send, tell: io.err });
    return told(reply, ends);
  }
  const reply = await send();
  return told(reply, endingOf(reply, expected));

  function told(reply: Reply, ends: Ending): Ending {
    tellReply(reply, expected, io, options.json === true);
    if (ends === "inDoubt" && expected.isChange && !saysDoubt(reply, expected)) io.err(goOn(operation, key));
    return ends;
  }
}

/** The operation as the contract describes its answers. */
function rowOf({ method, path, name }: Operation): Described {
  const found = Object.values(operations).find((row) => row.method === method && row.path === path);
  if (found === undefined) throw new Error(`the contract has no ${name}`);
  return found;
}

/** How to go on where it is not known what became of a change. */
function goOn({ identity: { fields: [field] = [] } }: Operation, key: string | undefined): string {
  const same = field === undefined ? `--key ${key}` : `the same ${field}`;
  return `The request may have been carried out: repeat it as it is, with ${same}, and its record tells. Use no other identity meanwhile.`;
}

/** The fields that are given, one by one or as a body. */
async function given(
  args: readonly string[],
  { body }: CallOptions,
  operation: Operation,
  io: Io,
): Promise<JsonObject> {
  if (body === undefined) return inputOf(args, operation, io);
  if (args.length > 0) throw wrongInput("Give fields or --body, not both.");
  const parsed = jsonOf(body);
  if (!isObject(parsed)) throw wrongInput("--body must be a JSON object.");
  return parsed;
}

/** A key of its own, where that is the identity and none is given; told, so that the same request can be repeated. */
function keyOf(
  { identity: { by, when } }: Operation,
  input: JsonObject,
  { key }: CallOptions,
  io: Io,
): string | undefined {
  const isNeeded = by === "idempotency-key" && (when === undefined || Object.hasOwn(input, when));
  if (key !== undefined || !isNeeded) return key;
  const made = randomUUID();
  io.err(`Idempotency-Key ${made}: repeat the same request with --key ${made}`);
  return made;
}

function requestOf(
  { method, path, fields }: Operation,
  input: JsonObject,
  key: string | undefined,
  body: string | undefined,
) {
  const inPath = fields.filter(({ name }) => path.includes(`{${name}}`)).map(({ name }) => name);
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(shown(input[name])));
  const rest = Object.fromEntries(Object.entries(input).filter(([name]) => !inPath.includes(name)));
  return {
    method,
    path: filled,
    ...(method === "POST" && { body: body ?? JSON.stringify(rest), contentType: "application/json" }),
    ...(key !== undefined && { headers: { "idempotency-key": key } }),
    asksProvider: true,
  };
}

function list({ operations }: Catalogue, { json }: CallOptions, io: Io): Ending {
  if (json) io.out(JSON.stringify(operations));
  else
    for (const line of table(operations.map(({ name, summary }) => ({ operation: name, summary }))))
      io.out(line);
  return "done";
}

function identityTold({ by, fields = [], when }: Operation["identity"]): string {
  if (by === "none") return "none: repeat it freely";
  if (by !== "idempotency-key")
    return `${fields.join(", ")}: the same request again is answered from its record`;
  return `the Idempotency-Key (--key)${when === undefined ? "" : `, needed with ${when} alone`}`;
}

function listFields(operation: Operation, { json }: CallOptions, io: Io): Ending {
  if (json) {
    io.out(JSON.stringify(operation));
    return "done";
  }
  const { name, summary, fields, identity } = operation;
  io.out(`${io.paint("bold", name)}  ${summary}`);
  const rows = fields.map(({ name: field, isRequired, kind, meaning }) => ({
    field,
    needed: isRequired ? "required" : "may be left out",
    kind,
    meaning,
  }));
  for (const line of table(rows)) io.out(line);
  io.out(`identity: ${identityTold(identity)}`);
  return "done";
}
