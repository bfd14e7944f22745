import { connect, isIP } from "node:net";
import { connect as connectSecurely } from "node:tls";
import { expectedOf, isSuccess } from "../../client/src/answer.ts";
import { operations } from "../../client/src/contract.ts";
import { providers } from "../../lib/providers/index.ts";
import { type Finding, failed, ok, shown, warning } from "../../ops/smoke/finding.ts";
import type { Reply } from "../../ops/smoke/gateway.ts";
import type { Verdict } from "./machine.ts";

const patienceMs = 5_000;
/** AWS refuses a signature that is older than five minutes. */
const skewMs = { warning: 30_000, failure: 240_000 };

/** What an answer of the gateway says of itself, and of this machine's clock. */
export function gatewaySaid(reply: Reply, now: number): readonly Finding[] {
  const check = "gateway";
  const isOurs = isSuccess(reply.status, reply.body, expectedOf(operations.recordsList, {}, undefined));
  const isAllowed = reply.status !== 401 && reply.status !== 403;
  const answered: Finding = {
    check,
    ...(isOurs ? ok("it answers") : isAllowed ? failed(shown(reply)) : warning(shown(reply))),
  };
  const date = Date.parse(reply.headers.date ?? "");
  return Number.isNaN(date) ? [answered] : [answered, { check: "clock", ...clock(now - date) }];
}

function clock(aheadMs: number): Verdict {
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  const told = `${seconds} s ${aheadMs > 0 ? "ahead of" : "behind"} the gateway's`;
  if (Math.abs(aheadMs) > skewMs.failure) return failed(`${told}: signatures are refused; set the clock`);
  return Math.abs(aheadMs) > skewMs.warning ? warning(told) : ok("it agrees with the gateway's");
}

/** Whether each provider's host of a stage can be connected to from here. Nothing is sent. */
export const providersReached = (
  stage: "dev" | "prod",
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly Finding[]> =>
  Promise.all(
    Object.entries(providers).map(async ([name, { hosts }]) => {
      const check = `provider ${name}`;
      const url = environment[`${name.toUpperCase()}_BASE_URL`] || hosts[stage];
      if (url === undefined)
        return {
          check,
          ...warning(`it gives each merchant a host of its own: set ${name.toUpperCase()}_BASE_URL`),
        };
      const why = await connected(new URL(url));
      return { check, ...(why === undefined ? ok(`${url} can be connected to`) : failed(`${url}: ${why}`)) };
    }),
  );

/** Why it cannot be connected to; undefined where it can. */
export function connected({ protocol, hostname, port }: URL): Promise<string | undefined> {
  const host = hostname.replace(/^\[|\]$/g, "");
  return new Promise((done) => {
    const socket =
      protocol === "https:"
        ? connectSecurely({ host, port: Number(port || 443), ...(isIP(host) === 0 && { servername: host }) })
        : connect({ host, port: Number(port || 80) });
    const end = (why: string | undefined) => {
      socket.destroy();
      done(why);
    };
    socket.setTimeout(patienceMs, () => end(`no connection within ${patienceMs / 1000} s`));
    socket.once(protocol === "https:" ? "secureConnect" : "connect", () => end(undefined));
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}
