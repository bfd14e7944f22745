import { type Command, Option } from "commander";
import { addressOf, type Given, identityOf, isLoopback } from "../ops/smoke/address.ts";
import { type Gateway, openGateway, type Reply, Unanswered } from "../ops/smoke/gateway.ts";
import type { CallerRequest } from "../ops/smoke/identity.ts";
import { localIdentity } from "../ops/smoke/local-identity.ts";
import { Stopped } from "./exit.ts";
import type { Io } from "./io.ts";

/** How a command reaches a gateway. */
export interface AskOptions {
  readonly url: string;
  readonly profile?: string;
  readonly region?: string;
  readonly token?: string;
  readonly dataDir: string;
  readonly json?: true;
}

export const localUrl = "http://127.0.0.1:3000";

/** Adds the options of what asks a gateway. */
export const asksGateway = (command: Command): Command =>
  withDataDir(
    command
      .addOption(new Option("--url <url>", "the gateway: scheme and host").default(localUrl).env("GW_URL"))
      .option("--profile <name>", "whose AWS credentials sign the call (SigV4)")
      .option("--region <region>", "of the gateway, where neither its address nor the profile says it")
      .addOption(
        new Option(
          "--token <token>",
          "for a gateway with auth=jwt; GW_TOKEN keeps it out of the list of processes",
        ).env("GW_TOKEN"),
      )
      .option("--json", "prints the answer as JSON"),
  );

/** Adds the option that says where the local gateway keeps its data. */
export const withDataDir = (command: Command): Command =>
  command.addOption(
    new Option("--data-dir <folder>", "of the local gateway").default(".data").env("DATA_DIR"),
  );

/** A gateway that is asked for whoever runs the command. */
export interface Asked {
  readonly url: URL;
  /** @throws Stopped `unreachable`, its cause an `Unanswered` */
  send(request: Omit<CallerRequest, "signed">): Promise<Reply>;
  readonly gateway: Gateway;
}

/** An answer is waited for longer than API Gateway waits for a function, which is 30 s. */
const patience = { ownMs: 15_000, providerMs: 35_000 };

/** @throws Usage, Unsigned, or Stopped `wrongInput`, where the options do not say whom to ask, or as whom */
export async function gatewayOf(options: AskOptions, io: Io): Promise<Asked> {
  const url = addressOf(options.url.replace(/\/+$/, ""), "--url");
  const given: Given = { ...options, tokenFrom: "--token" };
  const identity =
    identityOf(url, given, io.environment) ??
    localIdentity(url, { ...io.environment, DATA_DIR: options.dataDir });
  const gateway = await openGateway(url, identity, patience);
  return {
    url,
    gateway,
    async send(request) {
      try {
        return await gateway.send({ ...request, signed: true });
      } catch (error) {
        throw error instanceof Unanswered ? unreachable(url, error) : error;
      }
    },
  };
}

/** With what to do about it, where that is known. */
function unreachable(url: URL, cause: Unanswered): Stopped {
  const hint = cause.isUnsent && isLoopback(url) ? ' "gw start" starts it, and --url names another.' : "";
  return new Stopped("unreachable", `${url.origin}: ${cause.message}.${hint}`, { cause });
}

/**
 * No answer to a change: only where nothing was sent it could not be reached; else it is not known what became of it.
 *
 * @param more what the person is told then
 * @returns what is to be thrown
 */
export const unlessUnsent = (error: unknown, more: string): unknown =>
  error instanceof Stopped && error.cause instanceof Unanswered && !error.cause.isUnsent
    ? new Stopped("inDoubt", `${error.message} ${more}`, { cause: error.cause })
    : error;
