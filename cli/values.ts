import { readFileSync } from "node:fs";
import type { Field, Operation } from "./catalogue.ts";
import { wrongInput } from "./exit.ts";
import type { Io } from "./io.ts";
import { didYouMean } from "./suggest.ts";

/** Values of fields by name, as the gateway takes them. */
export type Input = Readonly<Record<string, string | number | boolean>>;

/**
 * Reads `field=value` arguments. `@file` is what the file holds, `@-` what standard input holds, `@@` begins a text with one @:
 * an MPIN or a token then is in no list of processes and no history.
 *
 * @throws Stopped `wrongInput` for an argument without `=`, a field that is unknown, missing or given twice, or a wrong kind
 */
export async function inputOf(args: readonly string[], operation: Operation, io: Io): Promise<Input> {
  const { name, fields } = operation;
  const known = fields.map((field) => field.name);
  const input: Record<string, string | number | boolean> = {};
  for (const arg of args) {
    const [, given, value] = /^([^=]+)=(.*)$/s.exec(arg) ?? [];
    if (given === undefined || value === undefined)
      throw wrongInput(`"${arg}" is no field: give each as name=value.`);
    const field = fields.find((each) => each.name === given);
    if (!field)
      throw wrongInput(
        `${name} has no field "${given}"${didYouMean(given, known) || `: it has ${known.join(", ") || "none"}.`}`,
      );
    if (Object.hasOwn(input, given)) throw wrongInput(`The field ${given} is given twice.`);
    input[given] = typed(field, await textOf(value, given, io));
  }
  const missing = fields.filter((field) => field.isRequired && !Object.hasOwn(input, field.name));
  if (missing.length > 0)
    throw wrongInput(`${name} needs ${missing.map((field) => `${field.name}=...`).join(" ")}.`);
  return input;
}

async function textOf(value: string, field: string, io: Io): Promise<string> {
  if (!value.startsWith("@")) return value;
  if (value.startsWith("@@")) return value.slice(1);
  if (value === "@-") return withoutLineEnd(await io.input());
  try {
    return withoutLineEnd(readFileSync(value.slice(1), "utf8"));
  } catch {
    throw wrongInput(`The file of ${field}, ${value.slice(1)}, cannot be read.`);
  }
}

const withoutLineEnd = (text: string): string => text.replace(/\r?\n$/, "");

function typed({ name, kind }: Field, value: string): string | number | boolean {
  if (kind === "text") return value;
  if (kind === "true or false" && (value === "true" || value === "false")) return value === "true";
  // A number that JSON would write in another form is refused by the gateway all the same.
  if (kind === "whole number" && /^-?\d{1,15}$/.test(value)) return Number(value);
  throw wrongInput(`${name} must be ${kind === "whole number" ? "a whole number" : kind}.`);
}
