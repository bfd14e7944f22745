import { local } from "../intrinsics.ts";
import { writeWhole } from "../write-whole.ts";
import type { FunctionIdentity } from "./credentials.ts";
import { identityPolicy } from "./policy.ts";
import type { Credentials } from "./signature.ts";

/** The person who runs the host and looks at the table with a tool of AWS: may do everything with it. */
export function personIdentity(credentials: Required<Credentials>): FunctionIdentity {
  const name = "local-person";
  const arn = `arn:aws:iam::${local.account}:role/${name}`;
  const keyUse = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"];
  const policy = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: ["dynamodb:*", ...keyUse], Resource: "*" }],
  };
  return {
    ...credentials,
    functionName: name,
    account: local.account,
    arn,
    sessionArn: `arn:aws:sts::${local.account}:assumed-role/${name}/local`,
    policies: [identityPolicy(policy, name)],
  };
}

/** In the form of `AWS_SHARED_CREDENTIALS_FILE`, which every tool and SDK of AWS reads. */
export function writeCredentialsFile(file: string, credentials: Required<Credentials>): void {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const lines = [
    "[default]",
    `region = ${local.region}`,
    `aws_access_key_id = ${accessKeyId}`,
    `aws_secret_access_key = ${secretAccessKey}`,
    `aws_session_token = ${sessionToken}`,
  ];
  writeWhole(file, `${lines.join("\n")}\n`);
}
