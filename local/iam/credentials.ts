import { randomBytes } from "node:crypto";
import type { LambdaFunction } from "../assembly.ts";
import { local } from "../intrinsics.ts";
import type { Role } from "./permissions.ts";
import type { Policy, Principal } from "./policy.ts";
import type { Credentials } from "./signature.ts";

/** A function's process as the stores see it: its role's policies, and credentials of its own. */
export interface FunctionIdentity extends Principal, Required<Credentials> {
  readonly functionName: string;
  readonly policies: readonly Policy[];
}

/** Credentials such as STS gives them, of this run alone. */
export const newCredentials = (): Required<Credentials> => ({
  accessKeyId: `ASIA${randomLetters(16)}`,
  secretAccessKey: randomBytes(30).toString("base64"),
  sessionToken: randomBytes(96).toString("base64"),
});

/** One for each function, by its name; each has credentials of its own. */
export function functionIdentities(
  functions: readonly LambdaFunction[],
  credentials: ReadonlyMap<string, Required<Credentials>>,
): ReadonlyMap<string, FunctionIdentity> {
  return new Map(
    functions.map(({ name, role = noRole }) => {
      const own = credentials.get(name);
      if (own === undefined) throw new Error(`${name} has no credentials`);
      const { arn, policies } = role;
      const sessionArn = `arn:aws:sts::${local.account}:assumed-role/${role.name}/${name}`;
      return [name, { ...own, functionName: name, account: local.account, arn, sessionArn, policies }];
    }),
  );
}

const noRole: Role = {
  name: "none",
  arn: `arn:aws:iam::${local.account}:role/none`,
  policies: [],
  trusts: [],
};

/** Of the alphabet that access key ids have. */
function randomLetters(count: number): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return Array.from(randomBytes(count), (byte) => alphabet[byte % alphabet.length]).join("");
}
