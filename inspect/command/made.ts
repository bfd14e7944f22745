import * as registry from "../../functions/operations.ts";
import { readConfig } from "../../lib/config.ts";
import { type InputSchema, readInput } from "../../lib/operation/body.ts";
import { Problem } from "../../lib/problem.ts";
import { baseUrlVariable, providerNames } from "../../lib/providers/index.ts";
import type { Circumstances } from "../../lib/providers/provider.ts";
import { uniqueId } from "../../lib/runtime.ts";
import type { SecretName } from "../../lib/secrets/names.ts";
import { Secret } from "../../lib/secrets/secret.ts";
import type { SecretValue } from "../../lib/secrets/secrets.ts";
import type { WireRequest } from "../../lib/transport.ts";
import { CannotInspect } from "../finding.ts";
import type { Given } from "../pasted.ts";

/** An operation as far as it makes a signed request, whatever its types. */
interface Calling {
  readonly name: string;
  readonly input: InputSchema<object>;
  readonly provider: {
    readonly name: SecretName;
    sign(call: unknown, secret: SecretValue, circumstances: Circumstances): WireRequest;
  };
  sends(input: object, circumstances: Circumstances): unknown;
}

const calling = (operation: object): boolean => "sends" in operation && "provider" in operation;
const operations = Object.values(registry).filter(calling) as unknown as readonly Calling[];

/** The operations of which a request can be made. */
export const operationNames: readonly string[] = operations.map(({ name }) => name);

/**
 * The request that the gateway would send for a caller's input, signed with this secret by the code that signs all requests.
 * @param now Milliseconds since 1970: the moment that the request names.
 * @throws CannotInspect where the operation is unknown, or the input or the secret is refused; no value is quoted.
 */
export function requestOf(
  name: string,
  input: Readonly<Record<string, unknown>>,
  secret: Readonly<Record<string, unknown>>,
  now: number,
): Given {
  const operation = operations.find((each) => each.name === name);
  if (!operation) throw new CannotInspect(`No operation "${name}" calls a provider.`);
  try {
    const { userToken, ...others } = input;
    const isDeactivation = name === "nicepay/deactivate-account-binding";
    const posted = {
      headers: { "content-type": "application/json" },
      body: JSON.stringify(isDeactivation ? others : input),
      isBase64Encoded: false,
    };
    // A deactivation takes its token from the record; here it is given.
    const opened = { secret: new Secret(String(userToken ?? "")), agrees: () => undefined };
    const circumstances = { config, now, uniqueId, ...(isDeactivation && { opened }) };
    const call = operation.sends(readInput(posted, operation.input), circumstances);
    const value = { name: operation.provider.name, json: secret };
    const { headers, body } = operation.provider.sign(call, value, circumstances);
    return { headers, body };
  } catch (error) {
    if (error instanceof Problem) throw new CannotInspect(`${error.message}`);
    if (error instanceof TypeError) throw new CannotInspect(`The secret cannot sign: ${error.message}.`);
    throw error;
  }
}

/** Nothing is sent: the addresses are nobody's, and the times are those of no request. */
const config = readConfig({
  PROVIDER_TIMEOUT_MS: "1000",
  FUNCTION_TIMEOUT_MS: "8000",
  LEASE_MS: "9000",
  QUIET_PERIOD_MS: "1000",
  WEBHOOK_BASE_URL: "https://gateway.invalid",
  ...Object.fromEntries(providerNames.map((name) => [baseUrlVariable(name), "https://provider.invalid"])),
});
