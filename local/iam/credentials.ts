import { randomBytes } from "node:crypto";
import type { Application } from "../assembly.ts";
import { local } from "../intrinsics.ts";
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

/** One for each function of the template, by its name. */
export function functionIdentities({ functions }: Application): ReadonlyMap<string, FunctionIdentity> {
  return new Map(
    functions.map(({ name, role }) => {
      const {
        name: roleName,
        arn,
        policies,
      } = role ?? { ...noRole, arn: `arn:aws:iam::${local.account}:role/none` };
      const sessionArn = `arn:aws:sts::${local.account}:assumed-role/${roleName}/${name}`;
      return [
        name,
        { ...newCredentials(), functionName: name, account: local.account, arn, sessionArn, policies },
      ];
    }),
  );
}

const noRole = { name: "none", policies: [] };

/** Of the alphabet that access key ids have. */
function randomLetters(count: number): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return Array.from(randomBytes(count), (byte) => alphabet[byte % alphabet.length]).join("");
}
