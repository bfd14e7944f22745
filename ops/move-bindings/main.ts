/** `npm run move-bindings`: one step after the deployment that gave bindings their keys of today. */
import { parseArgs } from "node:util";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { currentRing } from "../../lib/secrets/key-ring.ts";
import { secretsFrom } from "../../lib/secrets/secrets.ts";
import { systemClock } from "../../lib/time.ts";
import { moveBindings } from "./move.ts";

const help = `Usage: npm run move-bindings -- --table NAME --secret ARN [--profile NAME] [--region R] [--write]

Moves records of account bindings that a version before December 2026 wrote to their keys of today, and binds what was notified
since the deployment. It may be run again. Without --write it counts and changes nothing.

  --table NAME     the stack's table
  --secret ARN     the stack's GatewaySecretArn; only the principals in keyRingReaders may read it
  --write          moves them

Ends with 0 where nothing is left, with 1 where something is, which is listed, with 2 where the options are wrong.
`;

async function main(args: readonly string[]): Promise<number> {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { table: text, secret: text, profile: text, region: text, write: flag, help: flag },
  });
  const { table, secret, profile, region, write: writes = false } = values;
  if (values.help || table === undefined || secret === undefined) {
    process.stdout.write(help);
    return values.help ? 0 : 2;
  }
  const whose = { ...(profile !== undefined && { profile }), ...(region !== undefined && { region }) };
  const secrets = secretsFrom(new SecretsManagerClient(whose), () => secret, systemClock);
  const deployment = {
    client: new DynamoDBClient(whose),
    table,
    sealing: await currentRing(secrets, "sealingKeys"),
    fingerprints: await currentRing(secrets, "fingerprintKeys"),
    clock: systemClock,
  };
  const { moved, bound, left } = await moveBindings(deployment, { writes });
  process.stdout.write(
    `${writes ? "Moved" : "Would move"} ${moved}, bound ${bound}, left ${left.length}.\n${left.map((line) => `${line}\n`).join("")}`,
  );
  return left.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // The message alone: what an error of AWS holds besides may name what was sent.
  process.stderr.write(`${error instanceof Error ? error.message : "It failed."}\n${help}`);
  process.exitCode = 2;
}
