import { ownPrincipal } from "../../local/iam/principals.ts";
import { local } from "../../local/intrinsics.ts";
import { isLoopback } from "./address.ts";
import type { Identity } from "./identity.ts";

/**
 * Who asks a local gateway that `npm start` serves with `AUTH=iam`: a principal of its own file. Undefined where the environment
 * does not say AUTH=iam, or the gateway is not on this machine.
 *
 * @throws CannotStart where the file of principals is wrong
 */
export function localIdentity(
  url: URL,
  environment: Readonly<Record<string, string | undefined>>,
): Identity | undefined {
  if (environment.AUTH !== "iam" || !isLoopback(url)) return undefined;
  return { region: local.region, credentials: ownPrincipal(environment) };
}
